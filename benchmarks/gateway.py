"""What one request costs the gateway in CPU time, against nginx, aiohttp and mitmproxy as reverse proxies.

    python -m benchmarks.gateway [--json] [--quick] [--seconds 3] [--repeats 5] [--calls "100 B" ...]

Needs nginx and wrk (Debian: nginx-light, wrk); the rows of aiohttp (`pip install aiohttp`) and of mitmproxy
(`mitmdump` on the PATH; best in a venv of its own, for it pins other packages) are left out where they are
missing. The upstream is an nginx that answers 100 bytes of JSON; wrk posts invocations of 100 bytes and of
18 kB (100 rows of CSV), and puts an object of 100 bytes, signed as by boto3, over 32 connections. The bodies
are 16 that take turns, so that no signature is that of the call before; `same` is one body, as a load with
one payload sends it. CPU time is that of the proxy's processes (benchmarks.measuring).
"""

import argparse
import contextlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.gateway_served import KEY, REGION
from benchmarks.measuring import (
    CLIENT_CORE,
    Posted,
    Running,
    Sample,
    free_port,
    in_turns,
    need,
    nginx_proxy,
    nginx_static,
    running,
    wrk,
    wrk_script,
)
from benchmarks.results import Figure, Gain, Report, main, median_of, ratios

INVOCATION, OBJECT = "/endpoints/ranker/invocations", "/bucket/models/ranker/model.tar.gz"
ANSWER = '{"predictions":' + "0" * 84 + "}"


@dataclass(frozen=True, slots=True)
class Call:
    """What is called, with `size` bytes of one of `bodies` payloads, each signed by itself."""

    service: str
    method: str
    path: str
    size: int
    bodies: int = 16


CALLS = {
    "100 B": Call("sagemaker", "POST", INVOCATION, 100),
    "18 kB": Call("sagemaker", "POST", INVOCATION, 18_000),
    "same": Call("sagemaker", "POST", INVOCATION, 100, bodies=1),
    "object": Call("s3", "PUT", OBJECT, 100),
}
DEFAULT_CALLS = ("100 B", "18 kB")
GATEWAYS = {
    "splice": "the gateway, forwarding only",
    "chain": "identity, signing time, fault draw, forwarding, record",
    "permitted": "identity, IAM decision (cached), fault draw, forwarding, record",
    "journalled": "the same, and the journal written to a file",
    "verified": "identity, IAM decision (cached), signature verified, fault draw, forwarding, record",
}
_Goal = tuple[float, float | None]
GOALS: dict[tuple[str, str], _Goal] = {
    ("permitted", "100 B"): (0.50, 0.75),
    ("permitted", "18 kB"): (0.65, 0.75),
    ("verified", "100 B"): (0.33, None),
    ("verified", "18 kB"): (0.28, None),
}
# The least that others must cost for each microsecond of the gateway's.
RIVALS = {"aiohttp": 5.0, "mitmproxy": 30.0}

FASTER = (
    Gain(
        "Python's part of a forwarded request: identified, fault drawn, recorded (100 B)",
        "12.8 us",
        "7.0 us",
        "A connection keeps what is the same in a client's heads (harness/gateway/alike.py) and compares; of "
        "the upstream's replies likewise. Only date, signature, id and length may differ.",
    ),
    Gain(
        "The IAM decision about a request like one before, beyond that (100 B, 18 kB)",
        "2.6 us, 3.7 us",
        "1.0 us, 0.9 us",
        "Kept with the connection's likeness and forgotten when a policy changes; the body is "
        "read first only where the signature covers it, and is sent on without being put together again.",
    ),
)


def measure(options: argparse.Namespace) -> Report:
    """Return the figures of all proxies that are installed."""
    need("nginx", "wrk")
    repeats, seconds = (1, 1) if options.quick else (options.repeats, options.seconds)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        started = _start(Path(folder), stack)
        for label in options.calls:
            asked = {name: server for name, server in started.items() if _asks(name, label)}
            found = _sampled(Path(folder), asked, CALLS[label], repeats, seconds, quick=options.quick)
            figures += _figures(label, found)
    notes = [
        "CPU time a request of the proxy's processes; 32 connections of wrk, proxy on one core, wrk and the "
        "upstream on the other; the proxies take turns.",
        "aiohttp: web server and client session on uvloop; mitmproxy: reverse mode, its own event log off.",
    ]
    notes += [f"{name} is not installed: its row is left out." for name in RIVALS if name not in started]
    return Report("gateway", tuple(figures), notes=tuple(notes), faster=FASTER)


def _asks(name: str, label: str) -> bool:
    """Return whether *name* is asked with the call *label*: the rivals have goals with small bodies."""
    return name not in RIVALS or label == DEFAULT_CALLS[0]


