"""CloudFormation YAML as plain values, with the line of every field.

The short forms of intrinsic functions become their long ones: `!Ref Name` is {"Ref": "Name"}, `!Sub text` is
{"Fn::Sub": "text"}, `!GetAtt A.B` is {"Fn::GetAtt": ["A", "B"]}.
"""

import re
from pathlib import Path
from typing import Any

import yaml

from harness.errors import ScenarioError
from harness.inputs.input_files import MOST_DEPTH

# libyaml reads 200 resources in a fiftieth of the time, where PyYAML was built with it.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MOST_NODES = 100_000
"""A template may have 1 MB; aliases of aliases would otherwise grow without end."""
_MOST_DIGITS = 400  # the largest number that YAML's readers know as one has 309

_PLAIN_TAGS = {"!Ref": "Ref", "!Condition": "Condition"}
# CloudFormation reads dates, such as AWSTemplateFormatVersion, as text.
_NUMBER_TAGS = {"tag:yaml.org,2002:int", "tag:yaml.org,2002:float"}
_TEXT_TAGS = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:str", "tag:yaml.org,2002:binary"}
# YAML's own; an object of a language, such as !!python/object, is never made.
_TAG = re.compile(
    "tag:yaml.org,2002:(map|seq|str|int|float|bool|null|timestamp|binary|merge|value|set|omap|pairs)"
)
_MERGE_TAG = "tag:yaml.org,2002:merge"
_OPENING = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_CLOSING = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def load_yaml(path: Path, text: str) -> tuple[Any, dict[str, int]]:
    """Return the value in *text* and the line of each path in it; ScenarioError names the line of a fault."""
    try:
        _check_size(path, text)
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None:
            raise ScenarioError(f"{path}: the file holds nothing but comments")
        builder = _Builder(path, loader)
        return builder.value(node, ""), builder.lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ScenarioError(f"{path}{where}: this is not YAML: {error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        said = " ".join(str(error).split())
        raise ScenarioError(f"{path}: this is not YAML: {said}") from error


def _check_size(path: Path, text: str) -> None:
    """Raise ScenarioError where *text* has too many values, or they stand too deep.

    libyaml makes one value inside the other on the stack of C: too deep ones end the process.
    """
    values = depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, _CLOSING):
            depth -= 1
            continue
        values += 1
        depth += isinstance(event, _OPENING)
        if depth > MOST_DEPTH:
            mark = event.start_mark
            where = f", line {mark.line + 1}" if mark else ""
            raise ScenarioError(f"{path}{where}: its values are nested more than {MOST_DEPTH} deep")
        if values > MOST_NODES:
            raise _too_many(path)


def _too_many(path: Path) -> ScenarioError:
    return ScenarioError(f"{path}: the file has more than {MOST_NODES} values; is it a template?")


class _Builder:
    """Builds values from nodes and keeps the line of each path."""

    def __init__(self, path: Path, loader: yaml.SafeLoader) -> None:
        self.lines: dict[str, int] = {}
        self._path = path
        self._loader = loader
        self._nodes = 0

    def value(self, node: yaml.Node, where: str) -> Any:
        """Return the value of *node*, which stands at the path *where*."""
        self._count(1)
        self.lines.setdefault(where, node.start_mark.line + 1)
        if node.tag.startswith("!") and len(node.tag) > 1:
            return self._short_form(node, where)
        if node.tag != "!" and not _TAG.fullmatch(node.tag):
            line = node.start_mark.line + 1
            raise ScenarioError(f"{self._path}, line {line}: the tag {node.tag!r:.80} is not known here")
        return self._plain(node, where)

    def _count(self, values: int) -> None:
        self._nodes += values
        if self._nodes > MOST_NODES:
            raise _too_many(self._path)

    def _short_form(self, node: yaml.Node, where: str) -> dict[str, Any]:
        name = _PLAIN_TAGS.get(node.tag, f"Fn::{node.tag[1:]}")
        value = self._plain(node, f"{where}.{name}")
        if name == "Fn::GetAtt" and isinstance(value, str):
            value = value.split(".", 1)
        return {name: value}

    def _plain(self, node: yaml.Node, where: str) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, f"{where}[{index}]") for index, each in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        if node.tag in _TEXT_TAGS or node.tag.startswith("!"):
            return node.value
        line = node.start_mark.line + 1
        if node.tag in _NUMBER_TAGS and len(node.value) > _MOST_DIGITS:
            raise ScenarioError(
                f"{self._path}, line {line}: this is not YAML: a number of {len(node.value)} digits"
            )
        try:
            return self._loader.construct_object(node)
        except (KeyError, ValueError, TypeError, ArithmeticError) as error:
            kind = node.tag.rpartition(":")[2]
            raise ScenarioError(
                f"{self._path}, line {line}: this is not YAML: {node.value!r:.40} is no {kind}"
            ) from error

    def _mapping(self, node: yaml.MappingNode, where: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in self._pairs(node):
            if not isinstance(key, yaml.ScalarNode):
                line = key.start_mark.line + 1
                raise ScenarioError(f"{self._path}, line {line}: a key must be a text")
            name = str(key.value)
            inner = f"{where}.{name}" if where else name
            self.lines.setdefault(inner, key.start_mark.line + 1)
            if name in found:
                raise ScenarioError(f"{self._path}, line {key.start_mark.line + 1}: {inner} is there twice")
            found[name] = self.value(value, inner)
        return found

    def _pairs(self, node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
        """Return keys and values of *node*, those that it merges (`<<`) first.

        Not by the loader's own flatten_mapping: merges of merges would grow there without end.
        """
        merged: list[tuple[yaml.Node, yaml.Node]] = []
        own = []
        for key, value in node.value:
            if key.tag != _MERGE_TAG:
                own.append((key, value))
                continue
            for each in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                if not isinstance(each, yaml.MappingNode):
                    line = key.start_mark.line + 1
                    raise ScenarioError(f"{self._path}, line {line}: only objects can be merged by <<")
                self._count(len(each.value))
                merged += self._pairs(each)
        return merged + own
