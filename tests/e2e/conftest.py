"""What the tests over HTTP share: one embedded backend and one gateway before it, on a fast clock."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any, TypeVar
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError

from harness import journal, sessions
from harness.aws.stage import Assumptions, Stage
from harness.aws.thread import Gateway
from harness.backends import Backend, open_backend
from harness.clock import Clock, ClockSpec
from harness.config import Settings
from harness.endpoint import Constant, EndpointSettings

SPEED = 400.0  # a model minute is 0.15 s
PATIENCE_S = 40.0  # costs nothing where what is waited for comes
ROLE = "arn:aws:iam::123456789012:role/models"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"
BUCKET = "artefacts"
ECHO = {"Environment": {"HARNESS_MODEL": "echo"}}
# Launches take a model minute; everything else is as it always is.
LAUNCH = EndpointSettings(launch_time=Constant(60.0), join_stagger=Constant(6.0))
# 45 model seconds a request, one at a time, with one place to wait: for what only happens while a request is
# under way.
SLOWLY = Assumptions(lambda _type: 45.0, concurrency=1, queue_limit=1)

T = TypeVar("T")
_shared: list["Served"] = []  # the gateway that lives through all modules, once it does


@dataclass
class Served:
    """A gateway that is up: clients of it, what it has journalled, and the steps that tests repeat."""

    url: str
    stage: Stage
    backend: Backend
    records: list[journal.Record]
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _made: list[str] = field(default_factory=list)

    def client(self, service: str, *, access_key: str = "test") -> Any:
        """Return a boto3 client that retries nothing."""
        if (service, access_key) not in self._clients:
            made = sessions.client(service, self.url, access_key=access_key)
            self._clients[service, access_key] = made
        return self._clients[service, access_key]

    def tidy(self, kept: int) -> None:
        """Delete all endpoints made but the first *kept*: each that lives has its metrics carried to
        CloudWatch minute by minute, and a minute is short here."""
        for name in self._made[kept:]:
            with suppress(ClientError):  # gone already, or just being changed
                self.client("sagemaker").delete_endpoint(EndpointName=name)
        del self._made[kept:]

    @property
    def made(self) -> int:
        """How many endpoints were made and not tidied away."""
        return len(self._made)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def upload(self, artefact: bytes) -> str:
        """Put *artefact* into the backend's S3 and return its s3:// URL."""
        s3, key = self.client("s3"), f"{uuid4().hex}/model.tar.gz"
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key=key, Body=artefact)
        return f"s3://{BUCKET}/{key}"

    def config(self, *variants: dict[str, Any], container: dict[str, Any] = ECHO) -> str:
        """Store a model and an endpoint configuration of one variant, or of *variants*; return its name."""
        sagemaker, name = self.client("sagemaker"), unique("config")
        sagemaker.create_model(
            ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer={"Image": IMAGE} | container
        )
        default = {
            "VariantName": "AllTraffic",
            "ModelName": name,
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        made = [default | each for each in variants or ({},)]
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=made)
        return name

    def create(self, config: str, name: str = "") -> str:
        """Begin to create an endpoint and return its name, one of its own unless given."""
        name = name or unique()
        self._made.append(name)
        self.client("sagemaker").create_endpoint(EndpointName=name, EndpointConfigName=config)
        return name

    def endpoint(self, *variants: dict[str, Any], container: dict[str, Any] = ECHO, name: str = "") -> str:
        """Create an endpoint and return its name once it is InService."""
        name = self.create(self.config(*variants, container=container), name)
        self.await_status(name, "InService")
        return name

    def describe(self, endpoint: str) -> dict[str, Any]:
        described: dict[str, Any] = self.client("sagemaker").describe_endpoint(EndpointName=endpoint)
        return described

    def await_status(self, endpoint: str, status: str) -> dict[str, Any]:
        """Return DescribeEndpoint once it shows *status*."""

        def look() -> dict[str, Any] | None:
            described = self.describe(endpoint)
            return described if described["EndpointStatus"] == status else None

        return until(look, f"{endpoint} {status}")

    def invoke(self, endpoint: str, body: bytes | str, content_type: str = "text/csv", **options: Any) -> Any:
        """Return the answer of InvokeEndpoint."""
        runtime = self.client("sagemaker-runtime")
        return runtime.invoke_endpoint(EndpointName=endpoint, Body=body, ContentType=content_type, **options)

    def of(self, kind: type[T]) -> list[T]:
        """Return the journal's records of one kind."""
        return [record for record in self.records if isinstance(record, kind)]

    def findings(self, resource: str) -> list[tuple[str, str]]:
        """Return (rule, severity) of the findings about *resource*."""
        return [(each.rule, each.severity) for each in self.of(journal.Finding) if resource in each.resource]


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One embedded backend and gateway for all tests that only need names of their own in the account."""
    with (
        open_backend("embedded", Settings(), tmp_path_factory.mktemp("logs")) as backend,
        serve(backend) as running,
    ):
        _shared.append(running)
        yield running
        _shared.clear()


@pytest.fixture(scope="module", autouse=True)
def tidied_module() -> Iterator[None]:
    """Leave none of a module's endpoints behind for the modules that come after."""
    yield from _tidied()


@pytest.fixture(autouse=True)
def tidied_test() -> Iterator[None]:
    """Leave none of a test's endpoints behind, but those of its module."""
    yield from _tidied()


def _tidied() -> Iterator[None]:
    kept = _shared[0].made if _shared else 0
    yield
    for running in _shared:
        running.tidy(kept)


@contextmanager
def serve(
    backend: Backend, assumptions: Mapping[str, Assumptions] | None = None, *, speed: float = SPEED
) -> Iterator[Served]:
    """Put a gateway with a world of its own before *backend*."""
    records: list[journal.Record] = []
    stage = Stage(
        Clock(ClockSpec(speed)),
        records.append,
        backend.route,
        Settings(),
        seed=1,
        assumptions=assumptions,
        endpoint_settings=LAUNCH,
    )
    with Gateway(stage) as gateway:
        running = Served(gateway.url, stage, backend, records)
        try:
            yield running
        finally:
            running.close()


def sum_artefact(plus: float = 0.0) -> bytes:
    """Return a model.tar.gz that answers a row of three numbers with their sum, and *plus*."""
    from onnx import TensorProto, helper

    from harness.inference import pack

    shapes = {"rows": ["n", 3], "sums": ["n", 1]}
    inputs, outputs = (
        helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in shapes.items()
    )
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [3, 1], [1.0, 1.0, 1.0])
    bias = helper.make_tensor("bias", TensorProto.FLOAT, [1], [plus])
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["rows", "weights", "bias"], ["sums"])],
        "sum",
        [inputs],
        [outputs],
        [weights, bias],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    return pack(model.SerializeToString(), {"name": "sum"})


def unique(prefix: str = "ranker") -> str:
    """Return a name that no other test has: the gateway lives through all of them."""
    return f"{prefix}-{uuid4().hex[:8]}"


def until(look: Callable[[], T | None], what: str, patience_s: float = PATIENCE_S) -> T:
    """Return what *look* finds once it finds something; fail when it takes too long."""
    end = monotonic() + patience_s
    while monotonic() < end:
        found = look()
        if found:
            return found
        sleep(0.01)
    raise AssertionError(f"{what} did not come within {patience_s:g} s")


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
