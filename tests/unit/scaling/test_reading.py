"""Datapoints are read once, and what is given is what reading them all would give."""

from dataclasses import replace

from amount import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from written_resource import CPU, FAST_CPU, RESOURCE, Written, steady

from harness.scaling.reading import Readings
from harness.scaling.resource import Datapoint, ScalingMetric


class Counting(Written):
    """Counts how many datapoints it was asked for."""

    asked = 0

    def datapoints(self, metric: ScalingMetric, now: float, count: int) -> tuple[Datapoint | None, ...]:
        self.asked += count
        return super().datapoints(metric, now, count)


def test_a_period_is_read_once() -> None:
    """Seventeen at first, then one look a minute, and none of them again."""
    resource, readings = Counting(steady(1.0)), Readings()
    for minute in range(30, 40):
        readings.read(RESOURCE, resource, CPU, minute * 60.0, 17)
    assert resource.asked == 17 + 9


def test_a_resource_that_takes_the_name_is_read_anew() -> None:
    """Nothing of the old one is left."""
    readings = Readings()
    readings.read(RESOURCE, Written(steady(1.0)), CPU, 6000.0, 3)
    found = readings.read(RESOURCE, Written(steady(2.0)), CPU, 6000.0, 3)
    assert [each.value for each in found if each] == [2.0, 2.0, 2.0]


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    gaps=st.lists(st.booleans(), min_size=60, max_size=60),
    steps=st.lists(st.tuples(st.integers(0, 200), st.integers(1, 20)), min_size=1, max_size=20),
    metric=st.sampled_from([CPU, FAST_CPU, replace(CPU, period_s=300.0)]),
)
def test_what_is_given_is_what_the_resource_has(
    gaps: list[bool], steps: list[tuple[int, int]], metric: ScalingMetric
) -> None:
    """However far time moves on, however many are wanted, with and without gaps."""

    def value(start: float) -> float | None:
        number = int(start // 60.0)
        return None if number < 0 or gaps[number % 60] else start

    resource, readings, now = Written(value), Readings(), 0.0
    for step_s, count in steps:
        now += step_s
        found = readings.read(RESOURCE, resource, metric, now, count)
        assert found == resource.datapoints(metric, now, count)
