"""What AWS asks the policy at the end of a way."""

import json

import pytest

from harness.messaging.edges import PAGES, Edge, Target, is_judged, judge, policy_of, request_of, service_of

ACCOUNT = "123456789012"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/scored"
BUCKET = "arn:aws:s3:::inputs"


@pytest.mark.parametrize(
    ("service", "source", "target", "action"),
    [
        ("sns", TOPIC, QUEUE, "sqs:SendMessage"),
        ("s3", BUCKET, TOPIC, "sns:Publish"),
        ("events", RULE, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:score", "lambda:InvokeFunction"),
    ],
)
def test_the_service_asks_in_its_own_name(service: str, source: str, target: str, action: str) -> None:
    """Promise: principal, action and the keys of the source are those that AWS sends."""
    asked = request_of(Edge(service, source, target), ACCOUNT)
    assert (asked.principal.name, asked.action, asked.resource) == (
        f"{service}.amazonaws.com",
        action,
        target,
    )
    assert asked.context["aws:sourcearn"] == (source,)
    assert asked.context["aws:sourceaccount"] == (ACCOUNT,)
    assert asked.context["aws:securetransport"] == ("true",)
    assert "aws:sourceowner" not in asked.context


def test_eventbridge_tells_a_topic_nothing_of_its_source() -> None:
    """Promise: a condition on the rule cannot be met, as the EventBridge guide has it."""
    assert "aws:sourcearn" not in request_of(Edge("events", RULE, TOPIC), ACCOUNT).context


def test_the_default_policy_of_a_topic_lets_no_bucket_in() -> None:
    """Promise: SNS's default statement asks for a key that S3 does not pass."""
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:Publish"],
        "Resource": TOPIC,
        "Condition": {"StringEquals": {"AWS:SourceOwner": ACCOUNT}},
    }
    text = json.dumps({"Version": "2008-10-17", "Statement": [statement]})
    verdict = judge(Edge("s3", BUCKET, TOPIC), Target(TOPIC, policy_of(text)), ACCOUNT)
    assert not verdict.allowed
    assert verdict.reason.endswith("here S3 gives no AWS:SourceOwner")


def test_a_policy_that_aws_would_not_take_allows_nothing() -> None:
    """Promise: what a backend stores of it opens no way."""
    assert policy_of("") is None
    assert policy_of(None) is None
    found = policy_of("{")
    assert found is not None
    assert found.statements == ()


def test_every_way_has_its_page() -> None:
    """Promise: a finding can name the documentation of the permission that is missing."""
    assert Edge("sns", TOPIC, QUEUE).page.startswith("Amazon SNS Developer Guide")
    assert {service for service, _ in PAGES} == {"sns", "s3", "events"}
    assert is_judged("s3", QUEUE)
    assert not is_judged("sns", TOPIC)
    assert service_of("http://example.com:80/a:b:c:d:e") == ""
