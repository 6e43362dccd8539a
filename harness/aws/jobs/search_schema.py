"""What Search may look at in each kind of resource, read from SageMaker's own model of its answers."""

from functools import cache
from typing import Any

from harness.jobs.search_values import Kind, Schema

# ResourceType -> the member of SearchRecord that holds it. Search answers for no other kinds here.
MEMBERS = {
    "TrainingJob": "TrainingJob",
    "HyperParameterTuningJob": "HyperParameterTuningJob",
    "Endpoint": "Endpoint",
    "Model": "Model",
    "Experiment": "Experiment",
    "ExperimentTrial": "Trial",
    "ExperimentTrialComponent": "TrialComponent",
    "ModelPackage": "ModelPackage",
    "ModelPackageGroup": "ModelPackageGroup",
}
# A model's properties are searched by their names in Model, not in the record around it.
_INSIDE = {"Model": "Model"}
_KINDS = {
    "string": Kind.TEXT,
    "boolean": Kind.BOOLEAN,
    "timestamp": Kind.TIMESTAMP,
    "integer": Kind.NUMBER,
    "long": Kind.NUMBER,
    "float": Kind.NUMBER,
    "double": Kind.NUMBER,
}
# Structures are followed so deep; a training job's channels have five.
_DEEP = 7


@cache
def schema_of(resource: str) -> Schema:
    """Return the properties of a kind of resource; the service's model is read with the first call to it."""
    from harness.aws.permission.reading.models import family

    record: Any = family("sagemaker")[0].model.shape_for("SearchRecord")
    shape = record.members[MEMBERS[resource]]
    if resource in _INSIDE:
        shape = shape.members[_INSIDE[resource]]
    found: dict[str, Kind] = {}
    _collect(shape, "", found, 0)
    # Listed ones that are no members: every kind is ordered by it where nothing else is said.
    found.setdefault("LastModifiedTime", Kind.TIMESTAMP)
    return found


def _collect(shape: Any, name: str, found: dict[str, Kind], depth: int) -> None:
    if shape.type_name in _KINDS:
        found[name] = _KINDS[shape.type_name]
    elif depth < _DEEP:
        found[name] = Kind.STRUCTURE
        if shape.type_name == "structure":
            for member, inside in shape.members.items():
                _collect(inside, f"{name}.{member}".lstrip("."), found, depth + 1)
        elif shape.type_name == "list":
            _collect_listed(shape.member, name, found, depth)
        elif shape.type_name == "map":
            found[f"{name}.*"] = Kind.FREE


def _collect_listed(member: Any, name: str, found: dict[str, Kind], depth: int) -> None:
    """A list of texts is searched as one of them; a list of structures through its members' names."""
    if member.type_name in _KINDS:
        found[name] = _KINDS[member.type_name]
        return
    _collect(member, name, found, depth + 1)
    found[name] = Kind.STRUCTURE
