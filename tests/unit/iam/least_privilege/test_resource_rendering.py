"""Policies of resources as templates: whole, and as their readers take them."""

import json
from typing import Any

import hcl2
import pytest
from made_asks import EVENTS, FUNCTION, RULE, SNS, TOPIC, asked, one
from made_uses import ACCOUNT, QUEUE, ROLE

from harness.iam.least_privilege import Asked, needed_asks, render_resource, smallest_resource

URL = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/orders"
SENT = asked(SNS, "sqs:SendMessage", QUEUE, TOPIC)
PUBLISHED = asked(EVENTS, "sns:Publish", TOPIC)
INVOKED = asked(SNS, "lambda:InvokeFunction", FUNCTION, TOPIC)
TIMED = asked(EVENTS, "lambda:InvokeFunction", FUNCTION, RULE)
ASSUMED = asked("lambda.amazonaws.com", "sts:AssumeRole", ROLE)


def rendered(form: str, kind: str, *uses: Asked) -> str:
    """Return the smallest policy for *uses* in *form*."""
    whose = one(kind, uses[0].use.resource, *uses)
    return render_resource(smallest_resource(whose, needed_asks(whose)), whose, form)


def template(kind: str, *uses: Asked) -> dict[str, Any]:
    """Return the resources of its CloudFormation template, by their logical ids."""
    found: dict[str, Any] = json.loads(rendered("cloudformation", kind, *uses))["Resources"]
    return found


def test_json_is_the_document() -> None:
    """As the service takes it."""
    assert json.loads(rendered("json", "queue", SENT))["Statement"][0]["Resource"] == [QUEUE]
    with pytest.raises(ValueError, match="is none of"):
        rendered("pulumi", "queue", SENT)


@pytest.mark.parametrize(
    ("kind", "use", "name", "type_", "tied"),
    [
        ("queue", SENT, "OrdersPolicy", "AWS::SQS::QueuePolicy", ("Queues", [URL])),
        ("topic", PUBLISHED, "AlertsPolicy", "AWS::SNS::TopicPolicy", ("Topics", [TOPIC])),
        ("trust", ASSUMED, "Worker", "AWS::IAM::Role", ("RoleName", "worker")),
    ],
)
def test_cloudformation_ties_the_policy_to_its_resource(
    kind: str, use: Asked, name: str, type_: str, tied: tuple[str, Any]
) -> None:
    """Template reference: a queue by its URL, a topic by its ARN, a role by its name."""
    [(found, resource)] = template(kind, use).items()
    assert (found, resource["Type"], resource["Properties"][tied[0]]) == (name, type_, tied[1])


def test_a_function_gets_permissions() -> None:
    """One for each source: Lambda takes no policy as a whole."""
    found = template("function", INVOKED, TIMED)
    assert [each["Type"] for each in found.values()] == ["AWS::Lambda::Permission"] * 2
    assert found["RankSnsInvokeFunctionFromAlerts"]["Properties"] == {
        "FunctionName": FUNCTION,
        "Action": "lambda:InvokeFunction",
        "Principal": SNS,
        "SourceArn": TOPIC,
        "SourceAccount": ACCOUNT,
    }


@pytest.mark.parametrize(
    ("kind", "use", "type_", "tied"),
    [
        ("queue", SENT, "aws_sqs_queue_policy", ("queue_url", URL)),
        ("topic", PUBLISHED, "aws_sns_topic_policy", ("arn", TOPIC)),
        ("trust", ASSUMED, "aws_iam_role", ("name", "worker")),
    ],
)
def test_terraform_can_be_read_back(kind: str, use: Asked, type_: str, tied: tuple[str, str]) -> None:
    """A policy document with its principals, and what carries it."""
    found = hcl2.loads(rendered("terraform", kind, use))
    [carrier] = found["resource"][0]['"' + type_ + '"'].values()
    assert carrier[tied[0]].strip('"') == tied[1]
    [document] = found["data"][0]['"aws_iam_policy_document"'].values()
    assert document["statement"][0]["principals"][0]["type"].strip('"') == "Service"


def test_terraform_has_a_permission_for_each_source() -> None:
    """With the source and its account."""
    found = hcl2.loads(rendered("terraform", "function", INVOKED, TIMED))["resource"]
    given = [each for one in found for each in one['"aws_lambda_permission"'].values()]
    assert [each["source_arn"].strip('"') for each in given] == [RULE, TOPIC]
    assert {each["source_account"].strip('"') for each in given} == {ACCOUNT}
