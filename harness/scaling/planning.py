"""Scheduled actions: when they run, which bounds they set, and that they move the capacity only if outside.

Source: Application Auto Scaling user guide, "How scheduled scaling works" and "Tutorial: Getting started with
scheduled scaling". Cooldowns do not apply to them, and nothing here asks for one.
"""

import math
from dataclasses import replace

from harness.errors import ScenarioError
from harness.scaling.activities import bounds_cause
from harness.scaling.actuator import Actuator
from harness.scaling.events import ScalingEvent, ScheduledActionRan
from harness.scaling.policies import ScalableTarget
from harness.scaling.schedule import ScheduledAction
from harness.scaling.targets import Planned, Registration
from harness.scaling.watching import Find

_SUSPENDED = "scheduled scaling is suspended (ScheduledScalingSuspended)"


class Planner:
    """Runs the scheduled actions of *records* *delay_s* after the moments that their schedules name."""

    def __init__(
        self,
        find: Find,
        records: dict[str, Registration],
        actuator: Actuator,
        delay_s: float,
        epoch_s: float,
        outbox: list[ScalingEvent],
    ) -> None:
        self.next_at = math.inf
        """When the next action runs; infinite when none is left."""
        self._find = find
        self._records = records
        self._actuator = actuator
        self._delay_s = delay_s
        self._epoch_s = epoch_s
        self._outbox = outbox

    def put(self, record: Registration, action: ScheduledAction, now: float) -> None:
        """Create or replace *action*; moments that have passed are not run later."""
        record.scheduled.pop(action.name, None)
        record.scheduled[action.name] = Planned(action, now, self._next(action, now, now))
        self.look()

    def delete(self, record: Registration, name: str) -> bool:
        """Forget an action; False where there is none of that name."""
        found = record.scheduled.pop(name, None)
        self.look()
        return found is not None

    def look(self) -> None:
        """Look again for the action that runs next."""
        moments = [
            each.next_at
            for record in self._records.values()
            for each in record.scheduled.values()
            if each.next_at is not None
        ]
        self.next_at = min(moments) + self._delay_s if moments else math.inf

    def run(self, now: float) -> None:
        """Run what is due at *now*: per target in the order of the schedules (guide: order is guaranteed)."""
        for record in self._records.values():
            due = [
                (each.next_at, each)
                for each in record.scheduled.values()
                if each.next_at is not None and each.next_at + self._delay_s <= now
            ]
            for due_at, each in sorted(due, key=lambda pair: pair[0]):
                each.next_at = self._next(each.action, due_at, each.put_at)
                self._run(record, each.action, due_at, now)
        self.look()

    def _next(self, action: ScheduledAction, after: float, put_at: float) -> float | None:
        found = action.next_after(self._epoch_s + after, self._epoch_s + put_at)
        return None if found is None else found - self._epoch_s

    def _run(self, record: Registration, action: ScheduledAction, due_at: float, now: float) -> None:
        if record.target.suspended_scheduled:
            self._tell(record.target, action, due_at, now, _SUSPENDED)
            return
        resource = self._find(record.target.resource_id)
        current = resource.desired_capacity if resource is not None else 0
        why_not = _set_bounds(record, action)
        bounds = (action.min_capacity, action.max_capacity)
        self._actuator.note_bounds(record.target, action.name, bounds, current, why_not, now)
        self._tell(record.target, action, due_at, now, why_not)
        bounded = record.target.clamp(current)
        if resource is None or why_not or bounded == current:
            return
        cause = bounds_cause(bounded, current)
        if not resource.is_scalable:
            # Guide: to complete, the resource must be in a scalable state; otherwise the request fails.
            self._actuator.refuse_unscalable(record, resource, bounded, cause, now)
            return
        sentence = f"By the scheduled action {action.name} the {cause}: from {current} to {bounded}."
        self._actuator.set_capacity(record, resource, bounded, cause, sentence, None, now)

    def _tell(
        self, target: ScalableTarget, action: ScheduledAction, due_at: float, now: float, why_not: str
    ) -> None:
        self._outbox.append(
            ScheduledActionRan(
                now,
                target.resource_id,
                action.name,
                due_at,
                target.min_capacity,
                target.max_capacity,
                why_not,
            )
        )


def _set_bounds(record: Registration, action: ScheduledAction) -> str:
    """Give the target the bounds that *action* names; return why they cannot be, or ""."""
    old = record.target
    least = old.min_capacity if action.min_capacity is None else action.min_capacity
    most = old.max_capacity if action.max_capacity is None else action.max_capacity
    try:
        record.target = replace(old, min_capacity=least, max_capacity=most)
    except ScenarioError as wrong:
        return str(wrong)
    return ""
