"""Arguments of a resource become properties, as its row of the tables says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.templates.model import Resource
from harness.templates.place import Place
from harness.templates.provider.attributes import attribute_of, filled, name_of, physical_id
from harness.templates.provider.declared import Declared
from harness.templates.provider.table import KindOf, pascal
from harness.templates.provider.values import changed

# Arguments of every resource, and what providers answer for all: nothing of a resource's own.
META = frozenset(
    [
        "count",
        "depends_on",
        "for_each",
        "id",
        "arn",
        "lifecycle",
        "provider",
        "provisioner",
        "connection",
        "region",
        "tags_all",
        "timeouts",
        "expected_bucket_owner",
        "force_destroy",
        "skip_destroy",
        "use_resource_timeout_for_propagation",
    ]
)


@dataclass(slots=True)
class Draft:
    """A resource while it is put together; others may be merged into it."""

    declared: Declared
    kind: KindOf
    place: Place
    properties: dict[str, Any] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)
    assets: dict[str, str] = field(default_factory=dict)
    more: list[Resource] = field(default_factory=list)
    not_covered: list[str] = field(default_factory=list)
    references: set[str] = field(default_factory=set)
    merged: bool = False
    generated_name: str = ""

    @property
    def address(self) -> str:
        """The logical id."""
        return self.declared.address

    def argument(self, name: str) -> Any:
        """Return an argument, also by the plural that Pulumi gives blocks; None where it is not given."""
        given = self.declared.arguments
        for each in (name, name + "s", name + "es", re.sub("y$", "ies", name)):
            if each in given:
                return given[each]
        return None

    def blocks(self, name: str) -> list[Mapping[str, Any]]:
        """Return the blocks of a name; Pulumi gives one alone where there can be only one."""
        return blocks_of(self.argument(name))

    def attribute(self, name: str) -> Any:
        """Return an attribute as references get it."""
        found = attribute_of(self.kind, self.address, name, self.argument, self.place)
        return self.argument(name) if found is None else found

    def physical_id(self) -> str:
        """Return what Ref gives, "" where only the service knows; a state knows its ids."""
        known = physical_id(self.kind, self.address, self.argument, self.place)
        drawn = self.argument("id") if self.kind.at.get("id", self.kind.ref or "@Ref") == "@Ref" else None
        return known or (drawn if isinstance(drawn, str) else "")

    def put(self, path: str, value: Any) -> None:
        """Set the property at *path*, objects around it made as needed."""
        at = self.properties
        *outer, last = path.split(".")
        for name in outer:
            at = at.setdefault(name, {})
        at[last] = value


def draft(declared: Declared, kind: KindOf, place: Place) -> Draft:
    """Return the properties of *declared*; what has none is in `not_covered`, with its place."""
    made = Draft(declared, kind, place, references=set(declared.references))
    for name, value in kind.const.items():
        made.put(name, value)
    for name, template in kind.needs.items():
        made.put(name, filled(template, kind, made.address, made.argument, place))
    if kind.name:
        name = name_of(kind, made.address, made.argument, place)
        made.properties[kind.name] = name
        if made.argument(kind.named_by) in (None, ""):
            made.generated_name = kind.name
        elif kind.named_by in declared.lines:
            made.lines[kind.name] = declared.lines[kind.named_by]
    given = {name: value for name, value in declared.arguments.items() if name not in META or name in kind.to}
    _Fields(made).convert(given, kind.to, made.properties, "", "")
    return made


class _Fields:
    def __init__(self, made: Draft) -> None:
        self._made = made

    def convert(
        self, given: Mapping[str, Any], to: Mapping[str, Any], into: dict[str, Any], path: str, at: str
    ) -> None:
        """Put the arguments *given* at *path* into the properties *into* at *at*."""
        for name, value in given.items():
            if value is None or value == "" or value == [] or value == {}:
                continue
            rule = rule_of(name, to)
            if rule is None:
                self._unknown(path + name, name, value)
            elif rule is not False:
                self._one(value, rule, into, path + name, at)

    def _unknown(self, path: str, name: str, value: Any) -> None:
        """Keep an argument that no row names; say so where the user wrote it."""
        declared = self._made.declared
        if declared.written is None or path.partition("[")[0] in declared.written:
            line = line_of(declared.lines, path) or declared.line
            where = f"{declared.file}, line {line}" if line else declared.file
            self._made.not_covered.append(f"{where}, {declared.address}.{path}: it is not looked at here")
        self._made.extra[path] = value

    def _one(self, value: Any, rule: Any, into: dict[str, Any], path: str, at: str) -> None:
        if isinstance(rule, str):
            target, _, how = rule.partition("|")
            if how == "qualified":
                into[target] = f"{into.get(target, '')}:{value}"
                return
            value = changed(value, how) if how else value
        else:
            target = rule["as"]
            value = self._nested(value, rule, path, at + target)
        if value is None:
            return
        inside = into
        *outer, last = target.split(".")
        for name in outer:
            inside = inside.setdefault(name, {})
        inside[last] = value
        lines = self._made.declared.lines
        line = lines.get(f"{path}[0]") or line_of(lines, path)
        if line:
            self._made.lines[at + target] = line

    def _nested(self, value: Any, rule: Mapping[str, Any], path: str, at: str) -> Any:
        blocks = blocks_of(value)
        if not blocks:
            return value  # a token in place of blocks, or a list of texts
        many = "many" in rule
        made = []
        for index, block in enumerate(blocks):
            inner: dict[str, Any] = dict(rule.get("const", {}))
            here = f"{at}[{index}]." if many else f"{at}."
            self.convert(block, rule["many" if many else "one"], inner, f"{path}[{index}].", here)
            line = line_of(self._made.declared.lines, f"{path}[{index}]")
            if line and many:
                self._made.lines[here[:-1]] = line
            made.append(inner)
        return made if many else made[0]


def blocks_of(value: Any) -> list[Mapping[str, Any]]:
    """Return blocks as a list of objects, [] for anything else."""
    if isinstance(value, Mapping):
        return [value]
    if isinstance(value, list) and value and all(isinstance(each, Mapping) for each in value):
        return list(value)
    return []


def rule_of(name: str, to: Mapping[str, Any]) -> Any:
    """Return the rule of an argument; Pulumi writes them in camel case, blocks in the plural."""
    plain = snake(name)
    for each in (name, plain, plain.removesuffix("s"), plain.removesuffix("es"), re.sub("ies$", "y", plain)):
        if each in to:
            return to[each]
    return pascal(plain) if to.get("*") else None


def snake(name: str) -> str:
    """Return delaySeconds as delay_seconds."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def line_of(lines: Mapping[str, int], path: str) -> int | None:
    """Return the line of an argument, or of the nearest thing around it."""
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path)
