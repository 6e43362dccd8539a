"""A template as it is written: its value, and on which line each path of it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.inputs.input_files import parse_json, read_text
from harness.templates.json_lines import lines_of
from harness.templates.yaml_lines import load_yaml


@dataclass(frozen=True, slots=True)
class Document:
    """What the file *path* holds; `lines` are those of paths such as Resources.Queue.Properties.QueueName.

    `file` is how messages and resources name it.
    """

    path: Path
    value: Mapping[str, Any] = field(hash=False)
    lines: Mapping[str, int] = field(hash=False)

    @property
    def file(self) -> str:
        """The file as its user named it."""
        return str(self.path)

    def line_of(self, where: str) -> int | None:
        """Return the line of the path *where*, or of the nearest thing around it."""
        while where and where not in self.lines:
            where = where[: max(where.rfind("."), where.rfind("["), 0)]
        return self.lines.get(where)

    def at(self, where: str = "") -> str:
        """Return "file:line" of the path *where*; "file" where the line is not known."""
        line = self.line_of(where)
        return f"{self.file}:{line}" if line else self.file

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a section, empty where there is none; ScenarioError where it is no object."""
        found = self.value.get(name)
        if found is None:
            return {}
        if not isinstance(found, Mapping):
            raise ScenarioError(f"{self.at(name)}: {name} must be an object, not {found!r:.40}")
        return found


def read_document(path: Path) -> Document:
    """Return what the JSON or YAML file *path* holds; ScenarioError names the line of what cannot be read."""
    if not path.exists():
        raise ScenarioError(f"{path}: there is no such file")
    return parse_document(path, read_text(path))


def parse_document(path: Path, text: str) -> Document:
    """Return the value of *text*, which was read from *path*."""
    if not text.strip():
        raise ScenarioError(f"{path}: the file is empty; a template has at least Resources")
    value: Any
    if text.lstrip()[0] in "{[":
        value, lines = parse_json(path, text), lines_of(text)
    else:
        value, lines = load_yaml(path, text)
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{path}: a template is an object with Resources, not {value!r:.40}")
    return Document(path, value, lines)
