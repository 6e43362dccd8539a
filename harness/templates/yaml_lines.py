"""CloudFormation YAML as plain values, with the line of every field.

The short forms of intrinsic functions become their long ones: `!Ref Name` is {"Ref": "Name"}, `!Sub text` is
{"Fn::Sub": "text"}, `!GetAtt A.B` is {"Fn::GetAtt": ["A", "B"]}.
"""

from pathlib import Path
from typing import Any

import yaml

from harness.errors import ScenarioError

# libyaml reads 200 resources in a fiftieth of the time, where PyYAML was built with it.
_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

MOST_NODES = 100_000
"""A template may have 1 MB; aliases of aliases would otherwise grow without end."""

_PLAIN_TAGS = {"!Ref": "Ref", "!Condition": "Condition"}
# CloudFormation reads dates, such as AWSTemplateFormatVersion, as text.
_TEXT_TAGS = {"tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:str", "tag:yaml.org,2002:binary"}


def load_yaml(path: Path, text: str) -> tuple[Any, dict[str, int]]:
    """Return the value in *text* and the line of each path in it; ScenarioError names the line of a fault."""
    try:
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
        raise ScenarioError(f"{path}: this is not YAML: {error}") from error


class _Builder:
    """Builds values from nodes and keeps the line of each path."""

    def __init__(self, path: Path, loader: yaml.SafeLoader) -> None:
        self.lines: dict[str, int] = {}
        self._path = path
        self._loader = loader
        self._nodes = 0

    def value(self, node: yaml.Node, where: str) -> Any:
        """Return the value of *node*, which stands at the path *where*."""
        self._nodes += 1
        if self._nodes > MOST_NODES:
            raise ScenarioError(
                f"{self._path}: the file has more than {MOST_NODES} values; is it a template?"
            )
        self.lines.setdefault(where, node.start_mark.line + 1)
        if node.tag.startswith("!") and len(node.tag) > 1:
            return self._short_form(node, where)
        return self._plain(node, where)

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
        return self._loader.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, where: str) -> dict[str, Any]:
        if node.tag == "tag:yaml.org,2002:map":
            self._loader.flatten_mapping(node)
        found: dict[str, Any] = {}
        for key, value in node.value:
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
