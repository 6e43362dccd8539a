"""The table of known differences is true: each row still differs, and the machine knows it."""

from pathlib import Path

from driver import drive
from play import Finding
from rules import RULES, known_of
from steps import Step, as_step, as_table
from subject import Subject

from harness.messaging.differences import KINDS, KnownDifference, known_differences
from reports.pages.differences_page import PAGE, page


def test_the_known_differences_are_still_there(subject: Subject) -> None:
    """Each history shows its difference, to a machine that knows all the others; else its row has to go."""
    silent = [row.id for row in of(subject) if shown(subject, row) is None]

    assert silent == [], f"{subject.name} {subject.version} no longer differs, or the machine is too busy"


def test_the_known_differences_are_recognised(subject: Subject) -> None:
    """To a machine that knows its difference, each history shows nothing new."""
    known = known_of(subject.name)
    strange = {row.id: drive(subject, steps(row), known).new for row in of(subject)}

    assert {id_: finding for id_, finding in strange.items() if finding is not None} == {}


def of(subject: Subject) -> list[KnownDifference]:
    return [row for row in known_differences() if subject.name in row.emulators]


def steps(row: KnownDifference) -> tuple[Step, ...]:
    return tuple(as_step(table) for table in row.history)


def shown(subject: Subject, row: KnownDifference) -> Finding | None:
    """Return the difference that the history of *row* shows."""
    return drive(subject, steps(row), known_of(subject.name).without(row.id)).new


def test_every_row_has_a_rule_and_every_rule_a_row() -> None:
    """What the table says and what the machine lets pass are the same."""
    assert {row.id for row in known_differences()} == set(RULES)
    assert {row.kind for row in known_differences()} <= set(KINDS)


def test_no_row_is_there_twice() -> None:
    """A row is known by its id."""
    ids = [row.id for row in known_differences()]
    assert len(set(ids)) == len(ids)


def test_histories_survive_as_tables() -> None:
    """A step is what its table says, both ways."""
    for row in known_differences():
        for table in row.history:
            assert as_step(as_table(as_step(table))) == as_step(table)


def test_the_page_has_todays_table() -> None:
    """docs/explanation/delivery-semantics.md is what the command makes."""
    text = Path(__file__).parents[2].joinpath(PAGE).read_text("utf-8")

    assert page(text) == text, "run `python -m reports.pages.differences_page` and commit what it changes"
