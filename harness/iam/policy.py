"""A policy document, read and compiled: its statements, or the words with which AWS refuses it.

IAM user guide, "Grammar of the IAM JSON policy language". The words are IAM's own for
MalformedPolicyDocument, as recorded from AWS by moto's tests of policy documents.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from harness.errors import RequestRefused
from harness.iam.conditions import Condition, UnknownOperatorError, compile_conditions
from harness.iam.patterns import Pattern, pattern, resource_pattern
from harness.iam.principals import Principals, principals
from harness.iam.request import Request

VERSIONS = ("2008-10-17", "2012-10-17")
SYNTAX = "Syntax errors in policy."
_POLICY_KEYS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9*?_-]*")


class MalformedPolicyError(RequestRefused):
    """AWS would not take the document: code MalformedPolicyDocument, and why in its words."""

    def __init__(self, message: str) -> None:
        super().__init__("MalformedPolicyDocument", message)


class Kind(Enum):
    """Where a document hangs: on a resource, on an identity, or as a role's trust policy."""

    RESOURCE = "resource"
    IDENTITY = "identity"
    TRUST = "trust"


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement. An element that it lacks is None; `not_…` says that it was the Not form."""

    sid: str
    allows: bool
    principals: Principals | None
    not_principal: bool
    actions: tuple[Pattern, ...]
    not_action: bool
    resources: tuple[Pattern, ...] | None
    not_resource: bool
    conditions: tuple[Condition, ...]

    @property
    def label(self) -> str:
        """What sentences name it by."""
        return f"statement {self.sid!r}" if self.sid else "a statement"

    def names_principal(self, request: Request) -> bool:
        """Return whether it is about who asks; an identity's policy is about the identity itself."""
        return self.principals is None or self.principals.include(request.principal) is not self.not_principal

    def names_action(self, request: Request) -> bool:
        """Return whether it is about what is asked; action names ignore case."""
        found = any(each.matches(request.action, request.context) for each in self.actions)
        return found is not self.not_action

    def names_resource(self, request: Request) -> bool:
        """Return whether it is about the resource; a trust policy is about its role."""
        if self.resources is None:
            return True
        found = any(each.matches(request.resource, request.context) for each in self.resources)
        return found is not self.not_resource

    def failing(self, request: Request) -> tuple[Condition, ...]:
        """Return the conditions that do not hold."""
        return tuple(each for each in self.conditions if not each.holds(request.context))

    def applies(self, request: Request) -> bool:
        """Return whether every element of it matches *request*."""
        return (
            self.names_action(request)
            and self.names_principal(request)
            and self.names_resource(request)
            and not self.failing(request)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A document's statements, in their order."""

    statements: tuple[Statement, ...]


def parse(document: str | Mapping[str, Any], kind: Kind = Kind.RESOURCE) -> Policy:
    """Return *document* compiled; raise MalformedPolicyError with AWS's words."""
    if isinstance(document, str):
        return _parse_text(document, kind)
    return _policy(document, kind)


@lru_cache(maxsize=512)
def _parse_text(text: str, kind: Kind) -> Policy:
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except ValueError as error:  # JSONDecodeError is one
        raise MalformedPolicyError(SYNTAX) from error
    return _policy(value, kind)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """ "Individual elements must not contain multiple instances of the same key." """
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _policy(value: Any, kind: Kind) -> Policy:
    if not isinstance(value, Mapping) or set(value) - _POLICY_KEYS or "Statement" not in value:
        raise MalformedPolicyError(SYNTAX)
    version = value.get("Version", VERSIONS[0])
    if version not in VERSIONS:
        raise MalformedPolicyError("Policy document must be version 2012-10-17 or greater.")
    given = value["Statement"]
    statements = given if isinstance(given, list) else [given]
    return Policy(tuple(_statement(each, kind, variables=version == VERSIONS[1]) for each in statements))


def _statement(given: Any, kind: Kind, *, variables: bool) -> Statement:
    if not isinstance(given, Mapping) or set(given) - _STATEMENT_KEYS:
        raise MalformedPolicyError(SYNTAX)
    for one in ("Principal", "Action", "Resource"):
        if one in given and f"Not{one}" in given:
            raise MalformedPolicyError(SYNTAX)
    if given.get("Effect") not in ("Allow", "Deny") or not isinstance(given.get("Sid", ""), str):
        raise MalformedPolicyError(SYNTAX)
    return Statement(
        sid=given.get("Sid", ""),
        allows=given["Effect"] == "Allow",
        principals=_principals(given, kind),
        not_principal="NotPrincipal" in given,
        actions=_actions(given),
        not_action="NotAction" in given,
        resources=_resources(given, kind, variables=variables),
        not_resource="NotResource" in given,
        conditions=_conditions(given, variables=variables),
    )


def _principals(given: Mapping[str, Any], kind: Kind) -> Principals | None:
    value = given.get("Principal", given.get("NotPrincipal"))
    if kind is Kind.IDENTITY:
        if value is not None:
            raise MalformedPolicyError("Policy document should not specify a principal.")
        return None
    if value is None:
        raise MalformedPolicyError("Missing required field Principal")
    try:
        return principals(value)
    except ValueError as error:
        raise MalformedPolicyError(SYNTAX) from error


def _actions(given: Mapping[str, Any]) -> tuple[Pattern, ...]:
    texts = _texts(given.get("Action", given.get("NotAction", [])))
    if not texts:
        raise MalformedPolicyError("Policy statement must contain actions.")
    if not all(text == "*" or _ACTION.fullmatch(text) for text in texts):
        raise MalformedPolicyError(
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
        )
    return tuple(pattern(text, variables=False, ignore_case=True) for text in texts)


def _resources(given: Mapping[str, Any], kind: Kind, *, variables: bool) -> tuple[Pattern, ...] | None:
    texts = _texts(given.get("Resource", given.get("NotResource", [])))
    if kind is Kind.TRUST:
        if texts:
            raise MalformedPolicyError("Has prohibited field Resource")
        return None
    if not texts:
        raise MalformedPolicyError("Policy statement must contain resources.")
    for text in texts:
        if text != "*" and not text.startswith(("arn:", "*")):
            raise MalformedPolicyError(f'Resource {text} must be in ARN format or "*".')
    return tuple(resource_pattern(text, variables=variables) for text in texts)


def _conditions(given: Mapping[str, Any], *, variables: bool) -> tuple[Condition, ...]:
    block = given.get("Condition", {})
    if not isinstance(block, Mapping) or not all(isinstance(keys, Mapping) for keys in block.values()):
        raise MalformedPolicyError(SYNTAX)
    for key, value in (item for keys in block.values() for item in keys.items()):
        values = value if isinstance(value, list) else [value]
        if not all(isinstance(each, str | int | float) for each in values):
            raise MalformedPolicyError(SYNTAX)
        if ":" not in key:
            raise MalformedPolicyError(
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
            )
    try:
        return compile_conditions(block, variables=variables)
    except UnknownOperatorError as error:
        raise MalformedPolicyError(f"Invalid Condition type : {error}.") from error
    except ValueError as error:
        raise MalformedPolicyError(SYNTAX) from error


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    if not all(isinstance(each, str) for each in values):
        raise MalformedPolicyError(SYNTAX)
    return values
