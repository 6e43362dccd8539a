"""CloudFormation's calls in the query protocol: nested members of a form in, a document out.

Smithy, "AWS query protocol": `Parameters.member.1.ParameterKey=Name` is a list with one structure.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from xml.sax.saxutils import escape

NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


def nested(fields: Mapping[str, str]) -> dict[str, Any]:
    """Return the members of a form; a list is told by its entries being called `member.1`, `member.2`, …"""
    tree: dict[str, Any] = {}
    for name, value in fields.items():
        parts = name.split(".")
        place = tree
        for part in parts[:-1]:
            inner = place.setdefault(part, {})
            if not isinstance(inner, dict):  # the same name with a value of its own
                break
            place = inner
        else:
            place[parts[-1]] = value
    made: dict[str, Any] = _with_lists(tree)
    return made


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value.keys() == {"member"} and isinstance(value["member"], dict):
        entries = {int(number): inner for number, inner in value["member"].items() if number.isdecimal()}
        return [_with_lists(entries[number]) for number in sorted(entries)]
    return {name: _with_lists(inner) for name, inner in value.items()}


def answer(operation: str, result: Mapping[str, Any] | None, request_id: str) -> bytes:
    """Return the document that answers *operation*; without a *result* it has none inside."""
    inside = "" if result is None else f"<{operation}Result>{_members(result)}</{operation}Result>"
    about = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
    return f'<{operation}Response xmlns="{NAMESPACE}">{inside}{about}</{operation}Response>'.encode()


def _members(value: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_text(inner)}</{name}>" for name, inner in value.items() if inner is not None)


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return _members(value)
    if isinstance(value, list | tuple):
        return "".join(f"<member>{_text(inner)}</member>" for inner in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return escape(str(value))
