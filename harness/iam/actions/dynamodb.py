"""What DynamoDB's members say: the tables of PartiQL statements, leading keys, names of attributes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.iam.actions.members import Members, raw, values
from harness.iam.actions.need import Place

_STATEMENTS = {
    "SelectFrom": re.compile(
        r"^\s*select\b.*?\bfrom\s+(?:\"([^\"]+)\"|([\w.\-]+))(?:\s*\.\s*\"?([\w.\-]+)\"?)?", re.I | re.S
    ),
    "InsertInto": re.compile(r"^\s*insert\s+into\s+(?:\"([^\"]+)\"|([\w.\-]+))()", re.I),
    "UpdateOf": re.compile(r"^\s*update\s+(?:\"([^\"]+)\"|([\w.\-]+))()", re.I),
    "DeleteFrom": re.compile(r"^\s*delete\s+from\s+(?:\"([^\"]+)\"|([\w.\-]+))()", re.I),
}
_NAME = re.compile(r"(?<![:\w#])[#A-Za-z_][\w\-]*")
_WORDS = frozenset(
    {"and", "or", "not", "between", "in", "set", "remove", "add", "delete", "contains", "size"}
)
_WORDS |= {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with"}
_WORDS |= {"if_not_exists", "list_append"}
_EXPRESSIONS = ("ProjectionExpression", "FilterExpression", "KeyConditionExpression", "ConditionExpression")


def dynamodb(_operation: str, members: Members, _place: Place) -> Mapping[str, Any]:
    """Return the tables of PartiQL statements, every value that may be a leading key, and attribute names.

    Which attribute is the partition key stands in the table's schema, not in the call: where a key has two
    attributes both values are given, so that a condition over dynamodb:LeadingKeys can only be too strict.
    """
    more: dict[str, Any] = {}
    for statement in (
        values(members, "Statement")
        + values(members, "Statements[].Statement")
        + values(members, "TransactStatements[].Statement")
    ):
        for name, wanted in _STATEMENTS.items():
            found = wanted.search(statement)
            if found:
                table = found[1] or found[2]
                index = f"/index/{found[3]}" if found[3] else ""
                more.setdefault(name, []).append(table + index)
    keys = tuple(dict.fromkeys(_leading(members)))
    names = tuple(dict.fromkeys(_names(members)))
    return {**more, "LeadingKeyCandidates": keys, "AttributeNames": names}


def _leading(members: Members) -> Iterator[str]:
    for each in _keys(members):
        for value in each.values():
            yield from _scalar(value)
    if "KeyConditionExpression" in members:
        for value in _mapping(members.get("ExpressionAttributeValues")).values():
            yield from _scalar(value)
    for condition in _mapping(members.get("KeyConditions")).values():
        for value in values_of(condition):
            yield from _scalar(value)


def values_of(condition: Any) -> list[Any]:
    """Return the values that one of KeyConditions compares with."""
    found = _mapping(condition).get("AttributeValueList")
    return found if isinstance(found, list) else []


def _keys(members: Members) -> Iterator[Mapping[str, Any]]:
    for path in (
        "Key",
        "Item",
        "TransactItems[].Get.Key",
        "TransactItems[].Put.Item",
        "TransactItems[].Update.Key",
    ):
        yield from (each for each in raw(members, path) if isinstance(each, Mapping))
    for path in ("TransactItems[].Delete.Key", "TransactItems[].ConditionCheck.Key"):
        yield from (each for each in raw(members, path) if isinstance(each, Mapping))
    for table in _mapping(members.get("RequestItems")).values():
        if isinstance(table, list):  # BatchWriteItem
            for path in ("PutRequest.Item", "DeleteRequest.Key"):
                yield from (each for one in table for each in raw(one, path) if isinstance(each, Mapping))
        else:
            yield from (each for each in raw(table, "Keys[]") if isinstance(each, Mapping))


def _scalar(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield from (text for kind, text in value.items() if kind in ("S", "N", "B") and isinstance(text, str))


def _names(members: Members) -> Iterator[str]:
    named = _mapping(members.get("ExpressionAttributeNames"))
    for path in (*_EXPRESSIONS, "UpdateExpression"):
        for text in values(members, path):
            for word in _NAME.findall(text):
                if word.lower() not in _WORDS:
                    yield str(named.get(word, word))
    yield from values(members, "AttributesToGet")
    for path in ("AttributeUpdates()", "KeyConditions()", "QueryFilter()", "ScanFilter()", "Expected()"):
        yield from values(members, path)
    for each in _keys(members):
        yield from each


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
