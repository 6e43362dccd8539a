"""Records and uses as the tests of least privilege make them."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.iam.least_privilege import RoleUse, Use, role_uses
from harness.journal import PermissionTotal, PermissionUsed, RolePolicies

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
QUEUE = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"
ENDPOINT = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/ranker"
EXECUTION = f"arn:aws:iam::{ACCOUNT}:role/execution"


def session(program: str = "worker-0", role: str = "worker") -> str:
    """Return the ARN of the session called *program*."""
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{program}"


def used(action: str, resource: str, **given: Any) -> PermissionUsed:
    """Return the record of a use, allowed unless it says otherwise."""
    defaults = {"at": 1.0, "principal": session(), "role": ROLE, "call": action, "verdict": "Allowed"}
    return PermissionUsed(action=action, resource=resource, **{**defaults, **given})


def total(action: str, resource: str, calls: int, last_at: float, **given: Any) -> PermissionTotal:
    """Return the record of how often a use came."""
    defaults = {"at": 9.0, "principal": session(), "role": ROLE, "call": action, "verdict": "Allowed"}
    return PermissionTotal(
        action=action, resource=resource, calls=calls, last_at=last_at, **{**defaults, **given}
    )


def allow(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    """Return a statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def deny(actions: Any, resources: Any = "*", **more: Any) -> dict[str, Any]:
    """Return a statement that denies."""
    return {"Effect": "Deny", "Action": actions, "Resource": resources, **more}


def document(*statements: Mapping[str, Any], version: str = "2012-10-17") -> dict[str, Any]:
    """Return a policy."""
    return {"Version": version, "Statement": list(statements)}


def policies(*documents: Mapping[str, Any], kind: str = "inline", at: float = 9.0) -> RolePolicies:
    """Return the record of what the role holds: policies p0, p1 …"""
    rows = [{"name": f"p{n}", "kind": kind, "document": each} for n, each in enumerate(documents)]
    return RolePolicies(at=at, role=ROLE, policies=rows)


def role_of(*records: Any) -> RoleUse:
    """Return what the one role of *records* held and did."""
    (found,) = role_uses(records).values()
    return found


def allowed(*pairs: tuple[str, str] | tuple[str, str, Mapping[str, Sequence[str]]]) -> list[PermissionUsed]:
    """Return records of allowed uses: action, resource, context."""
    return [used(each[0], each[1], context=dict(each[2]) if len(each) > 2 else {}) for each in pairs]


def use(action: str, resource: str = "*", **context: Sequence[str]) -> Use:
    """Return one use."""
    return Use(action, action, resource, "Allowed", dict(context))
