"""What target tracking decides, case by case, and what holds for every decision."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scaling.activities import NotScaledReason
from harness.scaling.decision import Observation, PolicySignal, Reason, ScalingDecision, decide
from harness.scaling.policies import Cooldowns, ScalableTarget, TargetTracking
from harness.scaling.resource import ScalingMetric
from harness.scaling.settings import CapacityBasis, Datapoint, ScaleInMode, ScalingSettings

TARGET = ScalableTarget("endpoint/e/variant/v", 1, 5)
POLICY = TargetTracking("tracking", 10.0)


def high(*values: float, capacity: float = 1.0, policy: TargetTracking = POLICY) -> PolicySignal:
    return PolicySignal(policy, True, False, values, (capacity,) * len(values))


def low(*values: float, capacity: float = 1.0, policy: TargetTracking = POLICY) -> PolicySignal:
    return PolicySignal(policy, False, True, values, (capacity,) * len(values))


def calm(policy: TargetTracking = POLICY) -> PolicySignal:
    return PolicySignal(policy, False, False, (9.5,), (1.0,))


def decided(
    *signals: PolicySignal,
    desired: int = 1,
    current: int | None = None,
    target: ScalableTarget = TARGET,
    cooldowns: Cooldowns | None = None,
    scalable: bool = True,
    now: float = 1000.0,
    **chosen: Any,
) -> ScalingDecision:
    seen = Observation(desired, desired if current is None else current, scalable, signals)
    return decide(target, seen, cooldowns or Cooldowns(), ScalingSettings(**chosen), now)


def test_scale_out_is_proportional_up_to_the_maximum() -> None:
    """70 per instance against a target of 10 wants 7; the maximum is 5, and the sentence says all of it."""
    decision = decided(high(70.0, 70.0, 70.0))
    assert (decision.desired, decision.wanted, decision.reason) == (5, 7, Reason.SCALE_OUT)
    assert decision.sentence == (
        "Invocations per instance were 70.0, 70.0 and 70.0 over the last 3 minutes, above the target of 10: "
        "from 1 to 5 instances (7 wanted, maximum 5)."
    )


def test_a_scale_out_within_the_maximum_says_so() -> None:
    """No remark about bounds that did not bind."""
    decision = decided(high(25.0, 25.0, 25.0))
    assert decision.desired == 3
    assert decision.sentence.endswith("above the target of 10: from 1 to 3 instances.")


def test_floating_point_noise_costs_no_instance() -> None:
    """3 x 10.000000000000002 over 10 is three instances, not four."""
    assert decided(high(10.000000000000002, capacity=3.0), desired=2).desired == 3


def test_the_capacity_that_met_the_metric_counts_not_the_one_that_came_later() -> None:
    """A point from before the join would otherwise ask for the new instances twice."""
    stale = high(70.0, 70.0, 70.0, capacity=1.0)
    wide = replace(TARGET, max_capacity=100)
    assert decided(stale, desired=7, target=wide).reason is Reason.ALREADY_AT_DESIRED_CAPACITY
    assert decided(stale, desired=7, target=wide, capacity_basis=CapacityBasis.CURRENT).desired == 49


@pytest.mark.parametrize(
    ("choice", "desired"), [(Datapoint.LAST, 2), (Datapoint.MEAN, 3), (Datapoint.MAXIMUM, 4)]
)
def test_which_datapoint_feeds_the_formula_is_a_setting(choice: Datapoint, desired: int) -> None:
    """The last, the mean or the largest of the alarm's window; older points do not count."""
    assert decided(high(99.0, 40.0, 30.0, 20.0), datapoint=choice).desired == desired


def test_at_the_maximum_nothing_more_is_added() -> None:
    """AlreadyAtMaxCapacity with the maximum, as AWS tells it."""
    decision = decided(high(20.0, capacity=5.0), desired=5)
    assert decision.reason is Reason.ALREADY_AT_MAX_CAPACITY
    assert decision.not_scaled_reason(TARGET) == NotScaledReason("AlreadyAtMaxCapacity", max_capacity=5)


