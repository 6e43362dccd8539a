"""The figures of a run that runs are compared by: what each is, in which unit, which way is better.

Every figure is read from `summary.json`; a figure that a run does not have is None.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

Summary = Mapping[str, Any]
Read = Callable[[Summary], float | None]


class Better(Enum):
    """Which way a figure is better."""

    LOWER = "lower"
    NEITHER = "neither"


class Kind(Enum):
    """What a figure is, as far as its noise goes."""

    REQUESTS = "requests"
    """Of many requests: a single run tells how much it scatters."""
    ONCE = "once"
    """One value a run: only repeated runs tell how much it scatters."""
    FACT = "fact"
    """What policies say: it does not scatter where the calls are the same."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure. `step` is the least by which it can differ, 0 where it may differ by anything.

    `timed` says that it depends on the clock's pace and on the load, so that it means nothing across two.
    """

    name: str
    title: str
    group: str
    unit: str
    read: Read
    better: Better = Better.LOWER
    kind: Kind = Kind.ONCE
    step: float = 0.0
    timed: bool = True


def metric(name: str) -> Metric:
    """Return the metric of that *name*; KeyError where there is none."""
    return _BY_NAME[name]


def figures_of(summary: Summary) -> dict[str, float]:
    """Return each figure that *summary* has, by its metric's name."""
    found = ((one.name, _number(one.read, summary)) for one in METRICS)
    return {name: value for name, value in found if value is not None}


def _number(read: Read, summary: Summary) -> float | None:
    """Return what is read; None too where a summary of another version has something else in its place."""
    try:
        value = read(summary)
    except (TypeError, AttributeError, ValueError, KeyError, IndexError):
        return None
    return None if value is None or isinstance(value, bool) else float(value)


def _at(*path: str) -> Read:
    """Return what reads the value at *path*, None where any part of the way is absent."""

    def read(summary: Summary) -> float | None:
        found: Any = summary
        for name in path:
            if name not in found:
                return None
            found = found[name]
        return float(found)

    return read


def _error_ratio(summary: Summary) -> float | None:
    load = summary.get("load")
    if not load or not load["offered"]:
        return None
    return 1.0 - float(load["completed"]) / float(load["offered"])


def _targets(summary: Summary) -> Iterator[Mapping[str, Any]]:
    yield from summary.get("scaling", {}).get("targets", {}).values()


def _lag(summary: Summary) -> float | None:
    """Return the scale-out lag of the slowest scalable target."""
    found = [one["breach_to_in_service_s"] for one in _targets(summary) if "breach_to_in_service_s" in one]
    return max(found, default=None)


def _most_in_service(summary: Summary) -> float | None:
    """Return the most that was in service of each scalable target, together."""
    most = [max(row[2] for row in one["capacity"]) for one in _targets(summary) if one["capacity"]]
    return float(sum(most)) if most else None


def _total(*path: str) -> Read:
    """Return what reads the sum of the counts at *path*."""

    def read(summary: Summary) -> float | None:
        found: Any = summary
        for name in path:
            if name not in found:
                return None
            found = found[name]
        return float(sum(found.values()))

    return read


def _of_roles(name: str) -> Read:
    """Return what reads how many actions all roles together have under *name*."""

    def read(summary: Summary) -> float | None:
        roles = summary.get("iam")
        if not roles:
            return None
        counts = [one.get(f"{name}_actions", len(one.get(name, ()))) for one in roles.values()]
        return float(sum(counts))

    return read


def _times(prefix: str, words: str, group: str, path: tuple[str, ...], kind: Kind) -> Iterator[Metric]:
    for quantile in ("p50", "p90", "p95", "p99"):
        yield Metric(
            f"{prefix}_{quantile}", f"{words} {quantile}", group, "s", _at(*path, quantile), kind=kind
        )


METRICS: tuple[Metric, ...] = (
    *_times("response", "Response", "Latency", ("latency", "response_s"), Kind.REQUESTS),
    Metric("response_max", "Response, slowest", "Latency", "s", _at("latency", "response_s", "max")),
    *_times("service", "Service", "Latency", ("latency", "service_s"), Kind.REQUESTS),
    Metric("error_ratio", "Requests without a good answer", "Load", "ratio", _error_ratio,
           kind=Kind.REQUESTS),
    Metric("lost", "Messages lost", "Messages", "messages", _at("messages", "lost"), step=1.0),
    Metric("duplicates", "Messages processed twice", "Messages", "messages", _at("messages", "duplicates"),
           step=1.0),
    Metric("dead_lettered", "Dead letters", "Messages", "messages", _at("messages", "dead_lettered"),
           step=1.0),
    *_times("receive", "First received", "Messages", ("messages", "latency_s", "first_receive"), Kind.ONCE),
    *_times("processed", "Processed", "Messages", ("messages", "latency_s", "deletion"), Kind.ONCE),
    Metric("scale_out_lag", "Scale-out lag", "Scaling", "s", _lag),
    Metric("instances", "Most instances", "Scaling", "instances", _most_in_service, Better.NEITHER, step=1.0),
    Metric("cold_starts", "Cold starts", "Functions", "starts", _at("functions", "cold_starts"), step=1.0),
    Metric("throttles", "Throttles", "Functions", "throttles", _total("functions", "throttles"), step=1.0),
    Metric("function_errors", "Errors of functions", "Functions", "errors", _total("functions", "errors"),
           step=1.0),
    Metric("spillover", "Spillover", "Functions", "invocations", _at("functions", "spillover"), step=1.0),
    *_times("duration", "Duration", "Functions", ("functions", "duration_s"), Kind.ONCE),
    Metric("rmse", "RMSE of predictions", "Predictions", "", _at("predictions", "rmse"), timed=False),
    Metric("policy_unused", "Actions granted and not used", "Permissions", "actions", _of_roles("unused"),
           kind=Kind.FACT, step=1.0, timed=False),
    Metric("policy_denied", "Actions refused", "Permissions", "actions", _of_roles("denied"),
           kind=Kind.FACT, step=1.0, timed=False),
    Metric("cost", "Cost", "Cost", "USD", _at("cost", "usd")),
    Metric("cost_per_1000", "Cost of 1,000 predictions", "Cost", "USD",
           _at("cost", "per_1000_predictions_usd")),
)  # fmt: skip
_BY_NAME = {one.name: one for one in METRICS}
