"""What is there, read back: one resource, all of an endpoint's, and two stacks compared field by field."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.stacks.kind import Kind, Properties, Refused, Surroundings, Unreachable
from harness.stacks.outcome import Deployed
from harness.stacks.registry import kind_of, kinds
from harness.templates.model import Resource, Template
from harness.templates.references import namings


@dataclass(frozen=True, slots=True)
class Found:
    """One resource as it was read back."""

    type: str
    physical_id: str
    properties: Properties = field(hash=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """A field in which two stacks differ; `left` or `right` is None where it is not there."""

    type: str
    name: str
    path: str
    left: Any
    right: Any

    def __str__(self) -> str:
        where = f"{self.type} {self.name}" + (f" {self.path}" if self.path else "")
        return f"{where}: {self.left!r} against {self.right!r}"


def read_back(
    type_: str, physical_id: str, where: Surroundings, properties: Properties | None = None
) -> Properties | None:
    """Return a resource's properties as they are now, None where it is not there.

    *properties* are those that tell it apart, for types whose id alone does not (`Kind.twins`).
    """
    kind = kind_of(type_)
    seen = kind.read(where, physical_id, properties or {}) if kind is not None else None
    return None if seen is None else seen.properties


def live(where: Surroundings, types: Iterable[str] = ()) -> Template:
    """Return all that is there of *types*, or of every type that can be listed, as a template.

    What a backend refuses to list or to tell is in `not_covered`. Logical ids are types with what Ref gives.
    """
    found: dict[str, Resource] = {}
    refused: list[str] = []
    wanted = frozenset(types)
    for kind in kinds().values():
        if kind.listed is not None and (not wanted or kind.type in wanted):
            try:
                found |= _all_of(where, kind)
            except (Refused, Unreachable) as error:
                refused.append(f"{kind.type} cannot be listed: {error}")
    return Template(
        "live",
        "",
        "live",
        found,
        not_covered=tuple(refused),
        region=where.region,
        account=where.account,
    )


def _all_of(where: Surroundings, kind: Kind) -> dict[str, Resource]:
    assert kind.listed is not None
    found = {}
    for physical_id, about in kind.listed(where):
        seen = kind.read(where, physical_id, about)
        if seen is not None:
            logical_id = f"{kind.type.removeprefix('AWS::')}/{physical_id}"
            found[logical_id] = Resource(logical_id, kind.type, {**about, **seen.properties}, physical_id)
    return found


Side = Deployed | Template | Iterable[Found]


def compare(left: Side, right: Side) -> tuple[Difference, ...]:
    """Return every field in which two read-back stacks differ, whatever their logical ids.

    Resources are matched by type and name; those without a name by what tells them apart (a subscription by
    topic, protocol and endpoint). Ids that a service drew are read as the resources that they stand for.
    """
    ours, theirs = _by_identity(_found(left)), _by_identity(_found(right))
    differences: list[Difference] = []
    for key in sorted(ours.keys() | theirs.keys()):
        if key not in ours or key not in theirs:
            told = tuple("there" if key in side else None for side in (ours, theirs))
            differences.append(Difference(*key, "", *told))
            continue
        one, other = _fields(ours[key]), _fields(theirs[key])
        differences += [
            Difference(*key, name, one.get(name), other.get(name))
            for name in sorted(one.keys() | other.keys())
            if one.get(name) != other.get(name)
        ]
    return tuple(differences)


def _found(side: Side) -> list[Found]:
    if isinstance(side, Deployed):
        return [Found(each.type, each.physical_id, each.read) for each in side.resources.values()]
    if isinstance(side, Template):
        return [Found(each.type, each.physical_id, each.properties) for each in side.resources.values()]
    return list(side)


def _by_identity(found: Iterable[Found]) -> dict[tuple[str, str], Any]:
    """Return the properties of each by type and own name, with drawn ids told by those names."""
    all_of_them = list(found)
    drawn: dict[str, str] = {}
    named: dict[tuple[str, str], Any] = {}
    for _ in range(3):  # what tells one apart may itself hold a drawn id
        named, before = {}, dict(drawn)
        for each in all_of_them:
            properties = _told(canonical(each.properties), drawn)
            name = _identity(each, properties)
            key = (each.type, name)
            number = 2
            while key in named:
                key, number = (each.type, f"{name} ({number})"), number + 1
            named[key] = properties
            if len(each.physical_id) >= 8 and each.physical_id not in name:
                drawn[each.physical_id] = f"<{each.type} {key[1]}>"
        if drawn == before:
            break
    return named


def _identity(found: Found, properties: Any) -> str:
    naming = namings().get(found.type)
    if naming and naming.name and properties.get(naming.name):
        return str(properties[naming.name])
    kind = kind_of(found.type)
    twins = [properties.get(name) for name in (kind.twins if kind else ())]
    told = [
        one if isinstance(one, str) else json.dumps(one, sort_keys=True) for one in twins if one is not None
    ]
    return " ".join(told) or (found.physical_id if kind is None or not kind.twins else "")


def _told(value: Any, drawn: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        for identity, name in drawn.items():
            value = value.replace(identity, name)
        return value
    if isinstance(value, Mapping):
        return {name: _told(inner, drawn) for name, inner in value.items()}
    if isinstance(value, list):
        return [_told(inner, drawn) for inner in value]
    return value


def canonical(value: Any) -> Any:
    """Return *value* in the one form that equal settings have.

    One value for a list of one in policies, numbers for their texts, lists without an order sorted.
    """
    if isinstance(value, Mapping):
        if "Statement" in value:
            return {
                name: _statements(inner) if name == "Statement" else inner for name, inner in value.items()
            }
        return {str(name): canonical(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return sorted(
            (canonical(one) for one in value), key=lambda one: json.dumps(one, sort_keys=True, default=str)
        )
    if isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _statements(value: Any) -> Any:
    statements = value if isinstance(value, list | tuple) else [value]
    made = []
    for statement in statements:
        told = {name: _listed(inner) if name != "Sid" else inner for name, inner in statement.items()}
        made.append(told)
    return sorted(made, key=lambda one: json.dumps(one, sort_keys=True, default=str))


def _listed(value: Any) -> Any:
    """Return texts as lists, at any depth of a statement: IAM takes one for the other."""
    if isinstance(value, Mapping):
        return {name: _listed(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return sorted(str(one) for one in value)
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def _fields(value: Any, path: str = "") -> dict[str, Any]:
    """Return the leaves of *value* by their paths."""
    if isinstance(value, Mapping):
        found: dict[str, Any] = {}
        for name, inner in value.items():
            found |= _fields(inner, f"{path}.{name}" if path else str(name))
        return found
    if isinstance(value, list):
        found = {}
        for number, inner in enumerate(value):
            found |= _fields(inner, f"{path}[{number}]")
        return found
    return {path: value}
