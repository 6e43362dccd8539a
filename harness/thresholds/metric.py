"""What a metric is: its name, its type as k6 has them, its unit, its tags, and how it may be summed up."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """k6's types of metrics (k6 documentation, "Metrics"): a sum, a last value, a share, many values."""

    COUNTER = "counter"
    GAUGE = "gauge"
    RATE = "rate"
    TREND = "trend"


# k6 documentation, "Thresholds", aggregation methods by type; a gauge has `min` and `max` here as well, for a
# queue's age or an endpoint's capacity is a gauge of which the whole run matters. A trend has p(N) beside.
AGGREGATIONS = {
    Kind.COUNTER: ("count", "rate"),
    Kind.GAUGE: ("value", "min", "max"),
    Kind.RATE: ("rate",),
    Kind.TREND: ("avg", "min", "med", "max"),
}
PERCENTILE = "p(N)"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. `default` is the aggregation where a threshold names none, "" where it must.

    `source` says which records or figures it is from. `needs` names what a run must have for it where not
    every run does: the virtual clock has no calls. `follows` says whether it is known while the run goes on.
    `bare` lets a time be written without a unit, because the metric's name ends in one. `path` are the names
    that lead to a figure of summary.json, empty for a metric of the catalogue. `must` are the tags that it is
    nothing without.
    """

    name: str
    kind: Kind
    unit: str
    what: str
    tags: tuple[str, ...] = ()
    default: str = ""
    source: str = ""
    needs: str = ""
    follows: bool = False
    bare: bool = False
    path: tuple[str, ...] = ()
    must: tuple[str, ...] = ()

    @property
    def aggregations(self) -> tuple[str, ...]:
        """What may be asked of it, in the form that is written."""
        return (*AGGREGATIONS[self.kind], *((PERCENTILE,) if self.kind is Kind.TREND else ()))

    def unit_of(self, aggregation: str) -> str:
        """Return the unit of what *aggregation* gives: a counter's rate is per second."""
        per_second = self.kind is Kind.COUNTER and aggregation == "rate"
        return f"{self.unit}/s" if per_second else self.unit
