"""Members out of forms, JSON and XML, by the shapes of botocore's models.

The inverse of botocore's serialisers: what a client wrote is read back under the names that its caller used.
"""

from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from harness.aws.permission.reading.models import Shape
from harness.aws.permission.reading.unclear import MALFORMED_XML, UnclearError
from harness.aws.xml_body import xml_of

Members = dict[str, Any]
# Deeper than any model nests.
DEEPEST = 24


# -- forms: the query protocol, and EC2's kind of it ------


def from_form(fields: Mapping[str, str], shape: Shape | None, *, ec2: bool = False) -> Members:
    """Return the members that *fields* (`Filters.member.1.Name=a`) give by *shape*."""
    if shape is None:
        return {}
    tree: dict[str, Any] = {}
    for name, text in fields.items():
        node = tree
        *path, last = name.split(".")[:DEEPEST]
        for part in path:
            deeper = node.get(part)
            if not isinstance(deeper, dict):
                deeper = node[part] = {}
            node = deeper
        node.setdefault(last, text)
    found = _from_tree(tree, shape, ec2)
    return found if isinstance(found, dict) else {}


def _from_tree(node: Any, shape: Shape, ec2: bool) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _structure_of(node, shape, ec2) if isinstance(node, dict) else {}
    if kind == "list":
        return _list_of(node, shape, ec2)
    if kind == "map":
        return _map_of(node, shape, ec2)
    return _scalar(node, kind) if isinstance(node, str) else None


def _structure_of(node: Mapping[str, Any], shape: Shape, ec2: bool) -> Members:
    found = {}
    for name, member in shape.members.items():
        inner = node.get(_form_name(name, member, ec2))
        if inner is not None:
            found[name] = _from_tree(inner, member, ec2)
    return found


def _form_name(name: str, shape: Shape, ec2: bool) -> str:
    written = shape.serialization
    if ec2:
        if "queryName" in written:
            return str(written["queryName"])
        return str(written["name"][0].upper() + written["name"][1:]) if "name" in written else name
    if shape.type_name == "list" and written.get("flattened") and shape.member.serialization.get("name"):
        return str(shape.member.serialization["name"])
    return str(written.get("name", name))


def _list_of(node: Any, shape: Shape, ec2: bool) -> list[Any]:
    if not isinstance(node, dict):
        return []
    if not ec2 and not shape.serialization.get("flattened"):
        node = node.get(shape.member.serialization.get("name", "member"), {})
        if not isinstance(node, dict):
            return []
    numbers = sorted((number for number in node if number.isdecimal()), key=int)
    return [_from_tree(node[number], shape.member, ec2) for number in numbers]


def _map_of(node: Any, shape: Shape, ec2: bool) -> Members:
    if not isinstance(node, dict):
        return {}
    entries = node if shape.serialization.get("flattened") else node.get("entry", {})
    key = shape.key.serialization.get("name", "key")
    value = shape.value.serialization.get("name", "value")
    found: Members = {}
    for entry in entries.values() if isinstance(entries, dict) else ():
        if isinstance(entry, dict) and isinstance(entry.get(key), str):
            found[entry[key]] = _from_tree(entry.get(value, ""), shape.value, ec2)
    return found


def _scalar(text: str, kind: str) -> Any:
    if kind == "boolean":
        return text.lower() == "true"
    if kind in ("integer", "long"):
        return int(text) if text.lstrip("-").isdecimal() else text
    return text


# -- JSON ------


def from_json(value: Any, shape: Shape | None) -> Any:
    """Return *value* under the names of *shape*'s members instead of those of the wire."""
    if shape is None:
        return value
    kind = shape.type_name
    if kind == "structure" and isinstance(value, dict):
        named = {
            member.serialization.get("name", name): (name, member) for name, member in shape.members.items()
        }
        known = ((named[key], inner) for key, inner in value.items() if key in named and inner is not None)
        return {name: from_json(inner, member) for (name, member), inner in known}
    if kind == "list" and isinstance(value, list):
        return [from_json(each, shape.member) for each in value]
    if kind == "map" and isinstance(value, dict):
        return {key: from_json(each, shape.value) for key, each in value.items()}
    return value


# -- XML ------


def from_xml(body: bytes, shape: Shape) -> Members:
    """Return the members that the element in *body* gives by *shape*; raise UnclearError where it is no XML.

    None is one with a document type either: what its entities stand for not all read alike.
    """
    if not body.strip():
        return {}
    try:
        root = xml_of(body)
    except ElementTree.ParseError:
        raise UnclearError(MALFORMED_XML) from None
    found = _from_element(root, shape)
    return found if isinstance(found, dict) else {}


def _from_element(element: Element, shape: Shape) -> Any:
    kind = shape.type_name
    if kind == "structure":
        return _structure_in(element, shape)
    if kind == "list":
        return [_from_element(each, shape.member) for each in element]
    if kind == "map":
        return {}
    return _scalar((element.text or "").strip(), kind)


def _structure_in(element: Element, shape: Shape) -> Members:
    inside: dict[str, list[Element]] = {}
    for each in element:
        inside.setdefault(each.tag.rpartition("}")[2], []).append(each)
    found: Members = {}
    for name, member in shape.members.items():
        flat = member.type_name == "list" and member.serialization.get("flattened")
        elements = inside.get(_element_name(name, member))
        if elements:
            if len(elements) > 1 and not flat:
                raise UnclearError(MALFORMED_XML)  # some read the first, some the last
            found[name] = (
                [_from_element(each, member.member) for each in elements]
                if flat
                else _from_element(elements[0], member)
            )
    return found


def _element_name(name: str, shape: Shape) -> str:
    if shape.type_name == "list" and shape.serialization.get("flattened"):
        inner = shape.member.serialization.get("name")
        if inner:
            return str(inner)
    return str(shape.serialization.get("name", name))
