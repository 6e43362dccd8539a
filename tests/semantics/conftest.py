"""The backends that histories are played on: those that can be started here, and one that runs already.

HARNESS_CONTRACT_URL adds an emulator that somebody else started; on its own clock no time passes.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from connecting import connect
from subject import Subject

from harness.backends import REGISTRY, Backend, open_backend
from harness.config import read_settings
from harness.errors import EnvironmentFault

RUNNING = "HARNESS_CONTRACT_URL"
NAMES = [*REGISTRY, *filter(None, [os.environ.get(RUNNING)])]


@pytest.hookimpl(tryfirst=True)  # before xdist, which reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of one backend in one worker: it is started once, and its clock is all theirs."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is not None and "opened" in callspec.params:
            item.add_marker(pytest.mark.xdist_group(callspec.params["opened"]))


@pytest.fixture(scope="session", params=NAMES)
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Backend, Path | None]]:
    """Each backend in turn, started once for all tests, and the file that its clock reads."""
    folder = tmp_path_factory.mktemp("semantics")
    shift = None if "://" in request.param else folder / "shift"
    try:
        backend = open_backend(request.param, read_settings(backend=request.param), folder, clock_shift=shift)
    except EnvironmentFault as fault:
        pytest.skip(str(fault))
    with backend:
        yield backend, shift


@pytest.fixture(scope="session")
def backend(opened: tuple[Backend, Path | None]) -> Backend:
    """The backend of this turn."""
    return opened[0]


@pytest.fixture(scope="session")
def subject(opened: tuple[Backend, Path | None]) -> Iterator[Subject]:
    """Who answers SQS and SNS in the backend of this turn."""
    made = connect(*opened)
    yield made
    made.close()
    made.clock.close()
