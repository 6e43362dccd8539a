"""What one request costs the gateway in CPU time, against nginx as a reverse proxy in the same run.

    python -m benchmarks.gateway [--json] [--seconds 3] [--repeats 5] [--calls object ...]

Needs nginx and wrk (Debian: nginx-light, wrk). The upstream is an nginx that answers 100 bytes of JSON; wrk
posts invocations of 100 bytes and of 18 kB (100 rows of CSV), and puts an object of 100 bytes, signed as by
boto3, over 32 connections. The bodies are 16 that take turns, so that no signature is that of the call
before; `same` is one body, as a load with one payload sends it. What permission costs is `enforced` (or
`unverified`, which is enforced for a key whose secret nobody knows) beside `chain`: the last column.
CPU time is that of the proxy's processes (/proc/PID/stat), the median of the repeats, which are interleaved
so that a noisy minute meets every proxy alike; each waits up to QUIET_WAIT_S for the machine to be idle.
Ratios compare CPU time: requests a second depend on what else the machine does.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.gateway_served import KEY, REGION
from harness.errors import EnvironmentFault, ExitCode

CONNECTIONS = 32
INVOCATION, OBJECT = "/endpoints/ranker/invocations", "/bucket/models/ranker/model.tar.gz"


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
    "same": Call("sagemaker", "POST", INVOCATION, 100, bodies=1),
    "18 kB": Call("sagemaker", "POST", INVOCATION, 18_000),
    "object": Call("s3", "PUT", OBJECT, 100),
}
PROXIES = ("nginx", "splice", "chain", "unverified", "enforced")
DESCRIPTIONS = {
    "nginx": "nginx, one worker, as reverse proxy (the reference)",
    "splice": "gateway, forwarding only",
    "chain": "gateway: identify, signing time, fault draw, forward, record",
    "unverified": "chain, and the permission of each call, its signature aside",
    "enforced": "chain, and signature and permission of each call",
}
QUIET_WAIT_S = 10.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Sample:
    """One wrk run against one proxy."""

    rps: float
    cpu_us: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Row:
    """Medians of a proxy's samples; `ratio` is nginx's CPU time over this one's: 1.0 is as good as nginx.

    `over_chain` is what it costs beyond the chain, as a part of that: the median over the repeats, each of
    which ran both one after the other.
    """

    body: str
    proxy: str
    rps: float
    cpu_us: float
    p99_ms: float
    ratio: float
    over_chain: float


def main() -> int:
    """Run the benchmark."""
    options = _parser().parse_args()
    try:
        rows = measure(options.seconds, options.repeats, options.calls)
    except EnvironmentFault as fault:
        print(fault, file=sys.stderr)
        return ExitCode.ENVIRONMENT
    if options.json:
        print(json.dumps({"repeats": options.repeats, "rows": [asdict(row) for row in rows]}, indent=2))
    else:
        print(_table(rows))
    return ExitCode.PASS


def measure(seconds: int, repeats: int, calls: Sequence[str] = tuple(CALLS)) -> list[Row]:
    """Return a row for each of *calls* and proxy; raise EnvironmentFault when a program is missing."""
    for program in ("nginx", "wrk"):
        if shutil.which(program) is None:
            raise EnvironmentFault(f"{program} is not installed; on Debian: apt-get install nginx-light wrk.")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        upstream = _free_port()
        stack.enter_context(_nginx(Path(folder), "upstream", upstream, _UPSTREAM, core=1))
        proxies = {name: stack.enter_context(_proxy(Path(folder), name, upstream)) for name in PROXIES}
        for label in calls:
            call = CALLS[label]
            samples: dict[str, list[Sample]] = {name: [] for name in PROXIES}
            for repeat in range(repeats + 1):
                for name, (port, pid) in proxies.items():
                    script = _wrk_script(Path(folder), port, call)
                    sample = _sample(port, pid, call.path, script, seconds if repeat else 1)
                    if repeat:  # the first, short one warms up
                        samples[name].append(sample)
            rows += _rows(label, samples)
    return rows


def _rows(label: str, samples: dict[str, list[Sample]]) -> list[Row]:
    def median(name: str, field: str) -> float:
        return float(statistics.median(getattr(sample, field) for sample in samples[name]))

    reference = median("nginx", "cpu_us")
    return [
        Row(
            label,
            name,
            round(median(name, "rps")),
            round(median(name, "cpu_us"), 2),
            round(median(name, "p99_ms"), 3),
            round(reference / median(name, "cpu_us"), 3),
            round(_over_chain(samples, name), 3),
        )
        for name in samples
    ]


def _over_chain(samples: dict[str, list[Sample]], name: str) -> float:
    pairs = zip(samples[name], samples["chain"], strict=True)
    return float(statistics.median(one.cpu_us / chain.cpu_us - 1.0 for one, chain in pairs))


def _sample(port: int, pid: int, path: str, script: Path, seconds: int) -> Sample:
    _await_quiet()
    before = _cpu_s(pid)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--latency", "-s", str(script)]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"],
        capture_output=True,
        text=True,
        preexec_fn=lambda: _pin(1),
    )
    if done.returncode:
        raise EnvironmentFault(
            f"wrk ended with {done.returncode} on port {port}: {done.stderr or done.stdout}"
        )
    cpu_s = _cpu_s(pid) - before
    if "Non-2xx" in done.stdout or "Socket errors" in done.stdout:
        raise EnvironmentFault(f"wrk saw errors on port {port}: {done.stdout}")
    requests = int(re.findall(r"(\d+) requests in", done.stdout)[0])
    rps = float(re.findall(r"Requests/sec:\s+([\d.]+)", done.stdout)[0])
    value, unit = re.findall(r"99%\s+([\d.]+)(us|ms|s)", done.stdout)[0]
    p99_ms = float(value) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
    return Sample(rps, cpu_s / requests * 1e6, p99_ms)


def _cpu_s(pid: int) -> float:
    """Return the CPU seconds used so far by *pid* and its children (nginx's worker is its master's child)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    total = 0
    for each in (pid, *map(int, children)):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS_PER_S


