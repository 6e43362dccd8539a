"""The AWS calls that make roles, their policies and buckets, and those that remove them."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from harness.iam import Kind
from harness.scenario.calls import Call
from harness.scenario.permissions import document
from harness.scenario.resources import Bucket, ManagedPolicy, Role

# The one region that CreateBucket wants no LocationConstraint for: S3 API reference, CreateBucket.
REGION_WITHOUT_CONSTRAINT = "us-east-1"


def permitting(roles: Sequence[Role], region: str, account: str) -> Iterator[Call]:
    """Yield the calls that make *roles* and what they hold, the policies that they share first."""
    for policy in _policies(roles):
        arguments = {
            "PolicyName": policy.name,
            "PolicyDocument": json.dumps(document(policy.statements, region, account)),
        }
        yield Call("iam", "create_policy", arguments, f"policy {policy.name}")
    for role in roles:
        yield from _role(role, region, account)


def unpermitting(roles: Sequence[Role], account: str) -> Iterator[Call]:
    """Yield the calls that remove *roles*, and then the policies that they shared."""
    for role in roles:
        named, what = {"RoleName": role.name}, f"role {role.name}"
        for policy in role.managed:
            attached = named | {"PolicyArn": policy_arn(policy, account)}
            yield Call("iam", "detach_role_policy", attached, f"{attached['PolicyArn']} of {what}")
        if role.boundary is not None:
            yield Call("iam", "delete_role_permissions_boundary", named, f"boundary of {what}")
        if role.statements:
            yield Call("iam", "delete_role_policy", _inline(role), f"policy of {what}")
        yield Call("iam", "delete_role", named, what)
    for policy in _policies(roles):
        arn = policy.arn("", account)
        yield Call("iam", "delete_policy", {"PolicyArn": arn}, f"policy {policy.name}")


def policy_arn(policy: str | ManagedPolicy, account: str) -> str:
    """Return the ARN of a managed policy, AWS's or the account's own."""
    return policy if isinstance(policy, str) else policy.arn("", account)


def buckets_of(buckets: Iterable[Bucket], region: str, account: str) -> Iterator[Call]:
    """Yield the calls that make *buckets* with what is in them; a policy comes last, it may shut out."""
    for bucket in buckets:
        named, what = {"Bucket": bucket.name}, f"bucket {bucket.name}"
        yield Call("s3", "create_bucket", named | region_of_bucket(region), what)
        for key, body in bucket.objects.items():
            yield Call("s3", "put_object", named | {"Key": key, "Body": body}, f"{key} in {what}")
        if bucket.policy:
            policy = json.dumps(document(bucket.policy, region, account, Kind.RESOURCE))
            yield Call("s3", "put_bucket_policy", named | {"Policy": policy}, f"policy of {what}")


def opening_up(buckets: Iterable[Bucket]) -> Iterator[Call]:
    """Yield the calls that take the policies of *buckets* away, so that they can be emptied."""
    for bucket in buckets:
        if bucket.policy:
            yield Call(
                "s3", "delete_bucket_policy", {"Bucket": bucket.name}, f"policy of bucket {bucket.name}"
            )


def unbucketing(buckets: Iterable[Bucket]) -> Iterator[Call]:
    """Yield the calls that remove *buckets*, which must be empty."""
    for bucket in buckets:
        yield Call("s3", "delete_bucket", {"Bucket": bucket.name}, f"bucket {bucket.name}")


def region_of_bucket(region: str) -> dict[str, Any]:
    """Return what CreateBucket wants to know of *region*."""
    if region == REGION_WITHOUT_CONSTRAINT:
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}


def _policies(roles: Iterable[Role]) -> list[ManagedPolicy]:
    """Return the policies of the account's own that *roles* need, each once."""
    return list({policy.name: policy for role in roles for policy in role.policies}.values())


def _role(role: Role, region: str, account: str) -> Iterator[Call]:
    named, what = {"RoleName": role.name}, f"role {role.name}"
    trust = json.dumps(document(role.trusted, region, account, Kind.TRUST))
    yield Call("iam", "create_role", named | {"AssumeRolePolicyDocument": trust}, what)
    if role.statements:
        written = json.dumps(document(role.statements, region, account))
        yield Call("iam", "put_role_policy", _inline(role) | {"PolicyDocument": written}, f"policy of {what}")
    for policy in role.managed:
        attached = named | {"PolicyArn": policy_arn(policy, account)}
        yield Call("iam", "attach_role_policy", attached, f"{attached['PolicyArn']} of {what}")
    if role.boundary is not None:
        limited = named | {"PermissionsBoundary": policy_arn(role.boundary, account)}
        yield Call("iam", "put_role_permissions_boundary", limited, f"boundary of {what}")


def _inline(role: Role) -> dict[str, str]:
    return {"RoleName": role.name, "PolicyName": f"{role.name}-inline"}
