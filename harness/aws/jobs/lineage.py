"""The operations on lineage, answered: entities, associations, and the queries over both.

API reference: CreateArtifact, CreateAction, CreateContext and their kin, AddAssociation, ListAssociations,
QueryLineage; DescribeTrialComponent for the components of jobs.
"""

from collections.abc import Sequence
from typing import Any

from harness.aws.aws_json import Arguments, Refused, offset
from harness.aws.jobs.answering import Answers, answering
from harness.aws.jobs.derived_house import DerivedHouse
from harness.aws.jobs.lineage_record import LineageRecord
from harness.aws.jobs.tags import JobTags
from harness.aws.tagging import tags_in
from harness.gateway.chain import Exchange, Outcome
from harness.jobs.lineage import MOST_DEEP, Association, Entity, Kind, wanted_in

# ListArtifacts names no default; 10 is that of SageMaker's other lists. QueryLineage gives 50 at most.
DEFAULT_PAGE, MOST_VERTICES = 10, 50
KINDS: tuple[Kind, ...] = ("Artifact", "Action", "Context")
# What a Create call may say of an entity beside its name, type, source and properties.
_MORE = ("Description", "Status", "MetadataProperties")


class LineageApi:
    """Answers the operations on *record*."""

    def __init__(self, house: DerivedHouse, record: LineageRecord, tags: JobTags) -> None:
        self._house = house
        self._record = record
        self._graph = record.graph
        tags.owners.append(self._tags_of)
        operations: dict[str, Answers] = {
            "AddAssociation": self._associate,
            "DeleteAssociation": self._dissociate,
            "ListAssociations": self._associations,
            "QueryLineage": self._query,
        }
        for kind in KINDS:
            operations |= self._of_kind(kind)
        self._ours = answering(operations)
        self._components = answering(
            {"DescribeTrialComponent": self._component}, ours=lambda given: self._is_ours(given)
        )

    def handle(self, exchange: Exchange) -> Outcome:
        """Return what to do with *exchange*: answer it, or let it go on."""
        return self._ours.handle(exchange) or self._components.handle(exchange)

    # -- entities -----

    def _of_kind(self, kind: Kind) -> dict[str, Answers]:
        async def create(_exchange: Exchange, given: Arguments) -> Any:
            return {f"{kind}Arn": self._create(kind, given).arn}

        async def describe(_exchange: Exchange, given: Arguments) -> Any:
            await self._record.refresh()
            return self._described(self._found(kind, given))

        async def update(_exchange: Exchange, given: Arguments) -> Any:
            await self._record.refresh()
            return {f"{kind}Arn": self._update(self._found(kind, given), given).arn}

        async def delete(_exchange: Exchange, given: Arguments) -> Any:
            await self._record.refresh()
            found = self._found(kind, given)
            self._graph.remove(found.arn)
            return {f"{kind}Arn": found.arn}

        async def show(_exchange: Exchange, given: Arguments) -> Any:
            await self._record.refresh()
            return self._list(kind, given)

        called = {"Create": create, "Describe": describe, "Update": update, "Delete": delete}
        return {f"{verb}{kind}": answer for verb, answer in called.items()} | {f"List{kind}s": show}

    def _create(self, kind: Kind, given: Arguments) -> Entity:
        now, source = self._house.clock.now(), given["Source"]
        name = given.get(f"{kind}Name") or ""
        arn = (
            self._record.artifact_arn(source["SourceUri"])
            if kind == "Artifact"
            else self._record.arn(kind, name)
        )
        there = self._graph.artifact(source["SourceUri"]) if kind == "Artifact" else None
        if there is not None:
            # "there can be only one artifact with a unique SourceUri" (Lineage Tracking Entities)
            raise Refused("ValidationException", f"Artifact {there.arn} has this SourceUri already.")
        more = {member: given[member] for member in _MORE if member in given} | {"Source": source}
        properties = dict(given.get("Properties") or {})
        kind_of_it, tags = given[f"{kind}Type"], tags_in(given.get("Tags") or [])
        return self._graph.add(
            Entity(arn, kind, name, kind_of_it, source["SourceUri"], now, now, properties, more, tags)
        )

    def _found(self, kind: Kind, given: Arguments) -> Entity:
        """Return the entity that *given* names: artifacts by ARN or source, the others by name."""
        if kind != "Artifact":
            found = self._graph.named(kind, given[f"{kind}Name"])
            what = given[f"{kind}Name"]
        elif given.get("ArtifactArn"):
            found, what = self._graph.find(given["ArtifactArn"]), given["ArtifactArn"]
        else:
            what = (given.get("Source") or {}).get("SourceUri", "")
            found = self._graph.artifact(what)
        if found is None:
            raise Refused("ResourceNotFound", f"{kind} {what} does not exist.")
        return found

    def _update(self, one: Entity, given: Arguments) -> Entity:
        for name in given.get("PropertiesToRemove") or ():
            one.properties.pop(name, None)
        one.properties |= given.get("Properties") or {}
        one.given |= {name: given[name] for name in ("Description", "Status") if name in given}
        if one.kind == "Artifact" and given.get("ArtifactName"):
            one.name = given["ArtifactName"]
        one.modified_at = self._house.clock.now()
        return one

    def _list(self, kind: Kind, given: Arguments) -> Arguments:
        wanted = wanted_in(given, self._model_s)
        found = [
            one
            for one in self._graph.of(kind)
            if given.get("SourceUri", one.source_uri) == one.source_uri
            and given.get(f"{kind}Type", one.type) == one.type
            and wanted.matches(one)
        ]
        by_name = given.get("SortBy") == "Name"
        found.sort(
            key=lambda one: (one.name if by_name else "", one.created_at),
            reverse=given.get("SortOrder", "Descending") == "Descending",
        )
        shown, token = _page(found, given)
        return {f"{kind}Summaries": [self._summary(one) for one in shown]} | token

    # -- associations -----

    async def _associate(self, _exchange: Exchange, given: Arguments) -> Arguments:
        await self._record.refresh()
        made = self._graph.associate(
            given["SourceArn"],
            given["DestinationArn"],
            given.get("AssociationType", "AssociatedWith"),
            self._house.clock.now(),
        )
        return {"SourceArn": made.source, "DestinationArn": made.destination}

    async def _dissociate(self, _exchange: Exchange, given: Arguments) -> Arguments:
        self._graph.dissociate(given["SourceArn"], given["DestinationArn"])
        return {"SourceArn": given["SourceArn"], "DestinationArn": given["DestinationArn"]}

    async def _associations(self, _exchange: Exchange, given: Arguments) -> Arguments:
        await self._record.refresh()
        found = [one for one in self._graph.associations() if self._matches(one, given)]
        found.sort(key=lambda one: one.at, reverse=given.get("SortOrder", "Descending") == "Descending")
        shown, token = _page(found, given)
        return {"AssociationSummaries": [self._association(one) for one in shown]} | token

    def _matches(self, one: Association, given: Arguments) -> bool:
        source, destination = self._graph.get(one.source), self._graph.get(one.destination)
        wanted = wanted_in(given, self._model_s)
        return (
            given.get("SourceArn", one.source) == one.source
            and given.get("DestinationArn", one.destination) == one.destination
            and given.get("SourceType", source.type) == source.type
            and given.get("DestinationType", destination.type) == destination.type
            and given.get("AssociationType", one.type) == one.type
            and (wanted.created_after is None or one.at > wanted.created_after)
            and (wanted.created_before is None or one.at < wanted.created_before)
        )

    # -- queries -----

    async def _query(self, _exchange: Exchange, given: Arguments) -> Arguments:
        await self._record.refresh()
        found, edges = self._graph.query(
            given.get("StartArns") or (),
            given.get("Direction", "Both"),
            wanted_in(given.get("Filters") or {}, self._model_s),
            depth=given.get("MaxDepth") or MOST_DEEP,
        )
        shown, token = _page(found, given, MOST_VERTICES)
        answer: Arguments = {"Vertices": [_vertex(one) for one in shown]} | token
        return answer | {"Edges": [_edge(one) for one in edges] if given.get("IncludeEdges", True) else []}

    async def _component(self, _exchange: Exchange, given: Arguments) -> Any:
        await self._record.refresh()
        found = self._graph.named("TrialComponent", given["TrialComponentName"])
        if found is None:
            raise Refused(
                "ResourceNotFound", f"Trial component {given['TrialComponentName']} does not exist."
            )
        return found.given

    def _is_ours(self, given: Arguments) -> bool:
        """Return whether a trial component is that of a job; the backend keeps the others."""
        name = str(given.get("TrialComponentName", ""))
        return name.endswith(("-aws-training-job", "-aws-processing-job", "-aws-transform-job"))

    # -- how they are shown -----

    def _summary(self, one: Entity) -> Arguments:
        epoch = self._house.clock.epoch_s
        told: Arguments = {
            f"{one.kind}Arn": one.arn,
            f"{one.kind}Type": one.type,
            "Source": one.given.get("Source") or {"SourceUri": one.source_uri},
            "CreationTime": epoch(one.created_at),
            "LastModifiedTime": epoch(one.modified_at),
        }
        status = {"Status": one.given["Status"]} if "Status" in one.given else {}
        return told | ({f"{one.kind}Name": one.name} if one.name else {}) | status

    def _described(self, one: Entity) -> Arguments:
        more = {name: one.given[name] for name in _MORE if name in one.given}
        return self._summary(one) | {"Properties": one.properties} | more

    def _association(self, one: Association) -> Arguments:
        source, destination = self._graph.get(one.source), self._graph.get(one.destination)
        told: Arguments = {
            "SourceArn": one.source,
            "DestinationArn": one.destination,
            "SourceType": source.type,
            "DestinationType": destination.type,
            "AssociationType": one.type,
            "CreationTime": self._house.clock.epoch_s(one.at),
        }
        names = {"SourceName": source.name, "DestinationName": destination.name}
        return told | {name: value for name, value in names.items() if value}

    def _model_s(self, epoch_s: Any) -> float:
        return float(epoch_s) - self._house.clock.epoch_s(0.0)

    def _tags_of(self, arn: str) -> dict[str, str] | None:
        found = self._graph.find(arn)
        return None if found is None else found.tags


def _vertex(one: Entity) -> Arguments:
    return {"Arn": one.arn, "Type": one.type, "LineageType": one.kind}


def _edge(one: Association) -> Arguments:
    return {"SourceArn": one.source, "DestinationArn": one.destination, "AssociationType": one.type}


def _page(
    found: Sequence[Any], given: Arguments, otherwise: int = DEFAULT_PAGE
) -> tuple[list[Any], Arguments]:
    start, size = offset(given.get("NextToken")), int(given.get("MaxResults") or otherwise)
    more = {"NextToken": str(start + size)} if start + size < len(found) else {}
    return list(found[start : start + size]), more
