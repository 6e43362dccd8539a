"""Files of known verdicts: every vector has its row, whatever it looks like."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.iam.vectors import agrees, judge

ALLOW = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}
DENY = {"Statement": {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}}
BROKEN = {"Statement": {"Effect": "Allow", "Action": "GetObject", "Resource": "*"}}
ASKED = {
    "principal": "arn:aws:iam::111122223333:user/ann",
    "account": "111122223333",
    "action": "s3:GetObject",
    "resource": "arn:aws:s3:::bucket/key",
    "resourceAccount": "111122223333",
}
TO_ALL = {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}


def judged(**vector: Any) -> dict[str, Any]:
    return next(judge([{"id": "a", "request": ASKED} | vector]))


def test_a_row() -> None:
    """Promise: id, verdict and reason; and what was expected, where that is known."""
    rows = list(
        judge(
            {
                "header": {},
                "vectors": [
                    {"id": "x/1", "request": ASKED, "identityPolicies": [ALLOW]},
                    {"id": "x/2", "request": ASKED, "identityPolicies": [], "expected": "Denied"},
                ],
            }
        )
    )
    assert rows == [
        {
            "id": "x/1",
            "verdict": "Allowed",
            "reason": "because an identity-based policy allows the s3:GetObject action",
        },
        {
            "id": "x/2",
            "verdict": "ImplicitlyDenied",
            "reason": "because no identity-based policy allows the s3:GetObject action",
            "expected": "Denied",
            "ok": True,
        },
    ]


@pytest.mark.parametrize(
    "vector",
    [
        {"identityPolicies": ALLOW},
        {"identityPolicies": json.dumps(ALLOW)},
        {"identityPolicies": [{"name": "p", "policy": ALLOW}]},
        {"resourcePolicy": TO_ALL},
        {"resourcePolicies": [TO_ALL]},
        {"identityPolicies": [ALLOW], "scps": [ALLOW]},
        {"identityPolicies": [ALLOW], "boundary": ALLOW, "sessionPolicy": ALLOW},
        {"identityPolicies": [ALLOW], "boundary": None, "scps": None, "resourcePolicy": None},
        {"identityPolicies": [ALLOW], "vpcEndpointPolicy": {"Statement": ALLOW["Statement"]}},
        {"identityPolicies": [ALLOW], "request": ASKED | {"context": {"a:B": None, "a:C": [True, 1]}}},
        {"request": ASKED | {"principal": {"Service": "sns.amazonaws.com"}}, "resourcePolicy": TO_ALL},
        {
            "request": ASKED
            | {
                "principal": "arn:aws:sts::111122223333:assumed-role/w/s",
                "context": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/path/w"},
            },
            "resourcePolicy": {
                "Statement": TO_ALL["Statement"][0]
                | {"Principal": {"AWS": "arn:aws:iam::111122223333:role/path/w"}}
            },
        },
    ],
)
def test_forms_that_are_read(vector: dict[str, Any]) -> None:
    """Promise: one policy for a list, a text for a document, nothing for a field: all of them are allowed."""
    assert judged(**vector)["verdict"] == "Allowed"


def test_a_role_is_assumed_only_by_whom_it_trusts() -> None:
    """Promise: the resource policy of sts:AssumeRole on a role is its trust, which must agree."""
    role = "arn:aws:iam::111122223333:role/guest"
    request = ASKED | {"action": "sts:AssumeRole", "resource": role}
    allow = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}]}
    ben = {"AWS": "arn:aws:iam::111122223333:user/ben"}
    trust = {"Statement": [{"Effect": "Allow", "Principal": ben, "Action": "sts:AssumeRole"}]}
    given = {"request": request, "identityPolicies": [allow], "resourcePolicy": trust}
    assert judged(**given)["verdict"] == "ImplicitlyDenied"
    assert judged(**given | {"request": request | {"principal": ben["AWS"]}})["verdict"] == "Allowed"


def test_what_has_no_request() -> None:
    """Promise: a vector that cannot be read is denied with the reason, and the others are judged."""
    rows = list(judge({"vectors": ["text", {"id": "b"}, {"request": ASKED, "identityPolicies": [ALLOW]}]}))
    assert [row["verdict"] for row in rows] == ["ImplicitlyDenied", "ImplicitlyDenied", "Allowed"]
    assert [row["id"] for row in rows] == ["0", "b", "2"]
    assert rows[1]["reason"] == "the vector cannot be read: KeyError: 'request'"
    assert rows[1]["error"] is True
    assert next(iter(judge(7)))["error"] is True


def test_a_document_that_aws_refuses() -> None:
    """Promise: it lets nobody in, not even by being left out, and the reason has AWS's words."""
    row = judged(identityPolicies=[ALLOW, BROKEN])
    assert row["verdict"] == "ImplicitlyDenied"
    assert row["reason"] == (
        "identity1 is refused as MalformedPolicyDocument: Actions/Conditions must be prefaced by a vendor, "
        "e.g., iam, sdb, ec2, etc."
    )
    assert judged(identityPolicies=[DENY, BROKEN])["verdict"] == "ExplicitlyDenied"
    assert judged(resourcePolicy=ALLOW)["verdict"] == "ImplicitlyDenied"
    assert judged(identityPolicies=[{"Rules": []}])["verdict"] == "ImplicitlyDenied"


