"""A threshold: a metric, its tags, how it is summed up, and the limit that it must keep to."""

import difflib
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from harness.errors import ScenarioError
from harness.thresholds.grammar import ABORT, AFTER, Amount, Parts, parts_of, percentile_of, wrong
from harness.thresholds.metric import PERCENTILE, Kind, Metric
from harness.thresholds.metrics import RESPONSE_TIME, allowed_values, metric_called, names
from harness.thresholds.paths import metric_of, nearest
from harness.thresholds.units import all_units, plain, units_for, written

COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
# What a figure is summed up by where nobody says it, and nothing else can be meant.
_USUAL = {Kind.COUNTER: "count", Kind.GAUGE: "value", Kind.RATE: "rate", Kind.TREND: ""}
_UP, _DOWN, _ALWAYS = ("<", "<=", "=="), (">", ">="), tuple(COMPARE)
# The comparisons that may be told as failed while more is to come: for good where the figure only grows (or
# only falls), and of what is known so far where it may go both ways, as k6 does.
_CROSSED_EARLY: Mapping[tuple[Kind, str], Sequence[str]] = {
    (Kind.COUNTER, "count"): _UP,
    (Kind.GAUGE, "max"): _UP,
    (Kind.TREND, "max"): _UP,
    (Kind.GAUGE, "min"): _DOWN,
    (Kind.TREND, "min"): _DOWN,
}


@dataclass(frozen=True, slots=True)
class Threshold:
    """What *text* says, checked: raises ScenarioError with the column of what is wrong and the nearest right.

    `abort_on_fail` stops the load once it is crossed, from `delay_abort_s` model seconds of the load on; the
    text may say so itself ("abort after 30s"). `text` is kept in its shortest form. `limit` is in `unit`.
    `asked` marks one of the command line: where nothing can be measured, it fails.
    """

    text: str
    abort_on_fail: bool = False
    delay_abort_s: float = 0.0
    asked: bool = field(default=False, compare=False)
    metric: Metric = field(init=False, compare=False, repr=False)
    tags: Mapping[str, str] = field(init=False, compare=False, repr=False)
    aggregation: str = field(init=False, compare=False, repr=False)
    percent: float | None = field(init=False, compare=False, repr=False)
    sign: str = field(init=False, compare=False, repr=False)
    limit: float = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise ScenarioError(f"Threshold {self.text!r}: give a text, as 'p(99)<800ms'")
        given, parts = self.text, parts_of(self.text)
        metric = _metric(given, parts)
        aggregation, percent = _aggregation(given, parts, metric)
        unit = metric.unit_of(aggregation)
        found = {
            "metric": metric,
            "tags": _tags(given, parts, metric),
            "aggregation": aggregation,
            "percent": percent,
            "sign": parts.sign,
            "limit": _amount(given, parts.limit, unit, bare=metric.bare),
            "abort_on_fail": self.abort_on_fail or parts.aborts,
        }
        if parts.after:
            found["delay_abort_s"] = _amount(given, parts.after, "s", bare=False)
        for name, value in found.items():
            object.__setattr__(self, name, value)
        self._check_abort(given)
        object.__setattr__(self, "delay_abort_s", float(self.delay_abort_s))
        object.__setattr__(self, "text", self._short())

    def __str__(self) -> str:
        """Return it as `parse` reads it."""
        if not self.abort_on_fail:
            return self.text
        after = f" {AFTER} {written(self.delay_abort_s, 's')}" if self.delay_abort_s else ""
        return f"{self.text} {ABORT}{after}"

    @property
    def unit(self) -> str:
        """The unit of the limit and of what is measured."""
        return self.metric.unit_of(self.aggregation)

    @property
    def follows(self) -> bool:
        """Whether it can be crossed while the run goes on: what may still be met is judged at the end."""
        signs = _CROSSED_EARLY.get((self.metric.kind, self.aggregation), _ALWAYS)
        return self.metric.follows and self.sign in signs

    def holds(self, value: float) -> bool:
        """Return whether *value* keeps to it."""
        return COMPARE[self.sign](value, self.limit)

    def _short(self) -> str:
        tags = ",".join(f"{tag}:{_written_tag(value)}" for tag, value in self.tags.items())
        name = f"{self.metric.name}{{{tags}}}" if tags else self.metric.name
        usual = self.aggregation == _USUAL[self.metric.kind] == _default(self.metric)
        said = "" if usual else f": {self.aggregation}"
        return f"{name}{said}{self.sign}{written(self.limit, self.unit)}"

    def _check_abort(self, given: str) -> None:
        delay = self.delay_abort_s
        if isinstance(delay, bool) or not isinstance(delay, int | float) or not 0 <= delay < math.inf:
            raise ScenarioError(f"Threshold {given!r}: delay_abort_s is {delay!r}; give seconds, 0 or more")
        if delay and not self.abort_on_fail:
            raise ScenarioError(f"Threshold {given!r}: delay_abort_s goes with abort_on_fail=True")
        if self.abort_on_fail and not self.follows:
            why = "may still be met later" if self.metric.follows else "is known at the end of a run only"
            raise ScenarioError(f"Threshold {given!r}: {self.metric.name} {why}, so it cannot abort the load")


