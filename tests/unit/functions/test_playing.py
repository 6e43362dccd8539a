"""An alias is scaled by the engine that scales variants: same alarms, its own metric, its own gaps."""

from typing import Any

import numpy as np

from harness.endpoint.distributions import Constant
from harness.endpoint.world import World
from harness.functions.playing import Invocations, play
from harness.functions.provisioned import DIMENSION, ProvisionedConcurrency, resource_id_of
from harness.functions.settings import FunctionSettings
from harness.refusal import Refusal
from harness.scaling.alarms import AlarmState
from harness.scaling.events import ActivityChanged
from harness.scaling.policies import LAMBDA_UTILIZATION, ScalableTarget, TargetTracking
from harness.scaling.settings import ScalingSettings

ALIAS = resource_id_of("ranker", "live")
SETTINGS = FunctionSettings(allocation_time=Constant(90.0), allocation_per_minute=10**12)


class Scaled:
    """A world with one alias of 10 environments, scaled between 5 and 50 to a utilisation of 0.7."""

    def __init__(self) -> None:
        self.world = World(seed=1, scaling_settings=ScalingSettings(reaction_delay_s=0.0))
        self.alias = ProvisionedConcurrency(ALIAS, 10, seed=1, settings=SETTINGS)
        self.world.add_resource(ALIAS, self.alias, 0.0)
        target = ScalableTarget(ALIAS, 5, 50, dimension=DIMENSION, namespace="lambda")
        assert self.world.register_target(target, 0.0) is None
        policy = TargetTracking("p", 0.7, LAMBDA_UTILIZATION, scale_in_cooldown_s=0, scale_out_cooldown_s=0)
        view = self.world.put_policy(ALIAS, policy, 0.0)
        assert not isinstance(view, Refusal)
        self.view = view
        self.told: list[Any] = []

    def play(self, at: Any, duration_s: float, until_s: float) -> Any:
        """Return which of the invocations ran on provisioned environments."""
        traffic = {self.alias: Invocations(np.asarray(at, dtype=float), np.full(len(at), duration_s))}
        return play(self.world, traffic, until_s=until_s, tell=self.told.append)[ALIAS]

    def capacities(self) -> list[int]:
        """Return what each activity set."""
        return [each.to_capacity for each in reversed(self.world.loop.activities(ALIAS))]


def test_the_alarms_of_an_alias_are_those_of_the_guide() -> None:
    """Case D9: above 0.7 for three minutes, below 0.63 (90 % of it) for fifteen."""
    high, low = Scaled().view.alarms
    assert (high.alarm.threshold, low.alarm.threshold) == (0.7, 0.63)
    assert (high.alarm.evaluation_periods, low.alarm.evaluation_periods) == (3, 15)


def test_load_above_the_target_adds_environments() -> None:
    """Ten a second of 0.95 s each: all 10 are busy, so that 15 are asked for, there 90 s later."""
    scaled = Scaled()
    ran = scaled.play(np.arange(0.0, 600.0, 0.1), 0.95, 600.0)
    assert ran.all()
    assert scaled.capacities()[0] == 15
    first = scaled.world.loop.activities(ALIAS)[-1]
    assert first.description == "Setting desired concurrency to 15."
    # Three minutes of data, the last published a minute after its end.
    assert first.started_at == 240.0
    assert first.ended_at is not None
    assert round(first.ended_at, 6) == 330.0
    assert any(isinstance(event, ActivityChanged) for event in scaled.told)


def test_a_burst_shorter_than_three_minutes_never_adds_any() -> None:
    """The guide: it spills over, and the alarm does not go off."""
    scaled = Scaled()
    at = np.concatenate((np.arange(0.0, 100.0, 0.02), np.arange(100.0, 900.0, 2.0)))
    ran = scaled.play(at, 0.9, 900.0)
    assert not ran.all()
    assert scaled.capacities() == []


def test_idle_it_is_stuck_where_it_is() -> None:
    """The guide: nothing is emitted when idle, so the alarms have no data and the capacity stays high."""
    scaled = Scaled()
    scaled.play(np.arange(0.0, 600.0, 0.1), 0.95, 7200.0)
    assert scaled.alias.current_capacity == 15
    assert {each.state for each in scaled.world.loop.alarms()} == {AlarmState.INSUFFICIENT_DATA}


def test_a_little_traffic_takes_environments_away() -> None:
    """Low but not idle: after fifteen minutes, a step at a time, down to the minimum."""
    scaled = Scaled()
    scaled.play(np.arange(0.0, 7200.0, 1.0), 0.5, 7200.0)
    assert scaled.capacities() == [9, 8, 7, 6, 5]


def test_what_comes_after_the_end_does_not_arrive() -> None:
    """Without anything planned in the world the time goes on all the same."""
    world = World(seed=1)
    alias = ProvisionedConcurrency(ALIAS, 1, seed=1, settings=SETTINGS)
    traffic = {alias: Invocations(np.array([1.0, 2.0, 9.0]), np.array([0.5, 0.5, 0.5]))}
    assert play(world, traffic, until_s=5.0)[ALIAS].tolist() == [True, True, False]
