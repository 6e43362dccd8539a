"""The gate: nothing new is said only where that is certain."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_uses import EXECUTION, QUEUE, allow, deny, document

from harness.iam import Kind, MalformedPolicyError, PolicySet, Principal, Request, authorize, parse
from harness.iam.least_privilege import NewGrant, new_grants

VPCE = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}
OBJECTS = "arn:aws:s3:::raw/*"


def but(effect: str, **given: Any) -> dict[str, Any]:
    """Return a statement with NotAction or NotResource."""
    return {"Effect": effect, **({"Resource": "*"} if "NotResource" not in given else {}), **given}


def new(reference: Any, candidate: Any) -> tuple[NewGrant, ...]:
    """Return what the statements *candidate* grant that *reference* do not."""
    known = [document(*reference)] if isinstance(reference, list) else [document(reference)]
    asked = document(*candidate) if isinstance(candidate, list) else document(candidate)
    return new_grants(known, [("c", asked)])


@pytest.mark.parametrize(
    ("reference", "candidate"),
    [
        (allow("*"), allow("*")),
        (allow("*"), allow("s3:GetObject", OBJECTS, Condition=VPCE)),
        (allow("s3:*", OBJECTS), allow("s3:Get*", "arn:aws:s3:::raw/in/*")),
        (allow(["S3:getobject", "s3:PutObject"], OBJECTS), allow("s3:GetObject", OBJECTS)),
        # by the actions of today: sqs:Receive* names one
        (allow("sqs:ReceiveMessage", QUEUE), allow("sqs:Receive*", QUEUE)),
        # two patterns together take in a third
        (
            allow("s3:GetObject", ["arn:aws:s3:::a*", "arn:aws:s3:::b*"]),
            allow("s3:GetObject", "arn:aws:s3:::a?"),
        ),
        (
            [allow("sqs:*", QUEUE), allow("sqs:*", f"{QUEUE}-2")],
            allow("sqs:SendMessage", [QUEUE, f"{QUEUE}-2"]),
        ),
        # what the candidate denies altogether, it does not grant
        (allow("sqs:SendMessage"), [allow("sqs:*Message"), deny(["sqs:Re*", "sqs:D*", "sqs:C*"])]),
        (allow("sqs:SendMessage"), [allow("sqs:*Message"), but("Deny", NotAction="sqs:SendMessage")]),
        # a Deny of the reference is kept, or says nothing about it
        ([allow("s3:*"), deny("s3:PutObject", OBJECTS)], [allow("s3:*"), deny("s3:Put*")]),
        ([allow("s3:*"), deny("s3:PutObject", OBJECTS)], allow("s3:PutObject", "arn:aws:s3:::other/*")),
        ([allow("s3:*"), deny("s3:PutObject", OBJECTS)], allow("s3:GetObject", OBJECTS)),
        (
            [allow("s3:*"), deny("s3:*", OBJECTS, Condition=VPCE)],
            [allow("s3:*"), deny("s3:*", OBJECTS, Condition=VPCE)],
        ),
        (
            [allow("s3:*"), but("Deny", Action="s3:*", NotResource=OBJECTS)],
            allow("s3:GetObject", "arn:aws:s3:::raw/in/*"),
        ),
        (
            [allow("s3:*"), but("Deny", Action="s3:*", NotResource=OBJECTS)],
            [allow("s3:*"), but("Deny", Action="s3:*", NotResource="arn:aws:s3:::raw/in/*")],
        ),
        ([allow("s3:*"), but("Deny", NotAction="s3:Get*")], allow("s3:GetObject")),
        (
            [allow("*"), but("Deny", NotAction="s3:*", NotResource=OBJECTS)],
            [allow("*"), but("Deny", NotAction="s3:*", NotResource=OBJECTS)],
        ),
        # NotAction and NotResource
        (but("Allow", NotAction="iam:*"), but("Allow", NotAction=["iam:*", "sts:*"])),
        (but("Allow", NotAction="iam:*"), allow("s3:*")),
        (allow("*"), but("Allow", NotAction="iam:*")),
        ([allow("*"), deny("iam:*")], but("Allow", NotAction=["iam:*", "sts:*"])),
        (but("Allow", Action="s3:*", NotResource=OBJECTS), allow("s3:GetObject", "arn:aws:s3:::other/*")),
        (allow("s3:*"), but("Allow", Action="s3:*", NotResource=OBJECTS)),
        (
            but("Allow", Action="s3:*", NotResource="arn:aws:s3:::raw/in/*"),
            but("Allow", Action="s3:*", NotResource=OBJECTS),
        ),
        # the same variable, and an early one that IAM does not take for one
        (
            allow("s3:*", "arn:aws:s3:::raw/${aws:username}/*"),
            allow("s3:*", "arn:aws:s3:::raw/${aws:username}/*"),
        ),
        (allow("sqs:*", "arn:aws:sqs:${x:y}:*:q"), allow("sqs:SendMessage", "arn:aws:sqs:${x:y}:*:q")),
    ],
)
def test_what_the_reference_has_is_not_new(reference: Any, candidate: Any) -> None:
    """By actions, resources and conditions."""
    assert new(reference, candidate) == ()


@pytest.mark.parametrize(
    ("reference", "candidate", "reason"),
    [
        (allow("s3:GetObject"), allow("s3:PutObject"), "the reference does not allow it"),
        (allow("s3:*"), allow("*"), "the reference does not allow it"),
        (allow("s3:*"), allow("*:GetObject"), "the reference does not allow it"),
        (allow("s3:*"), allow("quantum:*"), "the reference does not allow it"),
        (deny("s3:*"), allow("s3:GetObject"), "the reference does not allow it"),
        (allow("*"), [allow("*"), deny("s3:*")], None),
        (allow("s3:*", OBJECTS), allow("s3:GetObject"), "the reference allows it on other resources only"),
        (
            allow("s3:*", Condition=VPCE),
            allow("s3:GetObject"),
            "the reference allows it under other conditions only",
        ),
        (
            [allow("s3:*"), deny("s3:PutObject", OBJECTS)],
            allow("s3:PutObject"),
            "reference#1 denies some of it",
        ),
        (
            [allow("s3:*"), deny("s3:PutObject", OBJECTS)],
            [allow("s3:*"), deny("s3:PutObject", OBJECTS, Condition=VPCE)],
            "reference#1 denies some of it",
        ),
        (
            [allow("s3:*"), deny("s3:PutObject", OBJECTS)],
            [allow("s3:*"), deny("s3:PutObject", "arn:aws:s3:::raw/in/*")],
            "reference#1 denies some of it",
        ),
        (
            [allow("s3:*"), but("Deny", NotAction="s3:Get*")],
            allow("s3:PutObject"),
            "reference#1 denies some of it",
        ),
        (
            [allow("s3:*"), but("Deny", Action="s3:*", NotResource=OBJECTS)],
            [allow("s3:*"), deny("s3:*", "arn:aws:s3:::other/*")],
            "reference#1 denies some of it",
        ),
        (
            [allow("*"), deny("iam:*")],
            but("Allow", NotAction="s3:*"),
            "reference#1 denies some of it",
        ),
        (
            [allow("*"), but("Deny", NotAction="s3:*")],
            but("Allow", NotAction="iam:*"),
            "reference#1 denies some of it",
        ),
        (
            [allow("s3:*"), deny("s3:*", OBJECTS)],
            but("Allow", Action="s3:*", NotResource=EXECUTION),
            "reference#1 denies some of it",
        ),
        (but("Allow", NotAction="iam:*"), allow("*"), "the reference does not allow it"),
        (but("Allow", NotAction="iam:*"), but("Allow", NotAction="s3:*"), "the reference does not allow it"),
        (allow("s3:*"), but("Allow", NotAction="iam:*"), "the reference does not allow it"),
        (
            but("Allow", Action="s3:*", NotResource=OBJECTS),
            allow("s3:GetObject", "arn:aws:s3:::raw/in/*"),
            "the reference allows it on other resources only",
        ),
        (
            allow("s3:*", OBJECTS),
            but("Allow", Action="s3:*", NotResource="arn:aws:s3:::other/*"),
            "the reference allows it on other resources only",
        ),
        (
            but("Allow", Action="s3:*", NotResource=OBJECTS),
            but("Allow", Action="s3:*", NotResource="arn:aws:s3:::raw/in/*"),
            "the reference allows it on other resources only",
        ),
        (
            allow("s3:GetObject", "arn:aws:s3:::raw/${aws:username}/*"),
            allow("s3:GetObject", OBJECTS),
            "the reference allows it on other resources only",
        ),
        # an early variable of a Deny is one, of an Allow none
        (
            [allow("sqs:*"), deny("sqs:*", "arn:aws:sqs:${aws:requestedregion}:*:*")],
            allow("sqs:SendMessage", QUEUE),
            "reference#1 denies some of it",
        ),
    ],
)
def test_what_it_lacks_is_named_with_the_reason(reference: Any, candidate: Any, reason: str | None) -> None:
    """What cannot be decided is new."""
    found = new(reference, candidate)
    assert {each.reason for each in found} == ({reason} if reason else set())


def test_actions_of_a_wildcard_are_named_one_by_one() -> None:
    """Only those that the reference lacks, with their statement."""
    (found,) = new(allow("sqs:SendMessage", QUEUE), allow("sqs:*Message", QUEUE, Sid="All"))
    assert found.statement == "c#All"
    assert found.actions == ("sqs:DeleteMessage", "sqs:ReceiveMessage")
    assert found.words == (
        f"c#All grants sqs:DeleteMessage, sqs:ReceiveMessage on {QUEUE}: the reference does not allow it"
    )
    (found,) = new([], but("Allow", NotAction=["iam:*", "sts:*"]))
    assert found.actions == ("everything but iam:* and sts:*",)
    (found,) = new([], but("Allow", Action="s3:Foo", NotResource=["arn:aws:s3:::a", "arn:aws:s3:::b"]))
    assert found.resource == "everything but arn:aws:s3:::a and arn:aws:s3:::b"


@pytest.mark.parametrize(
    ("wide", "narrow", "implied"),
    [
        ({"StringEquals": {"a:k": ["x", "y"]}}, {"StringEquals": {"A:K": "x"}}, True),
        ({"StringEquals": {"a:k": "x"}}, {"StringEquals": {"a:k": ["x", "y"]}}, False),
        ({"StringEquals": {"a:k": "x"}}, {"StringEquals": {"a:other": "x"}}, False),
        ({"StringLike": {"a:k": "x*"}}, {"StringEquals": {"a:k": "xy"}}, True),
        ({"StringLike": {"a:k": "x*"}}, {"StringLike": {"a:k": "xy*"}}, True),
        ({"StringEquals": {"a:k": "x*"}}, {"StringLike": {"a:k": "x*"}}, False),
        ({"StringNotEquals": {"a:k": "x"}}, {"StringNotEquals": {"a:k": ["x", "y"]}}, True),
        ({"StringNotEquals": {"a:k": ["x", "y"]}}, {"StringNotEquals": {"a:k": "x"}}, False),
        ({"StringNotLike": {"a:k": "xy*"}}, {"StringNotLike": {"a:k": "x*"}}, True),
        ({"StringEqualsIfExists": {"a:k": "x"}}, {"StringEquals": {"a:k": "x"}}, True),
        ({"StringEquals": {"a:k": "x"}}, {"StringEqualsIfExists": {"a:k": "x"}}, False),
        ({"ForAnyValue:StringEquals": {"a:k": "x"}}, {"ForAnyValue:StringEquals": {"a:k": "x"}}, True),
        ({"ForAnyValue:StringEquals": {"a:k": "x"}}, {"ForAllValues:StringEquals": {"a:k": "x"}}, False),
        ({"Null": {"a:k": "true"}}, {"Null": {"a:k": True}}, True),
        ({"Null": {"a:k": "true"}}, {"Null": {"a:k": "false"}}, False),
        ({"ArnLike": {"a:k": "arn:aws:sns:*:1:t"}}, {"ArnEquals": {"a:k": "arn:aws:sns:r:1:t"}}, True),
        ({"ArnLike": {"a:k": "*"}}, {"ArnLike": {"a:k": "arn:aws:sns:r:1:t"}}, False),
        ({"ArnLike": {"a:k": "*"}}, {"ArnLike": {"a:k": "*"}}, True),
        ({"Bool": {"aws:SecureTransport": "true"}}, {"Bool": {"aws:SecureTransport": True}}, True),
        ({"NumericLessThan": {"a:k": "5"}}, {"NumericLessThan": {"a:k": "4"}}, False),
        (VPCE, {**VPCE, "Bool": {"aws:SecureTransport": "true"}}, True),
    ],
)
def test_a_condition_must_imply_the_references(wide: Any, narrow: Any, implied: bool) -> None:
    """What cannot be told to be narrower is new."""
    found = new(allow("s3:*", Condition=wide), allow("s3:GetObject", Condition=narrow))
    assert (found == ()) is implied


def test_the_old_version_of_the_language_has_no_variables() -> None:
    """Its `${…}` is text, and the same text is another in the other version."""
    resource = "arn:aws:s3:::raw/${aws:username}"
    old = document(allow("s3:GetObject", resource), version="2008-10-17")
    both = document(allow("s3:GetObject", resource))
    assert new_grants([old], [("c", old)]) == ()
    assert new_grants([old], [("c", both)]) != ()
    assert new_grants([old, both], [("c", both)]) == ()


def test_a_malformed_document_is_refused() -> None:
    """In AWS's words."""
    with pytest.raises(MalformedPolicyError):
        new_grants([], [("c", {"Statement": [{"Effect": "Maybe"}]})])


