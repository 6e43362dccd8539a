"""How far one gateway goes, and that a second one costs nothing more: rate, lag, response and CPU.

    python -m benchmarks.scale_out [--json] [--quick]

`harness serve` answers InvokeEndpoint for an endpoint whose container echoes; Locust workers send signed
requests by schedule, as in a run. The gateways have one core and the workers the other, so that the rates are
those of a core each; what is compared is CPU time a request. Several gateways share nothing: each keeps an
account of its own, with its own emulators, journal and workers.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.load import Named, pinned
from benchmarks.measuring import Running, cpu_s, free_port, in_turns, running
from benchmarks.results import Curve, Figure, Report, main, median_of, ratios, rounded
from harness.errors import EnvironmentFault
from harness.load import LoadPlan, run_load
from harness.load_result import LoadResult, percentile
from harness.scenario.workload import Constant, OpenModel, Payload
from harness.sessions import client

ACCOUNTS = ("111111111111", "222222222222")
# Compressed, so that the endpoint comes into service in seconds: its 50 ms last 0.8, on 96 requests at once.
CLOCK, INSTANCE_TYPE = "compressed:60", "ml.m5.24xlarge"
RATES = (250.0, 500.0, 1_000.0, 1_500.0, 2_000.0, 3_000.0)
BESIDE_RPS = 300.0
WORKERS = 2
NOTES = (
    "Gateways on one core, two Locust workers on the other; requests of 100 bytes, lean client, signed.",
    "Past the rate at which requests are sent late the load says so itself: the run is invalid.",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One rate: what came of it, and the gateway's CPU seconds a second."""

    offered_rps: float
    answered_rps: float
    lag_p99_ms: float
    response_p99_ms: float
    gateway_share: float
    worker_share: float

    @property
    def gateway_us(self) -> float:
        """The gateway's CPU time a request."""
        return self.gateway_share / self.answered_rps * 1e6


def measure(options: argparse.Namespace) -> Report:
    """Return the curve of one gateway, and what two cost beside it."""
    rates, seconds, repeats = ((250.0, 1_000.0), 1.5, 1) if options.quick else (RATES, 4.0, 3)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        gateways = [stack.enter_context(_gateway(Path(folder), account)) for account in ACCOUNTS]
        _load(gateways[:1], BESIDE_RPS, 1.0)  # connections are made, code is warm
        steps = [_load(gateways[:1], rate, seconds)[0] for rate in rates]
        works = {
            "one": lambda: _load(gateways[:1], BESIDE_RPS, seconds, workers=1),
            "two": lambda: _load(gateways, BESIDE_RPS, seconds, workers=1),
        }
        seen = in_turns(works, repeats, quiet=not options.quick)
    return Report("scale_out", tuple(_figures(steps, seen)), tuple(_curves(steps)), notes=NOTES)


def _figures(steps: Sequence[Step], seen: dict[str, list[list[Step]]]) -> Iterator[Figure]:
    one = [found[0].gateway_us for found in seen["one"]]
    two = [sum(step.gateway_us for step in found) / len(found) for found in seen["two"]]
    yield median_of(
        "two_gateways",
        "a request's CPU time at a gateway alone, over that at two side by side, each with its account",
        ratios(one, two),
        "of one alone",
        goal=0.85,
        against="one gateway alone at the same rate",
    )
    yield median_of("gateway_us", "CPU time of a request at the gateway", one, "us", better="less")
    kept = [
        step for step in steps if step.lag_p99_ms <= 50.0 and step.answered_rps >= 0.97 * step.offered_rps
    ]
    best = max((step.offered_rps for step in kept), default=0.0)
    yield Figure("highest_rate", "the highest of the rates that was kept, workers included", best, "1/s")
    busiest = max(steps, key=lambda step: step.answered_rps)
    full = rounded(busiest.answered_rps / busiest.gateway_share)
    yield Figure("full_core_rate", "the rate at which the gateway would fill one core", full, "1/s")


