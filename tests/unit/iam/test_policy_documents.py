"""Policy documents: what is read, and the words that refuse the others."""

import json
from typing import Any

import pytest

from harness.errors import RequestRefused
from harness.iam import Kind, MalformedPolicyError, parse
from harness.iam.policy import SYNTAX

ALLOW: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": "*",
    "Action": "sqs:SendMessage",
    "Resource": "*",
}
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."


def document(*statements: Any, **changes: Any) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)} | changes


def without(*names: str, **changes: Any) -> dict[str, Any]:
    return {name: value for name, value in ALLOW.items() if name not in names} | changes


def test_a_single_statement_needs_no_list() -> None:
    """Promise: both forms are read, as text and as a value."""
    found = parse(json.dumps({"Statement": ALLOW | {"Sid": "In"}}))
    assert [each.sid for each in found.statements] == ["In"]
    assert len(parse(document(ALLOW, ALLOW)).statements) == 2


def test_a_document_is_compiled_once() -> None:
    """Promise: the same text is not read again."""
    text = json.dumps(document(ALLOW))
    assert parse(text) is parse(text)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("{", SYNTAX),
        ('{"Statement": [], "Statement": []}', SYNTAX),
        ("[]", SYNTAX),
        ({"Version": "2012-10-17"}, SYNTAX),
        (document(ALLOW, Extra=1), SYNTAX),
        (document(ALLOW, Version="2020-01-01"), "Policy document must be version 2012-10-17 or greater."),
        (document("Allow"), SYNTAX),
        (document(ALLOW | {"Colour": "blue"}), SYNTAX),
        (document(ALLOW | {"NotAction": "sqs:*"}), SYNTAX),
        (document(ALLOW | {"Effect": "allow"}), SYNTAX),
        (document(ALLOW | {"Sid": 7}), SYNTAX),
        (document(without("Principal")), "Missing required field Principal"),
        (document(ALLOW | {"Principal": "sns.amazonaws.com"}), SYNTAX),
        (document(ALLOW | {"Principal": {}}), SYNTAX),
        (document(ALLOW | {"Principal": {"Queue": "*"}}), SYNTAX),
        (document(ALLOW | {"Principal": {"AWS": []}}), SYNTAX),
        (document(ALLOW | {"Principal": {"AWS": [1]}}), SYNTAX),
        (document(without("Action")), "Policy statement must contain actions."),
        (document(ALLOW | {"Action": "SendMessage"}), VENDOR),
        (document(ALLOW | {"Action": 1}), SYNTAX),
        (document(without("Resource")), "Policy statement must contain resources."),
        (document(ALLOW | {"Resource": "orders"}), 'Resource orders must be in ARN format or "*".'),
        (document(ALLOW | {"Condition": []}), SYNTAX),
        (document(ALLOW | {"Condition": {"StringEquals": "a"}}), SYNTAX),
        (document(ALLOW | {"Condition": {"StringEquals": {"aws:a": {}}}}), SYNTAX),
        (document(ALLOW | {"Condition": {"StringEquals": {"key": "a"}}}), VENDOR),
        (document(ALLOW | {"Condition": {"Same": {"aws:a": "a"}}}), "Invalid Condition type : Same."),
        (document(ALLOW | {"Condition": {"IpAddress": {"aws:SourceIp": "here"}}}), SYNTAX),
    ],
)
def test_a_malformed_document_is_refused_in_awss_words(given: Any, message: str) -> None:
    """Promise: the code is MalformedPolicyDocument, the message IAM's."""
    with pytest.raises(MalformedPolicyError) as caught:
        parse(given)
    assert isinstance(caught.value, RequestRefused)
    assert (caught.value.code, caught.value.message) == ("MalformedPolicyDocument", message)


@pytest.mark.parametrize(
    ("kind", "statement", "message"),
    [
        (Kind.IDENTITY, ALLOW, "Policy document should not specify a principal."),
        (Kind.TRUST, ALLOW, "Has prohibited field Resource"),
    ],
)
def test_each_kind_of_policy_has_its_own_elements(kind: Kind, statement: Any, message: str) -> None:
    """Promise: identities' policies name no principal, trust policies no resource."""
    with pytest.raises(MalformedPolicyError, match=message):
        parse(document(statement), kind)


def test_what_each_kind_takes() -> None:
    """Promise: the elements that a kind lacks are None."""
    assert parse(document(without("Principal")), Kind.IDENTITY).statements[0].principals is None
    assert parse(document(without("Resource")), Kind.TRUST).statements[0].resources is None