def test_only_the_form_is_odd() -> None:
    """Promise: what AWS would object to for its form alone is judged by what it means."""
    twice = {"Sid": "A-1", "Effect": "Allow", "Action": "s3:*", "Resource": ["bucket", "*"]}
    assert judged(identityPolicies=[{"Statement": [twice, twice]}])["verdict"] == "Allowed"
    odd = twice | {"Condition": {"NumericEquals": {"a:B": ["1", "one"]}}}
    asked = ASKED | {"context": {"a:B": "1"}}
    assert judged(request=asked, identityPolicies=[{"Statement": odd}])["verdict"] == "Allowed"
    other = odd | {"Condition": {"NumericNotEquals": {"a:B": ["2", "one"]}}}
    assert judged(request=asked, identityPolicies=[{"Statement": other}])["verdict"] == "ImplicitlyDenied"


def test_either_denial() -> None:
    """Promise: `Denied` is right for both, and nothing else is right for another verdict."""
    assert agrees("ImplicitlyDenied", "Denied")
    assert agrees("ExplicitlyDenied", "Denied")
    assert not agrees("Allowed", "Denied")
    assert not agrees("ImplicitlyDenied", "ExplicitlyDenied")


PLAIN = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
NAMES = [
    "Statement",
    "Effect",
    "Action",
    "Principal",
    "Resource",
    "Condition",
    "Version",
    "AWS",
    "StringLike",
]
TEXTS = ["Allow", "Deny", "*", "s3:*", "2012-10-17", "arn:aws:s3:::b/*", "${aws:username}", "Null"]
JUNK = st.recursive(
    PLAIN | st.sampled_from(TEXTS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5),
    max_leaves=12,
)
FIELDS = [
    "identityPolicies",
    "resourcePolicy",
    "boundary",
    "sessionPolicy",
    "scps",
    "rcps",
    "vpcEndpointPolicy",
]


@given(st.dictionaries(st.sampled_from(FIELDS), JUNK), JUNK)
def test_junk_has_its_row(vector: dict[str, Any], request: Any) -> None:
    """Promise: whatever a file holds, each vector has one row, and junk lets nobody in."""
    asked = request if isinstance(request, dict) else ASKED
    rows = list(judge({"vectors": [vector | {"id": "a", "request": asked}, request]}))
    assert [set(row) >= {"id", "verdict", "reason"} for row in rows] == [True, True]
    assert judged(**vector)["verdict"] == "ImplicitlyDenied" or "Effect" in json.dumps(vector)


@pytest.mark.parametrize("action", [5, None, ["s3:GetObject"]])
def test_a_vector_that_cannot_be_judged_is_denied(action: Any) -> None:
    """Promise: it is read, and asks for what is no action; the others are judged."""
    odd = {"id": "odd", "request": {"principal": "arn:aws:iam::111122223333:user/u", "action": action}}
    rows = list(judge([odd, {"id": "next"}]))
    assert [row["verdict"] for row in rows] == ["ImplicitlyDenied"] * 2
    assert rows[0]["reason"].startswith("the vector cannot be judged: ")
    assert rows[0]["error"]
