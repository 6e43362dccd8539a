"""The Principal element: whom a statement is about.

IAM user guide, "AWS JSON policy elements: Principal" and "… NotPrincipal".
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.iam.request import Principal

KINDS = ("AWS", "Federated", "Service", "CanonicalUser")
EVERYONE = "*"
_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Principals:
    """The names of a Principal element, by kind. `everyone`: `*` alone, or `{"AWS": "*"}`, its equal."""

    everyone: bool
    by_kind: Mapping[str, frozenset[str]]

    def include(self, who: Principal) -> bool:
        """Return whether *who* is one of them.

        `*` includes services: the SNS guide lets CloudWatch's alarms publish with `{"AWS": "*"}` and a
        condition on aws:SourceArn ("Example cases for Amazon SNS access control"). An account's id or root
        ARN includes that account's principals; a service belongs to no account.
        """
        if self.everyone:
            return True
        if who.kind == "service":
            named = self.by_kind.get("Service", frozenset())
            return who.name in named or EVERYONE in named
        named = self.by_kind.get("AWS", frozenset())
        return who.kind == "aws" and not named.isdisjoint({who.name, who.role or who.name, who.account})

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts and ARNs that are named, in order."""
        return tuple(sorted(self.by_kind.get("AWS", ())))


def principals(value: Any) -> Principals:
    """Return what *value*, the JSON of a Principal element, names; raise ValueError when it is malformed."""
    if value == EVERYONE:
        return Principals(True, {})
    if not isinstance(value, dict) or not value or set(value) - set(KINDS):
        raise ValueError("Principal is no map of AWS, Service, Federated or CanonicalUser")
    by_kind = {kind: frozenset(map(_short, _names(names))) for kind, names in value.items()}
    return Principals(EVERYONE in by_kind.get("AWS", ()), by_kind)


def _names(value: Any) -> list[str]:
    names = value if isinstance(value, list) else [value]
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError("a principal is no text")
    return names


def _short(name: str) -> str:
    """Return an account's root ARN as its id, to which it is equal; other names as they are."""
    root = _ROOT.fullmatch(name)
    return root[1] if root else name


def is_account(name: str) -> bool:
    """Return whether *name* is an account's id."""
    return _ACCOUNT.fullmatch(name) is not None
