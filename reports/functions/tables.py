"""The tables of the section about functions: by function, throttles, events, event sources, timers. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reports.functions.throttles import Throttles
from reports.functions.words import failures, throttles
from reports.messages.words import NONE, Cell
from reports.text import clock, number, plural, share, span, steady

MOST_ROWS = 60  # of one table; summary.json has all
ASKED_BY = {"synchronous": "caller", "asynchronous": "event", "event source": "queue"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: who, what is said below the name, and the figures, each named by its column."""

    name: str
    below: str
    cells: list[Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the section: `first` heads the column of names, the cells name the others."""

    title: str
    first: str
    rows: list[Row]
    note: str = ""

    @property
    def cut(self) -> int:
        """How many rows are left out."""
        return max(len(self.rows) - MOST_ROWS, 0)

    @property
    def shown(self) -> list[Row]:
        """The rows that the page shows."""
        return self.rows[:MOST_ROWS]


def _count(label: str, count: int, *, loud: bool = False) -> Cell:
    return Cell(label, number(count), ("loud" if loud else "") if count else "zero")


def tables(found: dict[str, Any], throttled: Sequence[Throttles]) -> list[Table]:
    """Return the tables of the section that have a row, in reading order."""
    made = [
        _functions(found),
        _throttles(throttled),
        _provisioned(found),
        _event_sources(found),
        _events(found),
        _timers(found),
    ]
    return [table for table in made if table.rows]


def _functions(found: dict[str, Any]) -> Table:
    all_of = found.get("by_function", {})
    spills = any(one["spillover"] for one in all_of.values())
    timed = any("duration_s" in one for one in all_of.values())
    note = " Durations are without the initialisation of cold ones." if timed else ""
    return Table(
        "By function",
        "Function",
        [Row(name, _limits(one), _figures(one, spills=spills, timed=timed)) for name, one in all_of.items()],
        f"Throttled attempts did not run: they are no invocations.{note}",
    )


def _limits(one: dict[str, Any]) -> str:
    """Return the memory that was used of what it has, and its timeout."""
    used = one.get("memory_used_mb")
    if "memory_mb" not in one:
        return "" if used is None else f"{used:,} MB used"
    memory = f"{one['memory_mb']:,} MB" if used is None else f"{used:,} of {one['memory_mb']:,} MB used"
    return f"{memory}, timeout {span(one['timeout_s'])}"


def _figures(one: dict[str, Any], *, spills: bool, timed: bool) -> list[Cell]:
    took, init = one.get("duration_s", {}), one.get("init_s", {})
    held = f" of {one['reserved']:,}" if "reserved" in one else ""
    cells = [
        _count("Invocations", one["invocations"]),
        _count("Cold", one["cold_starts"]),
        *([_count("Spillover", one["spillover"])] if spills else []),
        _count("Throttled", throttles(one), loud=True),
        _count("Failed", failures(one), loud=True),
        Cell("At once", f"{one['peak_concurrency']:,}{held}"),
    ]
    if not timed:
        return cells
    cells += [Cell(key, steady(took[key]) if took else NONE) for key in ("p50", "p99", "max")]
    return [*cells, Cell("Init p50", steady(init["p50"]) if init else NONE)]


def _throttles(throttled: Iterable[Throttles]) -> Table:
    groups: defaultdict[tuple[str, str, str], list[Throttles]] = defaultdict(list)
    for one in throttled:
        groups[one.function, one.reason, one.source].append(one)
    ordered = sorted(groups.items(), key=lambda group: -sum(one.count for one in group[1]))
    return Table(
        "Throttled, by reason",
        "Reason",
        [
            Row(
                reason,
                function,
                [
                    Cell("By", ASKED_BY.get(source, source)),
                    _count("Attempts", sum(one.count for one in of), loud=source == "synchronous"),
                    Cell("First", clock(min(one.at for one in of))),
                    Cell("Last", clock(max(one.at for one in of))),
                ],
            )
            for (function, reason, source), of in ordered
        ],
        "A caller gets the 429. Lambda tries an asynchronous event again; the messages of a queue come back "
        "to it.",
    )


def _provisioned(found: dict[str, Any]) -> Table:
    ready = [
        one for of in found.get("by_function", {}).values() for one in of.get("provisioned", {}).values()
    ]
    columns = _USED if any("utilization" in one for one in ready) else ()
    rows = [
        Row(
            f"{name}:{qualifier}",
            "",
            [
                _count("Requested", one["requested"]),
                _count("Allocated", one["allocated"]),
                *(_shared(label, one.get("utilization", {}).get(key)) for label, key in columns),
                _count("Spillover", one["spillover"]),
            ],
        )
        for name, of in found.get("by_function", {}).items()
        for qualifier, one in of.get("provisioned", {}).items()
    ]
    return Table("Provisioned concurrency", "Alias or version", rows)


_USED = (("Most used", "max"), ("Mean used", "mean"))


def _shared(label: str, ratio: float | None) -> Cell:
    return Cell(label, NONE if ratio is None else share(ratio, 1.0))


def _event_sources(found: dict[str, Any]) -> Table:
    rows = [
        Row(
            one.get("queue", mapping),
            f"to {one['function']}",
            [
                _count("Batches", one["batches"]),
                _count("Records", one["records"]),
                _count("Came back", one["failed_records"], loud=True),
                _count("Failed", one["errors"], loud=True),
                _count("Throttled", one["throttled"]),
                Cell("Pollers", _pollers(one)),
            ],
        )
        for mapping, one in found.get("event_sources", {}).items()
    ]
    note = (
        "Pollers: the most batches that were allowed at once. Records that came back are counted each time."
    )
    return Table("Event sources", "Queue", rows, note)


def _pollers(one: dict[str, Any]) -> str:
    if "pollers" not in one:
        return NONE
    limit = f" of {one['maximum_concurrency']:,}" if "maximum_concurrency" in one else ""
    return f"{one['pollers']:,}{limit}"


def _events(found: dict[str, Any]) -> Table:
    rows = []
    for name, of in found.get("by_function", {}).items():
        if not (one := of.get("asynchronous")):
            continue
        age = one.get("age_s")
        rows.append(
            Row(
                name,
                "",
                [
                    _count("Accepted", one["accepted"]),
                    _count("Succeeded", one["succeeded"]),
                    _count("Failed", one["failed"]),
                    _count("Expired", one["expired"]),
                    _count("Lost", one["lost"], loud=True),
                    _count("Pending", one["pending"]),
                    _count("Retries", one["retries"]),
                    Cell("Age p50", steady(age["p50"]) if age else NONE),
                    Cell("Age max", steady(age["max"]) if age else NONE),
                ],
            )
        )
    note = (
        "Lost: failed or expired, and no destination or dead-letter queue got a record of it. Age: from the "
        "moment Lambda accepted the event until an attempt began. Pending: not ended when the run did."
    )
    return Table("Asynchronous events", "Function", rows, note)


def _timers(found: dict[str, Any]) -> Table:
    rows = [
        Row(
            rule,
            plural(one["targets"], "target"),
            [
                _count("Fired", one["fired"]),
                Cell("Late p50", steady(one["late_s"]["p50"])),
                Cell("Late max", steady(one["late_s"]["max"])),
            ],
        )
        for rule, one in found.get("timers", {}).items()
    ]
    return Table("Timers", "Rule", rows)
