"""What is to be remarked of finished runs: what was missed, what proves nothing, what was found, where."""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.ci.annotations import Level
from harness.errors import ExitCode

MISSED = "expectation-missed"
NO_PROOF = "run-proves-nothing"
NOT_RUN = "run-failed"
WORSE = "run-worse"
# "template.yaml:12: ", as the audit's findings begin in a rehearsal.
_PLACE = re.compile(r"(?P<file>[^\s:]+\.[A-Za-z.]+):(?P<line>\d+): ")


@dataclass(frozen=True, slots=True)
class Remark:
    """One remark of a run; `file` and `line` are "" and None where it is about no place."""

    rule: str
    level: Level
    run: str
    about: str
    message: str
    source: str = ""
    file: str = ""
    line: int | None = None
    times: int = 1

    @property
    def key(self) -> tuple[str, str, str]:
        """What tells one remark from another, whatever its figures."""
        return self.rule, self.run, self.about


def remarks(row: Mapping[str, Any], root: Path) -> list[Remark]:
    """Return what is to be said of the run *row*, the worst first; places are below *root* where they can be.

    What is said many times of one thing is one remark, with the number of `times`.
    """
    found: dict[tuple[str, str, str], Remark] = {}
    for one in _all(row):
        before = found.get(one.key)
        found[one.key] = one if before is None else replace(before, times=before.times + 1)
    file, line = scenario_place(row, root)
    placed = [one if one.file else replace(one, file=file, line=line) for one in found.values()]
    order: list[Level] = ["error", "warning", "note"]
    return sorted(
        (replace(one, file=below(one.file, root)) for one in placed), key=lambda one: order.index(one.level)
    )


def is_worse(row: Mapping[str, Any]) -> bool:
    """Return whether the run passed by itself and failed the command: it is worse than its baseline."""
    return row.get("verdict") == "pass" and row.get("exit_code") == ExitCode.FAIL


def title(row: Mapping[str, Any]) -> str:
    """Return what the run is called: "ranker (as-written)"; the usual variant goes without saying."""
    variant = row.get("variant", "corrected")
    name = str(row.get("scenario", row.get("scenario_path", "run")))
    return name if variant == "corrected" else f"{name} ({variant})"


def told(check: Mapping[str, Any]) -> str:
    """Return the value of *check* beside its limit."""
    value = check["value"]
    shown = "nothing was measured" if value is None else f"{value:.6g} {check['unit']}".rstrip()
    return f"{shown}, limit {check['limit']}"


def _all(row: Mapping[str, Any]) -> Iterator[Remark]:
    run = title(row)
    verdict = row.get("verdict", "invalid")
    if error := row.get("error"):
        yield Remark(NOT_RUN, "error", run, "run", str(error))
    elif verdict == "invalid":
        yield Remark(NO_PROOF, "error", run, "run", row.get("reason") or "The run left no summary")
    missed = [one for one in row.get("expectations", ()) if not one["ok"]]
    for one in missed:
        why = f": {one['reason']}" if one["reason"] else ""
        yield Remark(MISSED, "error", run, one["name"], f"{one['name']}: {told(one)}{why}")
    if verdict == "fail" and not missed:
        yield Remark(NOT_RUN, "error", run, "run", row.get("reason") or "The run failed")
    if is_worse(row):
        yield Remark(WORSE, "error", run, "run", row.get("against") or "It is worse than its baseline")
    for one in row.get("findings", ()):
        yield _finding(run, one)


def _finding(run: str, one: Mapping[str, Any]) -> Remark:
    message, file, line = str(one["message"]), "", None
    if match := _PLACE.match(message):
        message, file, line = message[match.end() :], match["file"], int(match["line"])
    about = str(one["resource"])
    said = message if about in message else f"{about}: {message}"
    level: Level = one["severity"]
    return Remark(one["rule"], level, run, about, said, one["aws_source"], file, line)


def scenario_place(row: Mapping[str, Any], root: Path) -> tuple[str, int | None]:
    """Return the file of the run's scenario and the line of `scenario =`; the run's summary without one.

    Code scanning refuses a whole log for one result that has no file.
    """
    from harness.errors import HarnessError
    from harness.scenario.find import path_of

    with suppress(HarnessError, OSError, UnicodeDecodeError):
        path = path_of(str(row.get("scenario_path") or row.get("scenario", ""))).resolve()
        lines = path.read_text(encoding="utf-8").splitlines()
        line = next((number for number, text in enumerate(lines, 1) if text.startswith("scenario")), 1)
        if path.is_relative_to(root):
            return str(path), line
    return str(Path(row.get("run_dir", ".")) / "summary.json"), None


def below(file: str, root: Path) -> str:
    """Return *file* as it is called below *root*, or as it is where it is elsewhere; "" for ""."""
    path = Path(file)
    absolute = path if path.is_absolute() else Path.cwd() / path
    return absolute.relative_to(root).as_posix() if file and absolute.is_relative_to(root) else file
