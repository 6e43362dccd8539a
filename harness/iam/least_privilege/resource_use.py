"""Who used a queue, a topic, a function or a role by leave of its own policy: what that policy must allow.

A service that delivers has no policies of its own, so the resource's must let it in (IAM user guide, "AWS
service principals"); so it must for another account ("Cross-account policy evaluation logic"), and so must
the trust policy of a role for everybody who assumes it ("Roles terms and concepts"). A role of the same
account is let in by its own policies: it counts here only where none of them was among what decided.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.iam.least_privilege.grants import TRUST
from harness.iam.least_privilege.role_use import RoleUse, decided, role_uses
from harness.iam.least_privilege.uses import ALLOWED, NOT_COVERED, Use, Watched, uses_by
from harness.iam.request import Principal
from harness.journal import Record, ResourcePolicy, RolePolicies

QUEUE, TOPIC, FUNCTION = "queue", "topic", "function"
RESOURCE_KINDS = (QUEUE, TOPIC, FUNCTION, TRUST)
_SERVICES = {"sqs": QUEUE, "sns": TOPIC}
_ARN_PARTS = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """One use by *principal*: the ARN of a role or user, a service's name, a provider's, or `anonymous`."""

    principal: str
    use: Use

    @property
    def who(self) -> Principal:
        """The principal as a policy names it: the role, whichever of its sessions it was."""
        return Principal.named(self.principal)


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """One resource in one run, `kind` one of RESOURCE_KINDS (`trust`: a role, by those who assume it).

    `used` needed its policy; `denied` were refused by it, or by having none. `known` is false where the run
    did not record what it holds; `policy` is None for one that holds none.
    """

    resource: str
    kind: str
    known: bool
    policy: Mapping[str, Any] | None
    used: tuple[Asked, ...]
    denied: tuple[Asked, ...]

    @property
    def name(self) -> str:
        """The name of the resource, without path; a function's with its qualifier."""
        own = self.resource.split(":", _ARN_PARTS - 1)[-1]
        return own.removeprefix("function:").rpartition("/")[2]


def resource_uses(records: Iterable[Record]) -> dict[tuple[str, str], ResourceUse]:
    """Return the resources whose policies were needed or recorded, by kind and ARN, in order.

    The order of *records* is irrelevant.
    """
    given = list(records)
    roles = role_uses(given)
    held = _held(given)
    used: dict[tuple[str, str], list[Asked]] = {key: [] for key in held}
    denied: dict[tuple[str, str], list[Asked]] = {}
    for caller, uses in uses_by(given, _caller).items():
        for use in uses:
            kind = kind_of(use.resource, use.action)
            if kind and use.verdict != NOT_COVERED and _needs_leave(caller, use, kind, roles.get(caller)):
                into = used if use.verdict == ALLOWED else denied
                into.setdefault((kind, use.resource), []).append(Asked(caller, use))
    return {
        key: ResourceUse(
            key[1], key[0], key in held, held.get(key), tuple(used.get(key, ())), tuple(denied.get(key, ()))
        )
        for key in sorted({*used, *denied})
    }


def kind_of(arn: str, action: str = "") -> str:
    """Return what *arn* is, "" for what has no policy that is written here; for *action*, where it is given.

    A role counts for the actions of STS alone: those of IAM are about the role, and its trust policy is not
    asked.
    """
    parts = arn.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS or parts[0] != "arn":
        return ""
    service, own = parts[2], parts[5]
    if action and not action.startswith("sts:" if service == "iam" else f"{service}:"):
        return ""
    if service == "iam":
        return TRUST if own.startswith("role/") else ""
    if service == "lambda":
        return FUNCTION if own.startswith("function:") else ""
    return "" if ":" in own else _SERVICES.get(service, "")  # that of a subscription goes on behind its topic


def _caller(record: Watched) -> str:
    return record.role or record.principal


def _needs_leave(caller: str, use: Use, kind: str, role: RoleUse | None) -> bool:
    """Return whether the resource's own policy had to allow *use*, or would have had to."""
    who = Principal.named(caller)
    if kind == TRUST or who.kind != "aws" or who.account != use.resource.split(":")[4]:
        return True
    if who.is_root or use.verdict != ALLOWED or role is None or not role.known or not use.statements:
        return False
    return not any(decided(use, grant) for grant in role.grants)


def _held(records: Iterable[Record]) -> dict[tuple[str, str], Mapping[str, Any] | None]:
    """Return the last policy that was recorded of each resource."""
    found: dict[tuple[str, str], tuple[float, Mapping[str, Any] | None]] = {}
    for record in records:
        if isinstance(record, ResourcePolicy):
            _later(found, (kind_of(record.resource), record.resource), record.at, record.policy or None)
        elif isinstance(record, RolePolicies):
            trust = [each["document"] for each in record.policies if each["kind"] == TRUST]
            _later(found, (TRUST, record.role), record.at, trust[0] if trust else None)
    return {key: policy for key, (_, policy) in found.items()}


def _later(
    found: dict[tuple[str, str], tuple[float, Mapping[str, Any] | None]],
    key: tuple[str, str],
    at: float,
    policy: Mapping[str, Any] | None,
) -> None:
    if key not in found or found[key][0] <= at:
        found[key] = (at, policy)


__all__ = [
    "FUNCTION",
    "QUEUE",
    "RESOURCE_KINDS",
    "TOPIC",
    "Asked",
    "ResourceUse",
    "kind_of",
    "resource_uses",
]
