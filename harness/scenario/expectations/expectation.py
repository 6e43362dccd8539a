"""What must hold after a run: small questions to the journal, each with its limit and where the limit is
from.

An expectation with nothing to measure is never met (DESIGN promise 2). `judge` turns the declared ones and
the records of a run into `journal.Expectation` records.
"""

import math
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from harness import journal
from harness.errors import ScenarioError
from harness.journal import Record
from harness.scenario.checks import check_positive
from harness.scenario.faults import ZoneFailure
from harness.scenario.workload import Named, target_of
from harness.stats import percentile

# The value, None where there is nothing to measure, and a sentence that explains it.
Measured = tuple[float | None, str]
Records = Sequence[Record]
R = TypeVar("R")

_SIGNS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    "==": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Expectation:
    """`measure(records)` compared with `limit` by `sign`; a question until it is given a limit.

    `measure` returns the value, or None where there is nothing to measure, and a sentence that explains it.
    `limit` is a figure or a measure itself. `source` says where the limit comes from. `needs` names what a
    run must have for it where not every run has it: the virtual clock has neither programs nor calls.
    `refuses` tells the refusals that it asks about.
    """

    name: str
    measure: Callable[[Records], Measured]
    unit: str
    sign: str = ""
    limit: float | Callable[[Records], Measured] = math.nan
    source: str = ""
    needs: str = ""
    refuses: Callable[[journal.PermissionUsed], bool] | None = None

    @property
    def asks_for_refusals(self) -> bool:
        """Whether what it `refuses` must be refused, and not let through."""
        return self.refuses is not None and not callable(self.limit) and self.limit > 0

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
        if isinstance(limit, Expectation):
            return replace(self, sign=sign, limit=limit.measure, source=source)
        if not math.isfinite(limit):
            raise ScenarioError(f"Expectation {self.name!r}: the limit is {limit}; give a finite number")
        return replace(self, sign=sign, limit=limit, source=source)


Question = Expectation


def judge(expectations: Iterable[Expectation], records: Records, at: float) -> Iterator[journal.Expectation]:
    """Yield each expectation judged over *records*, in the order declared; one that cannot be is not met."""
    for wanted in expectations:
        value, reason = _measured(wanted.measure, records)
        limit, why_none = _measured(wanted.limit, records) if callable(wanted.limit) else (wanted.limit, "")
        ok = value is not None and limit is not None and _SIGNS[wanted.sign](value, limit)
        shown = f"{wanted.sign} {'nothing measured' if limit is None else f'{limit:g}'}"
        sentence = f"{reason}; its limit: {why_none}" if limit is None else reason
        yield journal.Expectation(at, wanted.name, shown, value, wanted.unit, ok, sentence, wanted.source)


def _measured(measure: Callable[[Records], Measured], records: Records) -> Measured:
    """Return what *measure* finds: nothing, where a scenario's own measure raises or finds no number."""
    try:
        value, sentence = measure(records)
    except Exception as error:
        return None, f"It could not be measured: {type(error).__name__}: {error}"
    if value is not None and not math.isfinite(value):
        return None, f"It came to {value}, which is no number to compare: {sentence}"
    return value, sentence


def of_kind(records: Records, kind: type[R], **equal: object) -> list[R]:
    """Return the records of *kind* whose fields have the values *equal*, in order."""
    return [r for r in records if isinstance(r, kind) and all(getattr(r, k) == v for k, v in equal.items())]


def result(program: str, key: str, unit: str = "") -> Question:
    """Ask for the figure *key* that *program* returned."""

    def measure(records: Records) -> Measured:
        ended = of_kind(records, journal.ProgramEnded, program=program)
        if not ended:
            return None, f"The program {program!r} did not run"
        if ended[-1].error:
            return None, f"The program {program!r} failed: {ended[-1].error}"
        value = ended[-1].result.get(key)
        if isinstance(value, int | float):
            return float(value), f"{key} as returned by the program {program!r}"
        return None, f"The program {program!r} returned no figure {key!r}"

    return Expectation(f"{program}: {key}", measure, unit, needs=f"the program {program!r}")


def response_time(endpoint: Named, quantile: float) -> Question:
    """Ask for a quantile, from 0 to 1, of the response time from the intended start, in seconds; of an
    endpoint, a function, one of its aliases or an HTTP API, whatever the load called."""
    if not 0.0 <= quantile <= 1.0:
        raise ScenarioError(f"response_time: quantile is {quantile:g}; give a share from 0 to 1, as 0.99")

    def measure(records: Records) -> Measured:
        answered = _requests(records, endpoint, outcome="ok")
        if not answered:
            return None, f"No request to {endpoint.name} was answered"
        times = sorted(r.lag_s + r.queue_s + r.service_s for r in answered)
        return percentile(times, quantile), f"over {len(times)} answered requests to {endpoint.name}"

    return Expectation(f"{endpoint.name}: response time p{quantile * 100:g}", measure, "s")


def error_ratio(endpoint: Named) -> Question:
    """Ask for the share of offered requests that were not answered with success."""

    def measure(records: Records) -> Measured:
        offered = _requests(records, endpoint)
        if not offered:
            return None, f"No request was offered to {endpoint.name}"
        bad = sum(r.outcome != "ok" for r in offered)
        return bad / len(offered), f"{bad} of {len(offered)} requests to {endpoint.name} had no good answer"

    return Expectation(f"{endpoint.name}: error ratio", measure, "ratio")


def answered_during_fault(endpoint: Named, within_s: float) -> Question:
    """Ask for the share of good answers to requests due *within_s* seconds of the first zone failure."""
    check_positive("answered_during_fault: within_s", within_s)

    def measure(records: Records) -> Measured:
        faults = of_kind(records, journal.FaultInjected, fault=ZoneFailure.KIND)
        if not faults:
            return None, "No zone failure was injected"
        began = faults[0].at
        offered = _requests(records, endpoint)
        hit = [r for r in offered if began <= r.due_at < began + within_s]
        if not hit:
            return None, f"No request to {endpoint.name} was due in the {within_s:g} s after the fault"
        ok = sum(r.outcome == "ok" for r in hit)
        return ok / len(hit), (
            f"{ok} of {len(hit)} requests to {endpoint.name} answered in the {within_s:g} s after the fault"
        )

    return Expectation(f"{endpoint.name}: answered after the fault", measure, "ratio")


def _requests(records: Records, endpoint: Named, **equal: object) -> list[journal.LoadRequest]:
    """Return the requests of the load to *endpoint*: a function may be called as an endpoint is."""
    named = {"endpoint": endpoint.name, "target": target_of(endpoint)}
    return of_kind(records, journal.LoadRequest, **named, **equal)
