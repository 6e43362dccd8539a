"""What all tests may use. This file's folder is on the import path: `from command import harness`."""

import gc
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from amount import ALWAYS_THE_SAME, EXAMPLES
from coverage import Coverage
from hypothesis import settings

# A machine that is busy with something else is no failure of the code under test.
settings.register_profile("harness", deadline=None, max_examples=EXAMPLES, derandomize=ALWAYS_THE_SAME)
settings.load_profile("harness")

# What is imported and collected lives to the end: looking through it for garbage finds none and takes seconds
# in every worker.
gc.disable()


def pytest_configure() -> None:
    """Take what a shell's background job ignores, or nohup's: the commands under test would inherit it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Keep what is there by now out of every later look for garbage; what tests make is looked at as ever."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Trace no coverage in a test marked `untraced`: it goes where others have been, only far more often."""
    tracer = Coverage.current() if item.get_closest_marker("untraced") else None
    if tracer is not None:
        tracer.stop()
    try:
        yield
    finally:
        if tracer is not None:
            tracer.start()


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of shared evidence beside the checkout, or skip the test loudly."""
    folder = Path(os.environ.get("HARNESS_SHARED", Path(__file__).parents[2] / "shared"))
    if not folder.is_dir():
        pytest.skip(f"no shared evidence at {folder}; set HARNESS_SHARED to its folder")
    return folder


def pytest_make_parametrize_id(val: object) -> str | None:
    """Return an id for long bytes: one made of compressed data holds the second it was compressed in.

    Workers of one run import the tests in different seconds and must find the same ids.
    """
    return "data" if isinstance(val, bytes) and len(val) > 16 else None
