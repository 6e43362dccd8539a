"""What the pages of the documentation hold: files that a reader makes, commands that he types, links.

A fenced `console` block has commands (`$ `, continued by a backslash at the end of a line) and below each
what it prints; `...` stands for any text in a line, or alone for any lines. An HTML comment above says
what to do with it:

    <!-- file: template.yaml -->    the block is this file of the reader's folder, from here on
    <!-- append: template.yaml -->  the block is added to this file
    <!-- given: job.json -->        (alone) a file or folder that the reader has: it is kept in given/PAGE/
    <!-- exits 1 -->                the last command of the block ends with this code; others end with 0
    <!-- not run: why -->           the block is only read; the reason is told
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
GIVEN = Path(__file__).parent / "given"
_FENCE = re.compile(r"^(?P<indent> *)```(?P<kind>[a-z0-9+-]*)\s*$")
_NOTE = re.compile(r"^ *<!-- (?P<word>file:|append:|given:|exits|not run:) ?(?P<text>.*?) -->$")


@dataclass(frozen=True, slots=True)
class Command:
    """One command, and the lines that the page shows below it."""

    text: str
    shown: tuple[str, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block and what the comments above it say."""

    kind: str
    text: str
    line: int
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def commands(self) -> list[Command]:
        """The commands of a `console` block, in their order."""
        return list(_commands(self.text.splitlines(), self.line + 1)) if self.kind == "console" else []


def pages() -> list[Path]:
    """Return the README and every page of the documentation but the decisions, which are history."""
    found = sorted((ROOT / "docs").rglob("*.md"))
    return [ROOT / "README.md", *(path for path in found if "decisions" not in path.parts)]


def name_of(page: Path) -> str:
    """Return the name of *page* from the top of the checkout."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of *page*; a comment that stands alone is a block of no kind."""
    notes: dict[str, str] = {}
    lines = iter(enumerate(page.read_text(encoding="utf-8").splitlines(), start=1))
    for number, line in lines:
        if note := _NOTE.match(line):
            notes[note["word"].rstrip(":")] = note["text"]
        elif fence := _FENCE.match(line):
            inside = []
            for _, inner in lines:
                if inner.strip() == "```":
                    break
                inside.append(inner.removeprefix(fence["indent"]))
            yield Block(fence["kind"], "\n".join(inside) + "\n", number, notes)
            notes = {}
        elif "given" in notes:
            yield Block("", "", number, notes)
            notes = {}


def _commands(lines: list[str], first: int) -> Iterator[Command]:
    text, shown, at = "", [], first
    for number, line in enumerate(lines, start=first):
        if text.endswith("\\"):
            text += "\n" + line
        elif line.startswith("$ "):
            if text:
                yield Command(text, tuple(shown), at)
            text, shown, at = line[2:], [], number
        else:
            shown.append(line)
    if text:
        yield Command(text, tuple(shown), at)


def differs(shown: tuple[str, ...], printed: str) -> str:
    """Return "" where *printed* is what the page shows, else the first line of it that was not printed."""
    wanted = [line.rstrip() for line in shown if line.strip()]
    rest = [line.rstrip() for line in printed.splitlines() if line.strip()]
    skips = False
    for line in wanted:
        if line.strip() == "...":
            skips = True
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("...")))
        place = next((number for number, text in enumerate(rest) if pattern.fullmatch(text)), None)
        if place is None or (place and not skips):
            return line
        rest, skips = rest[place + 1 :], False
    return "(the page ends before the output does)" if wanted and rest and not skips else ""
