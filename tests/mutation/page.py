"""docs/reference/mutation.md: the figures of every room, and each survivor with the reason it lives."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tests.mutation.reasons import REASONS, reason_of, said_of
from tests.mutation.results import Result, Survivor
from tests.mutation.rooms import ROOT

PAGE = ROOT / "docs" / "reference" / "mutation.md"
LONGEST, AROUND = 90, 30
COLUMNS = (
    *("Room", "Changes", "Run", "Seed", "Killed", "Timed out", "Survived", "Stillborn"),
    *("Noticed", "Of all of them"),
)

HEAD = """\
# Mutation testing

Full branch coverage says that every line of the pure rooms has been run, not that anybody would notice if it
were wrong. So each room is changed a little, one change at a time (`<` to `<=`, `+` to `-`, `and` to `or`, an
argument left out, a value lost, a text altered), and its own tests are run against the change. A change that
fails a test is *killed*, one that fails none *survives*. Four of five must be killed in every room.

This page is written by

    tox -e mutants                                         # 400 changes a room
    tox -e mutants -- endpoint --sample 0                  # every change of one room
    tox -e mutants -- stats --results /tmp/stats.json      # figures alone, without this page

from `docs/reference/mutation.json`; it names the survivors of the run that wrote it.

## What is measured

- The operators are those of mutmut {mutmut}. What numba compiles is left out (its tests hold it to a readable
  model, and machine code cannot be swapped), and so is what runs only while a module is imported: constants,
  defaults of arguments, decorators, annotations.
- A room is judged by its own tests alone, those of its name below `tests/unit` that are not marked `long`,
  with as many Hypothesis examples as in every other run, the same ones each time. A failing example is not
  made smaller: that changes how long a kill takes, not whether it happens.
- Only the tests that go to the changed statement are run, the quickest first, until one fails.
- A change may use ten times the processor time its tests take, and 5 s; one that needs more has been noticed
  (*timed out* below). Changes that leave the compiled code as it was are *stillborn* and count neither way.
- Where a room's changes were not all run, they were drawn at random with the seed told, and the interval is
  Wilson's at 95 % for the share of all of them.
"""


def write(results: Mapping[str, Result], page: Path = PAGE) -> None:
    """Write the page of *results*."""
    page.write_text(text(results))


def text(results: Mapping[str, Result]) -> str:
    """Return the page of *results* in Markdown."""
    from importlib.metadata import version

    ordered = [results[name] for name in sorted(results)]
    parts = [
        HEAD.replace("{mutmut}", version("mutmut")),
        *_figures(ordered),
        *_reasons(ordered),
        *_survivors(ordered),
    ]
    return "\n".join(parts) + "\n"


def line(result: Result) -> str:
    """Return one room's figures for the terminal."""
    low, high = result.interval
    drawn = "all" if result.run == result.mutants else f"{low:.1%} to {high:.1%}"
    return (
        f"{result.room:11} {result.share:6.1%} ({drawn}) of {result.judged} run: {result.killed} killed, "
        f"{result.timed_out} timed out, {len(result.survivors)} survived; {result.cpu_s:.0f} s of processor"
    )


def _figures(results: list[Result]) -> list[str]:
    rows = [
        f"| {' | '.join(COLUMNS)} |",
        f"|{'---|' * len(COLUMNS)}",
    ]
    rows += [f"| {' | '.join(_cells(each))} |" for each in results]
    noticed, judged = sum(each.noticed for each in results), sum(each.judged for each in results)
    return [
        "## Figures",
        "",
        *rows,
        "",
        f"In all {noticed:,} of {judged:,} changes were noticed, {noticed / max(judged, 1):.1%}.",
        "",
    ]


def _cells(result: Result) -> list[str]:
    low, high = result.interval
    whole = result.run == result.mutants
    counts = (result.killed, result.timed_out, len(result.survivors), result.stillborn)
    return [
        f"`{result.room}`",
        f"{result.mutants:,}",
        "all" if whole else f"{result.run:,}",
        "" if whole else str(result.seed),
        *(f"{count:,}" for count in counts),
        f"{result.share:.1%}",
        f"{low:.1%}" if whole else f"{low:.1%} to {high:.1%}",
    ]


def _reasons(results: list[Result]) -> list[str]:
    counts = Counter(reason_of(survivor) for each in results for survivor in each.survivors)
    rows = [
        f"| {name} | {counts[name]} | {REASONS[name]} |" for name, _ in counts.most_common() if counts[name]
    ]
    return ["## Why survivors live", "", "| Reason | Survivors | What it means |", "|---|---|---|", *rows, ""]


def _survivors(results: list[Result]) -> list[str]:
    parts = ["## Survivors, room by room", ""]
    for each in results:
        parts += [f"### {each.room}", ""]
        if not each.survivors:
            parts += ["None.", ""]
            continue
        parts += ["| Where | Change | Reason |", "|---|---|---|"]
        parts += [_row(survivor) for survivor in each.survivors]
        parts.append("")
    return parts


def _row(survivor: Survivor) -> str:
    where = f"{survivor.path.removeprefix('harness/')}:{survivor.line}<br>`{survivor.function}`"
    before, after = _difference(survivor.before, survivor.after)
    return f"| {where} | {_code(before)} → {_code(after)} | {said_of(survivor) or reason_of(survivor)} |"


def _difference(before: str, after: str) -> tuple[str, str]:
    """Return both without what is long and the same in front and behind."""
    front = _alike(before, after)
    behind = _alike(before[front:][::-1], after[front:][::-1])
    begin, end = max(front - AROUND, 0), max(behind - AROUND, 0)
    dots = ("…" if begin else "", "…" if end else "")
    return tuple(f"{dots[0]}{text[begin : len(text) - end]}{dots[1]}" for text in (before, after))  # type: ignore[return-value]


def _alike(one: str, other: str) -> int:
    """Return how many characters both begin with."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def _code(code: str) -> str:
    """Return *code* for a cell of a table: short, on one line, without what ends the cell."""
    short = code if len(code) <= LONGEST else f"{code[: LONGEST - 1]}…"
    fence = "``" if "`" in short else "`"
    return f"{fence}{short}{fence}".replace("|", "\\|") if short else "nothing"
