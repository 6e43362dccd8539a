"""The verdict of a resource's policy on a service's request, and the sentence that explains it."""

from typing import Any

import pytest

from harness.iam import Policy, Principal, Request, Verdict, evaluate_resource_policy, parse

QUEUE = "arn:aws:sqs:us-east-1:123456789012:orders"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts"
ASKED = Request.of(Principal.service("sns.amazonaws.com"), "sqs:SendMessage", QUEUE, {"aws:SourceArn": TOPIC})
NO_STATEMENT = (
    "no statement in the policy of queue orders allows sqs:SendMessage to sns.amazonaws.com for topic "
    + TOPIC
)


def allow(**changes: Any) -> dict[str, Any]:
    plain = {
        "Sid": "In",
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE,
    }
    return {name: value for name, value in (plain | changes).items() if value is not None}


def verdict(*statements: dict[str, Any], request: Request = ASKED) -> Verdict:
    return evaluate_resource_policy({"Version": "2012-10-17", "Statement": list(statements)}, request)


@pytest.mark.parametrize("document", [None, "", Policy(())])
def test_a_queue_without_a_policy(document: Any) -> None:
    """Promise: the reason says what is missing, for whom and for which topic."""
    assert evaluate_resource_policy(document, ASKED) == Verdict(
        False,
        False,
        "queue orders has no policy; SNS may only send to it when a statement allows sqs:SendMessage to "
        f"sns.amazonaws.com for topic {TOPIC}",
    )


def test_a_statement_that_allows() -> None:
    """Promise: the verdict names the statement."""
    found = verdict(allow(Condition={"ArnEquals": {"aws:SourceArn": TOPIC}}))
    assert found.allowed
    assert found.statements == ("In",)
    assert found.reason == "statement 'In' in the policy of queue orders allows sqs:SendMessage to SNS"


def test_a_compiled_policy_is_asked_as_it_is() -> None:
    """Promise: who keeps a policy compiles it once."""
    policy = parse({"Statement": allow(Sid=None)})
    found = evaluate_resource_policy(policy, ASKED, who="The topic", where="the queue")
    assert found.reason == "a statement in the policy of the queue allows sqs:SendMessage to The topic"


def test_a_deny_wins() -> None:
    """Promise: an explicit deny is told apart from a missing allow, with its conditions."""
    deny = allow(
        Sid="DenyAll",
        Effect="Deny",
        Principal="*",
        Condition={"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}},
    )
    assert verdict(allow(), deny) == Verdict(
        False,
        True,
        "statement 'DenyAll' in the policy of queue orders denies sqs:SendMessage to SNS with aws:SourceIp "
        "outside of 10.0.0.0/8; a Deny wins over every Allow",
        ("DenyAll",),
    )
    assert "denies sqs:SendMessage to SNS; a Deny wins" in verdict(allow(Effect="Deny")).reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (
            {"Condition": {"ArnEquals": {"aws:SourceArn": "arn:b"}}},
            "allows sns.amazonaws.com in, but only with aws:SourceArn arn:b; here aws:SourceArn is " + TOPIC,
        ),
        (
            {"Condition": {"StringEquals": {"aws:SourceOwner": "1"}}},
            "allows sns.amazonaws.com in, but only with aws:SourceOwner 1; here SNS gives no aws:SourceOwner",
        ),
        (
            {"Resource": QUEUE + "x"},
            f"allows sqs:SendMessage to sns.amazonaws.com, but only for {QUEUE}x, and not for {QUEUE}",
        ),
        (
            {"Resource": None, "NotResource": QUEUE},
            f"allows sqs:SendMessage to sns.amazonaws.com, but not for {QUEUE}",
        ),
        (
            {"Action": ["sqs:ReceiveMessage", "sqs:Delete*"]},
            "allows sqs:ReceiveMessage and sqs:Delete* to sns.amazonaws.com, and not sqs:SendMessage",
        ),
        (
            {"Action": None, "NotAction": "sqs:Send*"},
            "allows everything but sqs:Send* to sns.amazonaws.com, and not sqs:SendMessage",
        ),
        (
            {"Principal": {"AWS": ["123456789012", "arn:aws:iam::123456789012:user/ann"]}},
            "allows sqs:SendMessage to account 123456789012 and arn:aws:iam::123456789012:user/ann; SNS "
            "calls as the service sns.amazonaws.com, which belongs to no account",
        ),
    ],
    ids=["condition", "no key", "resource", "not resource", "action", "not action", "account"],
)
def test_the_nearest_statement_says_what_it_lacks(changes: dict[str, Any], reason: str) -> None:
    """Promise: somebody who wrote nearly the right policy reads what is wrong with it."""
    assert verdict(allow(**changes)).reason == "statement 'In' in the policy of queue orders " + reason


@pytest.mark.parametrize(
    "changes",
    [
        {"Principal": {"Service": "s3.amazonaws.com"}},
        {"Principal": None, "NotPrincipal": {"Service": "sns.amazonaws.com"}},
        {"Action": "sqs:Get*", "Resource": QUEUE + "x"},
        {"Effect": "Deny", "Action": "sqs:Get*"},
    ],
    ids=["other service", "not principal", "nothing near", "deny only"],
)
def test_a_policy_about_something_else(changes: dict[str, Any]) -> None:
    """Promise: without a near statement the reason says that there is none."""
    assert verdict(allow(**changes)) == Verdict(False, False, NO_STATEMENT)


def test_a_reason_for_something_without_a_name() -> None:
    """Promise: services, actions and resources that have no word of ours are told as they are."""
    request = Request.of(Principal.service("ses.amazonaws.com"), "kms:Decrypt", "arn:aws:kms:::key/1")
    assert evaluate_resource_policy(None, request).reason == (
        "arn:aws:kms:::key/1 has no policy; ses.amazonaws.com may only call kms:Decrypt when a statement "
        "allows kms:Decrypt to ses.amazonaws.com"
    )
    from_key = Request.of(
        Principal.service("sns.amazonaws.com"),
        "sqs:SendMessage",
        "*",
        {"aws:SourceArn": "arn:aws:kms:::key/1"},
    )
    assert evaluate_resource_policy(None, from_key).reason.endswith(
        "sns.amazonaws.com for arn:aws:kms:::key/1"
    )
