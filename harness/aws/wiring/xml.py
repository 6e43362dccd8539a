"""The little XML that the wiring reads and writes: SNS's attribute lists, S3's notifications."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from harness.aws.xml_body import xml_of
from harness.errors import BackendError

# API reference, NotificationConfiguration: the element of each kind of destination and the one with its ARN.
DESTINATIONS = {
    "QueueConfiguration": "Queue",
    "TopicConfiguration": "Topic",
    "CloudFunctionConfiguration": "CloudFunction",
    "LambdaFunctionConfiguration": "LambdaFunctionArn",
}


def entries(body: bytes) -> dict[str, str]:
    """Return the `entry` elements of an answer, `key` to `value`."""
    return dict(_pairs(_answer(body)))


def text_of(body: bytes, name: str) -> str:
    """Return the text of the first element called *name*, "" without one."""
    return next((each.text or "" for each in _answer(body).iter() if _local(each) == name), "")


def texts_of(body: bytes, name: str) -> list[dict[str, str]]:
    """Return what each element called *name* has as its own elements, by their names."""
    return [
        {_local(inner): inner.text or "" for inner in each}
        for each in _answer(body).iter()
        if _local(each) == name and len(each)
    ]


def with_entries(body: bytes, changes: Mapping[str, str | None]) -> bytes:
    """Return *body* with the `entry` of each key in *changes* set to its text, without those of None."""
    root = _answer(body)
    for parent in root.iter():
        for entry in [each for each in parent if _local(each) == "entry"]:
            key = _child(entry, "key")
            if key is not None and (key.text or "") in changes:
                parent.remove(entry)
        if _local(parent) == "Attributes":
            for name, text in changes.items():
                if text is not None:
                    _add_entry(parent, name, text)
    return _written(root)


@dataclass(frozen=True, slots=True)
class Notifications:
    """A bucket's notification configuration: its XML, and the destinations in it, ARNs in their order."""

    root: Element
    destinations: tuple[str, ...]

    @classmethod
    def read(cls, body: bytes) -> "Notifications | None":
        """Return what *body* configures, None where it is no XML."""
        try:
            root = xml_of(body or b"<NotificationConfiguration/>")
        except ElementTree.ParseError:
            return None
        return cls(root, tuple(arn for arn in map(_destination, root) if arn))

    def notified(self, events: Iterable[str], key: str) -> Iterator[str]:
        """Yield the destinations that hear of an object called *key*, whichever of *events* it was.

        S3 user guide, "Supported event notification types" and "Configuring event notifications using object
        key name filtering".
        """
        for each in self.root:
            if all(_is_for(each, event) for event in events) and _lets_pass(each, key):
                yield _destination(each)

    def without(self, refused: frozenset[str]) -> bytes:
        """Return its XML with the destinations in *refused* left out."""
        kept = Element(self.root.tag, self.root.attrib)
        kept.extend(each for each in self.root if _destination(each) not in refused)
        return _written(kept)


def _destination(configuration: Element) -> str:
    found = _child(configuration, DESTINATIONS.get(_local(configuration), ""))
    return (found.text or "").strip() if found is not None else ""


def _is_for(configuration: Element, event: str) -> bool:
    """Return whether *configuration* names *event*, by itself or with a `*` at the end."""
    named = [(each.text or "").strip() for each in configuration if _local(each) == "Event"]
    return any(event == one or (one.endswith("*") and event.startswith(one[:-1])) for one in named)


def _lets_pass(configuration: Element, key: str) -> bool:
    """Return whether *key* begins and ends as the filter rules of *configuration* say."""
    for rule in configuration.iter():
        if _local(rule) == "FilterRule":
            name, value = _child(rule, "Name"), _child(rule, "Value")
            text = (value.text if value is not None else "") or ""
            is_prefix = ((name.text if name is not None else "") or "").strip().lower() == "prefix"
            if not (key.startswith(text) if is_prefix else key.endswith(text)):
                return False
    return True


def _answer(body: bytes) -> Element:
    try:
        return xml_of(body)
    except ElementTree.ParseError as error:
        raise BackendError(f"The backend sent no XML but {body[:80]!r}") from error


def _pairs(root: Element) -> Iterator[tuple[str, str]]:
    for entry in (each for each in root.iter() if _local(each) == "entry"):
        key, value = _child(entry, "key"), _child(entry, "value")
        if key is not None:
            yield key.text or "", (value.text if value is not None else "") or ""


def _add_entry(parent: Element, name: str, text: str) -> None:
    space = parent.tag.rpartition("}")
    prefix = space[0] + space[1]
    entry = ElementTree.SubElement(parent, f"{prefix}entry")
    ElementTree.SubElement(entry, f"{prefix}key").text = name
    ElementTree.SubElement(entry, f"{prefix}value").text = text


def _written(root: Element) -> bytes:
    space = root.tag[1:].partition("}")[0] if root.tag.startswith("{") else None
    written: bytes = ElementTree.tostring(
        root, encoding="utf-8", xml_declaration=True, default_namespace=space
    )
    return written


def _child(parent: Element, name: str) -> Element | None:
    return next((each for each in parent if _local(each) == name), None)


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]