def _curves(steps: Sequence[Step]) -> Iterator[Curve]:
    for name, what, y, values in (
        ("answered", "what one gateway and its workers keep up with", "answered 1/s", "answered_rps"),
        ("gateway_cpu", "how busy the gateway is", "share of a core", "gateway_share"),
        ("worker_cpu", "how busy the busier of two workers is", "share of a core", "worker_share"),
        ("lag", "how late requests are sent", "p99 of the lag, ms", "lag_p99_ms"),
        ("response", "how long an answer takes from the due moment", "p99, ms", "response_p99_ms"),
    ):
        points = tuple((step.offered_rps, rounded(getattr(step, values))) for step in steps)
        yield Curve(name, what, "offered 1/s", y, points)


def _load(gateways: Sequence[Running], rps: float, seconds: float, *, workers: int = WORKERS) -> list[Step]:
    """Load all *gateways* at once, each at *rps* by *workers*; return what came of it at each."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(len(gateways)) as pool, pinned():
        places = [Path(folder) / str(number) for number in range(len(gateways))]
        return list(pool.map(lambda at, place: _step(at, place, rps, seconds, workers), gateways, places))


def _step(gateway: Running, folder: Path, rps: float, seconds: float, workers: int) -> Step:
    model = OpenModel(Named(), Constant(rps, seconds), client="lean", payload=Payload("row", ["1," * 50]))
    plan = LoadPlan(f"http://127.0.0.1:{gateway.port}", (model,), folder / "load", time.monotonic())
    used: list[float] = []
    result = run_load(
        plan, folder, processes=workers, on_begin=lambda _began: used.append(cpu_s(gateway.pid))
    )
    took = result.ended_at - result.began_at
    share = (cpu_s(gateway.pid) - used[0]) / took
    return Step(
        rps,
        result.completed / max(took, seconds),
        result.lag_p99_s * 1e3,
        _response_p99_s(result) * 1e3,
        share,
        result.client_cpu,
    )


def _response_p99_s(result: LoadResult) -> float:
    if not result.completed:
        raise EnvironmentFault("No request was answered; the figures mean nothing")
    return percentile([row.received_at - row.due_at for row in result.rows() if row.received_at], 0.99)


@contextmanager
def _gateway(folder: Path, account: str) -> Iterator[Running]:
    """Run `harness serve` for *account* with the endpoint in service."""
    port = free_port()
    serve = [sys.executable, "-m", "harness", "serve", "--port", str(port), "--account", account]
    serve += ["--clock", CLOCK, "--runs", str(folder / account)]
    with running(serve, port) as gateway:
        _create(f"http://127.0.0.1:{port}", account)
        yield gateway


def _create(url: str, account: str) -> None:
    """Create the endpoint and wait until it is in service."""
    sagemaker = client("sagemaker", url)
    role = f"arn:aws:iam::{account}:role/models"
    container = {"Image": "echo", "Environment": {"HARNESS_MODEL": "echo"}}
    variant = {"VariantName": "AllTraffic", "ModelName": "echo", "InstanceType": INSTANCE_TYPE}
    sagemaker.create_model(ModelName="echo", ExecutionRoleArn=role, PrimaryContainer=container)
    sagemaker.create_endpoint_config(
        EndpointConfigName="echo", ProductionVariants=[variant | {"InitialInstanceCount": 1}]
    )
    sagemaker.create_endpoint(EndpointName=Named.name, EndpointConfigName="echo")
    until = time.monotonic() + 60.0
    while sagemaker.describe_endpoint(EndpointName=Named.name)["EndpointStatus"] != "InService":
        if time.monotonic() > until:
            raise EnvironmentFault(f"The endpoint of account {account} is not in service after 60 s")
        time.sleep(0.1)


if __name__ == "__main__":
    os.environ.pop("AWS_ENDPOINT_URL", None)
    sys.exit(main("scale_out", __doc__, measure))
