"""Which panel shows which series: levels, ranges, words. Pure; drawing is `static.py` and figures.js."""

from collections.abc import Sequence

from harness.stats import thin
from reports import text
from reports.figures.axes import Axis, linear, seconds, symmetric, top_of
from reports.figures.plan import DASHED, DOTTED, FAR, Heat, Lane, Panel, Rule, Series
from reports.figures.series import Band, Metric, Timeline, Traffic
from reports.figures.times import Latency
from reports.ranges import Window, envelope

MOST_DATAPOINTS = 200  # more are drawn as one line: their dots would touch
LOGARITHMIC_FROM = 8  # times the target: above it a linear axis would press target and alarm line together
MOST_WHISKERS = 12  # more lie over each other; the table has them all
LOPSIDED = 50  # per cent in one bin, from which the axis of shares is logarithmic
HEAT_ROW = 6.0  # points
LANE = 22.0  # points
METRIC_NAMES = {"InvocationsPerInstance": "Calls per instance and minute"}


def stairs(counts: Sequence[float], start: float, step: float) -> tuple[list[float], list[float]]:
    """Return the steps of one value a window: their moments and heights, the last one until its end."""
    return [start + i * step for i in range(len(counts) + 1)], [*counts, *counts[-1:]]


def per_time(counts: Sequence[int], step_s: float) -> tuple[float, str]:
    """Return what turns the counts of windows into a rate, and the unit that people read it in."""
    per_s = max(counts, default=0) / step_s >= 1
    return (1 if per_s else 60) / step_s, "second" if per_s else "minute"


def traffic(shown: Traffic) -> Panel:
    """Return what was offered against what was answered and what failed."""
    factor, unit = per_time(shown.offered, shown.step_s)
    look = (
        (shown.served, "answered", "served", 0.35, 0.0),
        (shown.failed, "failed", "failed", 0.8, 1.2),
        (shown.offered, "offered", "offered", 0.0, 1.4),
    )
    series = []
    for counts, label, role, fill, width in look:
        if label != "failed" or any(counts):
            xs, ys = stairs([count * factor for count in counts], shown.start, shown.step_s)
            series.append(Series(label, role, "step", xs, ys, fill=fill, width=width))
    axis = linear(0.0, top_of(*(one.ys for one in series)))
    return Panel(f"Requests per {unit}", 92, axis, series=series)


def metric(shown: Metric) -> Panel:
    """Return the datapoints against target and alarm line, logarithmically where they are far above them."""
    values = [value for *_, value in shown.points]
    target = shown.target or 0.0
    top = max([*values, target]) or 1.0
    logarithmic = bool(target) and top > LOGARITHMIC_FROM * target
    axis = (
        symmetric(-0.25 * target, 1.6 * top, 2 * target, (target,))
        if logarithmic
        else linear(-0.04 * top, 1.12 * top)
    )
    rules = []
    if shown.target is not None:
        rules.append(Rule(shown.target, f"target {text.number(shown.target)}", "target"))
    if shown.low is not None:
        rules.append(Rule(shown.low, f"alarm low {text.number(shown.low)}", "low", DASHED))
    name = METRIC_NAMES.get(shown.name, shown.name) + " (log)" * logarithmic
    return Panel(name, 112, axis, series=_datapoints(shown, values), rules=rules)


def _datapoints(shown: Metric, values: list[float]) -> list[Series]:
    middles = [start + length / 2 for start, length, _ in shown.points]
    if len(values) > MOST_DATAPOINTS:
        line = thin(list(zip(middles, values, strict=True)), 2 * MOST_DATAPOINTS)
        xs, ys = zip(*line, strict=True)
        return [Series("datapoints", "metric", "line", xs, ys, width=1.0)]
    starts = [start for start, _, _ in shown.points]
    ends = [start + length for start, length, _ in shown.points]
    return [
        Series("", "metric", "spans", starts, values, ends=ends, width=1.8),
        Series("datapoint", "metric", "dots", middles, values),
    ]


def bands(shown: Sequence[Band]) -> Panel:
    """Return each row of states as bars over time."""
    lanes = [Lane(band.label, band.spans, band.role, band.loud) for band in shown]
    return Panel("States", LANE * len(lanes), Axis("linear", 0.0, 1.0), lanes=lanes)


def capacity(shown: Timeline) -> Panel:
    """Return desired and in-service instances as steps between their bounds, with what may be on AWS."""
    moments, counts = _held(shown.in_service, shown.end)
    asked_at, desired = _held(shown.desired, shown.end)
    series = [
        *_on_aws(shown.windows, shown.end),
        Series("in service", "in-service", "step", moments, counts, fill=0.35, width=1.6),
        Series("desired", "desired", "step", asked_at, desired, dash=(4.0, 2.0)),
    ]
    top = max(counts + desired)
    near = [float(bound) for bound in shown.bounds or () if bound <= FAR * max(top, 1)]
    axis = linear(0.0, max([top, *near]) * 1.15 + 0.2, whole=True)
    least, most = shown.bounds or (0, 0)
    name = f"Instances (minimum {least}, maximum {most})" if shown.bounds else "Instances"
    rules = [Rule(bound, "", "muted", DOTTED, beside=True) for bound in near]
    return Panel(name, 92, axis, series=series, rules=rules)