def parse(text: str) -> Threshold:
    """Return the threshold that *text* says; `parse(str(threshold))` is the same threshold again."""
    return Threshold(text)


def as_thresholds(given: Sequence[str | Threshold]) -> tuple[Threshold, ...]:
    """Return *given* as thresholds, each once; of two that are alike the one that aborts is kept."""
    found: dict[str, Threshold] = {}
    for one in given:
        threshold = one if isinstance(one, Threshold) else Threshold(one)
        known = found.get(threshold.text)
        if known is None or threshold.abort_on_fail or not known.abort_on_fail:
            found[threshold.text] = threshold
    return tuple(found.values())


# -- what each part means -----


def _metric(text: str, parts: Parts) -> Metric:
    if not parts.path:
        return RESPONSE_TIME
    name = ".".join(parts.path)
    found = metric_called(name) or metric_of(parts.path)
    if found is None:
        near = nearest(parts.path, names())
        hint = f"did you mean {near[0]}?" if near else "'--threshold help' lists them"
        raise wrong(text, parts.metric.column, f"there is no metric {name!r}; {hint}")
    return found


def _tags(text: str, parts: Parts, metric: Metric) -> dict[str, str]:
    for tag, value in parts.tags.items():
        column = parts.tag_columns[tag]
        if tag not in metric.tags:
            there = f"it has {', '.join(metric.tags)}" if metric.tags else "it has none"
            raise wrong(text, column, f"{metric.name} has no tag {tag!r}; {_near(tag, metric.tags)}{there}")
        known = allowed_values(metric, tag)
        if known and value not in known:
            near = _near(value, known)
            raise wrong(text, column, f"there is no {tag} {value!r}; {near}there are {', '.join(known)}")
    if missing := [tag for tag in metric.must if tag not in parts.tags]:
        form = f"{metric.name}{{{','.join(f'{tag}:...' for tag in metric.must)}}}"
        why = f"{metric.name} lacks {' and '.join(missing)}; write {form}"
        raise wrong(text, parts.metric.column, why)
    return dict(parts.tags)


def _aggregation(text: str, parts: Parts, metric: Metric) -> tuple[str, float | None]:
    word, column = parts.aggregation.text, parts.aggregation.column
    there = ", ".join(metric.aggregations)
    if not word:
        if default := _default(metric):
            return default, None
        raise wrong(text, column, f"{metric.name} is many values; say which of them: {there}")
    percent = percentile_of(word)
    if percent is not None and PERCENTILE in metric.aggregations:
        return f"p({plain(percent)})", percent
    if word in metric.aggregations:
        return word, None
    near = _near(word, metric.aggregations)
    hint = "" if parts.path else "; name the metric that you mean before it"
    raise wrong(text, column, f"{metric.name} has no aggregation {word!r}; {near}it has {there}{hint}")


def _default(metric: Metric) -> str:
    """Return what is meant where no aggregation is named: of what is one figure, that."""
    return metric.default or _USUAL[metric.kind]


def _amount(text: str, amounts: Sequence[Amount], unit: str, *, bare: bool) -> float:
    known = units_for(unit)
    total = Decimal(0)
    for amount in amounts:
        said, column = amount.unit.text, amount.unit.column
        if said == unit or (not said and (bare or unit != "s" or not amount.number)):
            total += amount.number
        elif said in known:
            total += amount.number * known[said]
        elif not said:
            raise wrong(text, column, f"the limit is a time and has no unit; write {_both(amount.number)}")
        else:
            raise wrong(text, column, _no_unit(said, unit, known))
    found = float(total)
    if not math.isfinite(found):
        raise wrong(text, amounts[0].unit.column, "the limit is too large for a number")
    return found


def _both(number: Decimal) -> str:
    return f"{plain(number)}ms, as k6 means it, or {plain(number)}s"


def _no_unit(said: str, unit: str, known: Mapping[str, object]) -> str:
    of = f"is in {unit}" if unit else "is a plain number"
    what = "does not fit" if said in all_units() else "is no unit"
    return f"{said!r} {what}: the figure {of}; it takes {', '.join(known)}"


def _written_tag(value: str) -> str:
    return f'"{value}"' if set(value) & set(",}") or value != value.strip() else value


def _near(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}? " if close else ""
