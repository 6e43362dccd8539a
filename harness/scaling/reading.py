"""Reads datapoints for alarms and decisions, each period once: what is visible does not change any more."""

from dataclasses import dataclass

from harness.scaling.resource import Datapoint, ScalableResource, ScalingMetric

_SLIDES_S = (10.0, 60.0)
"""Periods whose windows move on one by one; longer ones slide by a minute (CloudWatch guide)."""

Points = tuple[Datapoint | None, ...]


@dataclass(slots=True)
class _Window:
    resource: ScalableResource
    points: Points


class Readings:
    """The newest datapoints of each metric and resource, read again only where a period has ended since."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, ScalingMetric], _Window] = {}

    def read(
        self, resource_id: str, resource: ScalableResource, metric: ScalingMetric, now: float, count: int
    ) -> Points:
        """Return what *resource* has of *metric*: `ScalableResource.datapoints`, oldest first."""
        if metric.period_s not in _SLIDES_S:
            return resource.datapoints(metric, now, count)
        key = (resource_id, metric)
        known = self._windows.get(key)
        if known is None or known.resource is not resource or len(known.points) < count:
            known = self._windows[key] = _Window(resource, resource.datapoints(metric, now, count))
        else:
            known.points = _moved_on(known.points, resource, metric, now)
        points = known.points
        return points if len(points) == count else points[-count:]


def _moved_on(points: Points, resource: ScalableResource, metric: ScalingMetric, now: float) -> Points:
    """Return *points*, or those one period later, or all of them read anew where that cannot be told."""
    last = points[-1]
    newest = resource.datapoints(metric, now, 1)[0]
    if last is not None and newest is not None:
        if newest.start_at == last.start_at:
            return points
        if newest.start_at == last.start_at + metric.period_s:
            return (*points[1:], newest)
    return resource.datapoints(metric, now, len(points))
