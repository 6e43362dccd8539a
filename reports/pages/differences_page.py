"""`python -m reports.pages.differences_page`: the table of differences in the guide, made from the data."""

from collections.abc import Iterator
from pathlib import Path

from harness.messaging.differences import ANSWERS, KINDS, known_differences

PAGE = "docs/explanation/delivery-semantics.md"
BEGIN = "<!-- differences: made by `python -m reports.pages.differences_page` -->"
END = "<!-- differences: end -->"


def page(text: str) -> str:
    """Return the page *text* with today's table. Raises ValueError for one that has no place for it."""
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}\n\n" + "\n".join(table()) + f"\n\n{END}{after}"


def table() -> Iterator[str]:
    """Yield the lines of one table a kind, most harmful first."""
    for kind, meaning in KINDS.items():
        rows = [row for row in known_differences() if row.kind == kind]
        yield from (f"### {meaning[0].upper()}{meaning[1:]}", "")
        yield from ("| id | AWS | the emulator | which |", "|---|---|---|---|")
        for row in rows:
            which = ", ".join(f"{name} {row.emulators[name]}" for name in ANSWERS if name in row.emulators)
            yield f"| `{row.id}` | {row.aws} ({row.source}) | {row.does} | {which} |"
        yield ""


def main() -> None:
    """Write the page of this checkout again."""
    path = Path(__file__).parents[2] / PAGE
    path.write_text(page(path.read_text("utf-8")), "utf-8")


if __name__ == "__main__":
    main()
