"""The figures of the report page, made from a run's records: which there are, and in which order."""

from dataclasses import replace
from typing import Any

from harness import journal
from harness.summary import ByType
from reports.figures import charts, depths, flow_chart, limits, series, times
from reports.figures.figure import Figure
from reports.messages import flow

MOST_TIMELINES = 5  # about 60 kB each: the page stays below 1 MB


def timelines(seen: ByType, summary: dict[str, Any], *, drawings: bool = True) -> list[Figure]:
    """Return a figure for each endpoint whose capacity or traffic can be drawn over time."""
    end = _end(summary)
    found = [shown for shown in series.timelines(seen, end) if shown.desired or shown.traffic or shown.bands]
    figures = []
    for number, shown in enumerate(found[:MOST_TIMELINES]):
        wait = limits.of_the_wait(summary, shown.resource_id, end)
        whole = replace(shown, bands=[*shown.bands, *wait])
        figures.append(charts.timeline(whole, f"timeline-{number}", drawings=drawings))
    return figures


def latency(seen: ByType, summary: dict[str, Any], *, drawings: bool = True) -> list[Figure]:
    """Return the figures of the latency section, in reading order; none where nothing was answered."""
    shown = times.latency(seen) if summary.get("latency") else None
    if shown is None:
        return []
    held = limits.of_times(summary.get("expectations", []))
    faults = [fault.at for fault in seen.all(journal.FaultInjected)]
    end = max(_end(summary), shown.end)
    timed = series.Timeline("", end, phases=series.phases(seen, end), faults=faults)
    return [
        charts.distribution(shown, "latency", drawings=drawings),
        charts.spectrum(shown, "latency-spectrum", held, drawings=drawings),
        charts.over_time(shown, timed, "latency-over-time", held, drawings=drawings),
    ]


def message_flow(way: flow.Flow, *, drawings: bool = True) -> Figure | None:
    """Return the figure of the messages' way from where they are published to their end, or None."""
    return flow_chart.figure(way, "message-flow", drawings=drawings) if way.sources else None


def queue_depths(depth: depths.Depths | None, *, drawings: bool = True) -> Figure | None:
    """Return the figure of how many messages waited in each queue over time, or None."""
    return depths.figure(depth, "queue-depths", drawings=drawings) if depth else None


def _end(summary: dict[str, Any]) -> float:
    return max(float(summary["model_s"]), 1.0)
