"""Every type that can be made here, by its name, and why others cannot."""

from collections.abc import Mapping
from functools import cache

from harness.stacks.kind import Kind, Made, Properties, Seen, Surroundings
from harness.stacks.schema import schema_of

# What CloudFormation keeps for itself: there is nothing behind them.
_EMPTY = ("AWS::CDK::Metadata", "AWS::CloudFormation::WaitConditionHandle")
# Types that people meet often and that no emulator here has, with what is said of them.
_WHY = {
    "AWS::CloudFormation::CustomResource": "a custom resource is code of its own that CloudFormation calls",
    "AWS::CloudFormation::Stack": "nested stacks are not made; rehearse their templates by themselves",
    "AWS::CloudFormation::WaitCondition": "nobody here waits for signals",
    "AWS::EC2::SpotFleet": "the emulators have no spot fleets; request spot instances one by one",
    "AWS::AutoScaling::AutoScalingGroup": "no group of instances is kept here",
}
# What replaces a resource beside the create-only properties of its schema: CloudFormation's reference says
# "Update requires: Replacement" of these, or of most changes of them.
_ALSO_REPLACES = {
    "AWS::DynamoDB::Table": frozenset({"KeySchema", "LocalSecondaryIndexes"}),
}


@cache
def kinds() -> Mapping[str, Kind]:
    """Return every kind by its type's name."""
    from harness.stacks.types import (
        buckets,
        catalogues,
        events,
        function_parts,
        functions,
        http_apis,
        machines,
        models,
        networks,
        policies,
        queues,
        rest_apis,
        roles,
        scaling,
        secrets,
        states,
        streams,
        tables,
        topics,
        watching,
    )

    services = (
        buckets,
        catalogues,
        events,
        function_parts,
        functions,
        http_apis,
        machines,
        models,
        networks,
        policies,
        queues,
        rest_apis,
        roles,
        scaling,
        secrets,
        states,
        streams,
        tables,
        topics,
        watching,
    )
    found = {kind.type: kind for service in services for kind in service.KINDS}
    return found | {type_: _nothing(type_) for type_ in _EMPTY}


def kind_of(type_: str) -> Kind | None:
    """Return what can be done with *type_*, None where it is not made here (`why_not`)."""
    return kinds().get(type_)


def known_types() -> frozenset[str]:
    """Return the names of all types that can be made."""
    return frozenset(kinds())


def why_not(type_: str) -> str:
    """Return why *type_* cannot be made here, in half a sentence; "" where it can."""
    if type_ in kinds():
        return ""
    if type_.startswith("Custom::"):
        return _WHY["AWS::CloudFormation::CustomResource"]
    return _WHY.get(type_, "the type is not among those that are made here")


def replacing(type_: str) -> frozenset[str]:
    """Return the properties of *type_* whose change makes another resource in its place."""
    return schema_of(type_).replaces | _ALSO_REPLACES.get(type_, frozenset())


def _nothing(type_: str) -> Kind:
    def make(_where: Surroundings, _properties: Properties) -> Made:
        return Made(type_.rpartition("::")[2])

    def read(_where: Surroundings, _identity: str, properties: Properties) -> Seen:
        return Seen(properties)

    def remove(_where: Surroundings, _identity: str, _properties: Properties) -> None:
        return None

    def change(_where: Surroundings, _identity: str, _before: Properties, _after: Properties) -> None:
        return None

    return Kind(type_, "", make, read, remove, change)
