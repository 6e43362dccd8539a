"""Annotations of GitHub Actions: workflow commands that mark a place in a pull request, within its limits.

GitHub, "Workflow commands for GitHub Actions", Setting an error message. GitHub shows at most 10 errors,
10 warnings and 10 notices of a step, and 50 annotations of a job (its staff in GitHub's community discussion
26680, "Annotation limitations"); what is beyond is dropped in silence.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.printable import printable

Level = Literal["error", "warning", "note"]
COMMANDS: dict[Level, str] = {"error": "error", "warning": "warning", "note": "notice"}
MOST_OF_A_LEVEL = 10


@dataclass(frozen=True, slots=True)
class Annotation:
    """One remark: what it is called, what it says, and where, if it is about a place."""

    level: Level
    title: str
    message: str
    file: str = ""
    line: int | None = None


def commands(found: Sequence[Annotation]) -> Iterator[str]:
    """Yield the workflow commands of *found*, errors first.

    Where there are more of a level than GitHub shows, the last one it shows says how many are left out.
    """
    levels: defaultdict[Level, list[Annotation]] = defaultdict(list)
    for one in dict.fromkeys(found):
        levels[one.level].append(one)
    for level in COMMANDS:
        shown = levels[level]
        if len(shown) > MOST_OF_A_LEVEL:
            kept = MOST_OF_A_LEVEL - 1
            shown = [*shown[:kept], _left_out(level, len(shown) - kept)]
        yield from map(_command, shown)


def _left_out(level: Level, count: int) -> Annotation:
    kinds = {"error": "errors", "warning": "warnings", "note": "notices"}
    return Annotation(
        level,
        "harness",
        f"{count} more {kinds[level]}: GitHub shows {MOST_OF_A_LEVEL} of a step; the log and SARIF have all",
    )


def _command(one: Annotation) -> str:
    place = {"file": one.file, "line": str(one.line or "") if one.file else "", "title": one.title}
    given = ",".join(f"{name}={_property(value)}" for name, value in place.items() if value)
    return f"::{COMMANDS[one.level]} {given}::{_data(one.message)}"


def _data(text: str) -> str:
    parts = (printable(part).replace("%", "%25").replace("\n", "%0A") for part in text.split("\r"))
    return "%0D".join(parts)


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
