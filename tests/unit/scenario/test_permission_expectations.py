"""Questions about roles: answered from what the guard kept, never from what it did not see."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from harness.journal import PermissionTotal, PermissionUsed, Record, RolePolicies
from harness.scenario import (
    Bucket,
    Expectation,
    Program,
    Role,
    allow,
    denied,
    granted,
    grants_only_what_it_uses,
    refused_calls,
    unused,
    used,
)
from harness.scenario.expectations.expectation import judge
from harness.scenario.expectations.permissions import refusals_asked_for
from harness.scenario.permissions import document

ACCOUNT = "123456789012"
RAW = Bucket("raw-data")
OBJECT = "arn:aws:s3:::raw-data/a.csv"
ROLE = Role("worker", statements=(allow("s3:GetObject", "s3:PutObject", on=RAW.under()),))
OUTSIDE, INSIDE = Program("outside", len, role=ROLE), Program("inside", len, role=ROLE)


def use(action: str, verdict: str = "Allowed", calls: int = 1, **changes: Any) -> Iterable[Record]:
    """Yield what the guard journals of *calls* calls that needed *action*."""
    seen = PermissionUsed(
        1.0,
        f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/inside-0",
        ROLE.arn("", ACCOUNT),
        action.partition(":")[2],
        action,
        OBJECT,
        verdict,
    )
    seen = replace(seen, **changes)
    kept = (seen.principal, seen.role, seen.call, seen.action, seen.resource, seen.verdict)
    return [seen, PermissionTotal(9.0, *kept, calls, 8.0)]


def held(role: Role = ROLE) -> Record:
    inline = {
        "name": "worker-inline",
        "kind": "inline",
        "document": document(role.statements, "us-east-1", ACCOUNT),
    }
    return RolePolicies(9.0, role.arn("", ACCOUNT), [inline])


def value(question: Expectation, *records: Record) -> float | None:
    return question.measure(records)[0]


def test_denied_is_the_share_of_the_calls_that_were() -> None:
    """Of those that needed the action on that resource; action names ignore case."""
    records = [
        *use("s3:PutObject", "ImplicitlyDenied", 3),
        *use("s3:PutObject", calls=1),
        *use("s3:GetObject"),
    ]
    assert value(denied(ROLE, "s3:putobject"), *records) == 0.75
    assert value(denied(ROLE, "s3:PutObject", RAW.under()), *records) == 0.75
    assert value(denied(ROLE, "s3:GetObject"), *records) == 0.0
    assert value(denied(ROLE, "s3:PutObject"), *use("s3:PutObject", "ExplicitlyDenied")) == 1.0


def test_denied_may_be_asked_of_one_program() -> None:
    """Two programs of one role are told apart by their sessions."""
    outside = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/outside-1"
    records = [*use("s3:GetObject"), *use("s3:GetObject", "ImplicitlyDenied", 2, principal=outside)]
    assert value(denied(ROLE, "s3:GetObject", by=OUTSIDE), *records) == 1.0
    assert value(denied(ROLE, "s3:GetObject", by=INSIDE), *records) == 0.0
    assert value(denied(ROLE, "s3:GetObject"), *records) == pytest.approx(2 / 3)


def test_what_nobody_mapped_is_refused_but_not_by_a_policy() -> None:
    """It counts among the refused calls, and proves nothing about a permission."""
    records = [*use("s3:PutObject", "NotCovered", resource="*"), *use("s3:GetObject")]
    assert value(denied(ROLE, "s3:PutObject"), *records) == 0.0
    assert value(refused_calls(ROLE), *records) == 1


@pytest.mark.parametrize(
    "question",
    [
        denied(ROLE, "s3:PutObject"),
        denied(ROLE, "s3:PutObject", RAW),
        denied(ROLE, "s3:PutObject", by=OUTSIDE),
        refused_calls(ROLE),
        used(ROLE),
        granted(ROLE),
        unused(ROLE),
    ],
)
def test_without_records_nothing_is_measured(question: Expectation) -> None:
    """A role that did nothing, or a run that kept nothing, meets no expectation."""
    others = [*use("s3:PutObject", role=f"arn:aws:iam::{ACCOUNT}:role/other-worker")]
    for records in ([], others):
        (found,) = judge([question.equals(0)], records, 10.0)
        assert (found.value, found.ok) == (None, False)


def test_refused_calls_are_counted() -> None:
    """Zero only where the role has made calls."""
    assert value(refused_calls(ROLE), *use("s3:GetObject")) == 0
    assert (
        value(refused_calls(ROLE), *use("s3:GetObject"), *use("sqs:SendMessage", "ImplicitlyDenied", 4)) == 4
    )


def test_used_and_granted_are_numbers_of_actions() -> None:
    """An action that was used on two things is one action; what was denied was not used."""
    records = [
        held(),
        *use("s3:GetObject"),
        *use("s3:GetObject", resource=f"{OBJECT}.gz"),
        *use("sqs:SendMessage", "ImplicitlyDenied"),
    ]
    assert value(used(ROLE), *records) == 1
    assert value(granted(ROLE), *records) == 2
    assert value(unused(ROLE), *records) == 1


def test_a_role_that_used_nothing_does_not_hold_too_much_for_certain() -> None:
    """Nothing is known of what it needs, even if what it holds is."""
    assert value(unused(ROLE), held()) is None
    assert value(granted(ROLE), held()) == 2
    assert value(used(ROLE), held()) is None


def test_a_role_may_grant_only_what_it_uses() -> None:
    """Every action that it holds was used."""
    some, every = [held(), *use("s3:GetObject")], [held(), *use("s3:GetObject"), *use("s3:PutObject")]
    assert [one.ok for one in judge([grants_only_what_it_uses(ROLE)], some, 1.0)] == [False]
    assert [one.ok for one in judge([grants_only_what_it_uses(ROLE)], every, 1.0)] == [True]


def test_a_sentence_names_a_few_actions() -> None:
    """Hundreds would not be read."""
    wide = Role("worker", statements=(allow("s3:Get*", on=RAW.under()),))
    _, sentence = unused(wide).measure([held(wide), *use("s3:GetObject")])
    assert sentence.startswith("worker never used s3:GetAcc")
    assert " more" in sentence
    assert sentence.count(",") == 4
    assert refused_calls(ROLE).measure([*use("s3:GetObject")])[1] == "worker was denied nothing"


@pytest.mark.parametrize(
    ("asked", "is_asked_for"),
    [
        (denied(ROLE, "s3:putobject", RAW.under()).equals(1), True),
        (denied(ROLE, "s3:PutObject", by=INSIDE).at_least(0.5), True),
        (denied(ROLE, "s3:PutObject").equals(0), False),
        (denied(ROLE, "s3:PutObject").equals(denied(ROLE, "s3:GetObject")), False),
        (denied(ROLE, "s3:PutObject", by=OUTSIDE).equals(1), False),
        (denied(ROLE, "s3:GetObject").equals(1), False),
        (denied(Role("other"), "s3:PutObject").equals(1), False),
        (denied(ROLE, "s3:PutObject", Bucket("curated-data").under()).equals(1), False),
        (refused_calls(ROLE).equals(1), False),
    ],
)
def test_a_refusal_that_an_expectation_names_is_asked_for(asked: Expectation, is_asked_for: bool) -> None:
    """By role, action, resource and program; to ask that nothing is refused asks for no refusal."""
    seen = next(iter(use("s3:PutObject", "ImplicitlyDenied")))
    assert isinstance(seen, PermissionUsed)

    assert refusals_asked_for([asked])(seen) is is_asked_for


@pytest.mark.parametrize("question", [denied(ROLE, "s3:PutObject"), refused_calls(ROLE), unused(ROLE)])
def test_where_nobody_looked_that_is_the_reason(question: Expectation) -> None:
    """And not that the role did nothing."""
    assert question.measure([]) == (
        None,
        "Nobody looked at permissions in this run; say --iam enforce or --iam observe",
    )
    assert "Nobody looked" not in question.measure([held(Role("other"))])[1]


def test_sentences_count_and_name_as_people_do() -> None:
    """One call was denied, two were; who used all it holds has nothing that it never used."""
    asked = denied(ROLE, "s3:PutObject")
    once, twice = (use("s3:PutObject", "ImplicitlyDenied", calls) for calls in (1, 2))
    assert asked.measure([*once])[1] == "1 of 1 call that needed s3:PutObject was denied"
    assert asked.measure([*twice])[1] == "2 of 2 calls that needed s3:PutObject were denied"
    every = [held(), *use("s3:GetObject"), *use("s3:PutObject")]
    assert unused(ROLE).measure(every) == (0, "worker used all that it holds")


def test_deliveries_alone_are_no_look_at_permissions() -> None:
    """They are recorded under --iam off, too."""
    sent = PermissionUsed(1.0, "sns.amazonaws.com", "", "sqs:SendMessage", "sqs:SendMessage", "q", "Allowed")
    assert "Nobody looked at permissions" in used(ROLE).measure([sent])[1]
