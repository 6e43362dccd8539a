"""What an answer holds besides its verdict: each type's part, who decided, and AWS's sentence."""

from typing import Any

import pytest

from harness.iam import (
    Authorization,
    Effect,
    Kind,
    Policy,
    PolicyEffect,
    PolicySet,
    PolicyType,
    Principal,
    Request,
    authorize,
    message,
    parse,
)

ACCOUNT = "111122223333"
USER = Principal.named(f"arn:aws:iam::{ACCOUNT}:user/ann")
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
SEND = Request.of(USER, "sqs:SendMessage", QUEUE)


def policy(effect: str = "Allow", action: str = "sqs:*", kind: Kind = Kind.IDENTITY, **more: Any) -> Policy:
    statement = {"Effect": effect, "Action": action, "Resource": "*"} | more
    return parse({"Statement": [statement]}, kind, name=kind.value)


def named(effect: str = "Allow", action: str = "sqs:*", kind: Kind = Kind.RESOURCE) -> Policy:
    return policy(effect, action, kind, Principal="*")


OTHER, DENY = policy(action="s3:*"), policy("Deny")
LACKING = {
    PolicyType.IDENTITY: PolicySet(),
    PolicyType.BOUNDARY: PolicySet((policy(),), boundary=(OTHER,)),
    PolicyType.SESSION: PolicySet((policy(),), session=(OTHER,)),
    PolicyType.SCP: PolicySet((policy(),), scps=((OTHER,),)),
    PolicyType.RCP: PolicySet((policy(),), rcps=((named(action="s3:*", kind=Kind.RCP),),)),
    PolicyType.VPC_ENDPOINT: PolicySet((policy(),), vpc_endpoint=(named(action="s3:*"),)),
}
DENYING = {
    PolicyType.IDENTITY: PolicySet((policy(), DENY)),
    PolicyType.RESOURCE: PolicySet((policy(),), named("Deny")),
    PolicyType.BOUNDARY: PolicySet((policy(),), boundary=(DENY,)),
    PolicyType.SESSION: PolicySet((policy(),), session=(DENY,)),
    PolicyType.SCP: PolicySet((policy(),), scps=((DENY,),)),
    PolicyType.RCP: PolicySet((policy(),), rcps=((named("Deny", kind=Kind.RCP),),)),
    PolicyType.VPC_ENDPOINT: PolicySet((policy(),), vpc_endpoint=(named("Deny"),)),
}


@pytest.mark.parametrize("kind", LACKING, ids=lambda kind: kind.name)
def test_awss_sentence_for_an_allow_that_is_missing(kind: PolicyType) -> None:
    """Promise: it names the type of policy that lacks it, as AWS's message does."""
    found = authorize(LACKING[kind], SEND)
    assert found.decided_by == (kind,)
    assert message(SEND, found) == (
        f"User: {USER.name} is not authorized to perform: sqs:SendMessage on resource: {QUEUE} because no "
        f"{kind.value} allows the sqs:SendMessage action"
    )


@pytest.mark.parametrize("kind", DENYING, ids=lambda kind: kind.name)
def test_awss_sentence_for_an_explicit_deny(kind: PolicyType) -> None:
    """Promise: it names the type of policy that denies, and which statement did is told."""
    found = authorize(DENYING[kind], SEND)
    assert found.effect is Effect.EXPLICITLY_DENIED
    assert found.decided_by == (kind,)
    article = "an" if kind is PolicyType.IDENTITY else "a"
    assert found.reason == f"with an explicit deny in {article} {kind.value}"
    assert next(each for each in found.by_type if each.type is kind).statements[0].endswith("#0")


def test_each_type_tells_its_part() -> None:
    """Promise: types without a policy do not apply; the others say what they said, and by which statement."""
    found = authorize(PolicySet((policy(Sid="Send"), OTHER), boundary=(policy(),)), SEND)
    assert found.allowed
    assert found.statements == ("identity#Send", "identity#0")
    assert {each.type: each.effect for each in found.by_type} == {
        PolicyType.RCP: Effect.NOT_APPLICABLE,
        PolicyType.SCP: Effect.NOT_APPLICABLE,
        PolicyType.VPC_ENDPOINT: Effect.NOT_APPLICABLE,
        PolicyType.RESOURCE: Effect.NOT_APPLICABLE,
        PolicyType.IDENTITY: Effect.ALLOWED,
        PolicyType.BOUNDARY: Effect.ALLOWED,
        PolicyType.SESSION: Effect.NOT_APPLICABLE,
    }
    assert PolicyEffect(PolicyType.IDENTITY, Effect.ALLOWED, ("identity#Send",)) in found.by_type


