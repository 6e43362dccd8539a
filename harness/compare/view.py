"""A comparison and a trend as people read them in a terminal."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.compare.lines import Verdict
from harness.compare.words import by_reason, change_words, interval_words, value_words
from harness.store import Series, Trend
from harness.terminal import BAD, DOUBTFUL, GOOD, QUIET, Column, Line, Table
from reports.text import plural

MOST_GRANTS = 12
STYLES = {
    Verdict.WORSE: BAD,
    Verdict.BETTER: GOOD,
    Verdict.DIFFERS: DOUBTFUL,
    Verdict.UNKNOWN: DOUBTFUL,
    Verdict.SAME: "",
    Verdict.NOT_COMPARABLE: QUIET,
}
FLIPS = {"now fails": BAD, "new, fails": BAD, "now met": GOOD}
BLOCKS = "▁▂▃▄▅▆▇█"
GAP = " "


def parts_of(document: Mapping[str, Any]) -> Iterator[Table | Line]:
    """Yield what is shown of a comparison: the sentence first, then what it rests on."""
    yield Line(document["sentence"], STYLES.get(Verdict(document["verdict"]), ""))
    for word in ("before", "after"):
        names = ", ".join(f"{run['name']} ({run['verdict']})" for run in document[word])
        yield Line(f"{word:<7} {names}")
    for told in document["differs"]:
        yield Line(f"differs {told}")
    yield _table(document["lines"])
    for why, titles in by_reason(document["lines"]):
        yield Line(f"{Verdict.NOT_COMPARABLE}: {why}: {', '.join(titles)}", QUIET)
    for flip in document["expectations"]:
        values = " → ".join(value_words(flip[side], flip["unit"]) for side in ("before", "after"))
        line = f"{flip['what']}: {flip['name']}: {values} ({flip['limit']})"
        yield Line(line, FLIPS.get(flip["what"], ""), flip["what"])
    for word, key in (("new finding", "came"), ("gone finding", "went")):
        for one in document["findings"][key]:
            yield Line(f"{word}: {one['severity']} {one['rule']}: {one['resource']}: {one['message']}")
    for role in document["policies"]:
        yield from _grants(role)
    yield Line(document["method_words"], QUIET)


def _table(lines: Sequence[Mapping[str, Any]]) -> Table:
    """Return the figures; those that are equal are counted and not shown."""
    judged = [one for one in lines if one["verdict"] != Verdict.NOT_COMPARABLE]
    shown = [one for one in judged if not (one["verdict"] == Verdict.SAME and one["change"] == 0)]
    columns = (
        Column("Figure"),
        Column("Before", right=True, whole=True),
        Column("After", right=True, whole=True),
        Column("Change", right=True, whole=True),
        Column("Interval", right=True, whole=True),
        Column("Verdict"),
    )
    rows = [_cells(one) for one in shown]
    words = [" ".join(one for one in _plain(cells) if one) for cells in rows]
    same = len(judged) - len(shown)
    words += [f"equal: {plural(same, 'more figure')}"] if same else []
    return Table(columns, rows, words, row_styles=[STYLES[Verdict(one["verdict"])] for one in shown])


def _cells(one: Mapping[str, Any]) -> list[str]:
    return [
        one["title"],
        value_words(one["before"], one["unit"]),
        value_words(one["after"], one["unit"]),
        change_words(one["before"], one["change"], one["unit"]),
        interval_words(one),
        f"{one['verdict']}: {one['why']}" if one["why"] else one["verdict"],
    ]


def _plain(cells: Sequence[str]) -> Iterator[str]:
    title, before, after, change, interval, verdict = cells
    yield f"{verdict.partition(':')[0]}: {title}: {before} → {after}"
    yield f"({change}{f', {interval}' if interval else ''})" if change else ""
    _, _, why = verdict.partition(": ")
    yield f"- {why}" if why else ""


def _grants(role: Mapping[str, Any]) -> Iterator[Line]:
    """Yield what the smallest policy of one role needs more, and less."""
    for sign, key in (("+", "added"), ("-", "removed")):
        told = [*role[key][:MOST_GRANTS]]
        told += [f"and {len(role[key]) - MOST_GRANTS} more"] if len(role[key]) > MOST_GRANTS else []
        yield from (Line(f"policy {role['role']}: {sign} {one}") for one in told)


def trend_parts(found: Trend) -> Iterator[Table | Line]:
    """Yield what is shown of a trend: each figure's way, and where the newest run is among the others."""
    newest = found.runs[-1]
    yield Line(
        f"{found.scenario}: {len(found.runs)} runs like {newest.name} "
        f"({newest.variant}, {newest.clock}), the newest last",
        "bold",
    )
    columns = (
        Column("Figure"),
        Column("Median", right=True, whole=True),
        Column("Middle half", right=True, whole=True),
        Column("Newest", right=True, whole=True),
        Column("Way", whole=True),
        Column("Newest is"),
    )
    moved = [one for one in found.series if len(set(one.values)) > 1]
    rows = [_trend_cells(one) for one in moved]
    lines = [
        f"{cells[0]}: newest {cells[3]}, {cells[5]}; median {cells[1]}, middle half {cells[2]}"
        for cells in rows
    ]
    steady = len(found.series) - len(moved)
    lines += [f"equal in every run: {plural(steady, 'more figure')}"] if steady else []
    styles = [BAD if one.is_worse else GOOD if one.is_better else "" for one in moved]
    yield Table(columns, rows, lines, row_styles=styles)
    yield Line(
        "Median and middle half are of the runs before the newest. One of so many runs is above or below all "
        "others by chance too; 'harness compare' says what is beyond it.",
        QUIET,
    )


def _trend_cells(one: Series) -> list[str]:
    unit = one.metric.unit
    places = {"above": "above all before", "below": "below all before", "within": "within them", "": "alone"}
    between = "" if one.low is None else f"{value_words(one.low, unit)} - {value_words(one.high, unit)}"
    return [
        one.metric.title,
        value_words(one.median, unit),
        between,
        value_words(one.newest, unit),
        sparkline(one.values),
        places[one.place],
    ]


def sparkline(values: Sequence[float | None]) -> str:
    """Return *values* as blocks of eight heights, a gap for one that is absent."""
    known = [value for value in values if value is not None]
    low = min(known, default=0.0)
    size = max(known, default=0.0) - low
    top = len(BLOCKS) - 1
    heights = [None if one is None else round((one - low) / size * top) if size else 0 for one in values]
    return "".join(GAP if height is None else BLOCKS[height] for height in heights)
