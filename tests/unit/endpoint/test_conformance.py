"""The published conformance and calibration cases, read as data. Skipped loudly where the data is absent."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from virtual_time import ENDPOINT, VARIANT, Story

from harness.endpoint import (
    EndpointSettings,
    NotScaledReason,
    Observation,
    PolicySignal,
    Reason,
    ScalableTarget,
    ScalingSettings,
    StepSignal,
    TargetTracking,
    World,
    decide,
    evaluate,
)
from harness.endpoint.capacity import plan_joins
from harness.scaling.activities import success_message
from harness.scaling.alarms import Alarm, Comparison
from harness.scaling.policies import CONCURRENT_PER_MODEL, Cooldowns, high_alarm, low_alarm
from harness.scaling.settings import ScaleInMode
from harness.scaling.steps import AdjustmentType, StepAdjustment, StepScaling, rounded_change
from harness.scaling.unknowns import notes

SHARED = Path(os.environ.get("HARNESS_SHARED") or Path(__file__).parents[4] / "shared")
CASES = SHARED / "truth" / "autoscaling_cases.json"
WIDE = ScalableTarget("endpoint/e/variant/v", 1, 99)


def cases() -> dict[str, dict[str, Any]]:
    if not CASES.exists():
        return {}
    return {each["id"]: each for each in json.loads(CASES.read_text())["cases"]}


def draw_in_service(count: int) -> list[float]:
    """Return when the last of *count* instances was in service, over 400 default launches."""
    settings = EndpointSettings()
    return sorted(
        plan_joins(count, 0.0, settings, Random(seed))[-1] + settings.settle_s for seed in range(400)
    )


def check_one_instance(case: dict[str, Any]) -> None:
    """C1: 212.8 s for one instance lies between the 5th and 95th percentile of the default launch."""
    observed = case["observed"]["seconds"]["v"]["desired_to_in_service"]
    drawn = draw_in_service(1)
    assert drawn[20] <= observed <= drawn[380]


def check_forty_eight_instances(case: dict[str, Any]) -> None:
    """C2: 425.7 s for 48 at once, and the words of the activity."""
    drawn = draw_in_service(case["observed"]["desired"]["v"])
    assert drawn[20] <= case["observed"]["activity_s"]["v"] <= drawn[380]
    assert success_message(48).endswith(case["observed"]["status"]["v"].partition(" ")[2])


def check_accelerators(case: dict[str, Any]) -> None:
    """C3: every median before and after caching is a plausible single launch."""
    drawn = draw_in_service(1)
    for _, before, after in case["observed"]["p50_s_before_after"]["v"]:
        assert drawn[0] <= after <= before <= drawn[-1]


def check_insufficient_capacity(case: dict[str, Any]) -> None:
    """C4: 34 minutes, InProgress, the old count, no FailureReason."""
    assert "34 min" in case["observed"]["stuck"]["v"]
    story = Story(count=2)
    story.world.withhold_capacity(True, 1000.0)
    story.world.register_target(ScalableTarget(f"endpoint/{ENDPOINT}/variant/{VARIANT}", 4, 4), 1000.0)
    story.until(1000.0 + 35 * 60.0)
    view = story.world.endpoints[ENDPOINT].view()
    assert (view.variants[0].desired_count, view.failure_reason) == (2, "")
    assert view.modified_at - 1000.0 == pytest.approx(34 * 60.0, abs=30.0)
    assert story.world.loop.activities()[0].status == "InProgress"


def stepped(
    kind: AdjustmentType, steps: list[list[Any]], value: float, threshold: float, *, above: bool
) -> StepSignal:
    """Return a step policy of [lower, upper, adjustment] rows that an alarm has invoked at *value*."""
    policy = StepScaling(f"{kind} {steps}", kind, tuple(StepAdjustment(*each) for each in steps))
    comparison = Comparison.GREATER_OR_EQUAL if above else Comparison.LESS_OR_EQUAL
    return StepSignal(policy, "alarm", threshold, comparison, (value,))


def after(capacity: int, *signals: StepSignal, cooldowns: Cooldowns | None = None, now: float = 0.0) -> int:
    """Return the capacity that step policies make of *capacity*."""
    seen = Observation(capacity, capacity, True, (), signals)
    return decide(WIDE, seen, cooldowns or Cooldowns(), ScalingSettings(), now).desired


def check_step_chain(case: dict[str, Any]) -> None:
    """D1: 10, 11, 14, 13, 10 with the steps of the guide."""
    given = case["input"]
    kind, threshold = AdjustmentType(given["adjustment"]), given["alarm_threshold"]
    capacity, chain = given["capacity"], []
    for value in given["metric_sequence"]:
        above = value >= threshold
        rows = given["out"] if above else given["in"]
        capacity = after(capacity, stepped(kind, rows, value, threshold, above=above))
        chain.append(capacity)
    assert chain == case["expected"]["v"]


def by_number(change: int) -> StepSignal:
    return stepped(AdjustmentType.CHANGE_IN_CAPACITY, [[0, None, change]], 60.0, 50.0, above=True)


def check_cooldown_credit(case: dict[str, Any]) -> None:
    """D2: +2, then +3 inside the cooldown makes 13 of 10."""
    assert "13 total" in case["expected"]["v"]
    before = case["input"]["capacity"]
    first = after(before, by_number(2))
    held = Cooldowns().after_scale_out(300.0, first, before, 0.0)
    assert after(first, by_number(3), cooldowns=held, now=100.0) == 13
    assert after(first, by_number(2), cooldowns=held, now=100.0) == first
    assert after(first, by_number(3), cooldowns=held, now=300.0) == 15


def check_conflict(case: dict[str, Any]) -> None:
    """D3: +3 and +200 % of 10: the larger."""
    percent = stepped(AdjustmentType.PERCENT_CHANGE_IN_CAPACITY, [[0, None, 200]], 60.0, 50.0, above=True)
    assert case["input"]["policies"] == ["+3", "+200%"]
    assert after(case["input"]["capacity"], by_number(3), percent) == case["expected"]["v"]


def check_magnitude(case: dict[str, Any]) -> None:
    """D5: 25 % of 4, two at least."""
    given = case["input"]
    kind, step = AdjustmentType.PERCENT_CHANGE_IN_CAPACITY, StepAdjustment(0, None, given["percent"])
    policy = StepScaling("p", kind, (step,), min_adjustment_magnitude=given["MinAdjustmentMagnitude"])
    assert policy.capacity_after(given["capacity"], given["percent"]) == case["expected"]["v"]


def check_percent_rounding(case: dict[str, Any]) -> None:
    """D6: 12.7, .67, -.58, -6.67."""
    assert [rounded_change(each) for each in case["input"]] == case["expected"]["v"]


def check_high_resolution(case: dict[str, Any]) -> None:
    """D10: 3 datapoints in 30 s above, 90 in 15 minutes below 90 %, and the words about the delay."""
    given, expected = case["input"], case["expected"]["v"]
    policy = TargetTracking("p", float(given["target"]), CONCURRENT_PER_MODEL)
    assert (policy.metric.name, policy.metric.period_s) == (given["metric"], given["period_s"])
    chosen = ScalingSettings()
    high, low = high_alarm(policy, "high", chosen), low_alarm(policy, "low", chosen)
    assert expected["high"] == f"{high.datapoints_to_alarm} datapoints in {high.evaluation_periods * 10} s"
    window = f"{low.datapoints_to_alarm} datapoints within {low.evaluation_periods * 10 // 60} minutes"
    assert expected["low"] == f"< {low.threshold:g} for {window}"
    notes_of = {each.name: each for each in notes(chosen)}
    delays = [notes_of[f"high_resolution_{each}_delay_s"] for each in ("publish", "reaction")]
    assert "1-2 minutes" in expected["extra_delay"]
    assert sum(each.low for each in delays) < 60.0 <= sum(each.high for each in delays) <= 120.0


def check_rounding(case: dict[str, Any]) -> None:
    """D4: +1.5 adds 2, -1.5 removes 1."""
    capacity, target = 4, ScalableTarget("endpoint/e/variant/v", 1, 99)
    changes = {}
    for name, change in (("add", case["input"]["want_add"]), ("remove", -case["input"]["want_remove"])):
        metric = 10.0 * (capacity + change) / capacity
        policy = TargetTracking("p", 10.0)
        signal = PolicySignal(policy, change > 0, change < 0, (metric,), (float(capacity),))
        chosen = ScalingSettings(scale_in_mode=ScaleInMode.PROPORTIONAL)
        seen = Observation(capacity, capacity, True, (signal,))
        changes[name] = abs(decide(target, seen, Cooldowns(), chosen, 0.0).desired - capacity)
    assert changes == case["expected"]["v"]


def check_zero_traffic(case: dict[str, Any]) -> None:
    """D7: zeros are emitted, and the variant scales in to its minimum."""
    assert case["input"]["traffic"] == 0
    story = Story(count=3)
    story.scale(TargetTracking("p", 10.0), 1020.0)
    story.until(9000.0)
    assert [desired for _, desired in story.acted()] == [2, 1]
    assert story.decisions()[-1][1].reason is Reason.ALREADY_AT_MIN_CAPACITY
    last = story.world.loop.activities(include_not_scaled=True)[0]
    assert last.not_scaled_reasons == (NotScaledReason("AlreadyAtMinCapacity", min_capacity=1),)


def check_missing_data(case: dict[str, Any]) -> None:
    """D8: every row, treat=missing, N=M=3, evaluation range 5."""
    alarm = Alarm("a", 10.0, Comparison.GREATER, evaluation_range=5)
    points = [[{"0": 1.0, "X": 70.0, "-": None}[each] for each in row] for row in case["input"]]
    assert [evaluate(alarm, each).state for each in points] == case["expected"]["v"]


def check_low_threshold(case: dict[str, Any]) -> None:
    """D9: 63 for a target of 70."""
    policy = TargetTracking("p", float(case["input"]["target"]))
    assert low_alarm(policy, "low", ScalingSettings()).threshold == case["expected"]["v"]


CHECKS: dict[str, Callable[[dict[str, Any]], None]] = {
    "C1-kokoro-launch-stages-g5xlarge": check_one_instance,
    "C2-async-48-instances": check_forty_eight_instances,
    "C3-container-caching-2026": check_accelerators,
    "C4-insufficient-capacity": check_insufficient_capacity,
    "D1-step-percent-chain": check_step_chain,
    "D2-step-cooldown-credit": check_cooldown_credit,
    "D3-policy-conflict": check_conflict,
    "D4-rounding": check_rounding,
    "D5-min-adjustment-magnitude": check_magnitude,
    "D6-percent-rounding": check_percent_rounding,
    "D7-zero-traffic": check_zero_traffic,
    "D8-missing-data": check_missing_data,
    "D9-alarm-low-threshold": check_low_threshold,
    "D10-highres-alarms": check_high_resolution,
}


@pytest.mark.parametrize("case_id", CHECKS)
def test_case(case_id: str) -> None:
    """The model answers as the case says it must."""
    if case_id not in cases():
        pytest.skip(f"{case_id}: no {CASES}; set HARNESS_SHARED to the folder of the shared cases")
    CHECKS[case_id](cases()[case_id])


def test_no_case_is_overlooked() -> None:
    """Every case of the file is checked."""
    assert set(cases()) <= set(CHECKS)


def test_the_world_can_be_made_without_any_setting() -> None:
    """The defaults are the model."""
    assert World(seed=0).scaling_settings == ScalingSettings()
