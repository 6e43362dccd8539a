"""How results are shown to people: tables in colour on a terminal, plain lines with the same words elsewhere.

A file, a pipe or CI gets the lines: no control characters, one fact a line, so that they can be searched.
rich does the drawing and is imported only for a terminal; NO_COLOR, FORCE_COLOR, TERM and COLUMNS mean what
they do everywhere (no-color.org, force-color.org).
"""

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from harness.config import draws_on
from harness.printable import printable

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

# Below this a table would be nothing but broken words; lines break better.
NARROWEST_TABLE = 64
GOOD, BAD, DOUBTFUL, QUIET = "green", "bold red", "yellow", "dim"
# What a state is called in a table, and its colour. Words carry the meaning: colour only repeats it.
STYLES = {
    "ok": GOOD,
    "pass": GOOD,
    "present": GOOD,
    "FAIL": BAD,
    "fail": BAD,
    "error": BAD,
    "invalid": DOUBTFUL,
    "interrupted": DOUBTFUL,
    "simulated": DOUBTFUL,
    "warning": DOUBTFUL,
    "note": "cyan",
    "none": QUIET,
    "absent": QUIET,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its *title*; `right` aligns figures, `whole` never breaks a word in it."""

    title: str
    right: bool = False
    whole: bool = False
    style: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line for people; where there are colours *word* in it has *style*, or all of it without a word."""

    text: str
    style: str = ""
    word: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of words under columns; `lines` say the same where there is no terminal, or a narrow one."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str]]
    lines: Sequence[str]
    title: str = ""
    # One style a row, where a row has one of its own; "" leaves the columns'.
    row_styles: Sequence[str] = ()
    # Columns that a drawn table stands to the right; the lines have their own blanks.
    indent: int = 0


def console(stream: TextIO | None = None) -> "Console | None":
    """Return what draws on *stream* (stdout), None where only plain lines belong."""
    target = stream or sys.stdout
    if not draws_on(target):
        return None
    from rich.console import Console

    return Console(file=target, highlight=False, markup=False, emoji=False)


def show_all(parts: Iterable[Table | Line], stream: TextIO | None = None) -> None:
    """Print *parts* on *stream* (stdout), one below the other, in the manner that suits it."""
    target = stream or sys.stdout
    drawing = console(target)
    for part in parts:
        if drawing is not None:
            draw(part, drawing)
        else:
            print("\n".join(lines_of(part)), file=target)


def lines_of(part: Table | Line) -> Sequence[str]:
    """Return *part* as plain lines, in which nothing is a command to whoever shows them."""
    return [printable(line) for line in ([part.text] if isinstance(part, Line) else part.lines)]


def by_first_word(lines: Iterable[str]) -> list[Line]:
    """Return *lines* with the first word of each in the colour of the state that it names, if it does."""
    words = ((line, "".join(line.split(maxsplit=1)[:1]).rstrip(":")) for line in lines)
    return [Line(line, STYLES.get(word, ""), word if word in STYLES else "") for line, word in words]


def indented(part: Table | Line) -> Table | Line:
    """Return *part* two columns to the right."""
    if isinstance(part, Line):
        return replace(part, text=f"  {part.text}")
    return replace(part, lines=[f"  {line}" for line in part.lines], indent=part.indent + 2)


def draw(part: Table | Line, drawing: "Console") -> None:
    """Draw *part*; the lines of a table in colour where the terminal is too narrow for it, or no terminal."""
    if isinstance(part, Line):
        drawing.print(_coloured(part), soft_wrap=True)
    elif drawing.width < NARROWEST_TABLE or not drawing.file.isatty():
        for line in by_first_word(part.lines):
            drawing.print(_coloured(line), soft_wrap=True)
    elif part.rows:
        drawing.print(_padded(_rich(part), part.indent))


def _coloured(line: Line) -> "Text":
    """Return *line* as rich takes it, nothing in it read as markup or obeyed by the terminal."""
    from rich.text import Text

    text = printable(line.text)
    if not line.word:
        return Text(text, style=line.style)
    before, word, after = text.partition(line.word)
    return Text.assemble(before, (word, line.style), after)


def link(path: Path) -> str:
    """Return *path* as it is typed from here."""
    return str(path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path)


def _padded(drawn: Any, indent: int) -> Any:
    from rich.padding import Padding

    return Padding(drawn, (0, 0, 0, indent), expand=False) if indent else drawn


def _rich(table: Table) -> Any:
    from rich import box
    from rich.table import Table as RichTable

    made = RichTable(
        title=table.title or None,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        show_edge=False,
        padding=(0, 1),
    )
    add = partial(made.add_column, overflow="fold")
    for column in table.columns:
        add(
            column.title,
            justify="right" if column.right else "left",
            no_wrap=column.whole,
            style=column.style or None,
        )
    styles: Iterable[str] = table.row_styles or [""] * len(table.rows)
    for row, style in zip(table.rows, styles, strict=True):
        made.add_row(*(_coloured(Line(cell, STYLES.get(cell, ""))) for cell in row), style=style or None)
    return made


def span_words(seconds: float) -> str:
    """Return a rough span of time: `40 s`, `3 min`, `2 h 5 min`."""
    whole = max(round(seconds), 1)
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
