"""What people are told of runs: what was expected and measured, the verdict, at the end a row for each."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.cost.told import usd
from harness.errors import ExitCode
from harness.run.results import JOURNAL, REPORT
from harness.terminal import STYLES, Column, Line, Table, link, span_words

NOTHING_MEASURED = "nothing measured"


def heading(scenario: str, variant: str, clock: object, seed: int) -> Line:
    """Return the line that a run begins with."""
    return Line(f"{scenario} ({variant}, {clock}, seed {seed})", "bold", scenario)


def expectations_table(expectations: Sequence[Mapping[str, Any]], indent: str = "  ") -> Table:
    """Return what was expected with the value beside its limit; the lines begin with *indent*."""
    rows = [(_state(one), one["name"], _value(one), one["limit"]) for one in expectations]
    return Table(
        (Column("", whole=True), Column("expectation"), Column("measured", right=True), Column("limit")),
        rows,
        [f"{indent}{state:<4} {name}: {value} ({limit})" for state, name, value, limit in rows],
        indent=len(indent),
    )


def verdict_line(text: str, verdict: str) -> Line:
    """Return the line *text* that says the *verdict*, which has its colour in it."""
    return Line(text, STYLES.get(verdict, ""), verdict)


def where(directory: Path, *, drawn: bool) -> str:
    """Return the line that says where to look: the report, or what it can be drawn from."""
    if drawn:
        return f"report  {link(directory / REPORT)}"
    return f"journal {link(directory / JOURNAL)} ('harness report' draws it)"


def closing_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return a row for each run of a command that had several, as `--json` has them."""
    shown = [_closing(row) for row in rows]
    titles = ("scenario", "verdict", "time", "cost", "report")
    columns = [Column(title, right=title in ("time", "cost"), whole=title != "report") for title in titles]
    wide = max((len(name) for name, *_ in shown), default=0)
    lines = [
        f"{verdict:<11} {name:<{wide}}  {took:>10}  {cost:>14}  {place}"
        for name, verdict, took, cost, place in shown
    ]
    return Table(columns, shown, lines, title=_counted(rows))


def _closing(row: Mapping[str, Any]) -> tuple[str, str, str, str, str]:
    directory = Path(row["run_dir"])
    drawn = directory / REPORT
    cost = row.get("cost")
    took = row.get("wall_s")
    return (
        f"{row.get('scenario', directory.parent.name)}{_variant(row)}",
        _verdict(row),
        "" if took is None else span_words(took),
        "" if cost is None else f"{usd(cost['usd'])} USD",
        link(drawn if drawn.is_file() else directory),
    )


def _variant(row: Mapping[str, Any]) -> str:
    variant = row.get("variant", "corrected")
    return "" if variant == "corrected" else f" ({variant})"


def _verdict(row: Mapping[str, Any]) -> str:
    if row["exit_code"] == ExitCode.INTERRUPTED:
        return "interrupted"
    return str(row.get("verdict", "invalid"))


def _counted(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return "3 runs: 2 pass, 1 fail"."""
    found = [_verdict(row) for row in rows]
    counts = ", ".join(f"{found.count(each)} {each}" for each in sorted(set(found)))
    return f"{len(rows)} runs: {counts}"


def _state(one: Mapping[str, Any]) -> str:
    return "ok" if one["ok"] else "FAIL"


def _value(one: Mapping[str, Any]) -> str:
    return NOTHING_MEASURED if one["value"] is None else f"{one['value']:.6g} {one['unit']}".rstrip()
