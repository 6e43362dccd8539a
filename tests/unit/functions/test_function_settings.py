"""The settings of functions: each with its reason and range, and all of them on the page about them."""

import re
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.functions.settings import FunctionSettings
from harness.scaling.unknowns import notes
from harness.whatif.options import shown

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "function-concurrency.md"


def test_the_page_has_every_setting_with_its_default_and_range() -> None:
    """In the form that `--set` takes."""
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)
    expected = [
        (note.name, *(str(shown(value)) for value in (note.default, note.low, note.high)))
        for note in notes(FunctionSettings())
    ]
    assert rows == expected


def test_each_setting_has_a_reason() -> None:
    """What is not documented is said to be."""
    assert all(note.why for note in notes(FunctionSettings()))


def test_a_wait_that_does_not_grow_is_refused() -> None:
    """A factor of 0 would have events tried without end."""
    with pytest.raises(ScenarioError, match="throttle_retry_factor"):
        FunctionSettings(throttle_retry_factor=0.0)
