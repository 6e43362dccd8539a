"""Limits on the command line: what they mean, and what a mistyped one was likely meant to be."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.sweep.thresholds import Threshold, distance, misses, parse_threshold


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        ("p99<0.8", Threshold("p99", 0.8, True)),
        (" p99 <= 800ms ", Threshold("p99", 0.8, False)),
        ("p99<2s", Threshold("p99", 2.0, True)),
        ("breach_minutes<=0", Threshold("breach_minutes", 0.0, False)),
        ("failed_ratio<0.1%", Threshold("failed_ratio", 0.001, True)),
        ("cost_usd<1e2", Threshold("cost_usd", 100.0, True)),
    ],
)
def test_what_is_written_is_what_is_meant(text: str, threshold: Threshold) -> None:
    """Blanks and units included."""
    found = parse_threshold(text)

    assert (found.metric, found.strict) == (threshold.metric, threshold.strict)
    assert found.limit == pytest.approx(threshold.limit)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("p9<0.8", "there is no figure 'p9'; did you mean p99?"),
        ("breach_mins<=2", "did you mean breach_minutes?"),
        ("P99=0.8", "there is no figure 'P99'; did you mean p99?"),
        ("qqqqqqqq<1", "There are p99, breach_minutes"),
        ("p99>0.8", "the smaller the better; write < or <="),
        ("p99=0.8", "write it like 'p99<0.8'"),
        ("p99", "write it like 'p99<0.8'"),
        ("", "write it like 'p99<0.8'"),
        ("p99<1.2.3", "'1.2.3' is no number"),
        ("p99<-1", "finite and not negative"),
        ("p99<1e999", "finite and not negative"),
        ("p99<5%", "p99 has no unit '%'; it has s or ms"),
        ("breach_minutes<2s", "breach_minutes has no unit 's'; it has none"),
    ],
)
def test_a_mistake_is_told_with_the_way_out(text: str, words: str) -> None:
    """The message holds what was written and a suggestion."""
    with pytest.raises(ScenarioError, match="--threshold") as raised:
        parse_threshold(text)

    assert words in str(raised.value)
    assert repr(text) in str(raised.value)


def test_a_strict_limit_is_not_met_by_itself() -> None:
    """`<` and `<=` differ at the limit alone, and a miss by nothing is still a miss."""
    strict, lenient = Threshold("p99", 0.8, True), Threshold("p99", 0.8, False)

    assert (strict.met(0.8), lenient.met(0.8)) == (False, True)
    assert strict.excess(0.8) > 0.0
    assert (str(strict), str(lenient)) == ("p99<0.8", "p99<=0.8")


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.booleans())
def test_an_excess_is_zero_exactly_when_the_limit_is_met(limit: float, value: float, strict: bool) -> None:
    """The nearest policy by distance is never one that misses when another meets."""
    threshold = Threshold("p99", limit, strict)

    assert (threshold.excess(value) == 0.0) == threshold.met(value)


def test_what_is_no_number_meets_nothing() -> None:
    """NaN and infinity are endlessly far."""
    threshold = Threshold("p99", 0.8, True)

    assert (threshold.met(math.nan), threshold.excess(math.nan)) == (False, math.inf)
    assert threshold.excess(math.inf) == math.inf


def test_distances_are_in_parts_of_each_limit() -> None:
    """Half over one limit and twice over another are comparable; a limit of zero counts in units."""
    limits = [Threshold("p99", 2.0, True), Threshold("breach_minutes", 0.0, False)]
    values = {"p99": 3.0, "breach_minutes": 2.0}

    assert distance(limits, values) == pytest.approx(0.5 + 2.0)
    assert misses(limits, values) == limits
    assert misses(limits, {"p99": 1.0, "breach_minutes": 2.0}) == limits[1:]
