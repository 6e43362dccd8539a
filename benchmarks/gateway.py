"""What one request costs the gateway in CPU time, against nginx as a reverse proxy in the same run.

    python benchmarks/gateway.py [--json] [--seconds 3] [--repeats 5]

Needs nginx and wrk (Debian: nginx-light, wrk). The upstream is an nginx that answers 100 bytes of JSON; wrk
posts invocations of 100 bytes and of 18 kB (100 rows of CSV), and puts an object of 100 bytes, signed as by
boto3, over 32 connections. What permission costs is `enforced` (or `unverified`, which is enforced for a key
whose secret nobody knows) beside `chain`.
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
from random import Random

from harness.aws.permission import Held, Mode
from harness.aws.permission.callers import Callers, user_of
from harness.aws.permission.entrances import Entrances
from harness.aws.permission.foreign import Foreign
from harness.aws.permission.guard import Guard
from harness.aws.permission.judging import Judge
from harness.aws.permission.keys import Key
from harness.aws.permission.reading import Reader
from harness.aws.permission.uses import Uses
from harness.clock import Clock
from harness.config import Credentials
from harness.errors import EnvironmentFault, ExitCode
from harness.gateway.chain import Address, Chain, Exchange, Forward, Handler, Outcome, Reply
from harness.gateway.fetch import Fetcher
from harness.gateway.handlers import identify
from harness.gateway.server import Server, new_event_loop
from harness.gateway.signing_time import SigningTime
from harness.gateway.splice import Pool
from harness.iam import Kind, Principal, parse

CONNECTIONS = 32
INVOCATION, OBJECT = "/endpoints/ranker/invocations", "/bucket/models/ranker/model.tar.gz"
# What is called: its service, method and path, and the bytes of its body.
CALLS = {
    "100 B": ("sagemaker", "POST", INVOCATION, 100),
    "18 kB": ("sagemaker", "POST", INVOCATION, 18_000),
    "object": ("s3", "PUT", OBJECT, 100),
}
PROXIES = ("nginx", "splice", "chain", "unverified", "enforced")
DESCRIPTIONS = {
    "nginx": "nginx, one worker, as reverse proxy (the reference)",
    "splice": "gateway, forwarding only",
    "chain": "gateway: identify, signing time, fault draw, forward, record",
    "unverified": "chain, and the permission of each call, its signature aside",
    "enforced": "chain, and signature and permission of each call",
}
KEY = Credentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
ACCOUNT, REGION = "123456789012", "us-east-1"
QUIET_WAIT_S = 10.0
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Sample:
    """One wrk run against one proxy."""

    rps: float
    cpu_us: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Row:
    """Medians of a proxy's samples; `ratio` is nginx's CPU time over this one's: 1.0 is as good as nginx."""

    body: str
    proxy: str
    rps: float
    cpu_us: float
    p99_ms: float
    ratio: float


def main() -> int:
    """Run the benchmark, or, with --serve, be the gateway that it measures."""
    options = _parser().parse_args()
    if options.serve:
        return _serve(options.serve, options.upstream)
    try:
        rows = measure(options.seconds, options.repeats)
    except EnvironmentFault as fault:
        print(fault, file=sys.stderr)
        return ExitCode.ENVIRONMENT
    if options.json:
        print(json.dumps({"repeats": options.repeats, "rows": [asdict(row) for row in rows]}, indent=2))
    else:
        print(_table(rows))
    return ExitCode.PASS


def measure(seconds: float, repeats: int) -> list[Row]:
    """Return a row for each body size and proxy; raise EnvironmentFault when a program is missing."""
    for program in ("nginx", "wrk"):
        if shutil.which(program) is None:
            raise EnvironmentFault(f"{program} is not installed; on Debian: apt-get install nginx-light wrk.")
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        upstream = _free_port()
        stack.enter_context(_nginx(Path(folder), "upstream", upstream, _UPSTREAM, core=1))
        proxies = {name: stack.enter_context(_proxy(Path(folder), name, upstream)) for name in PROXIES}
        for label, (service, method, path, size) in CALLS.items():
            samples: dict[str, list[Sample]] = {name: [] for name in PROXIES}
            for repeat in range(repeats + 1):
                for name, (port, pid) in proxies.items():
                    script = _wrk_script(Path(folder), port, service, method, path, size)
                    sample = _sample(port, pid, path, script, seconds if repeat else 1.0)
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
        )
        for name in samples
    ]


def _sample(port: int, pid: int, path: str, script: Path, seconds: float) -> Sample:
    _await_quiet()
    before = _cpu_s(pid)
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}", "--latency", "-s", str(script)]
    done = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{path}"],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: _pin(1),
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
    command = [sys.executable, __file__, "--serve", f"{name}:{port}", "--upstream", str(upstream)]
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
    process = subprocess.Popen(command, preexec_fn=lambda: _pin(core))
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


