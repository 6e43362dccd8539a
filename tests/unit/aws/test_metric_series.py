"""Datapoints by second: statistics of values, counts and sets; gaps; what is refused; what is forgotten."""

from typing import Any

import pytest

from harness.aws.metric_series import KEPT_S, MetricSeries, key_of

DIMENSIONS = [{"Name": "Queue", "Value": "jobs"}, {"Name": "Account", "Value": "1"}]
KEY = key_of("Own", "Depth", [("Queue", "jobs"), ("Account", "1")])
SET = {"SampleCount": 3, "Sum": "12", "Minimum": 1, "Maximum": 8.0}


def datum(**what: Any) -> dict[str, Any]:
    return {"MetricName": "Depth", "Dimensions": DIMENSIONS, **what}


def series(*data: dict[str, Any], at: float = 5.0) -> MetricSeries:
    made = MetricSeries()
    for each in data:
        made.put("Own", each, at)
    return made


def minute(made: MetricSeries, statistic: str) -> float | None:
    (value,) = made.points(KEY, statistic, 60.0, 60.0, 1)
    return value


@pytest.mark.parametrize(
    ("statistic", "wanted"),
    [("SampleCount", 9.0), ("Sum", 36.0), ("Average", 4.0), ("Minimum", 1.0), ("Maximum", 10.0)],
)
def test_values_counts_and_sets_of_a_second_are_one_set(statistic: str, wanted: float) -> None:
    """A value, values with their counts and a statistic set add up."""
    made = series(
        datum(Value=10.0), datum(Values=[2.0, "4"], Counts=[3, 1]), datum(Value=4), datum(StatisticValues=SET)
    )
    assert minute(made, statistic) == wanted


def test_values_without_counts_count_once_each() -> None:
    """PutMetricData: "if you omit the Counts array, the default of 1 is used"."""
    assert minute(series(datum(Values=[1.0, 5.0])), "Average") == 3.0


def test_periods_are_told_oldest_first_and_a_gap_is_none() -> None:
    """A period has what was put from its beginning to just before its end."""
    made = MetricSeries()
    for at, value in ((0.0, 1.0), (59.999, 2.0), (120.0, 4.0), (179.0, 8.0), (180.0, 16.0)):
        made.put("Own", datum(Value=value), at)
    assert made.points(KEY, "Sum", 60.0, 180.0, 4) == [None, 3.0, None, 12.0]


def test_a_long_period_over_few_points_and_a_short_one_over_many_agree() -> None:
    """Whichever way the seconds are looked up, the same ones are found."""
    many = MetricSeries()
    for second in range(400):
        many.put("Own", datum(Value=1.0), float(second))
    assert many.points(KEY, "Sum", 10.0, 400.0, 2) == [10.0, 10.0]
    assert many.points(KEY, "Sum", 3_600.0, 3_600.0, 1) == [400.0]


def test_metrics_are_told_apart_by_namespace_name_and_dimensions() -> None:
    """The order of dimensions is none; a metric without them is another."""
    made = series(datum(Value=1.0), datum(Value=1.0, Dimensions=DIMENSIONS[::-1]))
    made.put("Own", {"MetricName": "Depth", "Value": 1.0}, 5.0)
    made.put("Other", datum(Value=1.0), 5.0)
    assert minute(made, "SampleCount") == 2.0
    assert made.points(key_of("Own", "Depth", ()), "SampleCount", 60.0, 60.0, 1) == [1.0]
    assert made.points(key_of("Own", "Width", ()), "Sum", 60.0, 60.0, 1) == [None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"Value": "many"},
        {"Value": float("nan")},
        {"Value": "Infinity"},
        {"Values": [1.0, 2.0], "Counts": [1.0]},
        {"Value": 1.0, "StatisticValues": {"SampleCount": 1}},
        {"Value": 1.0, "MetricName": None, "Dimensions": [{"Name": "without a value"}]},
    ],
)
def test_what_is_wrong_leaves_nothing_behind(wrong: dict[str, Any]) -> None:
    """Not even the part of it that was right."""
    made = MetricSeries()
    with pytest.raises((KeyError, TypeError, ValueError)):
        made.put("Own", datum(**wrong), 5.0)
    assert minute(made, "SampleCount") is None


def test_what_no_alarm_can_look_at_is_forgotten() -> None:
    """What is older than the longest range goes when something newer comes."""
    made = series(datum(Value=1.0), at=0.0)
    made.put("Own", datum(Value=1.0), KEPT_S)
    assert made.points(KEY, "Sum", KEPT_S, KEPT_S, 1) == [1.0]
    made.put("Own", datum(Value=1.0), KEPT_S + 1.0)
    assert made.points(KEY, "Sum", KEPT_S, KEPT_S, 1) == [None]
