"""The smallest policy of a resource: who came, for which source, and nobody else; proven."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_asks import BUCKET, EVENTS, FUNCTION, LAMBDA, OTHER, RULE, S3, SNS, TOPIC, asked, one
from made_uses import ACCOUNT, QUEUE, ROLE, allow, document

from harness.iam import Kind, Principal, Request, parse
from harness.iam.least_privilege import Asked, needed_asks, prove_resource, smallest_resource
from harness.iam.least_privilege.asking import compiled_at_resource, let_in

SEND, INVOKE, ASSUME = "sqs:SendMessage", "lambda:InvokeFunction", "sts:AssumeRole"
SAGEMAKER, STATES = "sagemaker.amazonaws.com", "states.amazonaws.com"


def statements(kind: str, resource: str, *uses: Asked, **options: Any) -> list[dict[str, Any]]:
    """Return the statements of the smallest policy, proven, and such as AWS would take."""
    whose = one(kind, resource, *uses)
    given = needed_asks(whose)
    found = smallest_resource(whose, given, **options)
    proof = prove_resource(found, whose, given)
    assert proof.holds, proof
    parse(found, Kind.TRUST if kind == "trust" else Kind.RESOURCE)
    result: list[dict[str, Any]] = found["Statement"]
    return result


def test_a_service_is_let_in_for_its_source() -> None:
    """The confused deputy: aws:SourceArn and aws:SourceAccount as they were passed."""
    assert statements("queue", QUEUE, asked(SNS, SEND, QUEUE, TOPIC)) == [
        {
            "Sid": "SnsSendMessageFromAlerts",
            "Effect": "Allow",
            "Principal": {"Service": [SNS]},
            "Action": [SEND],
            "Resource": [QUEUE],
            "Condition": {
                "ArnEquals": {"aws:SourceArn": [TOPIC]},
                "StringEquals": {"aws:SourceAccount": [ACCOUNT]},
            },
        }
    ]


def test_sources_of_one_service_share_a_statement() -> None:
    """Above the threshold they become a pattern, compared as one; accounts are told apart."""
    topics = [f"{TOPIC}-{n:02}" for n in range(12)]
    [row] = statements("queue", QUEUE, *(asked(SNS, SEND, QUEUE, each) for each in topics[:3]))
    assert row["Condition"]["ArnEquals"]["aws:SourceArn"] == topics[:3]
    [row] = statements("queue", QUEUE, *(asked(SNS, SEND, QUEUE, each) for each in topics))
    assert row["Condition"]["ArnLike"] == {"aws:SourceArn": [f"{TOPIC}-*"]}
    foreign = asked(SNS, SEND, QUEUE, TOPIC.replace(ACCOUNT, OTHER), OTHER)
    rows = statements("queue", QUEUE, asked(SNS, SEND, QUEUE, TOPIC), foreign)
    assert [row["Condition"]["StringEquals"]["aws:SourceAccount"] for row in rows] == [[ACCOUNT], [OTHER]]
    assert [row["Sid"] for row in rows] == ["SnsSendMessageFromAlerts", "SnsSendMessageFromAlerts2"]


def test_a_source_that_is_not_passed_narrows_nothing() -> None:
    """EventBridge passes none to SNS; one use without it makes the others' superfluous."""
    [row] = statements("topic", TOPIC, asked(EVENTS, "sns:Publish", TOPIC))
    assert "Condition" not in row
    mixed = [asked(S3, "sns:Publish", TOPIC, BUCKET), asked(S3, "sns:Publish", TOPIC)]
    [row] = statements("topic", TOPIC, *mixed)
    assert "Condition" not in row


