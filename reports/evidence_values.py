"""What the page opens to show where a figure or a finding comes from: bounded tables and documents. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MOST_ROWS = 12  # of one table; the journal has them all
MOST_CHARACTERS = 400  # of one cell: an error may carry a whole page
MOST_DOCUMENT = 6_000  # of one document: a policy may have 6,144 characters without its blanks


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text below `columns`; a column whose name is in `numeric` is aligned right.

    `left_out` rows more are in the journal.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: frozenset[str] = frozenset()
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """Text to read or copy, such as a policy statement; `left_out` characters of it are not here."""

    caption: str
    text: str
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Evidence:
    """What stands behind one expectation or finding; `section` is the id of where more of it is told."""

    tables: tuple[Table, ...] = ()
    documents: tuple[Document, ...] = ()
    section: str = ""

    def __bool__(self) -> bool:
        return bool(self.tables or self.documents)


def table(
    caption: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numeric: Iterable[str] = (),
    of: int | None = None,
) -> Table | None:
    """Return a table of the first `MOST_ROWS` of *rows*, of how many; None where there is none."""
    given = [tuple(map(cut, row)) for row in rows]
    if not given:
        return None
    shown = tuple(given[:MOST_ROWS])
    return Table(caption, tuple(columns), shown, frozenset(numeric), (of or len(given)) - len(shown))


def document(caption: str, text: str) -> Document | None:
    """Return the beginning of *text* as a document, None where there is none."""
    if not text:
        return None
    return Document(caption, text[:MOST_DOCUMENT], max(len(text) - MOST_DOCUMENT, 0))


def evidence(section: str, *parts: Table | Document | None) -> Evidence:
    """Return those of *parts* that there are, told in full in *section*."""
    return Evidence(
        tuple(part for part in parts if isinstance(part, Table)),
        tuple(part for part in parts if isinstance(part, Document)),
        section,
    )


def cut(text: str) -> str:
    """Return *text*, its end cut off with a mark where it is long."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
