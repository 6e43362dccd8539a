"""What is dangerous about a grant, and what is not."""

from typing import Any

import pytest
from made_uses import EXECUTION, allow, deny, document

from harness.iam.least_privilege import Risk, grants_of, risks, statements_of

ANY_ROLE = "arn:aws:iam::*:role/*"
TO_SAGEMAKER = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
TRAINING = "PassExistingRoleToNewSageMakerTrainingJob"


def found(*statements: Any) -> dict[str, Risk]:
    """Return the risks of a policy by their names."""
    return {each.name: each for each in risks(statements_of(document(*statements), "p"))}


def test_passing_any_role_with_a_create_is_an_escalation_by_name() -> None:
    """The service, the roles and the statements are told."""
    create = allow("sagemaker:CreateTrainingJob", "arn:aws:sagemaker:*:*:training-job/x", Sid="Train")
    risk = found(allow("iam:PassRole", ANY_ROLE, Sid="Pass", Condition=TO_SAGEMAKER), create)[TRAINING]
    assert (risk.category, risk.severity) == ("PrivilegeEscalation", "high")
    assert risk.statements == ("p#Pass", "p#Train")
    assert risk.message == (
        "iam:PassRole with sagemaker:CreateTrainingJob lets it act as any role of arn:aws:iam::*:role/* "
        "through sagemaker.amazonaws.com"
    )
    assert risk.source == "https://pathfinding.cloud/paths/sagemaker-002"


def test_passing_one_named_role_is_a_low_risk() -> None:
    """It can act as that role, which may be meant."""
    risk = found(allow("iam:PassRole", EXECUTION), allow("sagemaker:CreateTrainingJob"))[TRAINING]
    assert (risk.severity, f"only {EXECUTION}" in risk.message) == ("low", True)
    other = {"Effect": "Allow", "Action": "iam:PassRole", "NotResource": EXECUTION}
    assert found(other, allow("sagemaker:CreateTrainingJob"))[TRAINING].severity == "high"


@pytest.mark.parametrize(
    ("condition", "escalates"),
    [
        ({"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}, False),
        ({"StringLike": {"iam:passedtoservice": ["lambda.amazonaws.com", "sage*.amazonaws.com"]}}, True),
        ({"StringNotEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}, True),
        ({"StringEquals": {"aws:ResourceTag/team": "ml"}}, True),
    ],
)
def test_passed_to_service_decides_which_service(condition: Any, escalates: bool) -> None:
    """Conditions that nobody can judge here do not make it safe."""
    grants = allow("iam:PassRole", ANY_ROLE, Condition=condition), allow("sagemaker:CreateTrainingJob")
    assert (TRAINING in found(*grants)) is escalates


def test_without_the_create_or_with_a_deny_there_is_no_escalation() -> None:
    """All actions of a path must be held."""
    assert TRAINING not in found(allow("iam:PassRole", ANY_ROLE))
    passing = allow(["iam:PassRole", "sagemaker:CreateTrainingJob"])
    assert TRAINING not in found(passing, deny("iam:PassRole"))
    assert TRAINING not in found(passing, deny("sagemaker:CreateTrainingJob"))


@pytest.mark.parametrize(
    ("action", "resource", "name"),
    [
        ("iam:PutRolePolicy", "*", "PutRolePolicy"),
        ("iam:PutRolePolicy", "arn:aws:iam::*:role/*", "PutRolePolicy"),
        ("s3:GetObject", "arn:aws:s3:::*/*", "DataExfiltration"),
        ("s3:GetObject", "arn:aws:s3:::*", "DataExfiltration"),
        ("ecr:GetAuthorizationToken", "*", "CredentialsExposure"),
        ("s3:PutBucketPolicy", "*", "ResourceExposure"),
        ("sqs:*", "arn:aws:sqs:us-east-1:1:orders", "ServiceWildcard"),
        ("*", "*", "ServiceWildcard"),
        ("sqs:DeleteQueue", "*", "InfrastructureModification"),
        ("lambda:DeleteFunction", "arn:aws:lambda:*:*:function:*", "InfrastructureModification"),
    ],
)
def test_each_category_is_found(action: str, resource: str, name: str) -> None:
    """On every resource of a kind and without a condition."""
    assert name in found(allow(action, resource))


@pytest.mark.parametrize(
    ("action", "resource", "more"),
    [
        ("iam:PutRolePolicy", EXECUTION, {}),
        ("s3:GetObject", "arn:aws:s3:::raw/*", {}),
        ("s3:GetObject", "*", {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}),
        ("sqs:*", "*", {"Condition": {"StringEquals": {"aws:SourceVpce": "vpce-1"}}}),
        ("sqs:SendMessage", "arn:aws:sqs:us-east-1:1:orders", {}),
        ("sqs:ListQueues", "*", {}),
    ],
)
def test_narrow_grants_are_no_risk(action: str, resource: str, more: Any) -> None:
    """A resource that is named, or a condition."""
    assert found(allow(action, resource, **more)) == {}


def test_everything_but_some_resources_is_everything() -> None:
    """NotResource with Allow reaches what nobody thought of."""
    other = {"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::secret/*"}
    assert "DataExfiltration" in found(other)
    assert "ServiceWildcard" not in found({"Effect": "Allow", "NotAction": "*", "Resource": "*"})


def test_the_worst_comes_first_and_a_boundary_counts() -> None:
    """What the boundary does not allow is no risk."""
    rows = [
        {"name": "own", "kind": "inline", "document": document(allow("*"))},
        {"name": "b", "kind": "boundary", "document": document(allow(["s3:GetObject", "sqs:DeleteQueue"]))},
    ]
    ordered = risks(grants_of(rows)[0])
    assert [each.name for each in ordered] == [
        "DataExfiltration",
        "ServiceWildcard",
        "InfrastructureModification",
    ]
