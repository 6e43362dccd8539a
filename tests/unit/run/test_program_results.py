"""What several processes came to becomes one result, and one sentence about what went wrong."""

from pathlib import Path
from typing import Any

import pytest

from harness.run.process import Answer
from harness.run.program_results import merged, why_failed

LOGS = [Path("logs/program-p-0.log"), Path("logs/program-p-1.log")]


@pytest.mark.parametrize(
    ("results", "whole"),
    [
        ([{"a": 1, "b": "x"}], {"a": 1, "b": "x"}),
        ([{}, {}], {}),
        ([{"a": 1}, {"a": 2.5}], {"a": 3.5, "a.min": 1, "a.max": 2.5}),
        ([{}, {"a": 2}], {"a": 2, "a.min": 2, "a.max": 2}),
        ([{"a": True}, {"a": False}], {"a": 1, "a.min": False, "a.max": True}),
        ([{"b": "x"}, {"b": "y"}], {"b": "x"}),
        ([{"b": "x"}, {"b": 1}], {"b": "x"}),
    ],
)
def test_figures_are_summed(results: list[dict[str, Any]], whole: dict[str, Any]) -> None:
    """With the least and the most beside them; of anything else the first rank that has it is believed."""
    assert merged(results) == whole


def test_nobody_failed() -> None:
    """Then there is nothing to say."""
    assert why_failed([Answer(), Answer({"a": 1})], LOGS) == ""


def test_one_process_is_not_numbered() -> None:
    """Its log stands behind the reason."""
    assert why_failed([Answer(error="it fell")], LOGS[:1]) == "it fell (log: logs/program-p-0.log)"


def test_the_ranks_that_failed_are_named() -> None:
    """A reason that names its log already is left as it is."""
    answers = [Answer(error="see logs/program-p-0.log"), Answer(error="it fell")]
    assert why_failed(answers, LOGS) == (
        "rank 0: see logs/program-p-0.log; rank 1: it fell (log: logs/program-p-1.log)"
    )
