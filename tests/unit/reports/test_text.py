"""How figures are written for people."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import text


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0, "00:00"),
        (59.4, "00:59"),
        (59.6, "01:00"),
        (3_960, "66:00"),
        (5_999, "99:59"),
        (6_000, "100:00"),
        (36_000, "10:00:00"),
    ],
)
def test_moments_are_minutes_and_seconds(seconds: float, written: str) -> None:
    """mm:ss of model time, hours only for very long runs."""
    assert text.clock(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [
        (0.25, "250 ms"),
        (48.2, "48 s"),
        (59.6, "1 min"),
        (548, "9 min 8 s"),
        (3_600, "1 h"),
        (7_500, "2 h 5 min"),
    ],
)
def test_spans_are_told_in_two_units(seconds: float, written: str) -> None:
    """As one would say them."""
    assert text.span(seconds) == written


@pytest.mark.parametrize(
    ("seconds", "brief", "column"),
    [
        (0, "0 ms", "0 ms"),
        (0.00043, "0.43 ms", "0.430 ms"),
        (0.62, "620 ms", "620 ms"),
        (0.99949, "999 ms", "999 ms"),
        (0.9996, "1 s", "1.00 s"),
        (1.1, "1.1 s", "1.10 s"),
        (1234.5, "1,234 s", "1,234 s"),
    ],
)
def test_response_times_have_three_digits(seconds: float, brief: str, column: str) -> None:
    """Milliseconds below a second; zeros only in columns."""
    assert (text.short(seconds), text.steady(seconds)) == (brief, column)


@given(st.floats(1e-6, 1e9))
def test_a_significant_figure_is_near_its_value(value: float) -> None:
    """Rounding to three digits moves a value by half a per cent at most."""
    assert float(text.significant(value).replace(",", "")) == pytest.approx(value, rel=0.0051)


@pytest.mark.parametrize(
    ("value", "written"),
    [(1_050.0, "1,050"), (41.8312, "41.83"), (0.007619, "0.007619"), (-3.0, "-3"), (float("inf"), "inf")],
)
def test_measured_values(value: float, written: str) -> None:
    """Whole numbers whole, others to four digits."""
    assert (text.number(value) if value != float("inf") else text.significant(value)) == written


@pytest.mark.parametrize(
    ("part", "whole", "written"),
    [(0, 5, "0 %"), (5, 5, "100 %"), (1, 3, "33.3 %"), (8, 1050, "0.76 %"), (10**6 - 1, 10**6, "99.99 %")],
)
def test_shares_are_whole_only_when_exact(part: int, whole: int, written: str) -> None:
    """999,999 of a million is not 100 %."""
    assert text.share(part, whole) == written


@pytest.mark.parametrize(
    ("limit", "unit", "written"),
    [
        ("<= 2", "s", "≤ 2 s"),
        (">= 0.95", "ratio", "≥ 95 %"),
        ("== 1", "instances", "= 1 instance"),
        ("== 29113", "rows", "= 29,113 rows"),
        ("< 1e-05", "ratio", "< 0.001 %"),
        ("<= nothing measured", "s", "<= nothing measured s"),
        ("soon", "", "soon"),
    ],
)
def test_limits_have_the_signs_people_write(limit: str, unit: str, written: str) -> None:
    """With their unit, ratios in per cent; a text that is no limit stays as it is."""
    assert text.limit(limit, unit) == written


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (1, "activities", "1 activity"),
        (2, "zones", "2 zones"),
        (1, "s", "1 s"),
        (0.0076, "ratio", "0.76 %"),
        (3, "", "3"),
    ],
)
def test_values_agree_with_their_unit(value: float, unit: str, written: str) -> None:
    """One instance, two instances, one second."""
    assert text.with_unit(value, unit) == written


def test_nouns_agree_with_their_count() -> None:
    """One call, two calls, 1,050 calls."""
    assert [text.plural(n, "call") for n in (0, 1, 1_050)] == ["0 calls", "1 call", "1,050 calls"]


def test_long_names_are_cut_in_the_middle() -> None:
    """Beginning and end tell names apart; short ones are left alone."""
    assert text.shorten("abcdefghij", 7) == "abc…hij"
    assert text.shorten("abc", 7) == "abc"
