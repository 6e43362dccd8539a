"""What tests of `harness.whatif` share."""

import gc

import pytest


@pytest.fixture(scope="module", autouse=True)
def small_heap() -> None:
    """Have each simulation look for garbage among its own things alone, as in a process of its own.

    It looks after each world that it played: among all that thousands of other tests have left, half a second
    each time.
    """
    gc.collect()
    gc.freeze()
