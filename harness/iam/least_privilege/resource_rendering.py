"""The policy of a resource as people write it down: JSON, a CloudFormation template, or Terraform."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from harness.iam.least_privilege.grants import TRUST
from harness.iam.least_privilege.rendering import attributes, hcl_statement, pascal, quoted, snake, template
from harness.iam.least_privilege.resource_use import FUNCTION, QUEUE, TOPIC, ResourceUse
from harness.iam.least_privilege.smallest_resource import SOURCE_ACCOUNT, SOURCE_ARN

Document = Mapping[str, Any]


def render_resource(document: Document, one: ResourceUse, form: str = "json") -> str:
    """Return *document*, the policy of *one*, in *form*, one of `rendering.FORMS`.

    A function's becomes permissions, which are all that Lambda takes; a role's trust policy the role with
    nothing else, to be merged into where it is made.
    """
    if form == "json":
        return json.dumps(document, indent=2) + "\n"
    if form == "cloudformation":
        said = f"Who was let in to {one.kind} {one.name} in a rehearsal, and nobody else"
        if one.kind == TRUST:
            said = f"Who assumed role {one.name} in a rehearsal, and nobody else"
        return template(said, _CLOUDFORMATION[one.kind](document, one))
    if form == "terraform":
        return _permissions(document, one) if one.kind == FUNCTION else _terraform(document, one)
    raise ValueError(f"{form!r} is none of json, cloudformation, terraform")


def _url(arn: str) -> str:
    """Return the queue's URL: SQS developer guide, "Queue and message identifiers"."""
    _, _, _, region, account, name = arn.split(":", 5)
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


# -- CloudFormation: template reference, AWS::SQS::QueuePolicy and so on -----


def _queue_policy(document: Document, one: ResourceUse) -> dict[str, Any]:
    properties = {"Queues": [_url(one.resource)], "PolicyDocument": document}
    return {f"{_id(one)}Policy": {"Type": "AWS::SQS::QueuePolicy", "Properties": properties}}


def _topic_policy(document: Document, one: ResourceUse) -> dict[str, Any]:
    properties = {"Topics": [one.resource], "PolicyDocument": document}
    return {f"{_id(one)}Policy": {"Type": "AWS::SNS::TopicPolicy", "Properties": properties}}


def _function_permissions(document: Document, one: ResourceUse) -> dict[str, Any]:
    return {
        f"{_id(one)}{statement['Sid']}": {
            "Type": "AWS::Lambda::Permission",
            "Properties": {
                "FunctionName": one.resource,
                "Action": statement["Action"][0],
                "Principal": _principal(statement),
                **{key.removeprefix("aws:"): value for key, value in _conditions(statement).items()},
            },
        }
        for statement in document["Statement"]
    }


def _trusted_role(document: Document, one: ResourceUse) -> dict[str, Any]:
    properties = {"RoleName": one.name, "AssumeRolePolicyDocument": document}
    return {_id(one): {"Type": "AWS::IAM::Role", "Properties": properties}}


_CLOUDFORMATION: Mapping[str, Callable[[Document, ResourceUse], dict[str, Any]]] = {
    QUEUE: _queue_policy,
    TOPIC: _topic_policy,
    FUNCTION: _function_permissions,
    TRUST: _trusted_role,
}


def _id(one: ResourceUse) -> str:
    return pascal(one.name) or pascal(one.kind)


def _principal(statement: Document) -> str:
    (names,) = statement["Principal"].values()
    return str(names[0])


def _conditions(statement: Document) -> dict[str, str]:
    """Return the source and its account, where *statement* has them, each with its one value."""
    found = {key: values for keys in statement.get("Condition", {}).values() for key, values in keys.items()}
    return {key: found[key][0] for key in (SOURCE_ARN, SOURCE_ACCOUNT) if key in found}


# -- Terraform: provider hashicorp/aws -----

_CARRIERS = {QUEUE: "aws_sqs_queue_policy", TOPIC: "aws_sns_topic_policy", TRUST: "aws_iam_role"}


def _terraform(document: Document, one: ResourceUse) -> str:
    label = snake(one.name, one.kind)
    body = "\n".join(hcl_statement(each) for each in document["Statement"])
    carried = f"data.aws_iam_policy_document.{label}.json"
    pairs = {
        QUEUE: {"queue_url": quoted(_url(one.resource)), "policy": carried},
        TOPIC: {"arn": quoted(one.resource), "policy": carried},
        TRUST: {"name": quoted(one.name), "assume_role_policy": carried},
    }
    return (
        f'data "aws_iam_policy_document" {quoted(label)} {{\n{body}}}\n\n'
        f"resource {quoted(_CARRIERS[one.kind])} {quoted(label)} {{\n{attributes(pairs[one.kind])}}}\n"
    )


_ARGUMENTS = {SOURCE_ARN: "source_arn", SOURCE_ACCOUNT: "source_account"}


def _permissions(document: Document, one: ResourceUse) -> str:
    blocks = []
    for statement in document["Statement"]:
        given = {
            "statement_id": statement["Sid"],
            "action": statement["Action"][0],
            "function_name": one.resource,
            "principal": _principal(statement),
            **{_ARGUMENTS[key]: value for key, value in _conditions(statement).items()},
        }
        body = attributes({name: quoted(value) for name, value in given.items()})
        label = snake(f"{one.name} {statement['Sid']}", one.kind)
        blocks.append(f'resource "aws_lambda_permission" {quoted(label)} {{\n{body}}}\n')
    return "\n".join(blocks)
