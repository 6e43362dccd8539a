"""What a person is told of a simulation: a line for each activity with its range, and where the rest is."""

from pathlib import Path
from typing import Any

from harness.cost.told import cost_lines
from harness.run.results import JOURNAL, REPORT

MOST_LINES = 40


def lines_of(row: dict[str, Any], trouble: str) -> list[str]:
    """Return the few lines that answer: would it have scaled in time, and how sure is that?"""
    verdict = f"{row['verdict']}{': ' + row['reason'] if row['reason'] else ''}"
    if verdict == "pass" and not row["expectations"]:
        verdict = "simulated: no expectation was declared, so nothing was judged"
    report = Path(row["run_dir"]) / REPORT
    place = f"report  {report}" if report.is_file() else f"journal {report.with_name(JOURNAL)}"
    parts = [*_scaling(row), *_load(row), *_functions(row), *_expectations(row), verdict, trouble]
    parts += [*cost_lines(row), place]
    return [line for line in parts if line]


def _scaling(summary: dict[str, Any]) -> list[str]:
    targets = summary.get("scaling", {}).get("targets", {})
    lines = []
    for resource_id, story in targets.items():
        lines.append(f"{resource_id}: {len(story['activities'])} scaling activities")
        lines += [_activity(each) for each in story["activities"][:MOST_LINES]]
        if len(story["activities"]) > MOST_LINES:
            lines.append(f"  ... and {len(story['activities']) - MOST_LINES} more")
    return lines


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


def _expectations(summary: dict[str, Any]) -> list[str]:
    lines = []
    for one in summary["expectations"]:
        value = "nothing measured" if one["value"] is None else f"{one['value']:.6g} {one['unit']}".rstrip()
        lines.append(f"{'ok  ' if one['ok'] else 'FAIL'} {one['name']}: {value} ({one['limit']})")
    lines += [f"not judged: {one['name']}" for one in summary.get("not_judged", ())]
    return lines


def _clock(seconds: float) -> str:
    """Return *seconds* as h:mm:ss or m:ss."""
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    minutes = f"{rest // 60:02d}:{rest % 60:02d}"
    return f"{hours}:{minutes}" if hours else minutes
