"""EC2's wire: forms in, XML out. Smithy, "ec2Query protocol": lists are numbered, and items in XML.

A document is made of dicts, lists and text: {"instanceId": "i-1", "tagSet": [{"key": "a"}]}.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from harness.aws.query_form import entries
from harness.aws.xml_body import xml_of
from harness.gateway.chain import Exchange, Reply
from harness.gateway.fetch import FetchReply

NAMESPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
VERSION = "2016-11-15"
_XML = (("Content-Type", "text/xml;charset=UTF-8"),)
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
Fields = Mapping[str, str]
Filters = Mapping[str, Sequence[str]]


class Ec2Refused(Exception):
    """EC2 turns a call down: caught where the call is answered."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def numbered(fields: Fields, name: str) -> list[str]:
    """Return the values of the list *name* in the order of their numbers."""
    return [entry[""] for entry in entries(fields, f"{name}.") if "" in entry]


def filters(fields: Fields) -> dict[str, list[str]]:
    """Return the values that each filter of a call names."""
    found: dict[str, list[str]] = {}
    for entry in entries(fields, "Filter."):
        found.setdefault(entry.get("Name", ""), []).extend(numbered(entry, "Value"))
    return found


def tags(fields: Fields, resource_type: str) -> dict[str, str]:
    """Return the tags that TagSpecification gives things of *resource_type*."""
    found: dict[str, str] = {}
    for entry in entries(fields, "TagSpecification."):
        if entry.get("ResourceType") == resource_type:
            found |= {tag["Key"]: tag.get("Value", "") for tag in entries(entry, "Tag.") if "Key" in tag}
    return found


def reply(operation: str, content: Mapping[str, Any]) -> Reply:
    """Return the answer to *operation*."""
    inside = f"<requestId>{uuid4()}</requestId>{_members(content)}"
    element = f"{operation}Response"
    return Reply(200, f'{_HEAD}<{element} xmlns="{NAMESPACE}">{inside}</{element}>'.encode(), _XML)


def refuse(exchange: Exchange, error: Ec2Refused) -> Reply:
    """Return *error* as EC2 sends it, and note it on *exchange*."""
    exchange.error = f"{error.code}: {error.message}"
    said = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    inside = f"<Errors><Error>{said}</Error></Errors><RequestID>{uuid4()}</RequestID>"
    return Reply(error.status, f"{_HEAD}<Response>{inside}</Response>".encode(), _XML)


def _members(content: Mapping[str, Any]) -> str:
    return "".join(
        f"<{name}>{_value(value)}</{name}>" for name, value in content.items() if value is not None
    )


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return _members(value)
    if isinstance(value, list | tuple):
        return "".join(f"<item>{_value(each)}</item>" for each in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value))


# -- what the backend answered -----


def parsed(answer: FetchReply) -> ElementTree.Element:
    """Return the document of an answer, its names without a name space; raise Ec2Refused for an error."""
    root = xml_of(answer.body)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if answer.status >= 400:
        error = root.find(".//Error")
        code = "InternalError" if error is None else error.findtext("Code", "InternalError")
        said = "the backend failed" if error is None else error.findtext("Message", "")
        raise Ec2Refused(code, said, answer.status)
    return root


def rendered(root: ElementTree.Element) -> Reply:
    """Return *root*, as `parsed` gave it, as an answer of our own."""
    root.set("xmlns", NAMESPACE)
    return Reply(200, ElementTree.tostring(root, encoding="utf-8", xml_declaration=True), _XML)


def put(element: ElementTree.Element, path: str, text: str) -> None:
    """Let the element at *path* below *element* hold *text*; what is missing of the path is made."""
    for name in path.split("/"):
        found = element.find(name)
        element = ElementTree.SubElement(element, name) if found is None else found
    element.text = text


def text_filters_match(values: Mapping[str, Sequence[str]], wanted: Filters) -> bool:
    """Return whether each of *wanted* has a value among those of its name; `*` and `?` stand for anything."""
    from fnmatch import fnmatchcase

    return all(
        any(fnmatchcase(value, pattern) for value in values.get(name, ()) for pattern in patterns)
        for name, patterns in wanted.items()
    )
