"""Missing data against an independent, slow statement of the rules: every row, and alarms as they tick.

Rules: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data" and "Avoiding premature
transitions to alarm state". A row has a letter per period, oldest left: X breaches, 0 does not, - is missing.
"""

from itertools import product

import pytest
from amount import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from written_resource import CPU, FAST_CPU, RESOURCE, Stage, Written

from harness.scaling.alarms import Alarm, AlarmState, Comparison, TreatMissing, evaluate, state_of
from harness.scaling.policies import AdjustmentType, ScalableTarget, StepAdjustment, StepScaling
from harness.scaling.resource import ScalingMetric

VALUES = {"0": 1.0, "X": 70.0, "-": None}


def slowly(row: str, needed: int, wanted: int, treat: TreatMissing, current: AlarmState) -> AlarmState:
    """Return the state that the guide's sentences give for the newest periods in *row*, one after the other.

    *needed* of *wanted* datapoints, M of N; *row* is the evaluation range.
    """
    newest_first = row[::-1]
    real = newest_first.replace("-", "")
    if len(real) >= wanted:  # enough real ones in the range: the most recent of them decide
        return AlarmState.ALARM if real[:wanted].count("X") >= needed else AlarmState.OK
    if treat in (TreatMissing.BREACHING, TreatMissing.NOT_BREACHING):  # filled up to N
        filled = real + ("X" if treat is TreatMissing.BREACHING else "0") * (wanted - len(real))
        return AlarmState.ALARM if filled.count("X") >= needed else AlarmState.OK
    if real.count("X") >= needed:  # the real ones suffice
        return AlarmState.ALARM
    if "0" in real:  # one that is inside is enough not to alarm
        return AlarmState.OK
    if treat is TreatMissing.IGNORE:
        return current
    oldest_breach = newest_first.rfind("X") + 1  # 1 is the newest period; 0: none
    return AlarmState.ALARM if oldest_breach >= needed else AlarmState.INSUFFICIENT_DATA


@pytest.mark.parametrize("treat", TreatMissing)
@pytest.mark.parametrize(
    ("needed", "wanted", "extra"),
    [(m, n, extra) for n in (1, 2, 3, 4) for m in range(1, n + 1) for extra in (0, 2)],
)
def test_every_row_there_is(needed: int, wanted: int, extra: int, treat: TreatMissing) -> None:
    """All rows of the range, M of N up to 4, whatever the state was; with and without the words."""
    alarm = Alarm(
        "a",
        10.0,
        Comparison.GREATER,
        evaluation_periods=wanted,
        datapoints_to_alarm=needed,
        treat_missing=treat,
        evaluation_range=wanted + extra,
    )
    for letters in product("0X-", repeat=wanted + extra):
        row = "".join(letters)
        points = [VALUES[each] for each in row]
        current = list(AlarmState)[len(row.strip("-")) % 3]
        state = slowly(row, needed, wanted, treat, current)
        assert state_of(alarm, points, current) is state, row
        assert evaluate(alarm, points, current).state is state, row


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    row=st.text("0X-", min_size=1, max_size=18),
    wanted=st.integers(1, 5),
    needed=st.integers(1, 5),
    treat=st.sampled_from(TreatMissing),
    metric=st.sampled_from([CPU, FAST_CPU]),
)
def test_an_alarm_that_ticks_goes_through_the_same_states(
    row: str, wanted: int, needed: int, treat: TreatMissing, metric: ScalingMetric
) -> None:
    """Once a minute or every 10 s, each period once, as it becomes visible."""
    needed = min(needed, wanted)
    period_s = metric.period_s
    stage = Stage(Written(lambda start: VALUES[_letter(row, start, period_s)]))
    stage.scale(StepScaling("p", AdjustmentType.CHANGE_IN_CAPACITY, (StepAdjustment(0, None, 0),)))
    alarm = Alarm(
        "a", 10.0, Comparison.GREATER, period_s, wanted, needed, treat, metric=metric, alarm_actions=("p",)
    )
    assert stage.loop.put_alarm(alarm, 0.0) is None
    delay_s = 60.0 if period_s == 60.0 else 10.0
    current = AlarmState.INSUFFICIENT_DATA
    for seen in range(1, len(row) + 1):
        at = seen * period_s + delay_s
        stage.until(at)
        window = row[:seen].rjust(wanted + 2, "-")[-wanted - 2 :]
        if seen == 1:  # ticks have come before the first period was visible
            for _ in range(2):
                current = slowly("-" * (wanted + 2), needed, wanted, treat, current)
        current = slowly(window, needed, wanted, treat, current)
        assert stage.loop.alarms()[-1].state is current, (window, at)


def _letter(row: str, start: float, period_s: float) -> str:
    number = round(start / period_s)
    return row[number] if 0 <= number < len(row) else "-"


def test_two_alarms_of_different_length_read_one_metric() -> None:
    """Each looks at its own range of it."""
    stage = Stage(Written(lambda start: 70.0 if start >= 0.0 else None))
    stage.loop.register_target(ScalableTarget(RESOURCE, 1, 5), 0.0)
    for name, wanted in (("short", 1), ("long", 4)):
        alarm = Alarm(name, 10.0, Comparison.GREATER, 60.0, wanted, wanted, metric=CPU, alarm_actions=("p",))
        stage.loop.put_alarm(alarm, 0.0)
    stage.scale(StepScaling("p", AdjustmentType.CHANGE_IN_CAPACITY, (StepAdjustment(0, None, 0),)))
    stage.until(1000.0)
    changed = {each.alarm.name: each.changed_at for each in stage.loop.alarms()}
    assert changed == {"short": 120.0, "long": 300.0}
