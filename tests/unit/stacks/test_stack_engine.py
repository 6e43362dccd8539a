"""Stacks made, updated and deleted: order, rollback, replacement, and what is left."""

from collections.abc import Iterator

import pytest
from stack_shelf import LOST, PICKY, Shelf, shelf, template, thing, where

from harness.stacks import delete, deploy, plan, update
from harness.stacks.outcome import Event
from harness.templates.model import token


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    with shelf(monkeypatch) as made:
        yield made


def test_resources_are_made_after_what_they_need_with_its_attributes(kept: Shelf) -> None:
    """A token is filled in by what was made before."""
    made = deploy(template(thing("B", "A", Of=token("A", "Arn")), thing("A", name="a")), where())
    assert made.ok
    assert kept.things["stack-B-DRAWN"]["Of"] == "arn:a"


def test_outputs_have_what_was_drawn(kept: Shelf) -> None:
    """An output's token is filled in, too."""
    made = deploy(template(thing("A", name="a"), outputs={"O": {"Value": f"<{token('A', 'Ref')}>"}}), where())
    assert made.outputs == {"O": "<a>"}


def test_what_takes_long_is_waited_for_only_by_what_needs_it(kept: Shelf) -> None:
    """Things that depend on nothing slow are made meanwhile."""
    kept.slow["slow"] = 3
    pauses: list[float] = []
    events: list[Event] = []
    deploy(
        template(
            thing("Slow", name="slow"), thing("Other", name="other"), thing("Last", "Slow", name="last")
        ),
        where(pauses),
        tell=events.append,
    )
    done = [event.logical_id for event in events if event.status == "CREATE_COMPLETE"]
    assert done == ["Other", "Slow", "Last"]
    assert pauses


def test_a_failure_removes_what_was_made_last_first(kept: Shelf) -> None:
    """Rollback, with the resource, the place and the reason."""
    made = deploy(
        template(thing("A", name="a"), thing("B", "A", name="b"), thing("C", "B", name="c", Bad=True)),
        where(),
    )
    assert (made.status, kept.things) == ("ROLLBACK_COMPLETE", {})
    assert kept.calls == ["make a", "make b", "make c", "remove b", "remove a"]
    assert str(made.failure) == "t.yaml:7: C (Test::Kept::Thing): Bad: it cannot be"


def test_what_cannot_be_removed_is_listed(kept: Shelf) -> None:
    """A rollback that fails says what is left."""
    made = deploy(template(thing("A", name="a", Stuck=True), thing("B", "A", name="b", Bad=True)), where())
    assert made.status == "ROLLBACK_FAILED"
    assert [each.physical_id for each in made.left] == ["a"]


def test_a_failure_may_leave_what_was_made(kept: Shelf) -> None:
    """OnFailure DO_NOTHING."""
    made = deploy(
        template(thing("A", name="a"), thing("B", "A", name="b", Bad=True)), where(), keeps_on_failure=True
    )
    assert (made.status, list(kept.things), list(made.resources)) == ("CREATE_FAILED", ["a"], ["A"])


def test_created_with_nothing_behind_it_is_a_failure(kept: Shelf) -> None:
    """A service that answers and makes nothing is found out."""
    made = deploy(template(thing("A", type_=LOST, name="a")), where())
    assert made.failure is not None
    assert made.failure.logical_id == "A"
    assert "nothing is there" in made.failure.reason


def test_a_thing_that_never_comes_about_fails_the_stack(kept: Shelf) -> None:
    """What its service says of it is the reason."""
    kept.slow["a"] = -91
    made = deploy(template(thing("A", name="a")), where())
    assert "it fell over" in str(made.failure)


def test_an_unknown_type_is_refused_before_anything_is_made(kept: Shelf) -> None:
    """The message names logical id, line and type."""
    made = deploy(template(thing("A", name="a"), thing("B", type_="AWS::No::Such", name="b")), where())
    assert (made.ok, kept.calls) == (False, [])
    assert str(made.failure).startswith("t.yaml:7: B (AWS::No::Such): AWS::No::Such is not made here")


def test_deletion_goes_backwards_and_leaves_what_is_retained(kept: Shelf) -> None:
    """DeletionPolicy: Retain."""
    from dataclasses import replace

    retained = replace(thing("A", name="a"), retained=True)
    made = deploy(template(retained, thing("B", "A", name="b")), where())
    gone = delete(made, where())
    assert (gone.status, list(kept.things)) == ("DELETE_COMPLETE", ["a"])


