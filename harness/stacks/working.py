"""The work on one stack: resources are made, changed and removed one after another, and read back.

What takes long (an endpoint that comes into service) is waited for only when something depends on it, or at
the end, so that such things come about side by side.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from harness.stacks.dynamic import resolved
from harness.stacks.kind import Kind, Properties, Refused, Surroundings, Unreachable
from harness.stacks.outcome import Event, Failure, Placed
from harness.stacks.packages import with_assets
from harness.stacks.registry import kind_of, why_not
from harness.stacks.schema import schema_of
from harness.templates.model import Resource, Template
from harness.templates.names import generated_name
from harness.templates.tokens import fill

# Between two looks at something under way: often, for a compressed clock loses nothing then.
LOOK_S = 0.05
# How often a removed resource is looked for before it is said to be still there.
LOOKS = 100
# Names that CloudFormation chooses and that nothing can refer to.
_CHOSEN = {
    "AWS::Lambda::Permission": "StatementId",
    "AWS::Logs::MetricFilter": "FilterName",
    "AWS::Logs::SubscriptionFilter": "FilterName",
}


class Failed(Exception):
    """A resource could not be made, changed or removed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class Work:
    """What is done with the resources of one template.

    `placed` is what is there, in the order in which it was made; `events` is what was told of it.
    """

    def __init__(
        self,
        template: Template,
        where: Surroundings,
        tell: Callable[[Event], None],
        renames: Mapping[str, str],
    ) -> None:
        self.template = template
        self.where = where
        self.placed: dict[str, Placed] = {}
        self.events: list[Event] = []
        self.renames = dict(renames)  # the names that the template chose -> those of their successors
        self._tell = tell
        self._before: dict[str, Placed] = {}  # what is being changed, as it was
        self._under_way: dict[str, str] = {}  # logical id -> the status that it will have

    def tell(self, placed: Placed, status: str, reason: str = "") -> None:
        """Tell that a resource entered *status*."""
        event = Event(placed.logical_id, placed.physical_id, placed.type, status, reason)
        self.events.append(event)
        self._tell(event)

    # -- values -----

    def filled(self, value: Any) -> Any:
        """Return *value* with what is known now in place of its tokens."""
        return resolved(_renamed(fill(value, self._known), self.renames), self.where)

    def _known(self, logical_id: str, attribute: str) -> Any:
        self.settle(logical_id)
        placed = self.placed.get(logical_id)
        if placed is None:
            raise Refused("ValidationError", f"{logical_id} is not there, and {attribute} of it is needed")
        if attribute == "Ref":
            return placed.physical_id
        found: Any = placed.attributes.get(attribute)
        if found is None:
            found = _below(placed.attributes, attribute)
        if found is None:
            found = placed.properties.get(attribute, placed.read.get(attribute))
        if found is None:
            raise Refused(
                "ValidationError", f"{logical_id} ({placed.type}) has no attribute {attribute} here"
            )
        return found

    def properties_of(self, resource: Resource, generation: int) -> dict[str, Any]:
        """Return the properties that *resource* is made with.

        Raises Refused for one that its type does not have.
        """
        properties: dict[str, Any] = dict(self.filled(resource.properties))
        known = schema_of(resource.type).properties
        for name in properties:
            if known and name not in known:
                raise Refused("ValidationError", f"Encountered unsupported property {name}")
        if (name := _CHOSEN.get(resource.type, "")) and name not in properties:
            again = f"{resource.logical_id}{generation or ''}"
            properties[name] = generated_name(self.template.stack, again, longest=100)
        return properties

    # -- making -----

    def make(self, resource: Resource, generation: int = 0, kept_name: str = "") -> None:
        """Begin to make *resource*; raise Failed where that is refused."""
        kind = self._kind(resource)
        begun = Placed(
            resource.logical_id,
            resource.type,
            "",
            {},
            declared=resource.properties,
            retained=resource.retained,
            depends_on=resource.depends_on,
            kept_name=kept_name,
            generation=generation,
        )
        self.settle_all(resource.depends_on)
        self.tell(begun, "CREATE_IN_PROGRESS")
        try:
            properties = self.properties_of(resource, generation)
            sent = with_assets(self.where, self.template, resource, dict(properties))
            made = kind.make(self.where, {name: sent[name] for name in sent if name not in kind.unused})
        except Refused as refused:
            if refused.physical_id:  # it is there, though not as it should be
                begun = replace(begun, physical_id=refused.physical_id, properties=properties)
                self.placed[resource.logical_id] = begun
            raise self._failed(begun, "CREATE_FAILED", refused) from refused
        placed = replace(
            begun, physical_id=made.physical_id, properties=properties, attributes=made.attributes
        )
        self.placed[resource.logical_id] = placed
        self.tell(placed, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        self._under_way[resource.logical_id] = "CREATE"
        if self._looked(placed, kind) is not None:
            self.settle(resource.logical_id)

    def change(self, resource: Resource, before: Placed) -> None:
        """Change *before* in place to what *resource* asks for; raise Failed where that is refused."""
        kind = self._kind(resource)
        if kind.change is None:
            raise ValueError(f"{resource.type} cannot be changed in place")
        self.settle_all(resource.depends_on)
        self.placed[resource.logical_id] = before
        self.tell(before, "UPDATE_IN_PROGRESS")
        try:
            properties = self.properties_of(resource, before.generation)
            sent = with_assets(self.where, self.template, resource, dict(properties))
            kind.change(self.where, before.physical_id, before.properties, sent)
        except Refused as refused:
            raise self._failed(before, "UPDATE_FAILED", refused) from refused
        self.placed[resource.logical_id] = replace(
            before,
            properties=properties,
            declared=resource.properties,
            retained=resource.retained,
            depends_on=resource.depends_on,
        )
        self._under_way[resource.logical_id] = "UPDATE"
        self._before[resource.logical_id] = before

    def _kind(self, resource: Resource) -> Kind:
        kind = kind_of(resource.type)
        if kind is None:
            reason = f"{resource.type} is not made here: {why_not(resource.type)}"
            raise Failed(Failure(resource.logical_id, resource.type, reason, resource.at()))
        return kind

    def _looked(self, placed: Placed, kind: Kind) -> str | None:
        try:
            return kind.ready(self.where, placed.physical_id, placed.properties)
        except Refused as refused:
            return str(refused)

    # -- waiting, and reading back -----

    def settle_all(self, logical_ids: tuple[str, ...] | None = None) -> None:
        """Wait for *logical_ids*, or for all; raise Failed for one that does not come about."""
        for logical_id in list(self._under_way) if logical_ids is None else logical_ids:
            self.settle(logical_id)

    def settle(self, logical_id: str) -> None:
        """Wait until nothing is under way with a resource, and read it back."""
        word = self._under_way.get(logical_id)
        if word is None:
            return
        placed = self.placed[logical_id]
        kind = kind_of(placed.type)
        assert kind is not None
        while (reason := self._looked(placed, kind)) is None:
            self.where.pause(LOOK_S)
        del self._under_way[logical_id]
        if reason:
            raise self._failed(placed, f"{word}_FAILED", Refused("NotStabilized", reason))
        try:
            seen = kind.read(self.where, placed.physical_id, placed.properties)
        except Refused as refused:
            raise self._failed(placed, f"{word}_FAILED", refused) from refused
        if seen is None:
            nothing = Refused("NotFound", "the calls that make it were answered, and nothing is there")
            raise self._failed(placed, f"{word}_FAILED", nothing)
        done = replace(
            placed,
            read=seen.properties,
            attributes={**placed.attributes, **seen.attributes},
            status=f"{word}_COMPLETE",
        )
        self.placed[logical_id] = done
        self.tell(done, done.status, self._unchanged(done))

    def _unchanged(self, done: Placed) -> str:
        """Return a sentence about the changes that a service took and does not tell of; "" for none."""
        before = self._before.pop(done.logical_id, None)
        if before is None:
            return ""
        stale = [
            name
            for name in changed_properties(before.properties, done.properties)
            if name in done.read and done.read[name] == before.read.get(name)
        ]
        return f"The backend tells {', '.join(stale)} as before the update" if stale else ""

    def _failed(self, placed: Placed, status: str, refused: Refused) -> Failed:
        declared = self.template.resources.get(placed.logical_id)
        failure = Failure(
            placed.logical_id, placed.type, str(refused), declared.at() if declared is not None else ""
        )
        self._under_way.pop(placed.logical_id, None)
        self.tell(placed, status, str(refused))
        return Failed(failure)

    # -- removing -----

    def remove(self, placed: Placed) -> bool:
        """Remove a resource and look whether it is gone; return whether it is."""
        self._under_way.pop(placed.logical_id, None)
        if placed.retained:
            self.tell(placed, "DELETE_SKIPPED")
            return True
        kind = kind_of(placed.type)
        assert kind is not None
        self.tell(placed, "DELETE_IN_PROGRESS")
        try:
            kind.remove(self.where, placed.physical_id, placed.properties)
            if not self._is_gone(kind, placed):
                raise Refused("NotStabilized", "it was deleted and is still there")
        except (Refused, Unreachable) as error:
            self.tell(placed, "DELETE_FAILED", str(error))
            return False
        self.tell(placed, "DELETE_COMPLETE")
        return True

    def _is_gone(self, kind: Kind, placed: Placed) -> bool:
        if not kind.service:  # there is nothing behind it
            return True
        for _ in range(LOOKS):
            try:
                if kind.read(self.where, placed.physical_id, placed.properties) is None:
                    return True
            except Refused:  # what it was a part of is gone
                return True
            self.where.pause(LOOK_S)
        return False


def _renamed(value: Any, renames: Mapping[str, str]) -> Any:
    if not renames:
        return value
    if isinstance(value, str):
        for old, new in renames.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, Mapping):
        return {name: _renamed(inner, renames) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_renamed(inner, renames) for inner in value]
    return value


def _below(attributes: Mapping[str, Any], path: str) -> Any:
    found: Any = attributes
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def changed_properties(before: Properties, after: Properties) -> tuple[str, ...]:
    """Return the names of the properties that differ, in order."""
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))
