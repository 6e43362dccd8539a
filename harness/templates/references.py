"""What Ref and Fn::GetAtt give for a resource, as far as it is known before the resource is made.

The table is `references.toml`. What is not in it is a token.
"""

import functools
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.templates.functions import as_text, has_token
from harness.templates.model import Resource, Template, token
from harness.templates.names import generated_name
from harness.templates.place import Place

_TABLE = Path(__file__).with_name("references.toml")


@dataclass(frozen=True, slots=True)
class Naming:
    """How resources of one type are named and referred to; the members are those of references.toml."""

    name: str = ""
    longest: int = 255
    given: bool = False
    lower: bool = False
    fifo: str = ""
    ref: str | None = None
    arn: str = ""
    arn_attribute: str = "Arn"
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)
    defaults: Mapping[str, str] = field(default_factory=dict, hash=False)

    def text_of(self, attribute: str) -> str:
        """Return the text with places that stands for *attribute*; "" where it is known only later."""
        if attribute == "Ref":
            return self.ref if self.ref is not None else ("{name}" if self.name else "")
        return (
            self.arn if self.arn and attribute == self.arn_attribute else self.attributes.get(attribute, "")
        )


@functools.cache
def namings() -> Mapping[str, Naming]:
    """Return the table, by CloudFormation's type."""
    read = tomllib.loads(_TABLE.read_text(encoding="utf-8"))
    return {kind: Naming(**members) for kind, members in read.items()}


def chosen_name(kind: str, logical_id: str, fifo: bool, stack: str) -> str:
    """Return the name for a resource of the type *kind* that the template does not name, "" for no name."""
    naming = namings().get(kind, Naming())
    if not naming.name or naming.given:
        return ""
    return generated_name(
        stack,
        logical_id,
        longest=naming.longest,
        lower=naming.lower,
        suffix=".fifo" if fifo else "",
    )


def reference(
    kind: str, logical_id: str, attribute: str, property_of: Callable[[str], Any], place: Place
) -> str:
    """Return what *attribute* ("Ref" for Ref) of a resource is, or its token.

    *property_of* returns a property of the resource with its tokens, and None where it has none.
    """
    naming = namings().get(kind, Naming())
    text = naming.text_of(attribute)
    if not text:
        return token(logical_id, attribute)
    try:
        return text.format_map(_Parts(naming, property_of, place))
    except KeyError:
        return token(logical_id, attribute)


def arn_of(template: Template, resource: Resource) -> str:
    """Return the ARN of *resource* where it is known before the resource is made, else "".

    It may hold tokens, as an alias of a function has whose name is only known later.
    """
    naming = namings().get(resource.type, Naming())
    if not naming.arn:
        return ""
    place = Place(template.stack, template.region, template.account)
    found = reference(
        resource.type, resource.logical_id, naming.arn_attribute, resource.properties.get, place
    )
    return "" if found == token(resource.logical_id, naming.arn_attribute) else found


class _Parts(dict[str, Any]):
    """The places in a text of the table, looked up one by one as they are needed."""

    def __init__(self, naming: Naming, property_of: Callable[[str], Any], place: Place) -> None:
        super().__init__()
        self._naming = naming
        self._property_of = property_of
        self._place = place

    def __missing__(self, key: str) -> Any:
        if key == "arn":
            return self._naming.arn.format_map(self)
        if key in ("partition", "region", "account", "url_suffix"):
            return getattr(self._place, key)
        if key in ("name", "lower_name"):
            name = self._text(self._naming.name)
            # A token names a logical id, whose case matters.
            return name if key == "name" or has_token(name) else name.lower()
        if key == "function":
            named = self._property_of("FunctionName")
            return function_name(self._text("TargetFunctionArn" if named is None else "FunctionName"))
        if key == "bus_of_rule":
            bus = self._text("EventBusName")
            return "" if bus == "default" else f"{bus}/"
        return self._value(key)

    def _text(self, key: str) -> str:
        value = self._value(key)
        if isinstance(value, Mapping | list):  # a function that waits for its tokens
            raise KeyError(key)
        return as_text(value)

    def _value(self, key: str) -> Any:
        value = self._property_of(key)
        value = self._naming.defaults.get(key) if value is None else value
        if value is None:
            raise KeyError(key)
        return value


def function_name(text: str) -> str:
    """Return the name in a function's name or ARN, without a qualifier; a token stays as it is."""
    parts = text.split(":")
    return parts[6] if text.startswith("arn:") and len(parts) > 6 and not has_token(text) else text
