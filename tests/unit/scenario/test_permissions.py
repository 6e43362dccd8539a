"""Statements become the documents that IAM stores; what IAM would refuse is refused when it is declared."""

from typing import Any

import pytest
from declared import RANKER, a_model

from harness.errors import ScenarioError
from harness.iam import Kind
from harness.scenario import (
    Bucket,
    ManagedPolicy,
    Queue,
    Role,
    Statement,
    Table,
    Topic,
    VpcEndpoint,
    allow,
    deny,
)
from harness.scenario.permissions import check_statements, document

REGION, ACCOUNT = "eu-west-1", "111122223333"


def written(statement: Statement, kind: Kind = Kind.IDENTITY) -> dict[str, Any]:
    (only,) = document([statement], REGION, ACCOUNT, kind)["Statement"]
    return dict(only)


@pytest.mark.parametrize(
    ("thing", "arn"),
    [
        (RANKER, "arn:aws:sagemaker:eu-west-1:111122223333:endpoint/ranker"),
        (a_model(), "arn:aws:sagemaker:eu-west-1:111122223333:model/ranker-model"),
        (Topic("t", fifo=True), "arn:aws:sns:eu-west-1:111122223333:t.fifo"),
        (Queue("q"), "arn:aws:sqs:eu-west-1:111122223333:q"),
        (Table("seen"), "arn:aws:dynamodb:eu-west-1:111122223333:table/seen"),
        (Bucket("raw-data"), "arn:aws:s3:::raw-data"),
        (Bucket("raw-data").under("2024/"), "arn:aws:s3:::raw-data/2024/*"),
        (Bucket("raw-data").under(), "arn:aws:s3:::raw-data/*"),
        (Role("worker"), "arn:aws:iam::111122223333:role/worker"),
        (ManagedPolicy("p", (allow("s3:GetObject"),)), "arn:aws:iam::111122223333:policy/p"),
        (
            VpcEndpoint("vpce-0a1b2c3d", "vpc-0a1b2c3d"),
            "arn:aws:ec2:eu-west-1:111122223333:vpc-endpoint/vpce-0a1b2c3d",
        ),
        (
            "arn:aws:logs:{region}:{account}:log-group:g:*",
            "arn:aws:logs:eu-west-1:111122223333:log-group:g:*",
        ),
        ("*", "*"),
    ],
)
def test_a_thing_is_named_by_its_arn(thing: Any, arn: str) -> None:
    """Where it is deployed, whatever kind it is."""
    assert written(allow("a:B", on=thing))["Resource"] == [arn]


def test_a_statement_is_written_as_iam_has_it() -> None:
    """Effect, actions, several resources, conditions with declared things in them, and its name."""
    when = {
        "ArnEquals": {"aws:SourceArn": [Topic("t")]},
        "Bool": {"aws:SecureTransport": True},
        "NumericLessThan": {"s3:max-keys": 10},
        "StringEquals": {"aws:SourceAccount": "{account}"},
    }
    one = deny("sqs:SendMessage", "sqs:Get*", on=(Queue("q"), Queue("r")), when=when, sid="NotFromElsewhere")
    assert written(one) == {
        "Sid": "NotFromElsewhere",
        "Effect": "Deny",
        "Action": ["sqs:SendMessage", "sqs:Get*"],
        "Resource": [f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}" for name in "qr"],
        "Condition": {
            "ArnEquals": {"aws:SourceArn": [f"arn:aws:sns:{REGION}:{ACCOUNT}:t"]},
            "Bool": {"aws:SecureTransport": "true"},
            "NumericLessThan": {"s3:max-keys": 10},
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
        },
    }


@pytest.mark.parametrize(
    ("by", "principal"),
    [
        ("*", "*"),
        ("sns.amazonaws.com", {"Service": "sns.amazonaws.com"}),
        (Role("r"), {"AWS": f"arn:aws:iam::{ACCOUNT}:role/r"}),
        (
            ["arn:aws:iam::{account}:root", "sns.amazonaws.com", "s3.amazonaws.com"],
            {
                "Service": ["sns.amazonaws.com", "s3.amazonaws.com"],
                "AWS": f"arn:aws:iam::{ACCOUNT}:root",
            },
        ),
    ],
)
def test_a_resources_policy_says_whom_it_is_about(by: Any, principal: Any) -> None:
    """Services and principals of AWS each in their place."""
    assert written(allow("s3:GetObject", by=by), Kind.RESOURCE)["Principal"] == principal