def test_a_deletion_that_fails_can_be_tried_again(kept: Shelf) -> None:
    """What is left is the stack's still."""
    made = deploy(template(thing("A", name="a", Stuck=True), thing("B", name="b")), where())
    failed = delete(made, where())
    assert (failed.status, list(failed.resources)) == ("DELETE_FAILED", ["A"])
    assert "it is in use" in str(failed.failure)


def test_an_update_leaves_what_is_the_same(kept: Shelf) -> None:
    """Only what changed is touched; what is new is made, what is gone is removed."""
    before = deploy(
        template(thing("A", name="a"), thing("B", name="b", Size=1), thing("C", name="c")), where()
    )
    kept.calls.clear()
    after = update(
        before, template(thing("A", name="a"), thing("B", name="b", Size=2), thing("D", name="d")), where()
    )
    assert after.status == "UPDATE_COMPLETE"
    assert kept.calls == ["change b", "make d", "remove c"]
    assert list(after.resources) == ["A", "B", "D"]


def test_a_change_that_a_service_swallows_is_told(kept: Shelf) -> None:
    """It was taken, and the resource reads as before."""
    before = deploy(template(thing("A", name="a", Size=1)), where())
    kept.swallows = True
    after = update(before, template(thing("A", name="a", Size=2)), where())
    assert after.events[-1].reason == "The backend tells Size as before the update"


def test_what_cannot_change_is_replaced_and_whoever_names_it_follows(kept: Shelf) -> None:
    """The successor has another chosen name, which is put in the place of the old one everywhere."""
    first = [thing("A", type_=PICKY, Size=1), thing("B", "A", name="b", Of="stack-A-DRAWN")]
    before = deploy(template(*first), where())
    second = [thing("A", type_=PICKY, Size=2), thing("B", "A", name="b", Of="stack-A-DRAWN")]
    after = update(before, template(*second), where())
    new = after.resources["A"].physical_id
    assert after.ok
    assert new != "stack-A-DRAWN"
    assert kept.things["b"]["Of"] == new
    assert sorted(kept.things) == sorted([new, "b"])


def test_what_a_service_gives_back_again_is_not_removed(kept: Shelf) -> None:
    """Two are one, as versions of a function whose code is the same."""
    before = deploy(template(thing("A", type_=PICKY, name="a", Size=1)), where())
    after = update(before, template(thing("A", type_=PICKY, name="a", Size=2)), where())
    assert (after.ok, list(kept.things)) == (True, ["a"])


def test_a_successor_keeps_its_name_in_the_next_update(kept: Shelf) -> None:
    """Nothing is replaced again because the template still says the first name."""
    before = deploy(template(thing("A", type_=PICKY, Size=1)), where())
    once = update(before, template(thing("A", type_=PICKY, Size=2)), where())
    kept.calls.clear()
    twice = update(once, template(thing("A", type_=PICKY, Size=2), thing("B", name="b")), where())
    assert (twice.ok, kept.calls) == (True, ["make b"])


def test_a_failed_update_is_undone(kept: Shelf) -> None:
    """What was changed is changed back, what was made is removed, the old resource of a replacement stays."""
    before = deploy(template(thing("A", name="a", Size=1), thing("P", type_=PICKY, Size=1)), where())
    wanted = [
        thing("A", name="a", Size=2),
        thing("P", type_=PICKY, Size=2),
        thing("X", "A", "P", name="x", Bad=True),
    ]
    after = update(before, template(*wanted), where())
    assert after.status == "UPDATE_ROLLBACK_COMPLETE"
    assert kept.things["a"]["Size"] == 1
    assert sorted(kept.things) == ["a", "stack-P-DRAWN"]
    assert after.resources == before.resources


def test_a_plan_tells_replacement_and_who_follows(kept: Shelf) -> None:
    """A change set, before anything is done."""
    before = deploy(
        template(
            thing("A", type_=PICKY, Size=1),
            thing("B", "A", name="b", Of="stack-A-DRAWN"),
            thing("C", name="c"),
        ),
        where(),
    )
    changes = plan(
        before,
        template(
            thing("A", type_=PICKY, Size=2),
            thing("B", "A", name="b", Of="stack-A-DRAWN"),
            thing("D", name="d"),
        ),
    )
    told = [(change.action, change.logical_id, change.replacement) for change in changes]
    assert sorted(told) == [
        ("Add", "D", ""),
        ("Modify", "A", "True"),
        ("Modify", "B", "False"),
        ("Remove", "C", ""),
    ]


def test_a_plan_of_the_same_is_empty(kept: Shelf) -> None:
    """No updates are to be performed."""
    one = template(thing("A", "B", name="a", Of=token("B", "Arn")), thing("B", name="b"))
    assert plan(deploy(one, where()), one) == ()
