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
        (document(ALLOW | {"Effect": "allow"}), "The policy failed legacy parsing"),
        (document(ALLOW | {"Effect": "Maybe"}), SYNTAX),
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
        (
            document(ALLOW | {"Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}}),
            "The policy failed legacy parsing",
        ),
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


IDENTITY = without("Principal")
PATHS = (
    'IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, '
    "instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, "
    "report/, access-report/."
)


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        ([IDENTITY | {"Sid": "A"}] * 2, "Statement IDs (SID) in a single policy must be unique."),
        (
            [IDENTITY | {"Sid": "a b"}],
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
            "expression [0-9A-Za-z]*",
        ),
        ([IDENTITY | {"Action": []}], "Policy statement must contain actions."),
        ([IDENTITY | {"Resource": []}], "Policy statement must contain resources."),
        ([IDENTITY | {"Action": "s3:a:b"}], "Actions/Condition can contain only one colon."),
        ([IDENTITY | {"Action": "s 3:a"}], "Vendor s 3 is not valid"),
        (
            [IDENTITY | {"Condition": {"NullIfExists": {"a:b": "true"}}}],
            "Invalid Condition type : NullIfExists.",
        ),
        (
            [IDENTITY | {"Resource": "arn:invalid:s3:::b"}],
            'Partition "invalid" is not valid for resource "arn:invalid:s3:::b".',
        ),
        (
            [IDENTITY | {"Resource": "arn:aws"}],
            "Resource vendor must be fully qualified and cannot contain regexes.",
        ),
        (
            [IDENTITY | {"Resource": "arn:aws:iam:us-east-1::user/a"}],
            "IAM resource arn:aws:iam:us-east-1::user/a cannot contain region information.",
        ),
        ([IDENTITY | {"Resource": "arn:aws:iam::1:people/a"}], PATHS),
        ([IDENTITY | {"Bool": 1}], SYNTAX),
    ],
)
def test_what_iam_says_of_an_identitys_document(statements: list[Any], message: str) -> None:
    """Promise: IAM's words, as recorded from AWS, for what it objects to."""
    with pytest.raises(MalformedPolicyError) as caught:
        parse(document(*statements), Kind.IDENTITY)
    assert caught.value.message == message


@pytest.mark.parametrize(
    "resource",
    [
        "arn:aws:iam::*:role/x",
        "arn:aws:iam::123456789012:*",
        "arn:aws:iam::aws:role-template/x",
        "arn:*:s3:::b",
        "arn:aws:s3",
        "arn:aws:iam::123456789012:${aws:PrincipalTag/kind}/x",
        "arn:aws:iam::123456789012:root",
    ],
)
def test_resources_that_iam_takes(resource: str) -> None:
    """Promise: wildcards, short ARNs and AWS's own resources are no errors."""
    assert parse(document(IDENTITY | {"Resource": resource}), Kind.IDENTITY).statements


def test_not_principal_has_its_places() -> None:
    """Promise: trust policies and RCPs refuse it."""
    given = without("Principal", "Resource", NotPrincipal="*")
    for kind in (Kind.TRUST, Kind.RCP):
        with pytest.raises(MalformedPolicyError, match="prohibited field NotPrincipal"):
            parse(document(given), kind)


def test_what_limits_may_leave_out_whom() -> None:
    """Promise: read leniently, a limit without a principal is about everybody; a resource's is refused."""
    assert parse(document(IDENTITY), Kind.VPC_ENDPOINT, lenient=True).statements[0].principals is None
    with pytest.raises(MalformedPolicyError, match="Missing required field Principal"):
        parse(document(IDENTITY), Kind.RESOURCE, lenient=True)
    assert parse(document(without("Resource")), Kind.REPOSITORY).statements[0].resources is None


def test_statements_have_names() -> None:
    """Promise: lists of statements call each by its policy and Sid, or by its place."""
    found = parse(document(ALLOW, ALLOW | {"Sid": "In"}), name="queue")
    assert [each.name for each in found.statements] == ["queue#0", "queue#In"]


def test_statements_are_found_by_their_action() -> None:
    """Promise: the index finds what names an action in any form, in the order of the document."""
    several = ["*", "sqs:SendMessage", "sqs:Send*", "*:SendMessage", "SQS:sendmessage", "sns:*"]
    policy = parse(document(*(ALLOW | {"Action": each, "Sid": f"S{n}"} for n, each in enumerate(several))))
    assert [each.sid for each in policy.about("sqs:SendMessage")] == ["S0", "S1", "S2", "S3", "S4"]
    assert policy.about("sqs:SendMessage") is policy.about("sqs:SendMessage")


def test_an_index_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Promise: after many different actions it begins to remember anew, and still finds."""
    monkeypatch.setattr("harness.iam.policy.REMEMBERED", 2)
    policy = parse(document(ALLOW))
    assert [len(policy.about(action)) for action in ("sqs:SendMessage", "a:B", "a:C", "sqs:SendMessage")] == [
        1,
        0,
        0,
        1,
    ]


def test_text_that_is_too_deep() -> None:
    """Promise: a text that no reader can take is refused like any other."""
    with pytest.raises(MalformedPolicyError, match=SYNTAX):
        parse("[" * 60_000)


def test_a_variable_in_a_boolean() -> None:
    """Promise: one page of the guide allows it and another does not, so it is taken, and lets nobody in."""
    given = IDENTITY | {"Condition": {"Bool": {"aws:SecureTransport": "${aws:ViaAWSService}"}}}
    found = parse(document(given), Kind.IDENTITY).statements[0].conditions[0]
    assert not found.holds({"aws:securetransport": ("true",), "aws:viaawsservice": ("true",)})


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ({"Action": "GetObject"}, "Actions/Conditions must be … (statement 2 'Second', 'GetObject')"),
        ({"Action": "s3:a:b"}, "can contain only one colon. (statement 2 'Second', 's3:a:b')"),
        ({"Effect": "allow"}, "The policy failed legacy parsing (statement 2 'Second', 'allow')"),
        ({"Resource": "bucket"}, "Resource bucket must be in ARN format or \"*\". (statement 2 'Second')"),
        ({"Condition": {"StringIs": {"a:b": "c"}}}, "StringIs. (statement 2 'Second')"),
        ({"Condition": {"Bool": {"mfa": "true"}}}, "etc. (statement 2 'Second', 'mfa')"),
        ({"Sid": "a b"}, "regular expression [0-9A-Za-z]*"),
    ],
)
def test_whoever_wrote_it_is_told_where(statement: dict[str, Any], told: str) -> None:
    """AWS's words stay as they are; beside them stand the statement and the value."""
    first = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [first, {**first, "Sid": "Second", **statement}]}
    with pytest.raises(MalformedPolicyError) as error:
        parse(document, Kind.IDENTITY)
    for piece in told.split(" … "):
        assert piece in error.value.told
    assert "statement 2" not in str(error.value)


def test_what_no_one_statement_is_wrong_about_is_told_alone() -> None:
    """A document that is none, a statement that is none."""
    for document, told in (("{", "Syntax errors in policy."), ({"Statement": 3}, "(statement 1)")):
        with pytest.raises(MalformedPolicyError) as error:
            parse(document, Kind.IDENTITY)
        assert error.value.told.endswith(told)
