"""What the tests over HTTP share: one embedded backend and one gateway before it, on a fast clock."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any, TypeVar
from uuid import uuid4

import pytest

from harness import journal, sessions
from harness.backends import Backend, open_backend
from harness.clock import Clock, ClockSpec
from harness.config import Settings
from harness.endpoint import Constant, EndpointSettings
from harness.gateway.stage import Assumptions, Stage
from harness.gateway.thread import Gateway

SPEED = 600.0  # a model minute is 0.1 s
PATIENCE_S = 15.0
ROLE = "arn:aws:iam::123456789012:role/models"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"
# Launches take a model minute; everything else is as it always is.
LAUNCH = EndpointSettings(launch_time=Constant(60.0), join_stagger=Constant(6.0))

T = TypeVar("T")


@dataclass
class Served:
    """A gateway that is up: clients of it, what it has journalled, and the few steps that tests repeat."""

    url: str
    stage: Stage
    backend: Backend
    records: list[journal.Record] = field(default_factory=list)

    def client(self, service: str, **options: Any) -> Any:
        return sessions.client(service, self.url, **options)

    def config(self, name: str, *variants: dict[str, Any], **container: Any) -> str:
        """Store a model and an endpoint configuration of one variant, or of *variants*; return its name."""
        sagemaker = self.client("sagemaker")
        container = {"Image": IMAGE} | (container or {"Environment": {"HARNESS_MODEL": "echo"}})
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
        made = [variant(name) | each for each in variants or ({},)]
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=made)
        return name

    def endpoint(self, *variants: dict[str, Any], **container: Any) -> str:
        """Create an endpoint of a name of its own and return it once it is InService."""
        name = self.config(unique(), *variants, **container)
        self.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=name)
        self.await_status(name, "InService")
        return name

    def await_status(self, endpoint: str, status: str) -> dict[str, Any]:
        """Return DescribeEndpoint once it shows *status*."""
        sagemaker = self.client("sagemaker")

        def look() -> dict[str, Any] | None:
            described: dict[str, Any] = sagemaker.describe_endpoint(EndpointName=endpoint)
            return described if described["EndpointStatus"] == status else None

        return until(look, f"{endpoint} {status}")

    def of(self, kind: type[T]) -> list[T]:
        """Return the journal's records of one kind."""
        return [record for record in self.records if isinstance(record, kind)]

    def findings(self, resource: str) -> list[tuple[str, str]]:
        """Return (rule, severity) of the findings about *resource*."""
        return [(each.rule, each.severity) for each in self.of(journal.Finding) if resource in each.resource]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One embedded backend and gateway for all tests that only need an account of their own names."""
    records: list[journal.Record] = []
    settings = Settings()
    # One slow endpoint, for what only happens while a request is under way.
    slow = Assumptions(lambda _type: 45.0, concurrency=1, queue_limit=1)
    assumptions = dict.fromkeys(SLOW, slow)
    with open_backend("embedded", settings, tmp_path_factory.mktemp("logs")) as backend:
        stage = Stage(
            Clock(ClockSpec(SPEED)),
            records.append,
            backend.route,
            settings,
            seed=1,
            assumptions=assumptions,
            endpoint_settings=LAUNCH,
        )
        with Gateway(stage) as gateway:
            yield Served(gateway.url, stage, backend, records)


# Endpoints whose requests take 45 model seconds, one at a time, with one place to wait.
SLOW = ("slow-queue", "slow-zone")


def variant(model: str) -> dict[str, Any]:
    return {
        "VariantName": "AllTraffic",
        "ModelName": model,
        "InstanceType": "ml.m5.large",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1,
    }


def unique(prefix: str = "ranker") -> str:
    """Return a name that no other test has: the gateway lives through all of them."""
    return f"{prefix}-{uuid4().hex[:8]}"


def until(look: Callable[[], T | None], what: str) -> T:
    """Return what *look* finds once it finds something; fail after PATIENCE_S."""
    end = monotonic() + PATIENCE_S
    while monotonic() < end:
        found = look()
        if found:
            return found
        sleep(0.01)
    raise AssertionError(f"{what} did not come within {PATIENCE_S:g} s")


def at_once(calls: list[Callable[[], T]]) -> list[T | Exception]:
    """Make *calls* side by side, begun together; return what each returned or raised."""
    barrier = threading.Barrier(len(calls))

    def make(call: Callable[[], T]) -> T | Exception:
        barrier.wait()
        try:
            return call()
        except Exception as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(make, calls))
