"""The data source aws_iam_policy_document: a policy written in blocks."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from harness.templates.provider.convert import blocks_of, rule_of

_LISTS = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


def policy_document(argument: Callable[[str], Any]) -> str:
    """Return the policy as JSON. A statement of a later document replaces one of the same Sid."""
    statements: list[dict[str, Any]] = []
    for text in argument("source_policy_documents") or []:
        statements += _statements_of(text)
    own = argument("statement") or argument("statements")
    statements = _replaced(statements, [_statement(block) for block in blocks_of(own)])
    for text in argument("override_policy_documents") or []:
        statements = _replaced(statements, _statements_of(text))
    document = {"Version": argument("version") or "2012-10-17", "Statement": statements}
    return json.dumps(document | ({"Id": argument("policy_id")} if argument("policy_id") else {}))


def _statements_of(text: str) -> list[dict[str, Any]]:
    found = json.loads(text).get("Statement", [])
    return found if isinstance(found, list) else [found]


def _replaced(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named = {each["Sid"] for each in after if each.get("Sid")}
    return [each for each in before if each.get("Sid") not in named] + after


def _given(block: Mapping[str, Any]) -> dict[str, Any]:
    """Return a block with names as Terraform writes them; Pulumi has camel case and plurals."""
    names = {name: name for name in ("sid", "effect", *_LISTS, "principals", "not_principals")}
    names |= {name: name for name in ("condition", "type", "identifiers", "test", "variable", "values")}
    return {rule_of(name, names) or name: value for name, value in block.items()}


def _statement(block: Mapping[str, Any]) -> dict[str, Any]:
    given = _given(block)
    statement: dict[str, Any] = {"Sid": given["sid"]} if given.get("sid") else {}
    statement["Effect"] = given.get("effect") or "Allow"
    for name, member in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        if blocks_of(given.get(name)):
            statement[member] = _principals(blocks_of(given[name]))
    for name, member in _LISTS.items():
        if given.get(name):
            found = list(given[name])
            statement[member] = found[0] if len(found) == 1 else found
    if conditions := _conditions(blocks_of(given.get("condition"))):
        statement["Condition"] = conditions
    return statement


def _principals(blocks: list[Mapping[str, Any]]) -> Any:
    found: dict[str, list[Any]] = {}
    for block in map(_given, blocks):
        found.setdefault(str(block.get("type")), []).extend(block.get("identifiers") or [])
    if found == {"*": ["*"]}:
        return "*"
    return {kind: names[0] if len(names) == 1 else names for kind, names in found.items()}


def _conditions(blocks: list[Mapping[str, Any]]) -> dict[str, Any]:
    found: dict[str, dict[str, Any]] = {}
    for block in map(_given, blocks):
        values = list(block.get("values") or [])
        value = values[0] if len(values) == 1 else values
        found.setdefault(str(block.get("test")), {})[str(block.get("variable"))] = value
    return found
