"""The Principal element: whom a statement is about.

IAM user guide, "AWS JSON policy elements: Principal" and "… NotPrincipal".
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from harness.iam.request import Principal, role_of_session

KINDS = ("AWS", "Federated", "Service", "CanonicalUser")
EVERYONE = "*"
_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_ROLE = re.compile(r"arn:[^:]+:iam::(\d{12}):role/(?:.*/)?([^/]+)")
# What names those who have no ARN. Amazon Cognito is a service and a provider of identities.
_OUTSIDERS = {"service": ("Service",), "federated": ("Federated", "Service")}
_ACCOUNT = re.compile(r"\d{12}")


class Grant(IntEnum):
    """How a Principal element names who asks: not at all, by its account, by its role, or itself.

    `*` names everybody directly: "Identity-based policy types, such as permissions boundaries or session
    policies, do not limit permissions granted using the aws:PrincipalArn condition key with a wildcard(*) in
    the Principal element" ("AWS JSON policy elements: Principal", IAM role principals).
    """

    NONE = 0
    ACCOUNT = 1
    ROLE = 2
    DIRECT = 3


@dataclass(frozen=True, slots=True)
class Principals:
    """The names of a Principal element, by kind. `everyone`: `*` alone, or `{"AWS": "*"}`, its equal.

    `roles` are the named roles as `account/name`: a role's name is unique in its account, whatever its path.
    """

    everyone: bool
    by_kind: Mapping[str, frozenset[str]]
    roles: frozenset[str] = field(default=frozenset(), compare=False)

    def include(self, who: Principal) -> bool:
        """Return whether *who* is one of them."""
        return self.grant(who) is not Grant.NONE

    def grant(self, who: Principal) -> Grant:
        """Return how *who* is named.

        `*` includes services: the SNS guide lets CloudWatch's alarms publish with `{"AWS": "*"}` and a
        condition on aws:SourceArn ("Example cases for Amazon SNS access control"). An account's id or root
        ARN includes that account's principals; a service belongs to no account.
        """
        if self.everyone:
            return Grant.DIRECT
        if who.kind != "aws":
            return Grant.DIRECT if self._names_outsider(who) else Grant.NONE
        named = self.by_kind.get("AWS", frozenset())
        if who.name in named:
            return Grant.ROLE if who.name == who.role else Grant.DIRECT
        if self._names_role(who, named):
            return Grant.ROLE
        if who.account in named:
            return Grant.DIRECT if who.is_root else Grant.ACCOUNT
        return Grant.NONE

    def exempts(self, who: Principal) -> bool:
        """Return whether a Deny of everyone but these (NotPrincipal) lets *who* pass.

        "When you use NotPrincipal, you must also specify the account ARN of the not-denied principal.
        Otherwise, the policy might deny access to the entire account containing the principal. … AWS might
        validate the account first, then the role, and then the assumed-role user": all of them must be named.
        """
        if self.everyone or who.kind != "aws":
            return self.include(who)
        named = self.by_kind.get("AWS", frozenset())
        if who.account not in named:
            return False
        if who.is_root:
            return True
        itself = who.name in named
        return itself and (not who.is_session or self._names_role(who, named))

    def _names_outsider(self, who: Principal) -> bool:
        """Return whether a service, or somebody whom an identity provider vouches for, is named."""
        return any(
            not self.by_kind.get(kind, frozenset()).isdisjoint({who.name, EVERYONE})
            for kind in _OUTSIDERS.get(who.kind, ())
        )

    def _names_role(self, who: Principal, named: frozenset[str]) -> bool:
        if who.role:
            return who.role in named
        return bool(self.roles) and role_of_session(who.name) in self.roles

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts and ARNs that are named, in order."""
        return tuple(sorted(self.by_kind.get("AWS", ())))


def principals(value: Any, *, generous: bool = True) -> Principals:
    """Return what *value*, the JSON of a Principal element, names; raise ValueError when it is malformed.

    "Wildcards (*, ?) are not supported with the principal key {{principal_key}}" ("IAM policy validation
    check reference", Unsupported wildcard in principal): unless it is *generous*, as where a match denies,
    `*` stands for everybody under the key AWS alone.
    """
    if value == EVERYONE:
        return Principals(True, {})
    if not isinstance(value, dict) or not value or set(value) - set(KINDS):
        raise ValueError("Principal is no map of AWS, Service, Federated or CanonicalUser")
    by_kind = {kind: frozenset(map(_short, _names(names))) for kind, names in value.items()}
    if not generous:
        by_kind = {kind: names - {EVERYONE} if kind != "AWS" else names for kind, names in by_kind.items()}
    named = by_kind.get("AWS", frozenset())
    return Principals(EVERYONE in named, by_kind, frozenset(_roles(named)))


def _names(value: Any) -> list[str]:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError("a principal is no text")
    return names


def _short(name: str) -> str:
    """Return an account's root ARN as its id, to which it is equal; other names as they are."""
    root = _ROOT.fullmatch(name)
    return root[1] if root else name


def _roles(named: Iterable[str]) -> Iterable[str]:
    for name in named:
        role = _ROLE.fullmatch(name)
        if role:
            yield f"{role[1]}/{role[2]}"


def is_account(name: str) -> bool:
    """Return whether *name* is an account's id."""
    return _ACCOUNT.fullmatch(name) is not None
