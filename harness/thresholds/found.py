"""What was measured of a metric, and what each aggregation makes of it.

Percentiles are of the nearest rank, as everywhere in the house (`harness.stats`): a value that was really
measured. k6 takes one between two.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TypeAlias

from harness.journal import bin_start_s
from harness.stats import percentile

# The value, None where there is nothing to measure, and a sentence that explains it.
Measured: TypeAlias = tuple[float | None, str]


@dataclass(frozen=True, slots=True)
class Nothing:
    """Nothing was measured, and why."""

    said: str


@dataclass(frozen=True, slots=True)
class Counted:
    """A counter: its count, and the model seconds that its rate is over."""

    said: str
    count: float
    span_s: float


@dataclass(frozen=True, slots=True)
class Share:
    """A rate: how many of how many, at least one."""

    said: str
    hits: float
    of: float


@dataclass(frozen=True, slots=True)
class Values:
    """A gauge or a trend: its values in the order of time, at least one."""

    said: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Binned:
    """A trend of which values were kept in bins (`harness.journal.bin_start_s`), as [bin, count].

    `known` are exact figures, by aggregation. Of the others the edge of the bin that speaks against the
    threshold is taken, so that it is never met by the width of a bin.
    """

    said: str
    bins: Sequence[Sequence[int]]
    known: Mapping[str, float] = field(default_factory=dict)


Found: TypeAlias = Nothing | Counted | Share | Values | Binned


def summed_up(found: Found, aggregation: str, percent: float | None, sign: str) -> Measured:
    """Return what *aggregation* makes of *found*; *percent* is that of p(N), *sign* how it is compared."""
    if isinstance(found, Nothing):
        return None, found.said
    if isinstance(found, Counted):
        return _counted(found, aggregation)
    if isinstance(found, Share):
        return found.hits / found.of, found.said
    if isinstance(found, Binned):
        return _binned(found, aggregation, percent, sign)
    return _of_values(found.values, aggregation, percent), found.said


def _counted(found: Counted, aggregation: str) -> Measured:
    if aggregation == "count":
        return found.count, found.said
    if found.span_s <= 0:
        return None, f"{found.said}, in no time that a rate could be over"
    return found.count / found.span_s, f"{found.said} in {found.span_s:g} s"


def _of_values(values: Sequence[float], aggregation: str, percent: float | None) -> float:
    if percent is not None:
        return percentile(sorted(values), percent / 100)
    if aggregation == "med":
        return percentile(sorted(values), 0.5)
    if aggregation == "avg":
        return math.fsum(values) / len(values)
    if aggregation == "value":
        return values[-1]
    return min(values) if aggregation == "min" else max(values)


def _binned(found: Binned, aggregation: str, percent: float | None, sign: str) -> Measured:
    if aggregation in found.known:
        return found.known[aggregation], found.said
    if sign not in ("<", "<=", ">", ">="):
        return None, f"{found.said}; they are known to 10 % only, which {sign} does not do with"
    upper = sign in ("<", "<=")
    counts = sorted((number, count) for number, count in found.bins)
    edges = [(bin_start_s(number + upper), count) for number, count in counts]
    value = _of_edges(edges, aggregation, percent)
    which = "upper" if upper else "lower"
    return value, f"{found.said}; by minute and bin: the {which} edge of a bin 10 % wide"


def _of_edges(edges: Sequence[tuple[float, int]], aggregation: str, percent: float | None) -> float:
    total = sum(count for _, count in edges)
    if aggregation == "avg":
        return math.fsum(edge * count for edge, count in edges) / total
    if aggregation in ("min", "max"):
        return edges[0 if aggregation == "min" else -1][0]
    share = (50.0 if percent is None else percent) / 100
    rank = max(math.ceil(round(share * total, 9)), 1)
    upto = accumulate(count for _, count in edges)
    return next(edge for (edge, _), seen in zip(edges, upto, strict=True) if seen >= rank)
