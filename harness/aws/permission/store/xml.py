"""Answers of the query protocol: read as values (maps, lists of `member`, texts), and written."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from harness.aws.xml_body import xml_of
from harness.errors import BackendError


def value_of(body: bytes) -> dict[str, Any]:
    """Return the elements inside the document *body* by name; raise BackendError where it is no XML."""
    try:
        root = xml_of(body)
    except ElementTree.ParseError as error:
        raise BackendError(f"The backend sent no XML but {body[:80]!r}") from error
    value = _value(root)
    return value if isinstance(value, dict) else {}


def _value(element: Element) -> Any:
    inside = list(element)
    if not inside:
        return (element.text or "").strip()
    names = {_local(each) for each in inside}
    if names == {"member"}:
        return [_value(each) for each in inside]
    if names == {"entry"}:  # the map of SNS's attributes
        pairs = [_value(each) for each in inside]
        return {str(pair.get("key", "")): pair.get("value", "") for pair in pairs if isinstance(pair, dict)}
    return {_local(each): _value(each) for each in inside}


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def document(operation: str, result: Mapping[str, Any], namespace: str) -> bytes:
    """Return *result* as the answer of *operation* in the query protocol."""
    inside = f"<{operation}Result>{_members(result)}</{operation}Result>"
    metadata = f"<ResponseMetadata><RequestId>{uuid4()}</RequestId></ResponseMetadata>"
    return f'<{operation}Response xmlns="{namespace}">{inside}{metadata}</{operation}Response>'.encode()


# The only map among IAM's answers; others are structures, whose members are elements by their names.
_MAPS = frozenset({"EvalDecisionDetails"})


def _members(values: Mapping[str, Any]) -> str:
    return "".join(f"<{name}>{_written(name, value)}</{name}>" for name, value in values.items())


def _written(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        if name not in _MAPS:
            return _members(value)
        return "".join(
            f"<entry><key>{escape(key)}</key><value>{escape(text)}</value></entry>"
            for key, text in value.items()
        )
    if isinstance(value, list):
        return "".join(f"<member>{_written('', each)}</member>" for each in value)
    return escape(str(value))