def _wrk_script(folder: Path, port: int, service: str, method: str, path: str, size: int) -> Path:
    from botocore.auth import S3SigV4Auth, SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Signing

    request = AWSRequest(
        method,
        f"http://127.0.0.1:{port}{path}",
        {"Content-Type": "text/csv"},
        ("0.123," * (size // 6 + 1))[:size].encode(),
    )
    signing = S3SigV4Auth if service == "s3" else SigV4Auth
    signing(Signing(KEY.access_key, KEY.secret_key), service, REGION).add_auth(request)
    headers = dict(request.headers.items()) | {
        "Host": f"127.0.0.1:{port}",
        "Accept-Encoding": "identity",
        "User-Agent": "Boto3/1.43.106 md/Botocore#1.43.106 ua/2.1 os/linux#6.1 lang/python#3.11.7",
        "amz-sdk-invocation-id": "8b6f5c3a-1111-2222-3333-444455556666",
        "amz-sdk-request": "attempt=1",
    }
    lines = [f'wrk.method = "{method}"', f'wrk.body = string.rep("0.123,", {size} / 6 + 1):sub(1, {size})']
    lines += [f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}" for name, value in headers.items()]
    script = folder / f"call-{port}-{service}-{size}.lua"
    script.write_text("\n".join(lines))
    return script


# ---- the gateway under measurement, in a process of its own ----


def _serve(what: str, upstream: int) -> int:
    kind, _, port = what.partition(":")
    loop = new_event_loop()
    server = Server(_chain(kind, Address("upstream", "127.0.0.1", upstream)), Clock())
    loop.run_until_complete(server.start("127.0.0.1", int(port)))
    loop.run_forever()
    return 0


def _chain(kind: str, address: Address) -> Chain:
    forward = Forward(address)
    if kind == "splice":
        return Chain([lambda _exchange: forward], lambda _exchange: None)
    journal: list[tuple[float, str, str, str, int, int, float]] = []

    def record(exchange: Exchange) -> None:
        journal.append(
            (
                exchange.received_at,
                exchange.service,
                exchange.operation,
                exchange.access_key,
                exchange.status,
                exchange.bytes_out,
                exchange.overhead_s,
            )
        )
        if len(journal) >= 10_000:
            journal.clear()

    guards = [] if kind == "chain" else [_guard(verified=kind == "enforced")]
    return Chain([identify, SigningTime().handle, *guards, _inject(), lambda _exchange: forward], record)


class _OneUser:
    """The policies of an account (harness.aws.permission.held): one user, who may do what is called."""

    revision = 0
    _held = Held(
        (
            parse(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Action": "sagemaker:InvokeEndpoint",
                            "Resource": f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:endpoint/ranker",
                        },
                        {
                            "Effect": "Allow",
                            "Action": "s3:PutObject",
                            "Resource": "arn:aws:s3:::bucket/models/*",
                        },
                    ],
                },
                Kind.IDENTITY,
            ),
        )
    )

    def held(self, _principal: Principal) -> Held:
        return self._held

    def resource_policy(self, _arn: str) -> None:
        return None

    def known(self, _arn: str) -> bool:
        return True

    async def learn(self, principal: Principal | None, resources: Sequence[str]) -> None: ...

    async def managed(self, _arn: str) -> None: ...

    async def scps(self) -> None: ...

    async def rcps(self) -> None: ...

    def heard(self, exchange: Exchange) -> None: ...


def _guard(*, verified: bool) -> Handler:
    clock, policies, callers = Clock(), _OneUser(), Callers(ACCOUNT)
    user = user_of(f"arn:aws:iam::{ACCOUNT}:user/caller", ACCOUNT, "caller")
    callers.add(Key(KEY.access_key, user, KEY.secret_key if verified else None))

    def route(_service: str) -> Address:
        raise EnvironmentFault("nobody is asked here")

    fetcher = Fetcher(Pool())
    uses = Uses(lambda _record: None, lambda *_finding: None, enforced=True)
    entrances = Entrances(fetcher, route, REGION)
    guard = Guard(
        Mode.ENFORCE,
        callers,
        Foreign(fetcher, route, REGION),
        Judge(policies, uses, clock, entrances.of, ACCOUNT),
        Reader(),
        uses,
        entrances,
        clock,
        lambda _key: None,
        region=REGION,
        account=ACCOUNT,
    )
    return guard.handle


def _inject() -> Handler:
    draw = Random("0/faults").random

    def inject(_exchange: Exchange) -> Outcome:
        return Reply(503) if draw() < 0.0 else None

    return inject


def _table(rows: list[Row]) -> str:
    lines = [f"{'body':<6}  {'proxy':<10}  {'req/s':>6}  {'CPU us':>7}  {'p99 ms':>6}  {'of nginx':>8}"]
    for row in rows:
        figures = f"{row.rps:>6.0f}  {row.cpu_us:>7.2f}  {row.p99_ms:>6.2f}  {row.ratio:>8.2f}"
        lines.append(f"{row.body:<6}  {row.proxy:<10}  {figures}")
    return "\n".join([*lines, "", *(f"{name:<10}  {text}" for name, text in DESCRIPTIONS.items())])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="CPU time a request: the gateway against nginx.")
    parser.add_argument("--json", action="store_true", help="figures for machines")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one wrk run")
    parser.add_argument("--repeats", type=int, default=5, help="runs that the medians are taken of")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    parser.add_argument("--upstream", type=int, default=0, help=argparse.SUPPRESS)
    return parser


if __name__ == "__main__":
    sys.exit(main())
