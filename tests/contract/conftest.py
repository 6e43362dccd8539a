"""The backends that the contract is run over: those that can be started here, and one that runs already.

HARNESS_CONTRACT_URL adds an emulator that somebody else started, LocalStack say.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from harness import sessions
from harness.backends import REGISTRY, Backend, open_backend
from harness.config import Settings

RUNNING = "HARNESS_CONTRACT_URL"
# boto3's name of a service -> the name it signs with, where they differ
SIGNED_AS = {"cloudwatch": "monitoring"}

Connect = Callable[[str], Any]


@pytest.fixture(scope="session", params=[*REGISTRY, *filter(None, [os.environ.get(RUNNING)])])
def backend(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """Each backend in turn, started once for all tests."""
    with open_backend(request.param, Settings(), tmp_path_factory.mktemp("logs")) as running:
        yield running


@pytest.fixture
def connect(backend: Backend) -> Connect:
    """A function that returns a boto3 client of a service, or skips the test if its probe failed."""

    def make(service: str) -> Any:
        signed_as = SIGNED_AS.get(service, service)
        for reason in backend.missing([signed_as]).values():
            pytest.skip(f"{backend.name}: {reason}")
        at = backend.route(signed_as)
        return sessions.client(service, f"http://{at.host}:{at.port}")

    return make


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