def _sampled(
    folder: Path, started: dict[str, Running], call: Call, repeats: int, seconds: int, *, quick: bool
) -> dict[str, list[Sample]]:
    works: dict[str, Callable[[], Sample]] = {}
    for name, server in started.items():
        script = wrk_script(folder / f"{server.port}.lua", _requests(server.port, call))
        if not quick:
            wrk(server, script, seconds=1)  # warms up
        works[name] = partial(wrk, server, script, seconds=seconds)
    return in_turns(works, repeats, quiet=not quick)


def _figures(label: str, found: dict[str, list[Sample]]) -> list[Figure]:
    cpu = {name: [sample.cpu_us for sample in samples] for name, samples in found.items()}
    size = label.lower().replace(" ", "_")
    figures = [median_of(f"nginx_{size}", f"nginx as reverse proxy, {label}", cpu["nginx"], "us a request")]
    for name, what in GATEWAYS.items():
        goal, aim = GOALS.get((name, label), (None, None))
        figures.append(
            median_of(
                f"{name}_{size}",
                f"{what}; {label}",
                ratios(cpu["nginx"], cpu[name]),
                "of nginx",
                goal=goal,
                aim=aim,
                against="nginx as reverse proxy",
            )
        )
    for name, goal in RIVALS.items():
        if name in cpu:
            what = f"CPU time of {name} as reverse proxy over the gateway's (identity, IAM, record); {label}"
            times = ratios(cpu[name], cpu["permitted"])
            figures.append(
                median_of(f"{name}_{size}", what, times, "times the gateway", goal=goal, against=name)
            )
    return figures


# ---- the proxies ----


def _start(folder: Path, stack: contextlib.ExitStack) -> dict[str, Running]:
    """Start the upstream and all proxies before it; those of RIVALS that are installed."""
    upstream = stack.enter_context(nginx_static(folder, ANSWER, name="upstream", core=CLIENT_CORE)).port
    found = {"nginx": stack.enter_context(nginx_proxy(folder, upstream))}
    for name in (*GATEWAYS, *(name for name in RIVALS if _is_there(name))):
        found[name] = stack.enter_context(_proxy(name, upstream))
    return found


def _is_there(rival: str) -> bool:
    return _mitmdump() is not None if rival == "mitmproxy" else importlib.util.find_spec(rival) is not None


def _mitmdump() -> str | None:
    beside = os.pathsep.join((os.environ.get("PATH", os.defpath), str(Path(sys.executable).parent)))
    return shutil.which("mitmdump", path=beside)


def _proxy(name: str, upstream: int) -> AbstractContextManager[Running]:
    port = free_port()
    if name == "mitmproxy":
        options = ["--mode", f"reverse:http://127.0.0.1:{upstream}", "--listen-host", "127.0.0.1", "-q"]
        return running([_mitmdump() or name, *options, "--listen-port", str(port)], port)
    module = "benchmarks.aiohttp_served" if name == "aiohttp" else "benchmarks.gateway_served"
    return running(
        [sys.executable, "-m", module, *([name] * (name in GATEWAYS)), str(port), str(upstream)], port
    )


# ---- what is sent ----


def _requests(port: int, call: Call) -> Sequence[Posted]:
    bodies = (
        f"{number:02d}," + ("0.123," * (call.size // 6 + 1))[: call.size - 3] for number in range(call.bodies)
    )
    return [Posted(call.path, dict(signed(port, call, body)), body, call.method) for body in bodies]


def signed(port: int, call: Call, body: str) -> list[tuple[str, str]]:
    """Return the headers that boto3 sends with *call*."""
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Signing

    url = f"http://127.0.0.1:{port}{call.path}"
    request = AWSRequest(call.method, url, {"Content-Type": "text/csv"}, body.encode())
    signing = S3SigV4Auth if call.service == "s3" else SigV4Auth
    signing(Signing(KEY.access_key, KEY.secret_key), call.service, REGION).add_auth(request)
    headers = dict(request.headers.items()) | {
        "Host": f"127.0.0.1:{port}",
        "Accept-Encoding": "identity",
        "User-Agent": "Boto3/1.43.106 md/Botocore#1.43.106 ua/2.1 os/linux#6.1 lang/python#3.11.7",
        "amz-sdk-invocation-id": "8b6f5c3a-1111-2222-3333-444455556666",
        "amz-sdk-request": "attempt=1",
    }
    return list(headers.items())


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=int, default=3, help="length of one wrk run, whole seconds")
    parser.add_argument("--repeats", type=int, default=5, help="runs that the medians are taken of")
    parser.add_argument(
        "--calls", nargs="+", choices=tuple(CALLS), default=DEFAULT_CALLS, help="what to call"
    )


if __name__ == "__main__":
    sys.exit(main("gateway", __doc__, measure, _options))