def _held(points: Sequence[tuple[float, float]], end: float) -> tuple[list[float], list[float]]:
    """Return *points* as steps that hold until *end*, not more of them than can be seen."""
    kept = thin(points, 2 * MOST_DATAPOINTS)
    return [*(at for at, _ in kept), end], [*(value for _, value in kept), kept[-1][1]]


def _on_aws(windows: Sequence[Window], end: float) -> list[Series]:
    """Return how many instances may be in service on AWS, and when each decision may fall there."""
    rows = envelope(windows, end)
    if not rows:
        return []
    moments = [*(at for at, *_ in rows), end]
    least, most = ([*(float(row[i]) for row in rows), float(rows[-1][i])] for i in (1, 2))
    found = [
        Series(
            "may be on AWS", "cooldown", "step", moments, most, fill=0.3, low=least, width=0.0, told="range"
        )
    ]
    if len(windows) <= MOST_WHISKERS:
        starts, ends = zip(*(window.decided for window in windows), strict=True)
        counts = [float(window.after) for window in windows]
        found.append(
            Series(
                "decided on AWS", "cooldown", "whiskers", starts, counts, ends=ends, width=1.3, told="nothing"
            )
        )
    return found


# -- times -----


def distribution(shown: Latency) -> Panel:
    """Return how many requests took how long, response and service."""
    series = []
    for counts, role in ((shown.service, "service"), (shown.response, "response")):
        shares = [100 * count / shown.requests for count in counts]
        series.append(Series(role, role, "step", shown.edges, [*shares, shares[-1]], fill=0.25))
    top = top_of(*(one.ys for one in series), lift=1.2)
    # Where most took the same time, a linear axis would press the slow ones to the ground.
    lopsided = top > LOPSIDED
    axis = symmetric(0.0, 1.6 * top, 0.1, (0.1, 1.0, 10.0, 100.0)) if lopsided else linear(0.0, top)
    name = "Share of requests in %, by time" + " (log)" * lopsided
    return Panel(name, 132, axis, "percent", series=series)


def spectrum(shown: Latency, limits: Sequence[Rule]) -> Panel:
    """Return the time that the share of requests below took at most, response and service."""
    rows = (("service", shown.service_spectrum), ("response", shown.spectrum))
    series = [Series(role, role, "step", *_two(points)) for role, points in rows]
    axis = _times([y for one in series for y in one.ys if y is not None], limits)
    return Panel("Time at each percentile", 150, axis, "seconds", series=series, rules=_near(limits, axis))


def _two(points: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [x for x, _ in points], [y for _, y in points]


def over_time(shown: Latency, limits: Sequence[Rule]) -> Panel:
    """Return median, p95 and p99 of the response by the moment of the intended start."""
    moments, p50, p95, p99 = zip(*shown.over_time, strict=True)
    series = [
        Series("p99", "failed", "line", moments, p99, fill=0.12, low=p50),
        Series("p95", "response", "line", moments, p95, width=1.1, dash=(3.0, 2.0)),
        Series("p50", "response", "line", moments, p50, width=1.6),
    ]
    axis = _times([*p50, *p99], limits)
    name = "Response time by moment of the intended start"
    return Panel(name, 132, axis, "seconds", series=series, rules=_near(limits, axis))


def heat(shown: Latency, of: str) -> Panel:
    """Return the heat map over time of the "response" or the "service"."""
    found = shown.heat
    cells = found.response if of == "response" else found.service
    name = "Response times, stronger where more" if of == "response" else "Service times"
    # Only the rows that hold something, and one on each side: the service time is often all but constant.
    rows = [row for _, row, _ in cells]
    first, last = max(min(rows) - 1, 0), min(max(rows) + 2, len(found.edges) - 1)
    edges = found.edges[first : last + 1]
    shown_cells = [(column, row - first, count) for column, row, count in cells]
    height = min(max(HEAT_ROW * (len(edges) - 1), 30.0), 120.0)
    axis = seconds(edges[0], edges[-1], most=5 if height > 60 else 2)
    return Panel(name, height, axis, "seconds", heat=Heat(found.start, found.step, edges, shown_cells, of))


def _times(values: Sequence[float], limits: Sequence[Rule]) -> Axis:
    low, high = min(values) * 0.8, max(values) * 1.3
    near = [rule.value for rule in limits if rule.value <= FAR * high]
    return seconds(
        min([low, *(value * 0.8 for value in near)]), max([high, *(v * 1.3 for v in near)]), most=5
    )


def _near(limits: Sequence[Rule], axis: Axis) -> list[Rule]:
    return [rule for rule in limits if axis.low <= rule.value <= axis.high]
