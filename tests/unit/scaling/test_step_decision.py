"""Step policies in a decision: which step, credit inside a cooldown, beside other policies."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scaling.alarms import Comparison
from harness.scaling.cooldowns import Cooldowns
from harness.scaling.decision import decide
from harness.scaling.observation import Observation, PolicySignal, Reason, ScalingDecision, StepSignal
from harness.scaling.policies import LAMBDA_UTILIZATION, ScalableTarget, TargetTracking
from harness.scaling.settings import ScaleInMode, ScalingSettings
from harness.scaling.steps import AdjustmentType, Aggregation, StepAdjustment, StepScaling

TARGET = ScalableTarget("endpoint/e/variant/v", 1, 20)
TRACKING = TargetTracking("tracking", 10.0)


def step(
    change: int, *values: float, name: str = "step", kind: AdjustmentType = AdjustmentType.CHANGE_IN_CAPACITY
) -> StepSignal:
    """Return a policy that changes by *change* above 60, invoked with *values* (61 if none)."""
    policy = StepScaling(name, kind, (StepAdjustment(0, None, change),))
    return StepSignal(
        policy, "cpu-high", 60.0, Comparison.GREATER_OR_EQUAL, values or (61.0,), "CPUUtilization"
    )


def high(value: float, capacity: float = 10.0) -> PolicySignal:
    return PolicySignal(TRACKING, True, False, (value,), (capacity,), "high", "low")


def low(value: float, capacity: float = 10.0, *, disabled: bool = False) -> PolicySignal:
    policy = replace(TRACKING, disable_scale_in=disabled)
    return PolicySignal(policy, False, True, (value,), (capacity,), "high", "low")


def decided(
    *signals: StepSignal | PolicySignal,
    desired: int = 10,
    target: ScalableTarget = TARGET,
    cooldowns: Cooldowns | None = None,
    scalable: bool = True,
    now: float = 1000.0,
    **chosen: Any,
) -> ScalingDecision:
    tracking = tuple(each for each in signals if isinstance(each, PolicySignal))
    steps = tuple(each for each in signals if isinstance(each, StepSignal))
    seen = Observation(desired, desired, scalable, tracking, steps)
    return decide(target, seen, cooldowns or Cooldowns(), ScalingSettings(**chosen), now)


def test_a_step_scales_out_and_says_why() -> None:
    """The value, how far above the threshold, the alarm."""
    decision = decided(step(3, 71.5))
    assert (decision.desired, decision.reason, decision.alarm) == (13, Reason.SCALE_OUT, "step")
    assert (decision.policy_name, decision.alarm_name) == ("step", "cpu-high")
    assert decision.sentence == (
        "CPUUtilization was 71.5, 11.5 above the threshold of 60 of alarm cpu-high: from 10 to 13 instances."
    )


def test_a_step_scales_in_and_stops_at_the_minimum() -> None:
    """Eight of ten are to go, five must stay."""
    decision = decided(step(-8), target=replace(TARGET, min_capacity=5))
    assert (decision.desired, decision.wanted, decision.reason) == (5, 2, Reason.SCALE_IN)
    assert decision.sentence.endswith("from 10 to 5 instances (2 wanted, minimum 5).")


def test_a_step_ends_within_the_maximum() -> None:
    """One of ten is to go; the maximum has become six meanwhile."""
    decision = decided(step(-1), target=replace(TARGET, max_capacity=6))
    assert (decision.desired, decision.wanted) == (6, 9)
    assert decision.sentence.endswith("from 10 to 6 instances (9 wanted, maximum 6).")


def test_the_aggregation_decides_which_step_is_met() -> None:
    """The average of 60 and 80 is 70; the maximum another step."""
    steps = (StepAdjustment(0, 15, 1), StepAdjustment(15, None, 5))
    average = StepScaling("p", AdjustmentType.CHANGE_IN_CAPACITY, steps)
    largest = replace(average, aggregation=Aggregation.MAXIMUM)
    seen = step(0, 60.0, 80.0)
    assert decided(replace(seen, policy=average)).desired == 11
    assert decided(replace(seen, policy=largest)).desired == 15


@pytest.mark.parametrize(("comparison", "desired"), [(Comparison.GREATER_OR_EQUAL, 12), (Comparison.LESS, 8)])
def test_at_the_threshold_the_alarm_says_on_which_side_it_is(comparison: Comparison, desired: int) -> None:
    """An alarm that looks for much takes the step from 0 up, one that looks for little that up to 0."""
    steps = (StepAdjustment(None, 0, -2), StepAdjustment(0, None, 2))
    policy = StepScaling("p", AdjustmentType.CHANGE_IN_CAPACITY, steps)
    decision = decided(replace(step(0, 60.0), policy=policy, comparison=comparison))
    assert decision.desired == desired
    assert "at the threshold of 60" in decision.sentence


def test_a_breach_that_no_step_covers_changes_nothing() -> None:
    """Nor does an alarm without a datapoint, or a step of nothing."""
    below = decided(step(3, 40.0))
    assert (below.reason, below.desired) == (Reason.NO_STEP, 10)
    assert "20 below the threshold of 60" in below.sentence
    empty = replace(step(3), recent=())
    assert "had no datapoint" in decided(empty).sentence
    nothing = decided(empty, step(0))
    assert nothing.reason is Reason.ALREADY_AT_DESIRED_CAPACITY
    assert nothing.sentence.endswith("and its step adjustment leaves 10 as they are.")


def test_inside_its_cooldown_a_step_counts_from_where_the_first_began() -> None:
    """+2, then +3 adds one; +2 again adds none; after the cooldown all of it."""
    held = Cooldowns().after_scale_out(1300.0, 12, 10, 900.0)
    assert decided(step(3), desired=12, cooldowns=held).desired == 13
    again = decided(step(2), desired=12, cooldowns=held)
    assert again.reason is Reason.SCALE_OUT_COOLDOWN
    assert "300 s more, and 12 is no larger than the 12 it already credits" in again.sentence
    assert decided(step(2), desired=12, cooldowns=held, now=1300.0).desired == 14


def test_a_row_of_scale_outs_is_credited_from_its_beginning() -> None:
    """10 to 12, inside the cooldown to 13, and +3 once more adds nothing."""
    first = Cooldowns().after_scale_out(1300.0, 12, 10, 900.0)
    second = first.after_scale_out(1400.0, 13, 12, 1000.0)
    assert second.base(13, 1100.0) == 10
    assert decided(step(3), desired=13, cooldowns=second, now=1100.0).reason is Reason.SCALE_OUT_COOLDOWN
    assert second.base(13, 1400.0) == 13


def test_at_the_maximum_a_step_says_so() -> None:
    """Also inside a cooldown."""
    held = Cooldowns().after_scale_out(1300.0, 20, 18, 900.0)
    for cooldowns in (None, held):
        decision = decided(step(2), desired=20, cooldowns=cooldowns)
        assert decision.reason is Reason.ALREADY_AT_MAX_CAPACITY


def test_a_scale_in_waits_for_its_cooldown_a_scale_out_does_not() -> None:
    """AAS guide: out at once."""
    held = Cooldowns().after_scale_in(1200.0)
    assert decided(step(-1), cooldowns=held).reason is Reason.SCALE_IN_COOLDOWN
    assert decided(step(1), cooldowns=held).desired == 11


def test_suspension_and_the_minimum_hold_for_steps_too() -> None:
    """Each direction by itself."""
    assert decided(step(1), target=replace(TARGET, suspended_out=True)).reason is Reason.SCALE_OUT_SUSPENDED
    assert decided(step(-1), target=replace(TARGET, suspended_in=True)).reason is Reason.SCALE_IN_SUSPENDED
    assert decided(step(-1), desired=1).reason is Reason.ALREADY_AT_MIN_CAPACITY


def test_the_largest_capacity_wins_in_both_directions() -> None:
    """+3 and +200 %; -1 and -5; a step and a target."""
    percent = step(200, name="percent", kind=AdjustmentType.PERCENT_CHANGE_IN_CAPACITY)
    wide = replace(TARGET, max_capacity=50)
    out = decided(step(3), percent, target=wide)
    assert (out.desired, out.policy_name) == (30, "percent")
    inwards = decided(step(-5), step(-1, name="gentle"))
    assert (inwards.desired, inwards.policy_name) == (9, "gentle")
    both = decided(step(3), high(15.0))
    assert (both.desired, both.policy_name, both.alarm_name) == (15, "tracking", "high")


def test_scale_out_beats_scale_in() -> None:
    """A step that wants more against a target that wants less, and the other way round."""
    assert decided(step(1), low(1.0)).desired == 11
    assert decided(step(-5), high(12.0)).desired == 12


def test_target_tracking_does_not_hold_a_step_back() -> None:
    """It disagrees, may not scale in, would flap: the step goes in alone."""
    calm = PolicySignal(TRACKING, False, False, (9.5,), (10.0,), "high", "low")
    for beside in (calm, low(1.0, disabled=True), low(9.9)):
        decision = decided(step(-3), beside)
        assert (decision.desired, decision.policy_name) == (7, "step")


def test_a_target_that_agrees_takes_part_in_the_scale_in() -> None:
    """One at a time is 9, the step wants 7: the larger; all at once is 1, then the step decides."""
    assert decided(step(-3), low(1.0)).desired == 9
    assert decided(step(-3), low(1.0), scale_in_mode=ScaleInMode.PROPORTIONAL).desired == 7
    needed = decided(step(-3), low(9.99), flapping_guard=False)
    assert (needed.desired, needed.policy_name) == (7, "step")


def test_what_cannot_be_changed_is_left_alone() -> None:
    """An endpoint is being updated, anything else has another change in progress."""
    decision = decided(step(3), scalable=False)
    assert (decision.reason, decision.desired) == (Reason.UNSCALABLE, 10)
    assert "the endpoint is being updated" in decision.sentence
    function = ScalableTarget("function:f:live", 1, 20, dimension="lambda:function:ProvisionedConcurrency")
    other = decided(step(3), scalable=False, target=function)
    assert "another change is in progress" in other.sentence


def test_sentences_name_what_is_counted() -> None:
    """Environments of a function, seconds of a short period, minutes of a long one."""
    function = ScalableTarget("function:f:live", 1, 20, dimension="lambda:function:ProvisionedConcurrency")
    busy = PolicySignal(TargetTracking("t", 0.7, LAMBDA_UTILIZATION), True, False, (0.9,), (10.0,))
    sentence = decided(busy, target=function).sentence
    assert sentence.endswith("from 10 to 13 provisioned environments.")
    quick = replace(busy, policy=TargetTracking("t", 0.7, replace(LAMBDA_UTILIZATION, period_s=10.0)))
    assert "over the last 10 seconds" in decided(quick).sentence
    slow = replace(busy, policy=TargetTracking("t", 0.7, replace(LAMBDA_UTILIZATION, period_s=300.0)))
    assert "over the last 5 minutes" in decided(slow).sentence


@given(changes=st.lists(st.integers(1, 9), min_size=1, max_size=8), base=st.integers(1, 10))
def test_a_row_of_steps_inside_cooldowns_adds_up_to_its_largest(changes: list[int], base: int) -> None:
    """Every step counts from where the first one began, however often the cooldown starts anew."""
    capacity, held = base, Cooldowns()
    for number, change in enumerate(changes):
        now = 30.0 * number
        decision = decided(step(change), desired=capacity, cooldowns=held, now=now)
        if decision.reason.acts:
            held = held.after_scale_out(now + 300.0, decision.desired, capacity, now)
            capacity = decision.desired
        assert capacity == min(base + max(changes[: number + 1]), TARGET.max_capacity)


@st.composite
def signals(draw: st.DrawFn) -> PolicySignal:
    policy = TargetTracking(
        draw(st.sampled_from("xyz")), draw(st.floats(1, 90)), disable_scale_in=draw(st.booleans())
    )
    return PolicySignal(policy, draw(st.booleans()), draw(st.booleans()), (draw(st.floats(0, 99)),), (4.0,))


@st.composite
def step_signals(draw: st.DrawFn) -> StepSignal:
    kind = draw(st.sampled_from(AdjustmentType))
    least = 0 if kind is AdjustmentType.EXACT_CAPACITY else -9
    return step(
        draw(st.integers(least, 30)), draw(st.floats(0, 120)), name=draw(st.sampled_from("abc")), kind=kind
    )


@given(
    tracking=st.lists(signals(), max_size=2),
    stepping=st.lists(step_signals(), max_size=3),
    desired=st.integers(1, 20),
    low_bound=st.integers(1, 6),
    width=st.integers(0, 14),
    out_until=st.floats(0, 2000),
    in_until=st.floats(0, 2000),
    credited=st.integers(1, 20),
)
def test_no_mixture_of_policies_breaks_a_rule(
    tracking: list[PolicySignal],
    stepping: list[StepSignal],
    desired: int,
    low_bound: int,
    width: int,
    out_until: float,
    in_until: float,
    credited: int,
) -> None:
    """Within the bounds when it acts; inside a cooldown only a larger scale-out; more policies, no less."""
    target = ScalableTarget("endpoint/e/variant/v", low_bound, low_bound + width)
    cooldowns = Cooldowns(out_until, credited, in_until, max(0, credited - 2))
    decision = decided(*tracking, *stepping, desired=desired, target=target, cooldowns=cooldowns)
    if not decision.reason.acts:
        assert decision.desired == desired
    elif decision.reason is Reason.SCALE_OUT:
        assert desired < decision.desired <= target.max_capacity
        assert out_until <= 1000.0 or decision.desired > credited
    else:
        assert target.min_capacity <= decision.desired < desired
        assert in_until <= 1000.0
    for each in stepping:
        alone = decided(each, desired=desired, target=target, cooldowns=cooldowns)
        if alone.reason is Reason.SCALE_OUT:
            assert decision.desired >= alone.desired
