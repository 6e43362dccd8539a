"""What a person is told of a simulation: a line for each activity with its range, and where the rest is."""

from pathlib import Path
from typing import Any

from harness import terminal
from harness.cost.told import cost_lines
from harness.run.results import JOURNAL, REPORT
from harness.run.told import expectations_table, verdict_line
from harness.terminal import Column, Line, Table

MOST_LINES = 40
ACTIVITY = (
    Column("decided", right=True, whole=True),
    Column("instances", whole=True),
    Column("in service", right=True),
    Column("on AWS decided", right=True),
    Column("on AWS in service", right=True),
)


def lines_of(row: dict[str, Any], trouble: str) -> list[str]:
    """Return the few lines that answer: would it have scaled in time, and how sure is that?"""
    return [line for part in parts_of(row, trouble) for line in terminal.lines_of(part)]


def parts_of(row: dict[str, Any], trouble: str) -> list[Table | Line]:
    """Return the same for a terminal: what was decided and what was expected as tables."""
    verdict = f"{row['verdict']}{': ' + row['reason'] if row['reason'] else ''}"
    word = row["verdict"]
    if verdict == "pass" and not row["expectations"]:
        word = "simulated"
        verdict = "simulated: no expectation was declared, so nothing was judged"
    report = Path(row["run_dir"]) / REPORT
    place = f"report  {report}" if report.is_file() else f"journal {report.with_name(JOURNAL)}"
    expected = [expectations_table(row["expectations"], indent="")] if row["expectations"] else []
    return [
        *_scaling(row),
        *map(Line, [*_load(row), *_functions(row)]),
        *expected,
        *(Line(f"not judged: {one['name']}") for one in row.get("not_judged", ())),
        verdict_line(verdict, word),
        *(Line(line) for line in [trouble, *cost_lines(row), place] if line),
    ]


def _scaling(summary: dict[str, Any]) -> list[Table | Line]:
    parts: list[Table | Line] = []
    for resource_id, story in summary.get("scaling", {}).get("targets", {}).items():
        parts.append(Line(f"{resource_id}: {len(story['activities'])} scaling activities", "bold"))
        told = story["activities"][:MOST_LINES]
        if told:
            cells, lines = [_cells(each) for each in told], [_activity(each) for each in told]
            parts.append(Table(ACTIVITY, cells, lines, indent=2))
        if len(story["activities"]) > MOST_LINES:
            parts.append(Line(f"  ... and {len(story['activities']) - MOST_LINES} more"))
    return parts


def _cells(each: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of a row: what was simulated, and between which moments it would be on AWS."""
    served = _clock(each["in_service_s"]) if "in_service_s" in each else str(each["status"])
    change = f"{each['from']} -> {each['to']}"
    if "at_s_low" not in each:
        return _clock(each["at_s"]), change, served, "", ""
    decided = f"{_clock(each['at_s_low'])} to {_clock(each['at_s_high'])}"
    decided += "" if each["certain"] else ", or not"
    if "in_service_s_low" not in each:
        return _clock(each["at_s"]), change, served, decided, ""
    until = f"{_clock(each['in_service_s_low'])} to {_clock(each['in_service_s_high'])}"
    return _clock(each["at_s"]), change, served, decided, until


def _activity(each: dict[str, Any]) -> str:
    line = f"  {_clock(each['at_s'])}  {each['from']} -> {each['to']}"
    if "in_service_s" in each:
        line += f", in service {_clock(each['in_service_s'])}"
    else:
        line += f", {each['status']}"
    if "at_s_low" in each:
        line += f"; on AWS decided from {_clock(each['at_s_low'])} to {_clock(each['at_s_high'])}"
        if "in_service_s_low" in each:
            line += f", in service from {_clock(each['in_service_s_low'])}"
            line += f" to {_clock(each['in_service_s_high'])}"
        line += "" if each["certain"] else ", or not at all"
    return line


def _load(summary: dict[str, Any]) -> list[str]:
    load, times = summary.get("load"), summary.get("latency")
    if load is None:
        return []
    line = f"{load['offered']:,} requests, {load['completed']:,} answered"
    if times is not None:
        response = times["response_s"]
        line += f", p50 {response['p50'] * 1e3:.4g} ms, p99 {response['p99'] * 1e3:.4g} ms"
    return [line]


def _functions(summary: dict[str, Any]) -> list[str]:
    """Return a line for each function: what ran, began cold, spilled over and was throttled."""
    return [
        f"{name}: {_counts(one)}" for name, one in summary.get("functions", {}).get("by_function", {}).items()
    ]


def _counts(one: dict[str, Any]) -> str:
    parts = [
        f"{one['invocations']:,} invocations",
        f"{one['cold_starts']:,} cold starts",
        f"at most {one['peak_concurrency']:,} at once",
    ]
    parts += [f"{one['spillover']:,} spilled over"] if one["spillover"] else []
    parts += [f"{count:,} throttled ({reason})" for reason, count in one["throttles"].items()]
    parts += [f"{count:,} ended by {outcome}" for outcome, count in one["errors"].items()]
    return ", ".join(parts)


def _clock(seconds: float) -> str:
    """Return *seconds* as h:mm:ss or m:ss."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"{hours}:{minutes}" if hours else minutes
