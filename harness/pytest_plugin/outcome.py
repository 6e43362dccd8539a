"""What a rehearsal in a test came to: its figures, and `check`, which says what was missed."""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import ScenarioError

if TYPE_CHECKING:
    from harness.journal import Record

MOST_FINDINGS = 5  # in a message; the report has all


@dataclass(frozen=True, slots=True)
class Checked:
    """One expectation or threshold as it was judged; `value` is None where there was nothing to measure."""

    name: str
    value: float | None
    limit: str
    unit: str
    ok: bool
    reason: str

    def told(self) -> str:
        """Return the value beside its limit, and why."""
        value = "nothing was measured" if self.value is None else f"{self.value:.6g} {self.unit}".rstrip()
        return f"{self.name}: {value}, limit {self.limit}" + (f" ({self.reason})" if self.reason else "")


@dataclass(frozen=True)
class Files:
    """How the files of a run come to be: `keep` writes them and returns their directory, `draw` the report.

    Both may be called again.
    """

    keep: Callable[[], Path]
    draw: Callable[[], Path]


class Rehearsed:
    """A rehearsal that is over. `summary` is what summary.json holds, `records` the journal.

    `files` is how its files are written: a run in virtual time leaves none before somebody asks.
    """

    def __init__(
        self,
        summary: Mapping[str, Any],
        records: "Callable[[], Sequence[Record]]",
        files: Files,
        *,
        drawn: bool = True,
    ) -> None:
        self.summary = summary
        self._read = records
        self._files = files
        self._drawn = drawn

    def __repr__(self) -> str:
        return f"<{self.title}: {self.verdict}>"

    @property
    def title(self) -> str:
        """What was run: "ranker (corrected, virtual, seed 1)"."""
        one = self.summary
        return f"{one['scenario']} ({one['variant']}, {one['clock']}, seed {one['seed']})"

    @property
    def verdict(self) -> str:
        """ "pass", "fail" or "invalid": the last proves nothing, and is never a pass."""
        return str(self.summary["verdict"])

    @cached_property
    def records(self) -> "Sequence[Record]":
        """The journal's records, in their order."""
        return self._read()

    @property
    def directory(self) -> Path:
        """The run's directory, with journal and summary."""
        return self._files.keep()

    @cached_property
    def report(self) -> Path:
        """The path of report.html, drawn when it is first asked for (a second of a processor)."""
        return self._files.draw()

    @property
    def checks(self) -> tuple[Checked, ...]:
        """Every expectation that was judged."""
        names = ("name", "value", "limit", "unit", "ok", "reason")
        return tuple(Checked(**{name: one[name] for name in names}) for one in self.summary["expectations"])

    @property
    def findings(self) -> Sequence[Mapping[str, Any]]:
        """What was found beside the expectations: rule, severity, resource, message, aws_source."""
        found: Sequence[Mapping[str, Any]] = self.summary["findings"]
        return found

    def __getitem__(self, name: str) -> Checked:
        """Return the check called *name*, or the one whose name holds it; raise KeyError with the nearest."""
        names = [one.name for one in self.checks]
        found = [one for one in self.checks if one.name == name] or [
            one for one in self.checks if name in one.name
        ]
        if len(found) == 1:
            return found[0]
        near = [one.name for one in found] or difflib.get_close_matches(name, names, cutoff=0.3) or names
        what = "more than one expectation has" if found else "no expectation has"
        raise KeyError(f"{what} {name!r} in its name; there are: {'; '.join(near) or 'none'}")

    def threshold(self, text: str) -> Checked:
        """Return the threshold *text*, as `p(99)<800ms`, judged on this run; ScenarioError for none."""
        from harness.thresholds import judge, parse

        at = float(self.summary["model_s"])
        (one,) = judge([parse(text)], self.records, dict(self.summary), at)
        return Checked(one.name, one.value, one.limit, one.unit, one.ok, one.reason)

    def check(self, *wanted: str) -> None:
        """Assert that the run passes, or of *wanted* (names of expectations, thresholds) that each is met.

        The failing test says value beside limit, and where the report is.
        """
        __tracebackhide__ = True
        if wanted:
            missed = [one for one in map(self._one, wanted) if not one.ok]
            if self.verdict != "invalid" and not missed:
                return
        else:
            missed = [one for one in self.checks if not one.ok]
            if self.verdict == "pass":
                return
        raise AssertionError("\n".join(self._told(missed, len(wanted) or len(self.checks))))

    def check_fails(self, *wanted: str) -> None:
        """Assert that the run proves a defect: each of *wanted* is judged and missed, and nothing else is.

        Without names, that at least one expectation is missed.
        """
        __tracebackhide__ = True
        missed = {one.name for one in self.checks if not one.ok and one.value is not None}
        expected = {self[name].name for name in wanted}
        if self.verdict == "fail" and (missed == expected if wanted else missed):
            return
        lines = [f"{self.title} does not fail as expected: its verdict is {self.verdict}"]
        lines += [f"  met, and should not be: {self[name].told()}" for name in sorted(expected - missed)]
        lines += [f"  missed, and should be met: {self[name].told()}" for name in sorted(missed - expected)]
        raise AssertionError("\n".join([*lines, *self._where()]))

    def _one(self, wanted: str) -> Checked:
        """Return the check that *wanted* names; a text with a comparison is a threshold."""
        is_threshold = any(sign in wanted for sign in "<>=") and wanted not in {
            one.name for one in self.checks
        }
        return self.threshold(wanted) if is_threshold else self[wanted]

    def _told(self, missed: Sequence[Checked], asked: int) -> list[str]:
        if self.verdict == "invalid":
            lines = [f"{self.title} proves nothing: {self.summary['reason']}"]
        elif missed:
            lines = [f"{self.title} fails: {len(missed)} of {asked} not met"]
        else:
            lines = [f"{self.title} fails: {self.summary['reason']}"]
        lines += [f"  {one.told()}" for one in missed]
        return [*lines, *self._errors(), *self._where()]

    def _errors(self) -> list[str]:
        """Return what the findings of severity error say, the first of each rule and resource."""
        errors = [one for one in self.findings if one["severity"] == "error"]
        first: dict[tuple[str, str], Mapping[str, Any]] = {}
        for one in errors:
            first.setdefault((one["rule"], one["resource"]), one)
        shown = [*first.values()][:MOST_FINDINGS]
        lines = [f"  {one['rule']}: {one['resource']}: {one['message']}" for one in shown]
        more = len(errors) - len(shown)
        return [*lines, f"  and {more} more findings"] if more else lines

    def _where(self) -> list[str]:
        """Return where to look: the report where it may be drawn, else the run's directory."""
        try:
            return [f"report: {self.report if self._drawn else self.directory}"]
        except (OSError, ScenarioError) as error:
            return [f"no report: {error}"]
