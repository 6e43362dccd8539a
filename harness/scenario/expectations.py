"""What must hold after a run: small questions to the journal, each with its limit and where the limit is from.

An expectation with nothing to measure is never met (DESIGN promise 2). `judge` turns the declared ones and the
records of a run into `journal.Expectation` records.
"""

import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness import journal
from harness.journal import Record
from harness.scenario.resources import Endpoint
from harness.stats import percentile

Measured = tuple[float | None, str]
Records = Sequence[Record]

_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    "==": operator.eq,
}


@dataclass(frozen=True)
class Expectation:
    """`measure(records)` compared with `limit` by `sign`.

    `measure` returns the value, or None where there is nothing to measure, and a sentence that explains it.
    `limit` is a figure or a measure itself. `source` says where the limit comes from.
    """

    name: str
    measure: Callable[[Records], Measured]
    unit: str
    sign: str = "<="
    limit: float | Callable[[Records], Measured] = 0.0
    source: str = ""

    def at_most(self, limit: "float | Question", source: str = "") -> "Expectation":
        """Return the expectation that the value is *limit* or less."""
        return self._against("<=", limit, source)

    def below(self, limit: "float | Question", source: str = "") -> "Expectation":
        """Return the expectation that the value is less than *limit*."""
        return self._against("<", limit, source)

    def at_least(self, limit: "float | Question", source: str = "") -> "Expectation":
        """Return the expectation that the value is *limit* or more."""
        return self._against(">=", limit, source)

    def equals(self, limit: "float | Question", source: str = "") -> "Expectation":
        """Return the expectation that the value is exactly *limit*."""
        return self._against("==", limit, source)

    def named(self, name: str) -> "Expectation":
        """Return the same expectation under another *name*."""
        return replace(self, name=name)

    def _against(self, sign: str, limit: "float | Question", source: str) -> "Expectation":
        bound = limit.measure if isinstance(limit, Expectation) else limit
        return replace(self, sign=sign, limit=bound, source=source or self.source)


Question = Expectation


def judge(expectations: Iterable[Expectation], records: Records, at: float) -> Iterator[journal.Expectation]:
    """Yield each expectation judged over *records*, in the order declared."""
    for expectation in expectations:
        yield _judge_one(expectation, records, at)


def _judge_one(wanted: Expectation, records: Records, at: float) -> journal.Expectation:
    value, sentence = wanted.measure(records)
    limit = wanted.limit(records)[0] if callable(wanted.limit) else wanted.limit
    shown = f"{wanted.sign} {'nothing measured' if limit is None else f'{limit:g}'}"
    ok = value is not None and limit is not None and _SIGNS[wanted.sign](value, limit)
    return journal.Expectation(at, wanted.name, shown, value, wanted.unit, ok, sentence, wanted.source)


def of_kind(records: Records, kind: type[Any], **equal: object) -> list[Any]:
    """Return the records of *kind* whose fields have the values *equal*, in order."""
    return [r for r in records if isinstance(r, kind) and all(getattr(r, k) == v for k, v in equal.items())]


def result(program: str, key: str, unit: str = "") -> Question:
    """Ask for the figure *key* that *program* returned."""

    def measure(records: Records) -> Measured:
        for record in of_kind(records, journal.ProgramEnded, program=program):
            if record.error:
                return None, f"Program {program!r} failed: {record.error}"
            value = record.result.get(key)
            if isinstance(value, int | float) and not isinstance(value, bool):
                return float(value), f"{key} as returned by the program {program!r}"
        return None, f"The program {program!r} returned no figure {key!r}"

    return Expectation(f"{program}: {key}", measure, unit)


def response_time(endpoint: Endpoint, quantile: float) -> Question:
    """Ask for a quantile of the response time from the intended start, in seconds."""

    def measure(records: Records) -> Measured:
        times = [
            r.lag_s + r.queue_s + r.service_s
            for r in of_kind(records, journal.LoadRequest, endpoint=endpoint.name, outcome="ok")
        ]
        if not times:
            return None, f"No request to {endpoint.name} was answered"
        return percentile(sorted(times), quantile), f"over {len(times)} answered requests to {endpoint.name}"

    return Expectation(f"{endpoint.name}: response time p{quantile * 100:g}", measure, "s")


def error_ratio(endpoint: Endpoint) -> Question:
    """Ask for the share of offered requests that were not answered with success."""

    def measure(records: Records) -> Measured:
        offered = of_kind(records, journal.LoadRequest, endpoint=endpoint.name)
        if not offered:
            return None, f"No request was offered to {endpoint.name}"
        bad = sum(r.outcome != "ok" for r in offered)
        return bad / len(offered), f"{bad} of {len(offered)} requests to {endpoint.name} went without an answer"

    return Expectation(f"{endpoint.name}: error ratio", measure, "ratio")


def answered_during_fault(endpoint: Endpoint, within_s: float) -> Question:
    """Ask for the share of requests answered with success in the *within_s* seconds after the first fault."""

    def measure(records: Records) -> Measured:
        faults = of_kind(records, journal.FaultInjected)
        if not faults:
            return None, "No fault was injected"
        began = faults[0].at
        hit = [
            r
            for r in of_kind(records, journal.LoadRequest, endpoint=endpoint.name)
            if began <= r.due_at < began + within_s
        ]
        if not hit:
            return None, f"No request to {endpoint.name} was due in the {within_s:g} s after the fault"
        ok = sum(r.outcome == "ok" for r in hit)
        return ok / len(hit), f"{ok} of {len(hit)} requests to {endpoint.name} answered in the {within_s:g} s after the fault"

    return Expectation(f"{endpoint.name}: answered after the fault", measure, "ratio")
