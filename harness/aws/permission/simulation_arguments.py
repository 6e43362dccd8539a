"""The arguments of a simulation, read out of its form and checked as IAM does."""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from ipaddress import ip_network
from typing import Any

from harness.aws.permission.store.identities import Attached
from harness.iam.actions.catalogue import exists
from harness.iam.managed import is_aws_managed

MOST_ITEMS, USUAL_ITEMS = 1000, 100
_TYPES = frozenset(
    f"{kind}{many}"
    for kind in ("string", "numeric", "boolean", "ip", "binary", "date")
    for many in ("", "List")
)
# IAM API reference, PolicyIdentifier.
POLICY_TYPES = frozenset({"inline", "aws-managed", "user-managed", "permission-boundary", "scp", "rcp"})

Values = dict[str, Any]


class InvalidInputError(Exception):
    """What the caller gave is not what the operation takes."""


def actions(given: Values) -> list[str]:
    """Return ActionNames; raise InvalidInputError for what is no action of its service."""
    actions = texts_at(given, "ActionNames")
    if not actions:
        raise InvalidInputError("ActionNames must not be empty.")
    for action in actions:
        service, _, name = action.partition(":")
        if not service or not name or "*" in action or "?" in action:
            raise InvalidInputError(f"Invalid Action: {action} is not in the form service:operation.")
        if not exists(action):
            raise InvalidInputError(f"Invalid Action: {action} is not an action of {service}.")
    return actions


def context(given: Values) -> dict[str, tuple[str, ...]]:
    """Return ContextEntries by their keys in small letters; raise InvalidInputError."""
    found: dict[str, tuple[str, ...]] = {}
    for entry in given.get("ContextEntries") or []:
        if not isinstance(entry, dict) or not entry.get("ContextKeyName"):
            raise InvalidInputError("A context entry needs a ContextKeyName.")
        kind = str(entry.get("ContextKeyType") or "string")
        if kind not in _TYPES:
            raise InvalidInputError(f"Invalid ContextKeyType: {kind}.")
        values = tuple(texts_at(entry, "ContextKeyValues"))
        if len(values) > 1 and not kind.endswith("List"):
            raise InvalidInputError(
                f"Context key {entry['ContextKeyName']} of type {kind} has several values."
            )
        for value in values:
            if not _is_of(kind.removesuffix("List"), value):
                raise InvalidInputError(
                    f"Invalid value {value} for context key {entry['ContextKeyName']} of type {kind}."
                )
        found[str(entry["ContextKeyName"]).lower()] = values
    return found


def _is_of(kind: str, value: str) -> bool:
    """Return whether *value* can be read as *kind*, one of ContextKeyType without its `List`."""
    read = _READ.get(kind)
    try:
        return read is None or read(value) is not None
    except ValueError:
        return False


def _date(text: str) -> object:
    return float(text) if text.replace(".", "", 1).isdecimal() else datetime.fromisoformat(text)


def _boolean(text: str) -> object:
    return text.lower() in ("true", "false") or None


_READ: Mapping[str, Callable[[str], object]] = {
    "ip": lambda text: ip_network(text, strict=False),
    "numeric": float,
    "boolean": _boolean,
    "date": _date,
    "binary": lambda text: b64decode(text, validate=True),
}


def owner(given: Values) -> str:
    """Return the account of ResourceOwner, which may be an id or the ARN of the account's root."""
    text = text_at(given, "ResourceOwner")
    return text.split(":")[4] if text.count(":") >= 5 else text


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What PolicyExclusionList leaves out: types of policies, ARNs, inline policies of identities."""

    types: frozenset[str]
    arns: tuple[str, ...]
    inline: tuple[tuple[str, str], ...]  # (role/NAME, policy)

    @classmethod
    def of(cls, given: Values) -> "Exclusions":
        """Return the exclusions of a call; raise InvalidInputError for an identifier that is none."""
        types: set[str] = set()
        arns: list[str] = []
        inline: list[tuple[str, str]] = []
        for each in given.get("PolicyExclusionList") or []:
            own = each.get("InlinePolicyIdentifier") if isinstance(each, dict) else None
            if isinstance(own, dict):
                owner = f"{text_at(own, 'AttachmentType').lower()}/{text_at(own, 'AttachmentName')}"
                inline.append((owner, text_at(own, "PolicyName")))
            elif isinstance(each, dict) and text_at(each, "PolicyType") in POLICY_TYPES:
                types.add(text_at(each, "PolicyType"))
            elif isinstance(each, dict) and text_at(each, "PolicyArn").startswith("arn:"):
                arns.append(text_at(each, "PolicyArn"))
            else:
                raise InvalidInputError("PolicyExclusionList holds what is no policy identifier.")
        return cls(frozenset(types), tuple(arns), tuple(inline))

    def leave_out(self, policy: Attached) -> bool:
        """Return whether *policy* of an identity is left out."""
        if policy.kind == "boundary":
            return "permission-boundary" in self.types
        if not policy.arn:
            named = any(
                name == policy.name and fnmatchcase(policy.owner, owner) for owner, name in self.inline
            )
            return named or "inline" in self.types
        kind = "aws-managed" if is_aws_managed(policy.arn) else "user-managed"
        return kind in self.types or any(fnmatchcase(policy.arn, each) for each in self.arns)


def page(results: list[Values], given: Values) -> Values:
    """Return the page of *results* that MaxItems and Marker ask for; raise InvalidInputError."""
    start, size = number(given, "Marker", 0), number(given, "MaxItems", USUAL_ITEMS)
    if not 1 <= size <= MOST_ITEMS:
        raise InvalidInputError(f"MaxItems must be between 1 and {MOST_ITEMS}.")
    end = start + size
    page: Values = {"EvaluationResults": results[start:end], "IsTruncated": end < len(results)}
    return page | ({"Marker": str(end)} if end < len(results) else {})


def number(given: Values, name: str, otherwise: int) -> int:
    """Return the whole number *name*; raise InvalidInputError where it is none."""
    text = text_at(given, name)
    if not text:
        return otherwise
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise InvalidInputError(f"{name} is none that this operation takes.")
    return int(text)


def text_at(given: Values, name: str) -> str:
    """Return the text *name*, "" where there is none."""
    value = given.get(name, "")
    return value if isinstance(value, str) else ""


def texts_at(given: Values, name: str) -> list[str]:
    """Return the texts in the list *name*."""
    value = given.get(name)
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def required(given: Values, name: str) -> str:
    """Return the text *name*; raise InvalidInputError where it is missing."""
    value = text_at(given, name)
    if not value:
        raise InvalidInputError(f"{name} must not be null.")
    return value
