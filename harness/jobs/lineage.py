"""SageMaker's lineage: artifacts, actions, contexts and trial components, and the associations between them.

Developer guide, "Lineage Tracking Entities" and "Querying Lineage Entities"; API reference, AddAssociation
and QueryLineage. There is one artifact for each SourceUri.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.jobs.unacceptable import Unacceptable

Kind = Literal["Artifact", "Action", "Context", "TrialComponent"]
Direction = Literal["Both", "Ascendants", "Descendants"]
EDGES = ("ContributedTo", "AssociatedWith", "DerivedFrom", "Produced", "SameAs")
# QueryLineage: MaxDepth is 10 at most, and so it is where none is given.
MOST_DEEP = 10
NOT_FOUND = "ResourceNotFound"


@dataclass(slots=True)
class Entity:
    """One entity. `type` is free text such as "DataSet" or "Model"; moments are model seconds.

    `given` is what else its Create call said, in the API's own names.
    """

    arn: str
    kind: Kind
    name: str
    type: str
    source_uri: str
    created_at: float
    modified_at: float
    properties: dict[str, str] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Association:
    """An edge of the graph, from where the data or the cause is."""

    source: str
    destination: str
    type: str
    at: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """What QueryLineage is to return; a bound that is None does not count. Moments are model seconds."""

    types: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    created_before: float | None = None
    created_after: float | None = None
    modified_before: float | None = None
    modified_after: float | None = None
    properties: tuple[tuple[str, str], ...] = ()

    def matches(self, one: Entity) -> bool:
        """Return whether *one* is among what is wanted."""
        return (
            (not self.types or one.type in self.types)
            and (not self.kinds or one.kind in self.kinds)
            and _within(one.created_at, self.created_after, self.created_before)
            and _within(one.modified_at, self.modified_after, self.modified_before)
            and all(one.properties.get(name) == value for name, value in self.properties)
        )


class Lineage:
    """The entities and associations of one account and region."""

    def __init__(self) -> None:
        self._entities: dict[str, Entity] = {}
        self._by_source: dict[str, Entity] = {}  # artifacts
        self._by_name: dict[tuple[Kind, str], Entity] = {}  # all the others
        self._edges: dict[tuple[str, str], Association] = {}
        # The edges that lead away from an entity, and those that lead to it, by the other end.
        self._from: defaultdict[str, dict[str, Association]] = defaultdict(dict)
        self._to: defaultdict[str, dict[str, Association]] = defaultdict(dict)

    # -- entities -----

    def add(self, one: Entity) -> Entity:
        """Keep *one*, or return the artifact that has its SourceUri; raise Unacceptable for a taken name."""
        if one.kind == "Artifact":
            there = self.artifact(one.source_uri)
            if there is not None:
                return there
            self._by_source[one.source_uri] = one
        elif self.named(one.kind, one.name) is not None:
            raise Unacceptable(f"{one.kind} {one.name} already exists.", "ResourceInUse")
        else:
            self._by_name[one.kind, one.name] = one
        self._entities[one.arn] = one
        return one

    def get(self, arn: str) -> Entity:
        """Return the entity; raise Unacceptable (ResourceNotFound)."""
        found = self._entities.get(arn)
        if found is None:
            raise Unacceptable(f"Lineage entity {arn} does not exist.", NOT_FOUND)
        return found

    def find(self, arn: str) -> Entity | None:
        """Return the entity, None where there is none."""
        return self._entities.get(arn)

    def artifact(self, source_uri: str) -> Entity | None:
        """Return the artifact of an address."""
        return self._by_source.get(source_uri)

    def named(self, kind: Kind, name: str) -> Entity | None:
        """Return the entity of *kind*, which is not Artifact, with that name."""
        return self._by_name.get((kind, name))

    def of(self, kind: Kind) -> list[Entity]:
        """Return the entities of *kind*, in the order in which they came."""
        return [one for one in self._entities.values() if one.kind == kind]

    def remove(self, arn: str) -> None:
        """Delete an entity; raise Unacceptable where there is none, or where it has associations."""
        one = self.get(arn)
        if self._from[arn] or self._to[arn]:
            raise Unacceptable(f"Cannot delete {arn}: it has associations; delete these first.")
        del self._entities[arn]
        if one.kind == "Artifact":
            del self._by_source[one.source_uri]
        else:
            del self._by_name[one.kind, one.name]

    # -- associations -----

    def associate(self, source: str, destination: str, kind: str, at: float) -> Association:
        """Add an association, or return the one there is; raise Unacceptable where an end is missing."""
        self.get(source)
        self.get(destination)
        if source == destination:
            raise Unacceptable("The source and the destination of an association must differ.")
        made = self._edges.setdefault((source, destination), Association(source, destination, kind, at))
        self._from[source][destination] = self._to[destination][source] = made
        return made

    def dissociate(self, source: str, destination: str) -> None:
        """Delete an association; raise Unacceptable (ResourceNotFound)."""
        if self._edges.pop((source, destination), None) is None:
            raise Unacceptable(f"No association from {source} to {destination} exists.", NOT_FOUND)
        del self._from[source][destination], self._to[destination][source]

    def associations(self) -> list[Association]:
        """Return every association, in the order in which they came."""
        return list(self._edges.values())

    # -- the graph -----

    def query(
        self, start: Iterable[str], direction: Direction, wanted: Wanted, *, depth: int = MOST_DEEP
    ) -> tuple[list[Entity], list[Association]]:
        """Return the wanted entities within *depth* associations of *start*, nearest first, and the edges.

        Without a start every entity is looked at. The edges are all that were walked between them.
        """
        begin = [self.get(arn).arn for arn in start]
        if not begin:
            return [one for one in self._entities.values() if wanted.matches(one)], self.associations()
        seen, edges = dict.fromkeys(begin, 0), dict[tuple[str, str], Association]()
        for way in ("Ascendants", "Descendants") if direction == "Both" else (direction,):
            self._walk(begin, way == "Ascendants", min(depth, MOST_DEEP), seen, edges)
        found = [self._entities[arn] for arn in seen if arn not in begin]
        return [one for one in found if wanted.matches(one)], list(edges.values())

    def _walk(
        self,
        begin: list[str],
        upwards: bool,
        depth: int,
        seen: dict[str, int],
        edges: dict[tuple[str, str], Association],
    ) -> None:
        waiting = deque((arn, 0) for arn in begin)
        reached = set(begin)
        while waiting:
            arn, far = waiting.popleft()
            if far == depth:
                continue
            for other, edge in (self._to if upwards else self._from)[arn].items():
                edges[edge.source, edge.destination] = edge
                seen.setdefault(other, far + 1)
                if other not in reached:
                    reached.add(other)
                    waiting.append((other, far + 1))


def _within(moment: float, after: float | None, before: float | None) -> bool:
    return (after is None or moment > after) and (before is None or moment < before)


def wanted_in(given: Mapping[str, Any], model_s: Any) -> Wanted:
    """Return the Filters of a QueryLineage; *model_s* turns one of its moments into model seconds."""
    bounds = {
        field_name: model_s(given[name])
        for name, field_name in (
            ("CreatedBefore", "created_before"),
            ("CreatedAfter", "created_after"),
            ("ModifiedBefore", "modified_before"),
            ("ModifiedAfter", "modified_after"),
        )
        if name in given
    }
    return Wanted(
        tuple(given.get("Types") or ()),
        tuple(given.get("LineageTypes") or ()),
        properties=tuple((given.get("Properties") or {}).items()),
        **bounds,
    )
