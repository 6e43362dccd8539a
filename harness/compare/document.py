"""A comparison as one plain document: what `--json` prints, `comparison.json` keeps and the report shows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.compare import changes
from harness.compare.alike import Alike, Started, alike, is_exact
from harness.compare.lines import Line, Method, Verdict, lines
from harness.compare.metrics import figures_of
from harness.compare.windows import Requests, shifts
from harness.compare.words import method_words, sentence

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Run:
    """One run that is compared: its place, its first record, its summary."""

    directory: str
    started: Started
    summary: Mapping[str, Any]


# Reads the requests of a run, None where it keeps none one by one.
Read = Callable[[Run], Requests | None]


def compare(before: Sequence[Run], after: Sequence[Run], read: Read) -> dict[str, Any]:
    """Return the comparison of the runs *before* with those *after*, each side oldest first and not empty.

    *read* is asked for the requests of the runs only where one stands against one and noise is in them.
    """
    sides = [[(run.started, run.summary) for run in side] for side in (before, after)]
    how = alike(*sides)
    method = _method(sides)
    moved = _shifts(before[0], after[0], read) if method is Method.REQUESTS and not _is_blocked(how) else None
    figures = [[figures_of(run.summary) for run in side] for side in (before, after)]
    found = lines(figures[0], figures[1], method, how, moved)
    summaries = [[run.summary for run in side] for side in (before, after)]
    flips = [] if how.never else changes.expectations(*summaries)
    windows = None if moved is None else (moved.windows, moved.window_s)
    return {
        "schema_version": SCHEMA_VERSION,
        "verdict": verdict(found, flips),
        "sentence": sentence(found, method, flips, how.never),
        "method": str(method),
        "method_words": method_words(method, len(before), len(after), windows),
        "before": [_run(run) for run in before],
        "after": [_run(run) for run in after],
        "differs": list(how.differs),
        "not_comparable": [why for why in (how.never, how.untimed) if why],
        "lines": [_line(one) for one in found],
        "expectations": flips,
        "findings": {"came": [], "went": []} if how.never else changes.findings(*summaries),
        "policies": [] if how.never else changes.policies(*summaries),
    }


def verdict(found: Sequence[Line], flips: Sequence[Mapping[str, Any]]) -> str:
    """Return the worst that was found: worse, better, differs, no difference shown, or not comparable.

    An expectation that every run before met and no run after meets counts as worse.
    """
    told = {one.verdict for one in found}
    if Verdict.WORSE in told or any(_has_broken(one) for one in flips):
        return str(Verdict.WORSE)
    for one in (Verdict.BETTER, Verdict.DIFFERS):
        if one in told:
            return str(one)
    nothing = told <= {Verdict.NOT_COMPARABLE}
    return str(Verdict.NOT_COMPARABLE if nothing else Verdict.SAME)


def _has_broken(flip: Mapping[str, Any]) -> bool:
    before, after = flip["before_met"], flip["after_met"]
    return bool(before and after and before[0] == before[1] and after[0] == 0)


def _method(sides: Sequence[Sequence[tuple[Started, Mapping[str, Any]]]]) -> Method:
    if is_exact(*sides):
        return Method.EXACT
    return Method.REQUESTS if [len(side) for side in sides] == [1, 1] else Method.RUNS


def _is_blocked(how: Alike) -> bool:
    return bool(how.never or how.untimed)


def _shifts(before: Run, after: Run, read: Read) -> Any:
    one, other = read(before), read(after)
    return shifts(one, other) if one is not None and other is not None else None


def _run(run: Run) -> dict[str, Any]:
    started, summary = run.started, run.summary
    return {
        "run_dir": run.directory,
        "name": "/".join(run.directory.rstrip("/").split("/")[-2:]),
        "scenario": summary["scenario"],
        "variant": summary["variant"],
        "clock": summary["clock"],
        "backend": summary["backend"]["name"],
        "seed": summary["seed"],
        "verdict": summary["verdict"],
        "started_at": summary["started_at"],
        "command": started.get("command", ""),
    }


def _line(line: Line) -> dict[str, Any]:
    change = line.change
    return {
        "metric": line.metric.name,
        "title": line.metric.title,
        "group": line.metric.group,
        "unit": line.metric.unit,
        "better": line.metric.better.value,
        "before": line.before,
        "after": line.after,
        "change": change,
        "change_ratio": change / abs(line.before) if change is not None and line.before else None,
        "low": line.low,
        "high": line.high,
        "verdict": str(line.verdict),
        "why": line.why,
        "values_before": list(line.values_before),
        "values_after": list(line.values_after),
    }
