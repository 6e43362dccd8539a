"""The backends that the contract is run over: those that can be started here, and one that runs already.

HARNESS_CONTRACT_URL adds an emulator that somebody else started. A backend that cannot be started here skips
its tests with the reason, or fails them if HARNESS_CONTRACT_NEEDS (names with commas) has it; where an
emulator is known to differ, the test is expected to fail, and says how.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from differences import DIFFERENCES

from harness import sessions
from harness.backends import REGISTRY, Backend, open_backend
from harness.backends.shifted_clock import set_shift
from harness.config import read_settings
from harness.errors import EnvironmentFault

RUNNING = "HARNESS_CONTRACT_URL"
NEEDED = "HARNESS_CONTRACT_NEEDS"
# boto3's name of a service -> the name it signs with, where they differ
SIGNED_AS = {"cloudwatch": "monitoring"}

Connect = Callable[[str], Any]
PassTime = Callable[[float], None]


@pytest.fixture(scope="session")
def clock_shift(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that puts the backend's clock forward."""
    return tmp_path_factory.mktemp("clock") / "shift"


NAMES = [*REGISTRY, *filter(None, [os.environ.get(RUNNING)])]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test on every backend, one group each: `-n 3 --dist loadgroup` runs them side by side.

    They mostly wait. The parameters of a fixture cannot say their group, so they are given here.
    """
    if "backend" in metafunc.fixturenames:
        each = [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in NAMES]
        metafunc.parametrize("backend", each, indirect=True, scope="session")


@pytest.fixture(scope="session")
def backend(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, clock_shift: Path
) -> Iterator[Backend]:
    """Each backend in turn, started once for all tests, with the real time to begin with."""
    set_shift(clock_shift, 0)
    environ = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    settings = read_settings(environ, backend=request.param)
    logs = tmp_path_factory.mktemp("logs")
    try:
        opened = open_backend(request.param, settings, logs, clock_shift=clock_shift)
    except EnvironmentFault as fault:
        if request.param in os.environ.get(NEEDED, "").split(","):
            raise
        pytest.skip(f"backend {request.param}: {fault}")
    with opened:
        yield opened


@pytest.fixture
def connect(request: pytest.FixtureRequest, backend: Backend) -> Connect:
    """A function that returns a boto3 client of a service, or skips the test if its probe failed."""

    def make(service: str) -> Any:
        signed_as = SIGNED_AS.get(service, service)
        for reason in backend.missing([signed_as]).values():
            pytest.skip(f"{backend.name}: {reason}")
        at = backend.route(signed_as)
        return sessions.client(service, f"http://{at.host}:{at.port}")

    return make


@pytest.fixture(autouse=True)
def known_difference(request: pytest.FixtureRequest, backend: Backend) -> None:
    """Expect the test to fail where the emulator is known to differ; one that passes is a failure too."""
    test = request.node.originalname
    for emulator, differs in DIFFERENCES.items():
        if test in differs and emulator in {backend.route(service).name for service in ("sqs", "sns")}:
            reason = f"{emulator}: {differs[test]}"
            request.applymarker(pytest.mark.xfail(reason=reason, strict=True))


@pytest.fixture
def pass_time(backend: Backend, clock_shift: Path) -> PassTime:
    """A function that lets seconds pass at once on the backend; skips the test where none of ours runs."""
    if "://" in backend.name:
        pytest.skip(f"{backend.name} runs already, so its clock cannot be put forward")

    def shift(seconds: float) -> None:
        set_shift(clock_shift, float(clock_shift.read_text()) + seconds)

    return shift


@pytest.fixture
def enforces_policies(backend: Backend) -> None:
    """Skip the test on a backend that answers an access key which nobody was given."""
    from botocore.exceptions import ClientError

    at = backend.route("sts")
    stranger = sessions.client("sts", f"http://{at.host}:{at.port}", access_key="AKIAIOSFODNN7EXAMPLE")
    try:
        stranger.get_caller_identity()
    except ClientError:
        return
    pytest.skip(f"{backend.name} answers unknown access keys, so it checks no policy")


@pytest.fixture
def name() -> str:
    """A name that no other test has taken: the backends live through all tests."""
    return f"contract-{uuid4().hex[:12]}"
