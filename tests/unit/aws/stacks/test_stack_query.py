"""CloudFormation's query protocol, and templates as they are submitted."""

from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.aws.aws_json import Refused
from harness.aws.stacks.query import NAMESPACE, answer, nested
from harness.aws.stacks.submitted import check_capabilities, placeholders, read, summary

SCOPE = {"stack": "s", "region": "us-east-1", "account": "123456789012"}
TRUST = '{Version: "2012-10-17", Statement: []}'


def role(name: str = "") -> str:
    named = f"RoleName: {name}, " if name else ""
    properties = f"{{{named}AssumeRolePolicyDocument: {TRUST}}}"
    return f"Resources: {{R: {{Type: AWS::IAM::Role, Properties: {properties}}}}}"


def test_numbered_members_are_lists_in_their_order() -> None:
    """Also of structures with lists inside."""
    fields = {
        "A.member.10": "j",
        "A.member.2": "b",
        "P.member.1.Key": "k",
        "P.member.1.V.member.1": "v",
        "N": "n",
    }
    assert nested(fields) == {"A": ["b", "j"], "P": [{"Key": "k", "V": ["v"]}], "N": "n"}


def test_an_answer_is_a_document_that_can_be_read() -> None:
    """Text is escaped, truths and moments are AWS's, what is None is left out."""
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    body = answer("Look", {"A": ["<&", True], "At": at, "No": None}, "id")
    found = ElementTree.fromstring(body).find(f"{{{NAMESPACE}}}LookResult")
    assert found is not None
    assert [each.text for each in found.iter(f"{{{NAMESPACE}}}member")] == ["<&", "true"]
    assert found.findtext(f"{{{NAMESPACE}}}At") == "2026-01-02T03:04:05.000Z"
    assert found.find(f"{{{NAMESPACE}}}No") is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "empty"),
        ("Resources: {A: [", "Template"),
        ("Resources: {A: {Type: AWS::No::Such}}", "Template:1: resource 'A'"),
        ("Resources: {A: {Type: AWS::EC2::SpotFleet}}", r"Template:1: A \(AWS::EC2::SpotFleet\)"),
        ("Resources: {A: {Type: AWS::SQS::Queue, Properties: {Nope: 1}}}", "unsupported property Nope"),
    ],
)
def test_a_template_that_is_wrong_is_refused_with_its_place(text: str, said: str) -> None:
    """As ValidationError, and without the name of a file of this machine."""
    with pytest.raises(Refused, match=said) as raised:
        read(text, {}, **SCOPE)
    assert raised.value.code == "ValidationError"
    assert "/harness-stack" not in raised.value.message


def test_files_of_the_machine_are_not_read_for_a_template_that_was_sent(tmp_path: Path) -> None:
    """CloudFormation has no hand in them; they are packaged to S3 first."""
    (tmp_path / "app.py").write_text("")
    text = f"Resources: {{F: {{Type: AWS::Lambda::Function, Properties: {{Code: {tmp_path}}}}}}}"
    with pytest.raises(Refused, match="package it to S3 first"):
        read(text, {}, **SCOPE)


def test_roles_need_their_capability() -> None:
    """A name of the template's own needs the stronger one, which holds the other."""
    check_capabilities(read(role(), {}, **SCOPE), ["CAPABILITY_NAMED_IAM"], through_change_set=False)
    with pytest.raises(Refused, match=r"\[CAPABILITY_IAM\]"):
        check_capabilities(read(role(), {}, **SCOPE), [], through_change_set=False)
    with pytest.raises(Refused, match=r"\[CAPABILITY_NAMED_IAM\]"):
        check_capabilities(read(role("own"), {}, **SCOPE), ["CAPABILITY_IAM"], through_change_set=False)


def test_a_template_is_summed_up_without_its_parameters() -> None:
    """Each gets something that it allows."""
    text = "Parameters: {N: {Type: Number, MinValue: 3}, S: {Type: String, AllowedValues: [b, a]}}\n" + role(
        "own"
    )
    assert placeholders(text) == {"N": "3", "S": "b"}
    told = summary(read(text, placeholders(text), **SCOPE))
    assert told["ResourceTypes"] == ["AWS::IAM::Role"]
    assert told["Capabilities"] == ["CAPABILITY_NAMED_IAM"]


def test_secrets_among_the_parameters_are_hidden() -> None:
    """NoEcho."""
    text = "Parameters: {P: {Type: String, NoEcho: true}}\nResources: {Q: {Type: AWS::SQS::Queue}}"
    shown = read(text, {"P": "hunter2"}, **SCOPE).shown_parameters()
    assert shown == [{"ParameterKey": "P", "ParameterValue": "****"}]
