"""A resource whose metrics are written down, and a control loop over it, driven from deadline to deadline."""

import math
from collections.abc import Callable
from typing import TypeVar

from harness.refusal import Refusal
from harness.scaling.control_loop import ControlLoop
from harness.scaling.events import ActivityChanged, ScalingEvaluated, ScalingEvent
from harness.scaling.observation import ScalingDecision
from harness.scaling.policies import Policy, ScalableTarget
from harness.scaling.resource import Datapoint, ScalableResource, ScalingMetric
from harness.scaling.settings import ScalingSettings

Told = TypeVar("Told")
RESOURCE = "endpoint/e/variant/v"
CPU = ScalingMetric("/aws/sagemaker/Endpoints", "CPUUtilization", "Average")
FAST_CPU = ScalingMetric("Custom", "Load", "Average", period_s=10.0)

Values = Callable[[float], float | None]
"""The value of the period that begins at a moment, None where there is no datapoint."""


class Written:
    """A resource that takes *takes_s* to change; *values* are its metric, whatever it is asked for."""

    def __init__(
        self, values: Values, desired: int = 1, *, takes_s: float = 100.0, busy: bool = True
    ) -> None:
        self.values = values
        self.desired_capacity = self.current_capacity = desired
        self.takes_s = takes_s
        self.refusal: Refusal | None = None
        self.gives = True
        self.calls: list[tuple[float, int]] = []
        self.covered: Callable[[ScalingMetric], bool] = lambda _metric: True
        self._busy = busy
        self._done_at = math.inf

    @property
    def is_scalable(self) -> bool:
        return not self._busy or self._done_at == math.inf

    def set_capacity(self, desired: int, now: float) -> Refusal | None:
        self.calls.append((now, desired))
        if self.refusal is None:
            self.desired_capacity, self._done_at = desired, now + self.takes_s
        return self.refusal

    def covers(self, metric: ScalingMetric) -> bool:
        return self.covered(metric)

    def datapoints(self, metric: ScalingMetric, now: float, count: int) -> tuple[Datapoint | None, ...]:
        short = metric.period_s < 60.0
        step_s, delay_s = (10.0, 10.0) if short else (60.0, 60.0)
        last = math.floor((now - delay_s) / step_s + 1e-9) * step_s
        starts = [last - metric.period_s * each for each in range(count, 0, -1)]
        found = [(start, self.values(start)) for start in starts]
        return tuple(
            None if value is None else Datapoint(start, value, self.current_capacity)
            for start, value in found
        )

    def next_change(self) -> float:
        return self._done_at

    def advance(self, now: float) -> bool:
        """Return whether a change has ended."""
        if self._done_at > now:
            return False
        self._done_at = math.inf
        if self.gives:
            self.current_capacity = self.desired_capacity
        else:
            self.desired_capacity = self.current_capacity
        return True


class Stage:
    """A loop over written resources by their ids, and all that it told."""

    def __init__(
        self,
        resource: Written,
        *,
        settings: ScalingSettings | None = None,
        epoch_s: float = 0.0,
        resource_id: str = RESOURCE,
    ) -> None:
        self.resources: dict[str, Written] = {resource_id: resource}
        self.loop = ControlLoop(self.find, seed="s", settings=settings, epoch_s=epoch_s)
        self.events: list[ScalingEvent] = []

    def find(self, resource_id: str) -> ScalableResource | None:
        return self.resources.get(resource_id)

    def until(self, moment: float) -> None:
        """Let time pass: resources change first, then the loop."""
        while (at := self._next()) <= moment:
            for resource_id, resource in self.resources.items():
                if resource.advance(at):
                    self.loop.settled(resource_id, at)
            self.events += self.loop.advance(at)
        self.events += self.loop.advance(moment)

    def _next(self) -> float:
        moments = [each.next_change() for each in self.resources.values()]
        due = self.loop.next_deadline()
        return min([*moments, math.inf if due is None else due])

    def scale(self, *policies: Policy, low: int = 1, high: int = 20, now: float = 0.0) -> None:
        assert self.loop.register_target(ScalableTarget(RESOURCE, low, high), now) is None
        for each in policies:
            self.loop.put_policy(RESOURCE, each, now)

    def decisions(self) -> list[tuple[float, ScalingDecision]]:
        return [(each.at, each.decision) for each in self.events if isinstance(each, ScalingEvaluated)]

    def acted(self) -> list[tuple[float, int]]:
        """Return (moment, capacity) of every decision that changed it."""
        return [(at, decision.desired) for at, decision in self.decisions() if decision.reason.acts]

    def told(self) -> list[tuple[float, str, str, str]]:
        """Return moment, description, cause and status message of every change of an activity."""
        return [
            (each.at, each.activity.description, each.activity.cause, each.activity.status_message)
            for each in only(self.events, ActivityChanged)
        ]


def only(events: list[ScalingEvent], kind: type[Told]) -> list[Told]:
    """Return the events of one kind."""
    return [each for each in events if isinstance(each, kind)]


def steady(value: float | None) -> Values:
    """Return a metric that is *value* from moment 0 on."""
    return lambda start: value if start >= 0.0 else None


def jumps(*parts: tuple[float, float | None]) -> Values:
    """Return a metric that takes each value from the moment given with it on."""

    def value(start: float) -> float | None:
        found: float | None = None
        for at, each in parts:
            found = each if start >= at else found
        return found

    return value