def test_a_breach_that_the_capacity_already_meets_changes_nothing() -> None:
    """Three old points above the target, the last one lower."""
    decision = decided(high(30.0, 30.0, 12.0, capacity=2.0), desired=3)
    assert decision.reason is Reason.ALREADY_AT_DESIRED_CAPACITY
    assert decision.not_scaled_reason(TARGET) == NotScaledReason(
        "AlreadyAtDesiredCapacity", current_capacity=3
    )


def test_inside_the_scale_out_cooldown_only_a_larger_scale_out_acts() -> None:
    """3 credited: another 3 waits, 4 goes."""
    cooldowns = Cooldowns().after_scale_out(1300.0, 3)
    waiting = decided(high(30.0), desired=2, cooldowns=cooldowns)
    assert waiting.reason is Reason.SCALE_OUT_COOLDOWN
    assert "300 s more" in waiting.sentence
    assert decided(high(40.0), desired=3, cooldowns=cooldowns).desired == 4
    assert decided(high(30.0), desired=2, cooldowns=cooldowns, now=1300.0).desired == 3


def test_a_scale_out_acts_inside_the_scale_in_cooldown() -> None:
    """AAS guide: at once."""
    assert decided(high(30.0), cooldowns=Cooldowns().after_scale_in(9999.0)).desired == 3


def test_an_endpoint_that_is_being_updated_is_left_alone() -> None:
    """TargetServicePutResourceAsUnscalable, in both directions."""
    for signal in (high(70.0), low(0.0)):
        decision = decided(signal, desired=3, scalable=False)
        assert (decision.reason, decision.desired) == (Reason.UNSCALABLE, 3)
        assert decision.not_scaled_reason(TARGET) == NotScaledReason(
            "TargetServicePutResourceAsUnscalable", current_capacity=3
        )
        over = "above the target of 10" if signal.high else "below 9 (90% of the target of 10)"
        assert f"{over}, but the endpoint is being updated and cannot scale" in decision.sentence


def test_without_an_alarm_nothing_is_asked_for() -> None:
    """No AWS code belongs to it."""
    decision = decided(calm())
    assert decision.reason is Reason.WITHIN_TARGET
    assert decision.not_scaled_reason(TARGET) is None


def test_an_alarm_without_a_datapoint_asks_for_nothing() -> None:
    """There is nothing to compute from."""
    assert decided(high()).reason is Reason.WITHIN_TARGET
    assert decided(low(), desired=3).reason is Reason.WITHIN_TARGET


def test_scale_in_goes_one_step_at_a_time() -> None:
    """Idle: 5 to 4, with the fifteen minutes in one phrase."""
    decision = decided(low(*[0.0] * 15), desired=5)
    assert (decision.desired, decision.reason, decision.alarm) == (4, Reason.SCALE_IN, "low")
    assert decision.sentence == (
        "Invocations per instance were 0.0 over the last 15 minutes, below 9 (90% of the target of 10): "
        "from 5 to 4 instances (one at a time)."
    )


@pytest.mark.parametrize(
    ("mode", "desired"),
    [(ScaleInMode.ONE_STEP, 29), (ScaleInMode.PERCENT, 27), (ScaleInMode.PROPORTIONAL, 3)],
)
def test_how_far_a_scale_in_goes_is_a_setting(mode: ScaleInMode, desired: int) -> None:
    """30 instances that need 3: one less, a tenth less, or all at once."""
    wide = replace(TARGET, max_capacity=50)
    signal = low(*[1.0] * 15, capacity=30.0)
    assert decided(signal, desired=30, target=wide, scale_in_mode=mode).desired == desired


def test_the_percent_mode_takes_at_least_one() -> None:
    """A tenth of three is one."""
    assert decided(low(0.0), desired=3, scale_in_mode=ScaleInMode.PERCENT).desired == 2


