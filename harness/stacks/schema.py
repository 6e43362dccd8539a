"""What CloudFormation's registry says of each type that is made here: schema.json beside this file.

It was taken from the registry's resource schemas of us-east-1 as cfn-lint 1.58 carries them: `properties` are
those that a template may give, `replaces` its createOnlyProperties, `attributes` its readOnlyProperties.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Schema:
    """What the registry says of one type, as far as stacks need it."""

    properties: frozenset[str]
    replaces: frozenset[str]
    attributes: frozenset[str]


@cache
def schemas() -> Mapping[str, Schema]:
    """Return the schema of each type, by its name."""
    told = json.loads(files("harness.stacks").joinpath("schema.json").read_text("utf-8"))
    return {
        type_: Schema(*(frozenset(entry[part]) for part in ("properties", "replaces", "attributes")))
        for type_, entry in told.items()
    }


def schema_of(type_: str) -> Schema:
    """Return the schema of *type_*, an empty one where the registry's is not kept."""
    return schemas().get(type_) or Schema(frozenset(), frozenset(), frozenset())
