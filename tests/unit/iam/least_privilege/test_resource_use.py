"""Who needed a resource's own policy, from the records of a run."""

from random import Random

import pytest
from made_asks import BUCKET, EVENTS, FUNCTION, LAMBDA, OTHER, S3, SNS, TOPIC, delivery, passed
from made_uses import ACCOUNT, QUEUE, ROLE, allow, document, policies, total, used

from harness.iam.least_privilege import ResourceUse, resource_uses
from harness.iam.least_privilege.resource_use import kind_of
from harness.journal import PermissionTotal, Record, ResourcePolicy, RolePolicies


def found(*records: Record) -> dict[tuple[str, str], ResourceUse]:
    """Return the resources of *records*, whose order is irrelevant."""
    shuffled = list(records)
    Random(7).shuffle(shuffled)
    expected = resource_uses(records)
    assert resource_uses(shuffled) == expected
    return expected


def test_deliveries_need_the_policy_of_their_target() -> None:
    """Told by kind and ARN, with who delivered for what; services are counted as often as they came."""
    counted = PermissionTotal(
        9.0, SNS, "", "sqs:SendMessage", "sqs:SendMessage", QUEUE, "Allowed", 5, 8.0, passed(TOPIC)
    )
    seen = found(
        delivery(SNS, TOPIC, QUEUE),
        counted,
        delivery(S3, BUCKET, TOPIC, "sns:Publish"),
        delivery(EVENTS, "", FUNCTION, "lambda:InvokeFunction"),
    )
    assert list(seen) == [("function", FUNCTION), ("queue", QUEUE), ("topic", TOPIC)]
    [sent] = seen["queue", QUEUE].used
    assert (sent.principal, sent.use.calls, sent.use.context["aws:sourcearn"]) == (SNS, 5, (TOPIC,))
    assert (seen["queue", QUEUE].name, seen["function", FUNCTION].name) == ("orders", "rank")
    assert not seen["queue", QUEUE].known


def test_what_was_refused_is_told_apart() -> None:
    """It is no use of the policy; what nobody mapped is neither."""
    seen = found(
        delivery(SNS, TOPIC, QUEUE, verdict="ImplicitlyDenied"),
        delivery(S3, BUCKET, QUEUE, verdict="NotCovered"),
    )["queue", QUEUE]
    assert ([one.principal for one in seen.denied], seen.used) == ([SNS], ())


def test_a_role_of_the_account_needs_it_only_without_a_policy_of_its_own() -> None:
    """By what decided in the run; where that, or what the role holds, is not known it is left out."""
    own = used("sqs:SendMessage", QUEUE, statements=["p0#0"])
    by_queue = used("sqs:ReceiveMessage", QUEUE, statements=[f"{QUEUE}#In"])
    unknown = used("sqs:PurgeQueue", QUEUE)
    held = policies(document(allow("sqs:SendMessage", QUEUE)))
    seen = found(own, by_queue, unknown, held)["queue", QUEUE]
    assert [(one.principal, one.use.action) for one in seen.used] == [(ROLE, "sqs:ReceiveMessage")]
    assert ("queue", QUEUE) not in found(by_queue)
    assert ("queue", QUEUE) not in found(used("sqs:PurgeQueue", QUEUE, verdict="ImplicitlyDenied"), held)


def test_another_account_always_needs_it() -> None:
    """ "Cross-account policy evaluation logic": both must allow."""
    theirs = QUEUE.replace(ACCOUNT, OTHER)
    [sent] = found(used("sqs:SendMessage", theirs))["queue", theirs].used
    assert sent.who.account == ACCOUNT


def test_whoever_assumes_a_role_needs_its_trust_policy() -> None:
    """Services and roles alike; the calls of IAM about the role ask it nothing."""
    trusted = RolePolicies(9.0, ROLE, [{"name": "trust", "kind": "trust", "document": document()}])
    seen = found(
        delivery(LAMBDA, "", ROLE, "sts:AssumeRole"),
        used("sts:AssumeRole", ROLE, role=f"{ROLE}-2"),
        used("iam:GetRole", ROLE),
        total("sts:AssumeRole", ROLE, 2, 3.0, role=f"{ROLE}-2"),
        trusted,
    )
    assert list(seen) == [("trust", ROLE)]
    assert [one.principal for one in seen["trust", ROLE].used] == [f"{ROLE}-2", LAMBDA]
    assert (seen["trust", ROLE].known, seen["trust", ROLE].policy) == (True, document())


def test_the_last_policy_of_a_resource_counts() -> None:
    """It is recorded as often as it changes; a resource that nobody used is known, too."""
    seen = found(
        ResourcePolicy(1.0, QUEUE, document(allow("sqs:*"))),
        ResourcePolicy(3.0, QUEUE, document()),
        ResourcePolicy(2.0, TOPIC, {}),
        RolePolicies(9.0, ROLE, []),
    )
    assert (seen["queue", QUEUE].policy, seen["queue", QUEUE].used) == (document(), ())
    assert (seen["topic", TOPIC].policy, seen["topic", TOPIC].known) == (None, True)
    assert (seen["trust", ROLE].policy, seen["trust", ROLE].known) == (None, True)


@pytest.mark.parametrize(
    ("arn", "action", "kind"),
    [
        (QUEUE, "", "queue"),
        (QUEUE, "kms:Decrypt", ""),
        (f"{TOPIC}:0b5e", "sns:Unsubscribe", ""),
        (f"{FUNCTION}:live", "lambda:InvokeFunction", "function"),
        (f"arn:aws:lambda:us-east-1:{ACCOUNT}:event-source-mapping:1", "lambda:GetEventSourceMapping", ""),
        (ROLE, "iam:PassRole", ""),
        (f"arn:aws:iam::{ACCOUNT}:user/olga", "", ""),
        (BUCKET, "s3:ListBucket", ""),
        ("*", "sqs:ListQueues", ""),
    ],
)
def test_only_some_resources_have_policies_that_are_written_here(arn: str, action: str, kind: str) -> None:
    """For the actions of their own service, a role's for those of STS."""
    assert kind_of(arn, action) == kind
