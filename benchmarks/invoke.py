"""What a warm invocation costs through the gateway, beside MiniStack's own executor in the same run.

    python -m benchmarks.invoke [--json] [--quick] [--calls 200] [--seconds 5]

`latency` is the median of Invoke by boto3, the same no-op handler on both, calls in turns so that a noisy
moment meets both alike; the ratio is ours over MiniStack's, and must not be above 1.3. MiniStack runs the
handler itself there: no gateway has told it that it is there. `rate` is invocations a second over plain HTTP
connections, permission enforced and not, one caller and eight; what one environment serves is what one
caller gets.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

from benchmarks.results import Figure, Report, main, rounded
from harness import sessions
from harness.aws.permission import Mode
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.backends import Backend, open_backend
from harness.clock import Clock
from harness.config import Settings
from harness.gateway.chain import Address

HANDLER = "def handler(event, context):\n    return event\n"
NAME = "noop"
PATH = f"/2015-03-31/functions/{NAME}/invocations"
MOST_RATIO = 1.3
CALLERS = (1, 8)


@dataclass(frozen=True, slots=True)
class Rate:
    """Invocations a second by *callers* at once."""

    iam: str
    callers: int
    per_s: float
    p99_ms: float


def measure(options: argparse.Namespace) -> Report:
    """Return the latency beside MiniStack's own executor, and the rates."""
    calls, seconds = (40, 0.5) if options.quick else (options.calls, options.seconds)
    spans, rates = _measured(calls, seconds)
    whole = Figure(
        "ratio",
        "warm Invoke by boto3",
        rounded(statistics.median(spans["gateway"]) / statistics.median(spans["ministack"])),
        "times",
        goal=MOST_RATIO,
        better="less",
        against="MiniStack's own executor",
    )
    latencies = [
        Figure(
            f"{name}_ms",
            f"warm Invoke by boto3, {name}",
            rounded(statistics.median(found)),
            "ms",
            better="less",
        )
        for name, found in spans.items()
    ]
    return Report("invoke", (whole, *latencies, *map(_figure, rates)))


def _figure(rate: Rate) -> Figure:
    what = f"invocations by {rate.callers} at once, permission {rate.iam}, p99 {rate.p99_ms:g} ms"
    return Figure(f"{rate.iam}_{rate.callers}", what, rate.per_s, "a second")


def _measured(calls: int, seconds: float) -> tuple[dict[str, list[float]], list[Rate]]:
    """Return the milliseconds of *calls* each way, and the rates over *seconds* each."""
    with tempfile.TemporaryDirectory() as folder:
        with (
            _backend(Path(folder) / "a") as alone,
            _backend(Path(folder) / "b") as behind,
            _gateway(behind, Mode.OFF) as url,
        ):
            spans = _latency(url, _url(alone.route("lambda")), calls)
            rates = [_rate(url, "off", callers, seconds) for callers in CALLERS]
        with _backend(Path(folder) / "c") as behind, _gateway(behind, Mode.ENFORCE) as url:
            _make(url)
            rates += [_rate(url, "enforce", callers, seconds) for callers in CALLERS]
    return spans, rates


def _latency(gateway: str, ministack: str, calls: int) -> dict[str, list[float]]:
    invoke = {name: _make(url) for name, url in (("gateway", gateway), ("ministack", ministack))}
    spans: dict[str, list[float]] = {name: [] for name in invoke}
    for at in range(calls + 5):
        for name, one in invoke.items():
            began = time.perf_counter()
            one()
            if at >= 5:  # the first ones warm up
                spans[name].append((time.perf_counter() - began) * 1e3)
    return spans


def _make(url: str) -> Callable[[], None]:
    """Make the function at *url*; return what invokes it once and checks the answer."""
    iam, functions = sessions.client("iam", url), sessions.client("lambda", url)
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = iam.create_role(RoleName=NAME, AssumeRolePolicyDocument=document)["Role"]["Arn"]
    package = BytesIO()
    with ZipFile(package, "w") as archive:
        archive.writestr("app.py", HANDLER)
    functions.create_function(
        FunctionName=NAME,
        Runtime="python3.11",
        Role=role,
        Handler="app.handler",
        Code={"ZipFile": package.getvalue()},
    )

    def invoke() -> None:
        answer = functions.invoke(FunctionName=NAME, Payload=b'{"n": 1}')
        if json.loads(answer["Payload"].read()) != {"n": 1}:
            raise RuntimeError("the function did not return its event")

    return invoke


def _rate(url: str, iam: str, callers: int, seconds: float) -> Rate:
    """Return how many invocations a second *callers* get, each on a connection of its own."""
    began = threading.Barrier(callers + 1)
    spans: list[list[float]] = [[] for _ in range(callers)]
    until = [0.0]
    threads = [
        threading.Thread(target=_call, args=(url, iam, began, until, spans[at])) for at in range(callers)
    ]
    for thread in threads:
        thread.start()
    until[0] = time.perf_counter() + 3600.0
    began.wait()
    started = time.perf_counter()
    until[0] = started + seconds
    for thread in threads:
        thread.join()
    took = time.perf_counter() - started
    every = sorted(span for one in spans for span in one)
    return Rate(iam, callers, round(len(every) / took, 1), round(every[int(len(every) * 0.99)] * 1e3, 2))


def _call(url: str, iam: str, began: threading.Barrier, until: Sequence[float], spans: list[float]) -> None:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port)
    headers = _headers(url)

    def once() -> None:
        connection.request("POST", PATH, b'{"n": 1}', headers)
        answer = connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {body!r} with permission {iam}")

    once()  # starts an environment for this caller, where all are busy
    began.wait()
    while (at := time.perf_counter()) < until[0]:
        once()
        spans.append(time.perf_counter() - at)


def _headers(url: str) -> dict[str, str]:
    """Return the headers of one signed call; the signature holds for as long as the measurement."""
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    request = AWSRequest("POST", f"{url}{PATH}", {"Content-Type": "application/json"}, b'{"n": 1}')
    SigV4Auth(Credentials("test", "test"), "lambda", Settings().region).add_auth(request)
    return {str(name): str(value) for name, value in request.headers.items()}


@contextmanager
def _backend(folder: Path) -> Iterator[Backend]:
    with open_backend("embedded", Settings(), folder) as backend:
        yield backend


@contextmanager
def _gateway(backend: Backend, iam: Mode) -> Iterator[str]:
    kept: list[Any] = []
    stage = Stage(Clock(), kept.append, backend.route, Settings(), seed=1, iam=iam)
    with Gateway(stage) as gateway:
        yield gateway.url


def _url(address: Address) -> str:
    return f"http://{address.host}:{address.port}"


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calls", type=int, default=200, help="invocations of each for the latency")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long each rate is measured")


if __name__ == "__main__":
    sys.exit(main("invoke", __doc__, measure, _options))
