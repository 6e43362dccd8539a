"""Rehearsals in pytest: fixtures, the marker `scenario`, and scenario files as tests.

pytest imports this in every run in which the package is installed, so it imports nothing of the harness but
its own options; each fixture imports what it needs when a test asks for it. Locust, which patches the
interpreter it runs in, is never imported here: loads run in a process of their own.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from harness.pytest_plugin.options import KEY, MARKER, Asked, add_options, read_options

if TYPE_CHECKING:
    from harness.pytest_plugin.backend import AwsBackend
    from harness.pytest_plugin.collecting import ScenarioFile
    from harness.pytest_plugin.playing import Pipeline, VirtualClock
    from harness.pytest_plugin.stand import Stand, Wanted

_BACKEND: "pytest.StashKey[AwsBackend]" = pytest.StashKey()
_MADE: pytest.StashKey[list[Path]] = pytest.StashKey()
# Real ones must not reach the code under test, and a proxy would be asked for loopback.
FOREIGN = ("AWS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    add_options(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Read the options once; a wrong one ends the run before a test."""
    config.addinivalue_line("markers", MARKER)
    config.stash[KEY] = read_options(config)
    config.stash[_MADE] = []


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "ScenarioFile | None":
    """Collect a file of scenarios where --harness-scenarios asks for it."""
    globs = parent.config.stash[KEY].scenarios
    if not globs or file_path.suffix != ".py":
        return None
    from harness.pytest_plugin.collecting import ScenarioFile, is_asked_for

    if not is_asked_for(file_path, parent.config.rootpath, globs):
        return None
    collected: ScenarioFile = ScenarioFile.from_parent(parent, path=file_path)
    return collected


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Empty the shared backend after a test, or a module, that called it; its fixtures are gone by then."""
    backend = item.config.stash.get(_BACKEND, None)
    if backend is None or not backend.can_reset:
        return
    reset = item.config.stash[KEY].reset
    is_last = nextitem is None or nextitem.path != item.path
    if reset == "test" or (reset == "module" and is_last):
        backend.reset_where_used()


@pytest.fixture(scope="session")
def aws_backend(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[AwsBackend]":
    """A gateway over an AWS backend, one for each process of pytest: url, region, account_id, as_role."""
    from harness.pytest_plugin.backend import AwsBackend

    asked, config = _asked(request), request.config
    backend = AwsBackend(
        _stand(request).settings(),
        asked.backend_clock,
        iam=asked.iam,
        seed=asked.seed,
        log_dir=tmp_path_factory.mktemp("aws_backend"),
    )
    config.stash[_BACKEND] = backend
    try:
        yield backend
    finally:
        del config.stash[_BACKEND]
        backend.close()


@pytest.fixture(scope="session")
def aws_session(aws_backend: "AwsBackend") -> Any:
    """A boto3 session whose clients all speak to `aws_backend`, as the account itself."""
    return aws_backend.session


@pytest.fixture
def aws_environment(aws_backend: "AwsBackend", monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The environment of this process for one test: `boto3.client(...)` in any module calls `aws_backend`."""
    import os

    import boto3

    for name in [name for name in os.environ if name.upper().startswith(FOREIGN)]:
        monkeypatch.delenv(name)
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    environment = aws_backend.environment | nothing | {"AWS_EC2_METADATA_DISABLED": "true"}
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    return environment


@pytest.fixture
def pipeline(request: pytest.FixtureRequest) -> "Pipeline":
    """A rehearsal of the marker's scenario, or of the one it is called with: its outcome, and `check()`."""
    from harness.pytest_plugin.playing import Pipeline

    return Pipeline(_stand(request), _marked(request))


@pytest.fixture
def virtual_clock(request: pytest.FixtureRequest) -> "VirtualClock":
    """Scenarios and scaling policies in virtual time: an hour in milliseconds, the same seed the same run."""
    from harness.config import spare_numpy_threads

    spare_numpy_threads()
    from harness.pytest_plugin.playing import VirtualClock

    return VirtualClock(_stand(request), _marked(request))


def _asked(request: pytest.FixtureRequest) -> Asked:
    return request.config.stash[KEY]


def _stand(request: pytest.FixtureRequest) -> "Stand":
    from harness.pytest_plugin.stand import Stand

    folders = () if request.scope == "session" else (request.path.parent,)
    config = request.config
    return Stand(config.stash[KEY], config.rootpath, folders, config.stash[_MADE])


def _marked(request: pytest.FixtureRequest) -> "Callable[[], Wanted]":
    """Return what says which scenario the test's marker names."""

    def wanted() -> "Wanted":
        __tracebackhide__ = True
        marker = request.node.get_closest_marker("scenario")
        if marker is None or len(marker.args) != 1:
            raise pytest.UsageError(
                f"{request.node.nodeid} names no scenario: give it @pytest.mark.scenario('NAME'), or call "
                "the fixture with one"
            )
        try:
            return _stand(request).wanted(marker.args[0], **marker.kwargs)
        except TypeError as error:
            raise pytest.UsageError(f"{request.node.nodeid}: its marker scenario: {error}") from None

    return wanted
