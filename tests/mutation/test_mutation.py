"""The tool itself: mutants change what they say, survive where nothing asks, and shares have intervals."""

from dataclasses import replace
from pathlib import Path
from types import FunctionType

import pytest

pytest.importorskip("mutmut", reason="tox -e mutants installs it")

from tests.mutation import mutants as made
from tests.mutation import page, reasons
from tests.mutation.mutants import Mutant, Stillborn, functions_of, mutants_of, put_in
from tests.mutation.results import Result, Survivor, again, wilson
from tests.mutation.rooms import ROOMS

SOURCE = '''\
"""A module."""

LIMIT = 3


def twice(number: int = 2) -> int:
    return number * 2 if number < LIMIT else number


class Box:
    @property
    def full(self) -> bool:
        return not self and len("a") == 1


def adder(more: int):
    def add(number: int) -> int:
        return number + more

    return add
'''


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """A file of source in a folder of its own, imported."""
    path = tmp_path / "some.py"
    path.write_text(SOURCE)
    monkeypatch.setattr(made, "ROOT", tmp_path)
    found: dict[str, object] = {"__name__": "some"}
    exec(compile(SOURCE, str(path), "exec"), found)
    return found


def changes(path: Path) -> list[tuple[str, str]]:
    return [(each.before, each.after) for each in mutants_of(path)]


def mutant(before: str, after: str) -> Mutant:
    everything = mutants_of(made.ROOT / "some.py")
    return next(each for each in everything if (each.before, each.after) == (before, after))


def test_functions_are_changed_and_nothing_else(module: dict[str, object]) -> None:
    """Neither the constant nor the default, which are done with by then; a property like a method."""
    found = changes(made.ROOT / "some.py")
    assert ("number * 2", "(number / 2)") in found
    assert ("not self", "(self)") not in found  # a name needs no brackets
    assert ("not self", "self") in found
    assert ("3", "4") not in found
    assert [each for each in found if each == ("2", "3")] == [("2", "3")]


def test_a_mutant_takes_the_place_of_what_there_is(module: dict[str, object]) -> None:
    """Whoever holds the function calls the changed one from then on, one made before by another as well."""
    functions = functions_of(made.ROOT)
    twice, add = module["twice"], module["adder"](1)  # type: ignore[operator]
    assert isinstance(twice, FunctionType)
    functions |= functions_of(made.ROOT)
    put_in(mutant("number * 2", "(number / 2)"), functions)
    assert twice(1) == 0.5
    put_in(mutant("number + more", "(number - more)"), functions)
    assert add(1) == 0


def test_what_changes_no_code_is_no_mutant(module: dict[str, object]) -> None:
    """The same text again is stillborn, and so is a function that nobody holds."""
    same = replace(mutant("number * 2", "(number / 2)"), after="number * 2")
    with pytest.raises(Stillborn):
        put_in(same, functions_of(made.ROOT))
    with pytest.raises(Stillborn):
        put_in(mutant("number * 2", "(number / 2)"), {})


def test_the_interval_of_a_share() -> None:
    """Wilson's for 85 of 100, as tables have it; never outside 0 to 1."""
    assert wilson(85, 100) == pytest.approx((0.7672, 0.9069), abs=1e-4)
    assert wilson(10, 10)[1] == pytest.approx(1.0)


def test_survivors_run_again_leave_the_rest_as_it_was(module: dict[str, object]) -> None:
    """Two survived; one is killed by a test that was added."""
    pair = [mutant("number * 2", "(number / 2)"), mutant("number + more", "(number - more)")]
    old = Result("some", "0", 10, 6, 1, killed=3, timed_out=0, stillborn=1, cpu_s=1.0)
    rows = [
        {"number": 0, "outcome": "killed", "tests": 1, "cpu_s": 0.5},
        {"number": 1, "outcome": "survived", "tests": 2, "cpu_s": 0.5},
    ]
    new = again(old, pair, rows)
    assert (new.run, new.killed, new.stillborn, new.cpu_s) == (6, 4, 1, 2.0)
    assert [each.after for each in new.survivors] == ["(number - more)"]
    assert new.share == 0.8


def test_every_room_has_files_and_tests() -> None:
    """A room that was renamed is noticed here."""
    for room in ROOMS.values():
        assert all(path.exists() for path in [*room.files, *room.tests])
        assert room.tests


def test_the_page_has_a_reason_for_every_survivor() -> None:
    """Bars in code end no cell, and each reason that is used is explained."""
    survivor = Survivor("harness/stats.py", "f", 1, 0, "a | b", "a & b", 1)
    text = page.text({"stats": Result("stats", "0", 1, 1, 1, 0, 0, 0, 0.1, [survivor])})
    assert "`a \\| b`" in text
    assert f"| {reasons.reason_of(survivor)} |" in text
