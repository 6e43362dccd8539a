"""A resource type as data: most are one call to make, one to describe, one to change and one to remove."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.stacks.kind import (
    Kind,
    Listed,
    Made,
    Properties,
    Ready,
    Refused,
    Seen,
    Surroundings,
    at_once,
)
from harness.stacks.schema import schema_of
from harness.stacks.shaping import arguments_of, as_tags, document, members_of, output_shape, part, shown
from harness.stacks.tags import read_tags, retag

Key = Callable[[str], str]


def itself(text: str) -> str:
    """Return *text*."""
    return text


def after_slash(arn: str) -> str:
    """Return the last part of an ARN such as `…:model/churn`."""
    return arn.rpartition("/")[2]


def after_colon(arn: str) -> str:
    """Return the last part of an ARN such as `…:stateMachine:flow`."""
    return arn.rpartition(":")[2]


@dataclass(frozen=True, slots=True)
class Plain:
    """A type whose properties are the arguments of its calls; `kind()` is what can be done with it.

    `by` is the member that names the resource in all calls but `create`; `key` makes its value of what Ref
    gives. `ref` is where Ref's value stands in the answer to `create`, "" for the property `name`.
    `inside` is where the resource stands in the answer to `describe`. `renamed` are properties whose members
    are called otherwise, `aside` those that are no arguments. `attributes` are those of GetAtt, by where they
    stand in the description. `documents` are texts that are JSON. `lists` is the call that lists, the key of
    its entries, and the member of an entry (or "") that Ref gives. `tagging` names the calls for tags, and
    `tagged` what they take: "ref", "key" or the attribute.
    """

    type: str
    service: str
    create: str
    describe: str
    delete: str
    by: str
    name: str = ""
    ref: str = ""
    key: Key = itself
    inside: str = ""
    update: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    aside: frozenset[str] = frozenset()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    attributes: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    lists: tuple[str, str, str] | None = None
    tagging: str = ""
    tagged: str = "Arn"
    ready: Ready = at_once
    plural: bool = False  # `by` takes a list
    twins: tuple[str, ...] = ()
    unused: frozenset[str] = frozenset()

    def kind(self, **changed: Any) -> Kind:
        """Return the kind, with what *changed* says instead."""
        given: dict[str, Any] = {
            "type": self.type,
            "service": self.service,
            "make": self.make,
            "read": self.read,
            "remove": self.remove,
            "change": self.change if self.update or self.tagging else None,
            "ready": self.ready,
            "listed": self.listed if self.lists else None,
            "twins": self.twins,
            "unused": self.unused,
        }
        return Kind(**(given | changed))

    def make(self, where: Surroundings, properties: Properties) -> Made:
        """Make it, and return what Ref gives."""
        client = where.clients(self.service)
        arguments = arguments_of(client, self.create, self._named(properties)) | dict(self.fixed)
        answer = where.call(self.service, self.create, **arguments) or {}
        if not self.ref:
            return Made(str(properties[self.name]))
        found: Any = answer
        for name in self.ref.split("."):
            found = found[int(name)] if name.isdigit() else found[name]
        return Made(str(found))

    def _named(self, properties: Properties) -> dict[str, Any]:
        left = {name: value for name, value in properties.items() if name not in self.aside | self.unused}
        return {self.renamed.get(name, name): value for name, value in left.items()}

    def describe_it(
        self, where: Surroundings, physical_id: str, properties: Properties | None = None
    ) -> tuple[Any, Any] | None:
        """Return the description and its shape, None where the resource is not there."""
        try:
            answer = where.call(self.service, self.describe, **self._by(physical_id, properties))
        except Refused as refused:
            if refused.says_gone:
                return None
            raise
        shape = output_shape(where.clients(self.service), self.describe)
        found, inner = part(answer, shape, self.inside)
        return (found, inner) if found else None

    def _by(self, physical_id: str, properties: Properties | None) -> dict[str, Any]:
        # The name as it was given where it is known: ARNs of SageMaker have it in small letters.
        value = str((properties or {}).get(self.name) or self.key(physical_id))
        return {self.by: [value] if self.plural else value}

    def read(self, where: Surroundings, physical_id: str, properties: Properties) -> Seen | None:
        """Return it as it is now."""
        described = self.describe_it(where, physical_id, properties)
        if described is None:
            return None
        back = {member.lower(): name for name, member in self.renamed.items()}
        told = {back.get(name.lower(), name): value for name, value in shown(*described).items()}
        return self.seen(where, physical_id, told)

    def seen(self, where: Surroundings, physical_id: str, told: Mapping[str, Any]) -> Seen:
        """Return what *told*, a description in CloudFormation's names, comes to."""
        known = schema_of(self.type).properties
        properties = {name: value for name, value in told.items() if name in known and value is not None}
        if self.name:
            properties.setdefault(self.name, self.key(physical_id))
        for name in self.documents:
            if name in properties:
                properties[name] = document(properties[name])
        attributes = {attribute: _at(told, path) for attribute, path in self.attributes.items()}
        self._add_tags(where, physical_id, properties, attributes)
        return Seen(properties, {name: value for name, value in attributes.items() if value is not None})

    def _add_tags(
        self, where: Surroundings, physical_id: str, properties: dict[str, Any], attributes: Mapping[str, Any]
    ) -> None:
        if self.tagging:
            properties["Tags"] = read_tags(where, self.tagging, self._tagged(physical_id, attributes))
        elif "Tags" in properties:
            properties["Tags"] = as_tags(properties["Tags"])
        if not properties.get("Tags", True):
            del properties["Tags"]

    def _tagged(self, physical_id: str, attributes: Mapping[str, Any]) -> str:
        if self.tagged == "ref":
            return physical_id
        return self.key(physical_id) if self.tagged == "key" else str(attributes.get(self.tagged, ""))

    def change(self, where: Surroundings, physical_id: str, before: Properties, after: Properties) -> None:
        """Change it in place from *before* to *after*."""
        if self.tagging and before.get("Tags") != after.get("Tags"):
            seen = self.read(where, physical_id, after)
            attributes = seen.attributes if seen else {}
            retag(where, self.tagging, self._tagged(physical_id, attributes), before, after)
        if not self.update or _without_tags(before) == _without_tags(after):
            return
        client = where.clients(self.service)
        takes = members_of(client, self.update)
        named = {name: value for name, value in self._named(after).items() if name.lower() in takes}
        arguments = arguments_of(client, self.update, named) | self._by(physical_id, after)
        where.call(self.service, self.update, **arguments)

    def remove(self, where: Surroundings, physical_id: str, properties: Properties) -> None:
        """Remove it; silent about one that is not there."""
        by = self._by(physical_id, properties)
        gone_is_fine(lambda: where.call(self.service, self.delete, **by))

    def listed(self, where: Surroundings) -> Iterable[tuple[str, Properties]]:
        """Yield what Ref gives of each that there is."""
        if self.lists is not None:
            method, key, member = self.lists
            for entry in where.pages(self.service, method, key):
                named = {self.name: entry[self.name]} if member and self.name in entry else {}
                yield str(entry[member] if member else entry), named


def _without_tags(properties: Properties) -> dict[str, Any]:
    return {name: value for name, value in properties.items() if name != "Tags"}


def _at(told: Mapping[str, Any], path: str) -> Any:
    found: Any = told
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def gone_is_fine(call: Callable[[], Any]) -> Any:
    """Return what *call* answers, None where it is refused because what it is about is not there."""
    try:
        return call()
    except Refused as refused:
        if refused.says_gone:
            return None
        raise


def listed_by(ids: Callable[[Surroundings], Iterable[str]]) -> Listed:
    """Return a `listed` of a type that is told by what Ref gives alone."""
    return lambda where: ((one, {}) for one in ids(where))
