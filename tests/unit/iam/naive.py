"""The evaluation logic once more, straight from the guide's words for plain documents: no index, no cache.

It knows what the strategies of `test_properties.py` make: identity, resource, boundary, session policies,
SCPs, RCPs, endpoint policies, users and sessions, string conditions. It reads documents, and nothing of
`harness.iam` but principals.
"""

import re
from collections.abc import Iterable
from fnmatch import translate
from typing import Any

from harness.iam import Request

Statement = dict[str, Any]


def verdict(given: dict[str, Any], request: Request) -> str:
    """Return Allowed, ImplicitlyDenied or ExplicitlyDenied for the documents of *given*."""
    identity = _found(given["identity"], request)
    resource = _found([given["resource"]] if given["resource"] else [], request)
    boundary = None if given["boundary"] is None else _found(given["boundary"], request)
    session = None if given["session"] is None else _found(given["session"], request)
    limited = request.action.lower().startswith(("s3:", "sqs:"))  # the others have no RCPs
    levels = [
        _found(level, request)
        for level in [
            *(given["scps"] or []),
            *((given["rcps"] or []) if limited else []),
            *([] if given["endpoint"] is None else [given["endpoint"]]),
        ]
    ]
    every = [identity, resource, *(each for each in (boundary, session) if each is not None), *levels]
    if any(statement["Effect"] == "Deny" for found in every for statement in found):
        return "ExplicitlyDenied"
    if not all(levels):
        return "ImplicitlyDenied"
    limits = (boundary is None or bool(boundary)) and (session is None or bool(session))
    names = {name for statement in resource for name in _principals(statement)}
    who = request.principal
    same = request.resource_account == who.account
    if same and names & {who.name, "*"}:
        return "Allowed"
    if same and who.role and who.role in names and limits:
        return "Allowed"
    granted = same or bool(resource)
    return "Allowed" if identity and limits and granted else "ImplicitlyDenied"


def _found(documents: Iterable[Any], request: Request) -> list[Statement]:
    return [
        statement
        for document in documents
        for statement in document["Statement"]
        if _applies(statement, request)
    ]


def _applies(statement: Statement, request: Request) -> bool:
    who = request.principal
    if "Principal" in statement and not {who.name, who.role, who.account, "*"} & _principals(statement):
        return False
    actions = _any(statement.get("Action", statement.get("NotAction")), request.action, re.IGNORECASE)
    resources = _any(statement.get("Resource", statement.get("NotResource")), request.resource, 0)
    if actions is ("NotAction" in statement) or resources is ("NotResource" in statement):
        return False
    return all(
        _holds(operator, request.context.get(key.lower(), ()), value)
        for operator, keys in statement.get("Condition", {}).items()
        for key, value in keys.items()
    )


def _holds(operator: str, values: tuple[str, ...], value: str) -> bool:
    quantifier, _, name = operator.rpartition(":")
    if name.endswith("IfExists") and not values and not quantifier:
        return True
    name = name.removesuffix("IfExists")
    if name == "Null":
        return (not values) is (value == "true")
    negated = "Not" in name
    found = [_equal(name.replace("Not", ""), each, value) is not negated for each in values]
    if quantifier == "ForAllValues":
        return all(found)
    if quantifier == "ForAnyValue":
        return any(found)
    return found[0] if found else negated


def _equal(name: str, seen: str, value: str) -> bool:
    if name == "StringLike":
        return re.match(translate(value.replace("[", "[[]")), seen) is not None
    return seen.lower() == value.lower() if name == "StringEqualsIgnoreCase" else seen == value


def _principals(statement: Statement) -> set[str]:
    names = statement["Principal"]
    return (
        {"*"}
        if names == "*"
        else {names["AWS"].removesuffix(":root").removeprefix("arn:aws:iam::")} | {names["AWS"]}
    )


def _any(patterns: Any, value: str, flags: int) -> bool:
    listed = patterns if isinstance(patterns, list) else [patterns]
    return any(re.match(translate(each), value, flags) for each in listed)
