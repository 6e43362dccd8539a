"""What became of the mutants of a room, as docs/reference/mutation.json keeps it."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.mutation.mutants import Mutant
from tests.mutation.rooms import ROOT

FILE = ROOT / "docs" / "reference" / "mutation.json"
TWO_SIDED_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that no test noticed: `tests` of them went to its statement."""

    path: str
    function: str
    line: int
    column: int
    before: str
    after: str
    tests: int

    def is_of(self, mutant: Mutant) -> bool:
        """Return whether this is what became of *mutant*."""
        return (self.path, self.line, self.column, self.before, self.after) == (
            mutant.path,
            mutant.line,
            mutant.column,
            _one_line(mutant.before),
            _one_line(mutant.after),
        )


@dataclass(frozen=True, slots=True)
class Result:
    """A room's figures: of `mutants` there are, `run` were run, drawn with `seed` where that is fewer.

    `source` is a digest of the room's files. `stillborn` ones (no change of the code at all) are among those
    run and count neither way.
    """

    room: str
    source: str
    mutants: int
    run: int
    seed: int
    killed: int
    timed_out: int
    stillborn: int
    cpu_s: float
    survivors: list[Survivor] = field(default_factory=list)

    @property
    def noticed(self) -> int:
        """How many a test noticed, or the limit of processor time."""
        return self.killed + self.timed_out

    @property
    def judged(self) -> int:
        """How many could be noticed."""
        return self.run - self.stillborn

    @property
    def share(self) -> float:
        """The share that was noticed."""
        return self.noticed / self.judged if self.judged else 1.0

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share of all mutants lies with 95 % confidence; the share itself where all ran."""
        return (self.share, self.share) if self.run == self.mutants else wilson(self.noticed, self.judged)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of Wilson's score for *hits* *of* independent draws."""
    z2 = TWO_SIDED_95**2
    share = hits / of
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = TWO_SIDED_95 / (1 + z2 / of) * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return middle - half, middle + half


def again(old: Result, mutants: Sequence[Mutant], rows: Sequence[dict[str, Any]]) -> Result:
    """Return *old* after its survivors, *mutants*, were run once more: tests can only have been added."""
    new = result(old.room, old.source, old.seed, old.mutants, mutants, rows)
    return replace(
        new,
        run=old.run,
        killed=old.killed + new.killed,
        timed_out=old.timed_out + new.timed_out,
        stillborn=old.stillborn + new.stillborn,
        cpu_s=round(old.cpu_s + new.cpu_s, 1),
    )


def result(
    room: str,
    source: str,
    seed: int,
    of: int,
    mutants: Sequence[Mutant],
    rows: Sequence[dict[str, Any]],
) -> Result:
    """Return the figures of *mutants*, drawn from *of*, and of *rows*, what running them left."""
    outcomes = [row["outcome"] for row in rows]
    survived = [row for row in rows if row["outcome"] in ("survived", "untested")]
    return Result(
        room=room,
        source=source,
        mutants=of,
        run=len(mutants),
        seed=seed,
        killed=outcomes.count("killed"),
        timed_out=outcomes.count("timed out"),
        stillborn=outcomes.count("stillborn"),
        cpu_s=round(sum(row["cpu_s"] for row in rows), 1),
        survivors=sorted((_survivor(mutants[row["number"]], row) for row in survived), key=_place),
    )


def _survivor(mutant: Mutant, row: dict[str, Any]) -> Survivor:
    before, after = _one_line(mutant.before), _one_line(mutant.after)
    return Survivor(mutant.path, mutant.function, mutant.line, mutant.column, before, after, row["tests"])


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _place(survivor: Survivor) -> tuple[str, int, int, str]:
    return survivor.path, survivor.line, survivor.column, survivor.after


def load(file: Path = FILE) -> dict[str, Result]:
    """Return the results kept so far, by room."""
    rows = json.loads(file.read_text()) if file.exists() else []
    return {
        row["room"]: Result(**{**row, "survivors": [Survivor(**each) for each in row["survivors"]]})
        for row in rows
    }


def keep(new: Result, file: Path = FILE) -> None:
    """Put *new* in the place of what was known about its room."""
    results = load(file) | {new.room: new}
    rows = [asdict(results[name]) for name in sorted(results)]
    file.write_text(json.dumps(rows, indent=1) + "\n")