def _await_quiet() -> None:
    """Return after half a second in which the machine was idle, or after QUIET_WAIT_S."""
    until = time.monotonic() + QUIET_WAIT_S
    while time.monotonic() < until:
        before = _machine_ticks()
        time.sleep(0.5)
        busy, total = (now - then for now, then in zip(_machine_ticks(), before, strict=True))
        if busy < 0.05 * total:
            return


def _machine_ticks() -> tuple[int, int]:
    """Return the ticks that all cores together have been busy, and all their ticks."""
    ticks = [int(field) for field in Path("/proc/stat").read_text().partition("\n")[0].split()[1:]]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)


# ---- the proxies ----

_ANSWER = '{"predictions":' + "0" * 84 + "}"
_UPSTREAM = "location / { default_type application/json; return 200 '" + _ANSWER + "'; }"
_REFERENCE = """location / {{ proxy_pass http://up; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $http_host; client_body_buffer_size 64k; }} }}
    upstream up {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 1000000000;"""
_NGINX = """daemon off; worker_processes 1; pid {folder}/{name}.pid; error_log stderr crit;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000000; client_body_temp_path {folder}/{name}-body;
  proxy_temp_path {folder}/{name}-proxy; fastcgi_temp_path {folder}/{name}-fastcgi;
  uwsgi_temp_path {folder}/{name}-uwsgi; scgi_temp_path {folder}/{name}-scgi;
  server {{ listen 127.0.0.1:{port} backlog=1024; {body} }} }}
"""


def _proxy(folder: Path, name: str, upstream: int) -> "contextlib.AbstractContextManager[tuple[int, int]]":
    port = _free_port()
    if name == "nginx":
        return _nginx(folder, "proxy", port, _REFERENCE.format(upstream=upstream), core=0)
    command = [sys.executable, "-m", "benchmarks.gateway_served", name, str(port), str(upstream)]
    return _process(command, port, core=0)


def _nginx(
    folder: Path, name: str, port: int, body: str, *, core: int
) -> "contextlib.AbstractContextManager[tuple[int, int]]":
    config = folder / f"{name}.conf"
    config.write_text(_NGINX.format(folder=folder, name=name, port=port, body=body))
    return _process(["nginx", "-p", str(folder), "-c", str(config), "-e", "stderr"], port, core=core)


@contextlib.contextmanager
def _process(command: list[str], port: int, *, core: int) -> Iterator[tuple[int, int]]:
    """Run *command* pinned to *core* until it listens on *port*, and end it afterwards."""
    process = subprocess.Popen(command, preexec_fn=lambda: _pin(core), cwd=_ROOT)
    try:
        _await_port(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(10)


def _await_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise EnvironmentFault(f"{process.args!r} does not listen on port {port}.")


def _pin(core: int) -> None:
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, {cores[core]})


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _wrk_script(folder: Path, port: int, call: Call) -> Path:
    lines = ["local calls, at = {}, 0", "init = function()"]
    for number in range(call.bodies):
        body = f"{number:02d}," + ("0.123," * (call.size // 6 + 1))[: call.size - 3]
        sent = ", ".join(
            f"[{json.dumps(name)}] = {json.dumps(value)}" for name, value in _signed(port, call, body)
        )
        lines.append(
            f'calls[{number + 1}] = wrk.format("{call.method}", "{call.path}", {{{sent}}}, "{body}")'
        )
    lines += ["end", "request = function() at = at % #calls + 1; return calls[at] end"]
    script = folder / f"call-{port}-{call.service}-{call.size}-{call.bodies}.lua"
    script.write_text("\n".join(lines))
    return script


def _signed(port: int, call: Call, body: str) -> list[tuple[str, str]]:
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


def _table(rows: list[Row]) -> str:
    names = f"{'body':<6}  {'proxy':<10}  {'req/s':>6}  {'CPU us':>7}  {'p99 ms':>6}  {'of nginx':>8}"
    lines = [f"{names}  {'over chain':>10}"]
    for row in rows:
        figures = f"{row.rps:>6.0f}  {row.cpu_us:>7.2f}  {row.p99_ms:>6.2f}  {row.ratio:>8.2f}"
        figures += f"  {row.over_chain:>+10.1%}"
        lines.append(f"{row.body:<6}  {row.proxy:<10}  {figures}")
    return "\n".join([*lines, "", *(f"{name:<10}  {text}" for name, text in DESCRIPTIONS.items())])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="CPU time a request: the gateway against nginx.")
    parser.add_argument("--json", action="store_true", help="figures for machines")
    parser.add_argument("--seconds", type=int, default=3, help="length of one wrk run, whole seconds")
    parser.add_argument("--repeats", type=int, default=5, help="runs that the medians are taken of")
    parser.add_argument("--calls", nargs="+", choices=tuple(CALLS), default=tuple(CALLS), help="what to call")
    return parser


if __name__ == "__main__":
    sys.exit(main())
