"""What a resource's policy grants anew: nothing is called old unless that is certain."""

from typing import Any

import pytest
from made_asks import S3, SNS, TOPIC
from made_uses import ACCOUNT, QUEUE, ROLE, document
from made_uses import allow as allow_own
from made_uses import deny as deny_own

from harness.iam import MalformedPolicyError
from harness.iam.least_privilege import new_grants_at_resource

SEND = "sqs:SendMessage"
FROM = {"ArnEquals": {"aws:SourceArn": TOPIC}}
BY_SNS = {"Service": SNS}
ROOT = f"arn:aws:iam::{ACCOUNT}:root"


def allow(principal: Any, actions: Any = SEND, resources: Any = QUEUE, **more: Any) -> dict[str, Any]:
    """Return a statement that lets *principal* in."""
    return allow_own(actions, resources, Principal=principal, **more)


def deny(principal: Any, actions: Any = SEND, resources: Any = QUEUE, **more: Any) -> dict[str, Any]:
    """Return a statement that keeps *principal* out."""
    return deny_own(actions, resources, Principal=principal, **more)


def new(reference: list[Any], given: list[Any], resource: str = QUEUE) -> list[str]:
    """Return the words of what *given* grants anew."""
    found = new_grants_at_resource([document(*reference)], [("policy", document(*given))], resource)
    return [each.words for each in found]


@pytest.mark.parametrize(
    ("reference", "given"),
    [
        ([allow(BY_SNS)], [allow(BY_SNS)]),
        ([allow(BY_SNS)], [allow(BY_SNS, Condition=FROM)]),
        ([allow("*")], [allow(BY_SNS)]),
        ([allow({"AWS": "*"})], [allow("*")]),
        ([allow({"Service": [SNS, S3]}, "sqs:*")], [allow({"Service": S3}), allow(BY_SNS)]),
        ([allow(BY_SNS, resources=QUEUE)], [allow(BY_SNS, resources="*")]),
        ([allow(BY_SNS, resources="*")], [allow(BY_SNS)]),
        ([allow({"AWS": ACCOUNT})], [allow({"AWS": ROOT})]),
        ([allow(BY_SNS), deny("*", Condition=FROM)], [allow(BY_SNS), deny("*", Condition=FROM)]),
        ([allow(BY_SNS), deny({"Service": S3})], [allow(BY_SNS)]),
        ([allow(BY_SNS)], [allow(BY_SNS), allow({"Service": S3}), deny({"Service": S3})]),
        ([allow(BY_SNS)], [allow(BY_SNS), allow("*", resources=f"{QUEUE}-2")]),
        ([allow(BY_SNS)], [{**allow_own(SEND, QUEUE), "NotPrincipal": BY_SNS}]),
    ],
)
def test_nothing_is_new(reference: list[Any], given: list[Any]) -> None:
    """The same or less: for a source only, for one of several, for the resource under another name."""
    assert new(reference, given) == []


@pytest.mark.parametrize(
    ("reference", "given", "who"),
    [
        ([allow(BY_SNS, Condition=FROM)], [allow(BY_SNS)], SNS),
        ([allow(BY_SNS)], [allow({"Service": S3})], S3),
        ([allow(BY_SNS)], [allow("*")], "*"),
        ([allow({"AWS": ROOT})], [allow({"AWS": ROLE})], ROLE),
        ([allow(BY_SNS)], [allow(BY_SNS, "sqs:*")], SNS),
        ([allow("*"), deny("*", Condition=FROM)], [allow(BY_SNS)], SNS),
        ([allow({"AWS": ROLE}), deny({"AWS": ROOT})], [allow({"AWS": ROLE})], ROLE),
        ([allow("*"), deny(BY_SNS)], [allow("*")], "*"),
        # Another Deny than the one that is gone does not stand in for it.
        ([allow({"AWS": ROLE}), deny({"AWS": ROOT})], [allow({"AWS": ROLE}), deny({"Service": S3})], ROLE),
        (
            [allow(BY_SNS), {**deny_own(SEND, QUEUE), "NotPrincipal": {"Service": S3}}],
            [allow(BY_SNS)],
            SNS,
        ),
        ([allow(BY_SNS)], [allow(BY_SNS, resources="arn:aws:sqs:*:*:${aws:username}")], SNS),
        ([{**allow_own(SEND, QUEUE), "NotPrincipal": {"Service": S3}}], [allow(BY_SNS)], SNS),
        ([allow(BY_SNS)], [allow(BY_SNS, NotResource=f"{QUEUE}-2") | {"Resource": None}], SNS),
    ],
)
def test_more_is_new(reference: list[Any], given: list[Any], who: str) -> None:
    """Another source, principal or action, and a Deny that is gone; told with whom."""
    given = [{key: value for key, value in one.items() if value is not None} for one in given]
    found = new(reference, given)
    assert len(found) > 0
    assert all(f" to {who}: " in each for each in found)


def test_a_deny_that_both_have_takes_the_same_from_both() -> None:
    """Even where nobody can say whether it is about the principal."""
    shut = {**deny_own("*", QUEUE), "NotPrincipal": {"AWS": [ROOT, ROLE]}}
    both = [allow({"AWS": ROLE}), shut]
    assert new(both, [{**shut, "Sid": "Shut"}, allow({"AWS": ROLE})]) == []


def test_trust_policies_are_compared_alike() -> None:
    """They name no resource: it is the role."""
    trust = {"Effect": "Allow", "Principal": BY_SNS, "Action": "sts:AssumeRole"}
    other = {**trust, "Principal": {"Service": S3}, "Sid": "Other"}
    assert new([trust], [trust], ROLE) == []
    assert new([trust], [trust, other], ROLE) == [
        f"policy#Other grants sts:AssumeRole on {ROLE} to {S3}: the reference does not allow it"
    ]
    assert new([trust], [other], "")[0].startswith("policy#Other grants sts:AssumeRole on * to")


def test_without_a_reference_all_is_new() -> None:
    """And what AWS would not take is refused in its words."""
    given = [("policy", document(allow(BY_SNS)))]
    [grant] = new_grants_at_resource([], given)
    assert (grant.principal, grant.actions, grant.resource) == (SNS, (SEND,), QUEUE)
    with pytest.raises(MalformedPolicyError):
        new_grants_at_resource([], [("policy", document({"Effect": "Maybe"}))])
