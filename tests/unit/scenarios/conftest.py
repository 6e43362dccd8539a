"""A small synthetic data set, and NASA's files where they are at hand."""

import os
from pathlib import Path

import pytest

from scenarios._turbofan.data import Turbofan
from scenarios._turbofan.synthetic import generate, save


@pytest.fixture(scope="session")
def small() -> Turbofan:
    """Twelve engines a file."""
    return generate(seed=1, units=12)


@pytest.fixture
def folder(small: Turbofan, tmp_path: Path) -> Path:
    """The small data set as files that a test may damage."""
    save(small, tmp_path / "data")
    return tmp_path / "data"


@pytest.fixture(scope="session")
def nasa() -> Path:
    """The folder of NASA's files: HARNESS_SHARED, or ../shared beside the checkout."""
    beside = Path(__file__).parents[4] / "shared"
    found = Path(os.environ.get("HARNESS_SHARED", beside)) / "cmapss"  # where the tests' evidence is
    if not found.is_dir():
        pytest.skip(f"NASA's turbofan files are not at {found}: set HARNESS_SHARED to their parent folder")
    return found
