"""A policy written down, read back: JSON, CloudFormation, Terraform."""

import json
from typing import Any

import hcl2
import pytest
import yaml
from made_uses import QUEUE, ROLE, allow, document

from harness.iam.least_privilege import render

CONDITION = {"StringLike": {"s3:prefix": ["in/*", "out/${*}"]}}
POLICY = document(
    allow(["sqs:SendMessage"], [QUEUE], Sid="Send"),
    allow(["s3:ListBucket"], ["arn:aws:s3:::raw%{x}"], Sid="List", Condition=CONDITION),
)


def test_json_is_the_document_or_a_list_of_them() -> None:
    """As IAM takes it."""
    assert json.loads(render(POLICY)) == POLICY
    assert json.loads(render([POLICY, POLICY], "json")) == [POLICY, POLICY]


@pytest.mark.parametrize(("arn", "kind"), [(ROLE, "Role"), ("arn:aws:iam::1:user/x/worker", "User")])
def test_cloudformation_hangs_it_on_the_role_or_user(arn: str, kind: str) -> None:
    """An inline policy; YAML's readers take the template too."""
    template = yaml.safe_load(render(POLICY, "cloudformation", role=arn))
    assert template["Resources"] == {
        "WorkerLeastPrivilege": {
            "Type": f"AWS::IAM::{kind}Policy",
            "Properties": {
                f"{kind}Name": "worker",
                "PolicyName": "worker-least-privilege",
                "PolicyDocument": POLICY,
            },
        }
    }


def test_several_documents_become_managed_policies_in_cloudformation() -> None:
    """Attached to the role."""
    resources = json.loads(render([POLICY, POLICY], "cloudformation", role="-"))["Resources"]
    assert list(resources) == ["RoleLeastPrivilege1", "RoleLeastPrivilege2"]
    assert resources["RoleLeastPrivilege2"]["Type"] == "AWS::IAM::ManagedPolicy"
    assert resources["RoleLeastPrivilege2"]["Properties"]["Roles"] == ["-"]


def test_terraform_has_the_same_statements() -> None:
    """A policy variable is `&{` there, and `%{` begins no directive."""
    read = _read(render(POLICY, "terraform", role=ROLE))
    (data,) = read["data"]
    body = data['"aws_iam_policy_document"']['"worker_least_privilege"']
    sent, listed = body["statement"]
    assert (sent["sid"], sent["actions"], sent["resources"]) == (
        '"Send"',
        ['"sqs:SendMessage"'],
        [f'"{QUEUE}"'],
    )
    assert listed["resources"] == ['"arn:aws:s3:::raw%%{x}"']
    (condition,) = listed["condition"]
    assert (condition["test"], condition["variable"]) == ('"StringLike"', '"s3:prefix"')
    assert condition["values"] == ['"in/*"', '"out/&{*}"']
    (resource,) = read["resource"]
    carried = resource['"aws_iam_role_policy"']['"worker_least_privilege"']
    assert carried["role"] == '"worker"'
    assert "data.aws_iam_policy_document.worker_least_privilege.json" in carried["policy"]


def test_several_documents_become_attached_policies_in_terraform() -> None:
    """A name that begins with a digit is no name there."""
    read = _read(render([POLICY, POLICY], "terraform", role="1st"))
    kinds = [kind for each in read["resource"] for kind in each]
    assert kinds == ['"aws_iam_policy"', '"aws_iam_role_policy_attachment"'] * 2
    assert '"role_1st_least_privilege_2"' in read["resource"][2]['"aws_iam_policy"']
    assert '"role_least_privilege"' in read_label(render(POLICY, "terraform", role="--"))


def read_label(text: str) -> str:
    """Return the first line."""
    return text.splitlines()[0]


def test_another_form_is_refused() -> None:
    """By its name."""
    with pytest.raises(ValueError, match="'pulumi' is none of json, cloudformation, terraform"):
        render(POLICY, "pulumi")


def _read(text: str) -> dict[str, Any]:
    found: dict[str, Any] = hcl2.loads(text)
    return found
