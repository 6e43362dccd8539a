"""Fn::ForEach of the language extensions: loops in a template, written out before anything else is read.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from harness.errors import ScenarioError
from harness.templates.documents import Document
from harness.templates.functions import MOST_TEXT

TRANSFORM = "AWS::LanguageExtensions"
_LOOP = "Fn::ForEach::"
MOST_ITEMS = 5_000
"""Members that loops may write out; a template may have 500 resources."""
_MOST_VALUES = 200_000
"""Values in what they write out: a template has 100,000 before its loops."""


def written_out(document: Document, parameters: Mapping[str, Any]) -> Document:
    """Return *document* without loops: each member that a loop makes, at the line of the loop's own.

    Raises ScenarioError with file and line where a loop is not as CloudFormation takes it.
    """
    writer = _Writer(document, parameters)
    return dataclasses.replace(
        document, value=writer.value(dict(document.value), "", "", {}), lines=writer.lines
    )


class _Writer:
    def __init__(self, document: Document, parameters: Mapping[str, Any]) -> None:
        self.lines = dict(document.lines)
        self._document = document
        self._parameters = parameters
        self._made = 0
        self._values = 0

    def value(self, value: Any, source: str, target: str, names: Mapping[str, str]) -> Any:
        """Return *value* with the loop variables *names* put in; its path was *source* and is *target*."""
        if target not in self.lines and source in self._document.lines:
            self.lines[target] = self._document.lines[source]
        self._values += 1
        if self._values > _MOST_VALUES:
            raise self._error(source, f"the loops make more than {_MOST_VALUES} values")
        if isinstance(value, str):
            return self._text(value, source, names)
        if isinstance(value, list):
            return [
                self.value(each, f"{source}[{index}]", f"{target}[{index}]", names)
                for index, each in enumerate(value)
            ]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1 and isinstance(value.get("Ref"), str) and value["Ref"] in names:
            return names[value["Ref"]]
        return self._members(value, source, target, names)

    def _members(self, value: Mapping[str, Any], source: str, target: str, names: Mapping[str, str]) -> Any:
        found: dict[str, Any] = {}
        for name, each in value.items():
            inner = f"{source}.{name}".lstrip(".")
            if name.startswith(_LOOP):
                self._loop(each, inner, target, names, found)
            else:
                name = self._text(name, inner, names)
                found[name] = self.value(each, inner, f"{target}.{name}".lstrip("."), names)
        return found

    def _loop(
        self, loop: Any, source: str, target: str, names: Mapping[str, str], found: dict[str, Any]
    ) -> None:
        if not isinstance(loop, list) or len(loop) != 3 or not isinstance(loop[2], Mapping):
            raise self._error(source, "a loop takes a variable, a list and what it makes of each item")
        variable, _, made = loop
        for item in self._collection(loop[1], source, names):
            inner = {**names, str(variable): item}
            members = self._members(made, f"{source}[2]", target, inner)
            self._made += len(members)
            if self._made > MOST_ITEMS:
                raise self._error(source, f"the loops make more than {MOST_ITEMS} members")
            found.update(members)

    def _collection(self, given: Any, source: str, names: Mapping[str, str]) -> list[str]:
        if isinstance(given, Mapping) and set(given) == {"Ref"}:
            given = self._parameters.get(str(given["Ref"]))
        if not isinstance(given, list) or any(isinstance(each, Mapping | list) for each in given):
            raise self._error(f"{source}[1]", "a loop's list is written out, or a parameter that is a list")
        return [self._text(str(each), source, names) for each in given]

    def _text(self, text: str, source: str, names: Mapping[str, str]) -> str:
        longest = max(map(len, names.values()), default=0)
        if text.count("{") * longest > MOST_TEXT:
            raise self._error(source, f"the loops make a text of more than {MOST_TEXT} characters")
        return _put_in(text, names)

    def _error(self, where: str, said: str) -> ScenarioError:
        loop = re.sub(r"\[\d\]$", "", where).rpartition(_LOOP)[2]
        return ScenarioError(f"{self._document.at(where)}: loop {loop!r}: {said}")


def _put_in(text: str, names: Mapping[str, str]) -> str:
    """Return *text* with ${Variable}, and &{Variable} without what is no letter or digit, put in."""
    for name, value in names.items():
        text = text.replace("${" + name + "}", value)
        text = text.replace("&{" + name + "}", re.sub(r"[^A-Za-z0-9]", "", value))
    return text
