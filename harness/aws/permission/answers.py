"""What an answer of IAM or STS says, in whichever protocol it came: its texts by the names of members."""

from typing import Any
from xml.etree import ElementTree

import orjson

from harness.aws.xml_body import xml_of
from harness.gateway.fetch import FetchReply


def answered(reply: FetchReply) -> dict[str, str]:
    """Return the texts in *reply* by their members' names, the first of each; {} where it is neither."""
    if reply.body[:1] in (b"{", b"["):
        return _of_json(reply.body)
    return _of_xml(reply.body)


def _of_xml(body: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        root = xml_of(body)
    except ElementTree.ParseError:
        return found
    for element in root.iter():
        if len(element) == 0 and element.text:
            found.setdefault(element.tag.rpartition("}")[2], element.text.strip())
    return found


def _of_json(body: bytes) -> dict[str, str]:
    found: dict[str, str] = {}
    try:
        _gather(orjson.loads(body), found)
    except orjson.JSONDecodeError:
        return {}
    return found


def _gather(value: Any, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        for name, each in value.items():
            if isinstance(each, dict | list):
                _gather(each, found)
            elif each is not None:
                found.setdefault(name, str(each))
    elif isinstance(value, list):
        for each in value:
            _gather(each, found)