ACTIONS = ["s3:GetObject", "s3:PutObject", "sqs:SendMessage", "iam:PassRole"]
ACTION_PATTERNS = [*ACTIONS, "s3:*", "s3:Get*", "*", "s3:?et*", "iam:P*"]
RESOURCES = [
    "arn:aws:s3:::raw/a",
    "arn:aws:s3:::raw/ab",
    "arn:aws:s3:::b/a",
    QUEUE,
    EXECUTION,
    "*",
    "arn:aws:s3:x:y:raw/a",
    "arn:aws:s3:::a:b/a",
]
RESOURCE_PATTERNS = [
    *RESOURCES,
    "arn:aws:s3:::raw/*",
    "arn:aws:s3:*a",
    "arn:aws:s3:::*",
    "arn:aws:*:*/a",
    "arn:*",
    "arn:aws:s3:::raw/${aws:username}",
    "arn:aws:s3:::raw/a?",
    "arn:aws:s3:*:*:raw/a",
    "arn:aws:${aws:username}:::raw/*",
]
CONDITIONS: list[dict[str, Any]] = [
    {},
    VPCE,
    {"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}},
    {"StringLike": {"aws:SourceVpce": "vpce-*"}},
    {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}},
    {"StringNotLike": {"aws:SourceVpce": ["vpce-?", "x"]}},
    {"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}},
    {"ForAllValues:StringEquals": {"aws:TagKeys": "a"}},
    {"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}},
    {"Null": {"aws:SourceVpce": "true"}},
    {"StringLike": {"aws:SourceVpce": "${aws:username}"}},
]
CONTEXTS: list[dict[str, Any]] = [
    {},
    {"aws:SourceVpce": "vpce-1"},
    {"aws:SourceVpce": "vpce-2", "aws:username": "a"},
    {"aws:SourceVpce": "x", "aws:username": "s3"},
    {"aws:TagKeys": ["a"]},
    {"aws:TagKeys": ["a", "b"], "aws:SourceVpce": "vpce-10"},
    {"aws:TagKeys": ["c"], "aws:username": "x"},
]
_ME = Principal.named("arn:aws:sts::123456789012:assumed-role/worker/s")
REQUESTS = [
    Request.of(_ME, action, resource, context)
    for action, resource, context in product(ACTIONS, RESOURCES, CONTEXTS)
]


@st.composite
def policies(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a policy of one to three statements, with everything that makes them hard to compare."""
    found = []
    for _ in range(draw(st.integers(1, 3))):
        actions = draw(st.lists(st.sampled_from(ACTION_PATTERNS), min_size=1, max_size=2, unique=True))
        resources = draw(st.lists(st.sampled_from(RESOURCE_PATTERNS), min_size=1, max_size=2, unique=True))
        effect = draw(st.sampled_from(["Allow", "Allow", "Deny"]))
        action = draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))
        resource = draw(st.sampled_from(["Resource", "Resource", "Resource", "NotResource"]))
        condition = draw(st.sampled_from(CONDITIONS))
        statement = {"Effect": effect, action: actions, resource: resources}
        found.append({**statement, "Condition": condition} if condition else statement)
    return document(*found)


@given(policies(), policies(), st.booleans())
def test_nothing_new_is_true_of_every_request(one: Any, other: Any, grown: bool) -> None:
    """What the gate lets pass allows nothing that the reference does not, by the evaluator's own word."""
    reference = document(*one["Statement"], *other["Statement"]) if grown else one
    if new_grants([reference], [("c", other)]):
        return
    wide, narrow = (
        PolicySet(identity=(parse(each, Kind.IDENTITY, lenient=True),)) for each in (reference, other)
    )
    for request in REQUESTS:
        assert authorize(wide, request).allowed or not authorize(narrow, request).allowed, request


@given(policies())
def test_a_policy_grants_nothing_new_over_itself(one: Any) -> None:
    """And neither does it over itself and another Allow."""
    assert new_grants([one], [("c", one)]) == ()
    assert new_grants([one, document(allow("s3:*"))], [("c", one)]) == ()