def test_a_function_has_a_permission_for_each_source() -> None:
    """AddPermission takes one principal, one action and one source, compared with ArnLike."""
    rows = statements(
        "function",
        FUNCTION,
        asked(SNS, INVOKE, FUNCTION, TOPIC),
        asked(SNS, INVOKE, FUNCTION, f"{TOPIC}-2"),
        asked(EVENTS, INVOKE, FUNCTION, RULE),
        asked(LAMBDA, INVOKE, FUNCTION),
        asked(S3, INVOKE, FUNCTION),
    )
    assert [(row["Principal"]["Service"], row.get("Condition", {}).get("ArnLike")) for row in rows] == [
        ([EVENTS], {"aws:SourceArn": [RULE]}),
        ([LAMBDA], None),
        ([S3], None),
        ([SNS], {"aws:SourceArn": [TOPIC]}),
        ([SNS], {"aws:SourceArn": [f"{TOPIC}-2"]}),
    ]


def test_a_trust_policy_names_who_assumed_the_role() -> None:
    """With the keys that AWS's documentation says the service passes, and with no others."""
    rows = statements(
        "trust",
        ROLE,
        asked(LAMBDA, ASSUME, ROLE, FUNCTION),
        asked("ec2.amazonaws.com", ASSUME, ROLE),
        asked(SAGEMAKER, ASSUME, ROLE),
        asked(STATES, ASSUME, ROLE, f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:nightly"),
        asked(f"{ROLE}-2", ASSUME, ROLE),
    )
    assert all("Resource" not in row for row in rows)
    assert [(row["Principal"], row.get("Condition")) for row in rows] == [
        ({"AWS": [f"{ROLE}-2"]}, None),
        ({"Service": ["ec2.amazonaws.com", LAMBDA]}, None),
        (
            {"Service": [STATES]},
            {
                "ArnEquals": {"aws:SourceArn": [f"arn:aws:states:us-east-1:{ACCOUNT}:stateMachine:nightly"]},
                "StringEquals": {"aws:SourceAccount": [ACCOUNT]},
            },
        ),
        ({"Service": [SAGEMAKER]}, {"StringEquals": {"aws:SourceAccount": [ACCOUNT]}}),
    ]


def test_other_accounts_and_everybody_are_named_as_they_came() -> None:
    """Another account's role must be allowed by its own policy, too, and is taken to be.

    Whom everybody's statement lets in needs none.
    """
    theirs = ROLE.replace(ACCOUNT, OTHER)
    given = [asked(theirs, SEND, QUEUE), asked("anonymous", SEND, QUEUE)]
    assert [row["Principal"] for row in statements("queue", QUEUE, *given)] == [{"AWS": ["*"]}]
    rows = statements("queue", QUEUE, *given, asked(theirs, "sqs:ReceiveMessage", QUEUE))
    assert [row["Principal"]["AWS"] for row in rows] == [[theirs], ["*"]]


def test_actions_of_one_principal_share_a_statement() -> None:
    """Under one condition."""
    theirs = ROLE.replace(ACCOUNT, OTHER)
    [row] = statements("queue", QUEUE, asked(theirs, SEND, QUEUE), asked(theirs, "sqs:ReceiveMessage", QUEUE))
    assert (row["Action"], row["Sid"]) == (["sqs:ReceiveMessage", SEND], "WorkerReceiveMessage")


def test_refused_deliveries_are_written_on_request() -> None:
    """What a Deny refused is not: a Deny wins over every Allow."""
    sent = asked(SNS, SEND, QUEUE, TOPIC)
    refused = [
        Asked(who, replace(sent.use, verdict=verdict))
        for who, verdict in ((SNS, "ImplicitlyDenied"), (S3, "ExplicitlyDenied"))
    ]
    whose = replace(one("queue", QUEUE), denied=tuple(refused))
    assert needed_asks(whose) == ()
    assert [each.principal for each in needed_asks(whose, include_denied=True)] == [SNS]
    assert smallest_resource(whose, ())["Statement"] == []


def test_a_proof_names_what_is_missing_and_what_is_too_much() -> None:
    """Principals and values of conditions are left out one by one, too."""
    whose = one("queue", QUEUE, asked(SNS, SEND, QUEUE, TOPIC))
    small = prove_resource(document(allow(SEND, QUEUE, Principal={"Service": S3})), whose, whose.used)
    assert ([use.action for use in small.refused], small.holds) == ([SEND], False)
    wide = allow(
        SEND,
        QUEUE,
        Sid="In",
        Principal={"Service": [SNS, S3]},
        Condition={"ArnEquals": {"aws:SourceArn": [TOPIC, BUCKET]}},
    )
    proof = prove_resource(document(wide), whose, whose.used)
    assert proof.idle == (f"{S3} of statement In", f"aws:SourceArn {BUCKET} of statement In")


def test_a_proof_leaves_everybody_as_they_are() -> None:
    """The principal * has no names of which one could go."""
    whose = one("queue", QUEUE, asked("anonymous", SEND, QUEUE))
    proof = prove_resource(document(allow(SEND, QUEUE, Principal="*")), whose, whose.used)
    assert (proof.refused, proof.idle, proof.holds) == ((), (), True)


@pytest.mark.parametrize(("account", "is_let_in"), [(ACCOUNT, False), (OTHER, True)])
def test_who_is_named_by_the_account_needs_a_policy_there(account: str, is_let_in: bool) -> None:
    """The resource's own account counts as having none; another account's role may do what that lets it."""
    role = Principal.named(ROLE.replace(ACCOUNT, account), role=ROLE.replace(ACCOUNT, account))
    policies = compiled_at_resource([document(allow(SEND, QUEUE, Principal={"AWS": account}))])
    assert let_in(policies, Request.of(role, SEND, QUEUE)) is is_let_in


PRINCIPALS = [SNS, S3, EVENTS, ROLE.replace(ACCOUNT, OTHER)]
SOURCES = ["", *(f"{TOPIC}{n}" for n in range(6)), BUCKET, RULE]


@st.composite
def some_asks(draw: st.DrawFn) -> tuple[str, str, list[Asked]]:
    """Draw uses of a queue, a function or a role by several for several sources."""
    kind, resource, actions = draw(
        st.sampled_from(
            [
                ("queue", QUEUE, [SEND, "sqs:ReceiveMessage"]),
                ("function", FUNCTION, [INVOKE, "lambda:GetFunction"]),
                ("trust", ROLE, [ASSUME, "sts:TagSession"]),
            ]
        )
    )
    row = st.tuples(
        st.sampled_from([*PRINCIPALS, SAGEMAKER, STATES, "anonymous"]),
        st.sampled_from(actions),
        st.sampled_from(SOURCES),
        st.sampled_from([ACCOUNT, OTHER]),
    )
    rows: Sequence[tuple[str, str, str, str]] = draw(st.lists(row, min_size=1, max_size=15))
    return kind, resource, [asked(who, action, resource, source, by) for who, action, source, by in rows]


@given(some_asks(), st.integers(1, 5), st.randoms(use_true_random=False))
def test_it_is_complete_minimal_and_deterministic(
    drawn: tuple[str, str, list[Asked]], above: int, random: Random
) -> None:
    """Every use is let in, no part can be left out, and the order of the uses is irrelevant."""
    kind, resource, uses = drawn
    expected = statements(kind, resource, *uses, wildcard_above=above)
    random.shuffle(uses)
    assert statements(kind, resource, *uses, *uses, wildcard_above=above) == expected


@pytest.mark.parametrize("kind", ["queue", "topic", "function", "trust"])
def test_nothing_is_let_in_that_did_not_come(kind: str) -> None:
    """Another topic of the same account, and the same topic's service without its source."""
    resource = {"queue": QUEUE, "topic": TOPIC, "function": FUNCTION, "trust": ROLE}[kind]
    action = {"queue": SEND, "topic": "sns:Publish", "function": INVOKE, "trust": ASSUME}[kind]
    whose = one(kind, resource, asked(STATES, action, resource, RULE))
    found = smallest_resource(whose, needed_asks(whose))
    for other in (asked(STATES, action, resource, BUCKET), asked(STATES, action, resource)):
        assert prove_resource(found, whose, [other]).refused == (other.use,)