def test_scale_in_stops_at_the_minimum() -> None:
    """AlreadyAtMinCapacity with the minimum, also while a cooldown runs: it is not the reason."""
    decision = decided(low(0.0), desired=1, cooldowns=Cooldowns().after_scale_in(9999.0))
    assert decision.reason is Reason.ALREADY_AT_MIN_CAPACITY
    assert decision.sentence == (
        "Invocations per instance were 0.0 over the last minute, below 9 (90% of the target of 10), "
        "but the minimum of 1 is reached."
    )
    assert decision.not_scaled_reason(TARGET) == NotScaledReason("AlreadyAtMinCapacity", min_capacity=1)


def test_proportional_scale_in_respects_the_minimum() -> None:
    """Zero instances are wanted, two are the minimum."""
    bounded = replace(TARGET, min_capacity=2)
    mode = ScaleInMode.PROPORTIONAL
    assert decided(low(0.0), desired=5, target=bounded, scale_in_mode=mode).desired == 2


def test_scale_in_ends_within_the_maximum() -> None:
    """A maximum that was set while the endpoint was being updated holds from the next decision on."""
    decision = decided(low(*[0.0] * 15, capacity=8.0), desired=8, target=replace(TARGET, max_capacity=4))
    assert (decision.desired, decision.reason) == (4, Reason.SCALE_IN)
    assert decision.sentence.endswith("from 8 to 4 instances (7 wanted, maximum 4).")


def test_one_instance_less_must_not_scale_out_again() -> None:
    """44.5 in all on 5 instances: four would see 11.1 each, above 10."""
    decision = decided(low(8.9, capacity=5.0), desired=5)
    assert decision.reason is Reason.ANTICIPATED_FLAPPING
    assert "4 instances would see 11.1 each, above the target of 10" in decision.sentence
    assert decided(low(8.0, capacity=5.0), desired=5).desired == 4


def test_the_flapping_sentence_counts_one_and_none() -> None:
    """Two instances to one, one to none."""
    assert "1 instance would see 16.0 each" in decided(low(8.0, capacity=2.0), desired=2).sentence
    to_zero = replace(TARGET, min_capacity=0)
    assert "0 instances would see 3.0 with nobody" in decided(low(3.0), desired=1, target=to_zero).sentence


def test_without_the_guard_the_formula_itself_keeps_what_is_needed() -> None:
    """AlreadyAtDesiredCapacity instead."""
    decision = decided(low(8.9, capacity=5.0), desired=5, flapping_guard=False)
    assert decision.reason is Reason.ALREADY_AT_DESIRED_CAPACITY


def test_scale_in_waits_for_its_cooldown() -> None:
    """And says for how long."""
    decision = decided(low(0.0), desired=3, cooldowns=Cooldowns().after_scale_in(1550.0))
    assert decision.reason is Reason.SCALE_IN_COOLDOWN
    assert "550 s more" in decision.sentence
    assert not decision.reason.is_aws_code


def test_a_scale_out_cooldown_holds_scale_in_back_only_by_setting() -> None:
    """The guide is silent; the default lets it go."""
    cooldowns = Cooldowns().after_scale_out(1100.0, 3)
    assert decided(low(0.0), desired=3, cooldowns=cooldowns).desired == 2
    held = decided(low(0.0), desired=3, cooldowns=cooldowns, scale_out_cooldown_blocks_scale_in=True)
    assert (held.reason, "100 s more" in held.sentence) == (Reason.SCALE_IN_COOLDOWN, True)


def test_suspension_holds_each_direction_by_itself() -> None:
    """SuspendedState: DynamicScalingInSuspended, DynamicScalingOutSuspended."""
    no_out, no_in = replace(TARGET, suspended_out=True), replace(TARGET, suspended_in=True)
    assert decided(high(70.0), target=no_out).reason is Reason.SCALE_OUT_SUSPENDED
    assert decided(high(70.0), target=no_in).desired == 5
    assert decided(low(0.0), desired=3, target=no_in).reason is Reason.SCALE_IN_SUSPENDED
    assert decided(low(0.0), desired=3, target=no_out).desired == 2


