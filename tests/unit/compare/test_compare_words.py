"""How comparisons are told."""

from typing import Any

import pytest

from harness.compare.lines import Line, Method, Verdict
from harness.compare.metrics import metric
from harness.compare.words import change_words, interval_words, method_words, sentence, value_words


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.62, "s", "620 ms"),
        (619.22, "s", "619.2 s"),
        (0.0123, "ratio", "1.23 %"),
        (0.00573, "USD", "0.00573 USD"),
        (1.0, "messages", "1 message"),
        (None, "s", "none"),
    ],
)
def test_a_figure_is_told_with_its_unit(value: float | None, unit: str, words: str) -> None:
    """As everywhere in reports."""
    assert value_words(value, unit) == words


@pytest.mark.parametrize(
    ("before", "change", "unit", "words"),
    [
        (2.0, 1.0, "s", "+50 %"),
        (2.0, -1.0, "s", "\N{MINUS SIGN}50 %"),
        (0.01, 0.02, "ratio", "+2 points"),
        (0.0, 3.0, "messages", "+3 messages"),
        (0.0, -3.0, "messages", "\N{MINUS SIGN}3 messages"),
        (2.0, 0.0, "s", "±0"),
        (None, None, "s", ""),
    ],
)
def test_a_change_is_told_with_its_sign(
    before: float | None, change: float | None, unit: str, words: str
) -> None:
    """In per cent of what was, in points of a ratio, and in itself where there was nothing."""
    assert change_words(before, change, unit) == words


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"low": 0.1, "high": 0.3, "before": 2.0, "unit": "s"}, "+5 to +15 %"),
        ({"low": -0.01, "high": 0.0, "before": 0.5, "unit": "ratio"}, "\N{MINUS SIGN}1 to ±0 points"),
        ({"low": 1.0, "high": 3.0, "before": 0.0, "unit": "messages"}, "+1 to +3 messages"),
        ({"low": None, "high": None, "before": 2.0, "unit": "s"}, ""),
        ({"low": 1.0, "high": 1.0, "before": 2.0, "unit": "s"}, ""),
    ],
)
def test_an_interval_is_told_like_the_change(row: dict[str, Any], words: str) -> None:
    """Nothing where there is none."""
    assert interval_words(row) == words


def line(name: str, before: float, after: float, verdict: Verdict) -> Line:
    """Return a line of that metric."""
    return Line(metric(name), before, after, verdict, "why")


def test_the_worst_is_told_first() -> None:
    """Three of a kind by the size of their change, then how many more."""
    found = [
        line("response_p50", 1.0, 1.1, Verdict.WORSE),
        line("response_p90", 1.0, 1.2, Verdict.WORSE),
        line("response_p95", 1.0, 1.3, Verdict.WORSE),
        line("response_p99", 1.0, 2.0, Verdict.WORSE),
        line("cost", 1.0, 0.5, Verdict.BETTER),
        line("instances", 3.0, 4.0, Verdict.DIFFERS),
        line("lost", 0.0, 1.0, Verdict.UNKNOWN),
    ]
    flips = [{"what": "now fails"}, {"what": "now met"}, {"what": "now met"}, {"what": "gone"}]
    told = sentence(found, Method.REQUESTS, flips, "")
    assert told.startswith("Worse: Response p99 +100 % (1 s → 2 s); Response p95 +30 %")
    assert "; and 1 more. Better: Cost" in told
    assert "Different: Most instances +33.3 % (3 instances → 4 instances)." in told
    assert "1 expectation now fails and 2 expectations now met." in told
    assert told.endswith(
        "1 more figure differs, but one run a side does not tell their noise: repeat the run."
    )


def test_no_difference_is_an_answer() -> None:
    """With how many figures it is of."""
    same = [line("cost", 1.0, 1.0, Verdict.SAME)]
    assert sentence(same, Method.RUNS, [], "") == "No difference shown in 1 figure."
    assert sentence(same, Method.EXACT, [], "") == "No difference in 1 figure."


def test_what_cannot_be_compared_says_why() -> None:
    """As a whole, or because there is nothing that can."""
    assert sentence([], Method.RUNS, [], "the scenarios differ: a and b") == (
        "Not comparable: the scenarios differ: a and b."
    )
    assert (
        sentence([line("cost", 1, 1, Verdict.NOT_COMPARABLE)], Method.RUNS, [], "") == "Not comparable: why."
    )
    assert sentence([], Method.RUNS, [], "") == "Nothing to compare."


def test_what_the_answers_rest_on_is_told() -> None:
    """Each method in its own words."""
    assert "no noise" in method_words(Method.EXACT, 1, 1, None)
    assert "5 runs before, 1 after" in method_words(Method.RUNS, 5, 1, None)
    assert "30 windows of 2 s" in method_words(Method.REQUESTS, 1, 1, (30, 2.0))
    assert "too few" in method_words(Method.REQUESTS, 1, 1, None)
