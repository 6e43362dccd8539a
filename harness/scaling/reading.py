"""Reads datapoints for alarms and decisions, each period once: what is visible does not change any more."""

import math
from dataclasses import dataclass

from harness.scaling.resource import Datapoint, ScalableResource, ScalingMetric

_SLIDES_S = (10.0, 60.0)
"""Periods whose windows move on one by one; longer ones slide by a minute (CloudWatch guide)."""

Points = tuple[Datapoint | None, ...]


@dataclass(slots=True)
class _Window:
    """The datapoints visible at `looked_at`; at `unseen_at` the newest of them was not visible yet."""

    resource: ScalableResource
    points: Points
    looked_at: float
    unseen_at: float = -math.inf


class Readings:
    """The newest datapoints of each metric and resource, read again only where a period has ended since."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, ScalingMetric], _Window] = {}

    def read(
        self, resource_id: str, resource: ScalableResource, metric: ScalingMetric, now: float, count: int
    ) -> Points:
        """Return what *resource* has of *metric*: `ScalableResource.datapoints`, oldest first.

        Moments must not run back.
        """
        if metric.period_s not in _SLIDES_S:
            return resource.datapoints(metric, now, count)
        key = (resource_id, metric)
        known = self._windows.get(key)
        if known is None or known.resource is not resource or len(known.points) < count:
            known = self._windows[key] = _Window(resource, resource.datapoints(metric, now, count), now)
        elif now > known.unseen_at + metric.period_s:
            _move_on(known, metric, now)
        else:
            # Periods become visible one after the other, all as long after their end: up to that moment
            # there cannot be a newer one.
            known.looked_at = now
        points = known.points
        return points if len(points) == count else points[-count:]


def _move_on(window: _Window, metric: ScalingMetric, now: float) -> None:
    """Bring *window* to *now*: as it is, one period later, or read anew where that cannot be told."""
    last = window.points[-1]
    newest = window.resource.datapoints(metric, now, 1)[0]
    looked_at, window.looked_at = window.looked_at, now
    if last is not None and newest is not None:
        if newest.start_at == last.start_at:
            return
        if newest.start_at == last.start_at + metric.period_s:
            window.points, window.unseen_at = (*window.points[1:], newest), looked_at
            return
    window.points = window.resource.datapoints(metric, now, len(window.points))
    window.unseen_at = -math.inf