def test_a_policy_that_may_not_scale_in_does_not() -> None:
    """DisableScaleIn, alone."""
    only_out = replace(POLICY, disable_scale_in=True)
    assert decided(low(0.0, policy=only_out), desired=3).reason is Reason.SCALE_IN_DISABLED


def test_any_policy_scales_out_and_the_largest_wins() -> None:
    """Two want out: 3 and 4."""
    other = replace(POLICY, policy_name="other", target_value=5.0)
    decision = decided(high(30.0), high(20.0, policy=other))
    assert (decision.desired, decision.policy_name) == (4, "other")
    assert decided(calm(), high(20.0, policy=other)).desired == 4


def test_all_policies_must_agree_to_scale_in() -> None:
    """One unwilling policy holds it back; one that may not scale in is not asked."""
    other = replace(POLICY, policy_name="other")
    held = decided(low(0.0), calm(other), desired=3)
    assert held.reason is Reason.POLICIES_DISAGREE
    assert "policy other does not agree" in held.sentence
    assert decided(low(0.0), calm(replace(other, disable_scale_in=True)), desired=3).desired == 2
    assert decided(low(0.0), low(0.0, policy=other), desired=3).desired == 2


def test_another_metric_is_called_by_its_name() -> None:
    """The sentence does not speak of invocations then; one value is one minute."""
    cpu = replace(POLICY, metric=ScalingMetric("/aws/sagemaker/Endpoints", "CPUUtilization", "Average"))
    assert decided(high(70.0, policy=cpu)).sentence.startswith(
        "CPUUtilization were 70.0 over the last minute"
    )


values = st.lists(st.floats(0, 500, allow_nan=False), max_size=15).map(tuple)


@st.composite
def signals(draw: st.DrawFn) -> PolicySignal:
    recent = draw(values)
    capacities = tuple(draw(st.integers(1, 9)) * 1.0 for _ in recent)
    policy = TargetTracking(
        draw(st.sampled_from("abc")), draw(st.floats(0.5, 200)), disable_scale_in=draw(st.booleans())
    )
    return PolicySignal(policy, draw(st.booleans()), draw(st.booleans()), recent, capacities)


@given(
    seen=st.builds(
        Observation,
        st.integers(1, 20),
        st.integers(0, 20),
        st.booleans(),
        st.lists(signals(), min_size=1, max_size=3).map(tuple),
    ),
    low_bound=st.integers(1, 6),
    width=st.integers(0, 12),
    out_until=st.floats(0, 2000),
    in_until=st.floats(0, 2000),
    credited=st.integers(1, 20),
    scale_in_mode=st.sampled_from(ScaleInMode),
    datapoint=st.sampled_from(Datapoint),
    basis=st.sampled_from(CapacityBasis),
    guard=st.booleans(),
)
def test_no_decision_breaks_a_rule(
    seen: Observation,
    low_bound: int,
    width: int,
    out_until: float,
    in_until: float,
    credited: int,
    scale_in_mode: ScaleInMode,
    datapoint: Datapoint,
    basis: CapacityBasis,
    guard: bool,
) -> None:
    """Within the bounds when it acts, nothing inside a cooldown unless larger, nothing while updating."""
    target = ScalableTarget("endpoint/e/variant/v", low_bound, low_bound + width)
    chosen = ScalingSettings(
        scale_in_mode=scale_in_mode, datapoint=datapoint, capacity_basis=basis, flapping_guard=guard
    )
    cooldowns = Cooldowns(out_until, credited, in_until)
    decision = decide(target, seen, cooldowns, chosen, 1000.0)
    assert decision.previous == seen.desired
    assert decision.sentence.endswith(".")
    if not decision.reason.acts:
        assert decision.desired == seen.desired
        return
    assert seen.scalable
    if decision.reason is Reason.SCALE_OUT:
        assert seen.desired < decision.desired <= target.max_capacity
        assert out_until <= 1000.0 or decision.desired > credited
    else:
        assert target.min_capacity <= decision.desired < seen.desired
        assert in_until <= 1000.0
    assert math.isfinite(decision.wanted)