def test_a_trust_policy_names_no_resource() -> None:
    """It is about its own role."""
    assert "Resource" not in written(allow("sts:AssumeRole", by="*"), Kind.TRUST)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: allow(), r"allow: no action is named; give at least one, as allow\('s3:GetObject'\)"),
        (lambda: deny(), r"deny: no action is named"),
        (lambda: allow("s3:GetObject", on=()), r"allow\('s3:GetObject'\): on is empty"),
        (lambda: Role("r", statements=(allow("GetObject"),)), "Role 'r': IAM refuses its policy: "),
        (
            lambda: Role("r", statements=(allow("s3:GetObject", when={"StringIs": {"a:b": "c"}}),)),
            "Role 'r': IAM refuses its policy: .*StringIs",
        ),
        (
            lambda: Role("r", statements=(allow("s3:GetObject", when={"StringEquals": {"a:b": object()}}),)),
            "Role 'r': IAM refuses its policy: ",
        ),
        (
            lambda: Role("r", statements=(allow("s3:GetObject", by="*"),)),
            "Role 'r': the statement about s3:GetObject says by whom; .* drop by",
        ),
        (
            lambda: Bucket("raw", policy=(allow("s3:GetObject"),)),
            "Bucket 'raw': the statement about s3:GetObject does not say whom it is about; give by=",
        ),
        (
            lambda: Role("r", trust=(allow("sts:AssumeRole"),)),
            "Role 'r': trust: the statement about sts:AssumeRole does not say whom",
        ),
        (lambda: Role("r", service=""), "Role 'r': nobody may assume it; name a service, or give trust"),
        (lambda: Role("r r"), "Role 'r r': a name has 1 to 64 letters"),
        (lambda: Role("r" * 65), "a name has 1 to 64 letters"),
        (
            lambda: Role("r", managed=("AmazonSageMakerFullAccess",)),
            "Role 'r': 'AmazonSageMakerFullAccess' is no ARN of a managed policy; write it as arn:aws:iam",
        ),
        (lambda: Role("r", boundary="b"), "Role 'r': 'b' is no ARN of a managed policy"),
        (lambda: ManagedPolicy("p", ()), "ManagedPolicy 'p': statements is empty"),
        (lambda: ManagedPolicy("p p", ()), "ManagedPolicy 'p p': a name has 1 to 128"),
        (lambda: Bucket("Raw"), "Bucket 'Raw': a name has 3 to 63 small letters"),
        (lambda: Bucket("a..b"), "Bucket 'a..b': a name has"),
        (lambda: VpcEndpoint("vpce-xyz", "vpc-0a1b2c3d"), "'vpce-xyz' is no id; write vpce- and 8 or 17"),
        (lambda: VpcEndpoint("vpce-0a1b2c3d", "vpce-0a1b2c3d"), "'vpce-0a1b2c3d' is no id; write vpc- and"),
        (
            lambda: VpcEndpoint("vpce-0a1b2c3d", "vpc-0a1b2c3d", (allow("s3:GetObject"),)),
            "VpcEndpoint 'vpce-0a1b2c3d': the statement about s3:GetObject does not say whom",
        ),
    ],
)
def test_what_iam_would_refuse_is_refused_at_once(build: Any, sentence: str) -> None:
    """The message names the thing, the field and the way out."""
    with pytest.raises(ScenarioError, match=sentence):
        build()


def test_no_statements_are_no_policy() -> None:
    """So there is nothing to refuse."""
    check_statements("Role 'r'", ())


def test_a_role_may_be_assumed_by_several() -> None:
    """Its services in one statement, others as `trust` says."""
    other = allow("sts:AssumeRole", by=Role("other"), when={"StringEquals": {"sts:ExternalId": "x"}})
    role = Role("r", ("glue.amazonaws.com", "lambda.amazonaws.com"), trust=(other,))
    trust = document(role.trusted, REGION, ACCOUNT, Kind.TRUST)["Statement"]
    assert [one["Principal"] for one in trust] == [
        {"Service": ["glue.amazonaws.com", "lambda.amazonaws.com"]},
        {"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"},
    ]
    assert trust[1]["Condition"] == {"StringEquals": {"sts:ExternalId": "x"}}
    assert Role("r", service="", trust=(other,)).trusted == (other,)