@pytest.mark.parametrize(
    ("policies", "who", "reason"),
    [
        (
            PolicySet((policy(),)),
            USER,
            "because an identity-based policy allows the sqs:SendMessage action",
        ),
        (
            PolicySet((policy(),), named()),
            USER,
            "because an identity-based policy and a resource-based policy allow the sqs:SendMessage action",
        ),
        (
            PolicySet(),
            Principal.named(f"arn:aws:iam::{ACCOUNT}:root"),
            "because the account's root user may do everything, sqs:SendMessage included",
        ),
    ],
    ids=["identity", "both", "root"],
)
def test_what_let_a_request_through(policies: PolicySet, who: Principal, reason: str) -> None:
    """Promise: a yes is explained too."""
    assert authorize(policies, Request.of(who, "sqs:SendMessage", QUEUE)).reason == reason


def test_the_words_of_role_trust() -> None:
    """Promise: a role's own policy is called what AWS calls it."""
    role = f"arn:aws:iam::{ACCOUNT}:role/guest"
    asked = Request.of(USER, "sts:AssumeRole", role)
    trust = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    deny, allow = (
        parse({"Statement": trust | {"Effect": effect}}, Kind.TRUST) for effect in ("Deny", "Allow")
    )
    reasons = [authorize(PolicySet(resource=each), asked).reason for each in (None, deny, allow)]
    assert reasons == [
        "because no role trust policy allows the sts:AssumeRole action",
        "with an explicit deny in the role trust policy",
        "because the role trust policy allows the sts:AssumeRole action",
    ]


def test_messages_of_other_callers() -> None:
    """Promise: the anonymous are called so, a call without a resource names none; AWS's own words stay."""
    nobody = Request.of(Principal.named(""), "s3:ListAllMyBuckets", "*")
    assert message(nobody, authorize(PolicySet(), nobody)) == (
        "User: anonymous is not authorized to perform: s3:ListAllMyBuckets because no resource-based policy "
        "allows the s3:ListAllMyBuckets action"
    )
    root = Request.of(Principal.named(ACCOUNT), "sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/guest")
    assert message(root, authorize(PolicySet(), root)) == "Roles may not be assumed by root accounts."


def test_an_answer_without_policies() -> None:
    """Promise: what no policy decides has no statements."""
    asked = Request.of(USER, "sts:GetCallerIdentity", "*")
    assert authorize(PolicySet(), asked) == Authorization(
        Effect.ALLOWED, "because no permissions are required for this operation"
    )
    assert authorize(PolicySet(), asked).statements == ()


def test_what_needs_no_permission_may_pass_an_endpoint_that_lets_it() -> None:
    """Promise: the reason is that none is required, not that the endpoint's policy allows it."""
    asked = Request.of(USER, "sts:GetCallerIdentity", "*")
    answer = authorize(PolicySet(vpc_endpoint=(named(action="sts:*"),)), asked)
    assert (answer.effect, answer.reason) == (
        Effect.ALLOWED,
        "because no permissions are required for this operation",
    )


@pytest.mark.parametrize(
    ("name", "kind", "account"),
    [
        ("anonymous", "anonymous", ""),
        ("", "anonymous", ""),
        ("sns.amazonaws.com", "service", ""),
        ("ec2.amazonaws.com.cn", "service", ""),
        ("accounts.google.com", "federated", ""),
        ("cognito-identity.amazonaws.com", "federated", ""),
        (f"arn:aws:iam::{ACCOUNT}:saml-provider/corp", "federated", ""),
        (ACCOUNT, "aws", ACCOUNT),
        (USER.name, "aws", ACCOUNT),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/w-0", "aws", ACCOUNT),
        ("ann", "aws", ""),
    ],
)
def test_who_is_called_by_a_name(name: str, kind: str, account: str) -> None:
    """Promise: a name tells what it is the name of."""
    found = Principal.named(name)
    assert (found.kind, found.account) == (kind, account)


def test_a_federated_user_and_who_federated() -> None:
    """Promise: what a resource grants the ARN of the user is limited by the session's policy."""
    federated = Principal.named(f"arn:aws:sts::{ACCOUNT}:federated-user/x", role=USER.name)
    asked = Request.of(federated, "sqs:SendMessage", QUEUE)
    to_user = policy(kind=Kind.RESOURCE, Principal={"AWS": USER.name})
    assert authorize(PolicySet(resource=to_user, session=(policy(),)), asked).allowed
    assert not authorize(PolicySet(resource=to_user, session=(OTHER,)), asked).allowed
    assert not authorize(PolicySet(resource=to_user), asked).allowed


@pytest.mark.parametrize(
    ("name", "role"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/x:role/aws-service-role/a", ""),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/w/AWSServiceRoleForX", ""),
        (
            f"arn:aws:sts::{ACCOUNT}:assumed-role/AWSServiceRoleForX/s",
            f"arn:aws:iam::{ACCOUNT}:role/AWSServiceRoleForX",
        ),
        (f"arn:aws:iam::{ACCOUNT}:user/:assumed-role/AWSServiceRoleForX", ""),
    ],
)
def test_who_only_looks_like_a_service_linked_role(name: str, role: str) -> None:
    """Promise: paths and session names, which anybody may choose, free nobody from an SCP."""
    asked = Request.of(Principal.named(name, role=role), "sqs:SendMessage", QUEUE)
    assert not authorize(PolicySet((policy(),), scps=((OTHER,),)), asked).allowed
