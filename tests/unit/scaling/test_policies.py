"""Targets, policies and cooldowns as values: what cannot be, and what a cooldown holds back."""

import math
from dataclasses import replace
from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.scaling.alarms import Comparison
from harness.scaling.policies import Cooldowns, ScalableTarget, TargetTracking, high_alarm, low_alarm
from harness.scaling.settings import ScalingSettings


def test_the_high_alarm_is_three_of_three_above_the_target() -> None:
    """Above, not at: the target itself is fine."""
    alarm = high_alarm(TargetTracking("p", 70.0), "high", ScalingSettings())
    assert (alarm.threshold, alarm.comparison) == (70.0, Comparison.GREATER)
    assert (alarm.evaluation_periods, alarm.datapoints_to_alarm, alarm.points_wanted) == (3, 3, 5)


def test_the_low_alarm_is_fifteen_of_fifteen_below_ninety_percent() -> None:
    """63 for 70 without floating-point noise, and 1350 for 1500 as seen."""
    alarm = low_alarm(TargetTracking("p", 70.0), "low", ScalingSettings())
    assert (alarm.threshold, alarm.comparison) == (63.0, Comparison.LESS)
    assert (alarm.evaluation_periods, alarm.datapoints_to_alarm) == (15, 15)
    assert low_alarm(TargetTracking("p", 1500.0), "low", ScalingSettings()).threshold == 1350.0


@pytest.mark.parametrize("target", [0.0, -1.0, math.nan, math.inf])
def test_a_target_must_be_a_number_above_zero(target: float) -> None:
    """Division by the target must mean something."""
    with pytest.raises(ScenarioError, match="target_value"):
        TargetTracking("p", target)


@pytest.mark.parametrize("field", ["scale_in_cooldown_s", "scale_out_cooldown_s"])
def test_a_cooldown_is_not_negative(field: str) -> None:
    """Zero is allowed, less is not."""
    policy = TargetTracking("p", 1.0, scale_in_cooldown_s=0.0, scale_out_cooldown_s=0.0)
    changed: dict[str, Any] = {field: -1.0}
    with pytest.raises(ScenarioError, match="cooldown"):
        replace(policy, **changed)


def test_bounds_are_in_order() -> None:
    """AWS's own words for a maximum below the minimum."""
    with pytest.raises(ScenarioError, match="Maximum capacity cannot be less than minimum capacity"):
        ScalableTarget("endpoint/e/variant/v", 5, 1)
    with pytest.raises(ScenarioError, match="min_capacity"):
        ScalableTarget("endpoint/e/variant/v", -1, 1)


def test_a_target_clamps() -> None:
    """Inside nothing changes."""
    target = ScalableTarget("endpoint/e/variant/v", 2, 5)
    assert [target.clamp(each) for each in (1, 2, 4, 9)] == [2, 2, 4, 5]


def test_a_scale_out_cooldown_lets_only_a_larger_scale_out_through() -> None:
    """What the activity has added counts; when the time is over everything goes."""
    held = Cooldowns().after_scale_out(100.0, 4)
    assert held.blocks_scale_out(4, 99.0)
    assert not held.blocks_scale_out(5, 99.0)
    assert not held.blocks_scale_out(3, 100.0)


def test_a_scale_out_ends_the_scale_in_cooldown() -> None:
    """AAS guide: it "stops and doesn't complete"."""
    held = Cooldowns().after_scale_in(500.0)
    assert held.blocks_scale_in(400.0, also_scale_out=False)
    assert not held.after_scale_out(450.0, 3).blocks_scale_in(400.0, also_scale_out=False)


def test_a_scale_in_keeps_what_the_scale_out_has_credited() -> None:
    """The two are apart: a scale-in must not overwrite the reference of the scale-out."""
    held = Cooldowns().after_scale_out(500.0, 6).after_scale_in(900.0)
    assert held.blocks_scale_out(6, 400.0)


def test_whether_a_scale_out_cooldown_holds_back_scale_in_is_a_setting() -> None:
    """The guide is silent."""
    held = Cooldowns().after_scale_out(500.0, 6)
    assert held.blocks_scale_in(400.0, also_scale_out=True)
    assert not held.blocks_scale_in(400.0, also_scale_out=False)
    assert not held.blocks_scale_in(500.0, also_scale_out=True)
