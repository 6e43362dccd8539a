"""What a template declares, whatever its language: resources with CloudFormation's types and properties.

CloudFormation's resource types are the common language because every field of a resource has one name in it
and one page that says what it does. References between resources are worked out as far as they can be
before anything is made: names that nobody gave are chosen here, so that ARNs are known. What only the service
knows (an id that it draws) stands in a string as a token, `${Token[LogicalId|Attribute]}`, until the resource
is there.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Language = Literal[
    "cloudformation", "sam", "cdk", "terraform", "terraform plan", "pulumi", "live"
]  # "live": read back from an endpoint

TOKEN = re.compile(r"\$\{Token\[(?P<logical_id>[^${}]+)\|(?P<attribute>[A-Za-z0-9.]+)\]\}")


def token(logical_id: str, attribute: str) -> str:
    """Return what stands for *attribute* of a resource until it is made; "Ref" is what Ref gives."""
    return f"${{Token[{logical_id}|{attribute}]}}"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: `type` and `properties` are CloudFormation's, `logical_id` the template's own name of it.

    A Terraform resource's logical id is its address (`aws_sqs_queue.jobs`), a live one's its ARN or name.
    `physical_id` is what Ref would give, where it is known before the resource is made. `file` and `line` say
    where it is declared, `lines` on which line each property is ("RedrivePolicy.maxReceiveCount").
    `depends_on` are logical ids, of references too. `retained` says that deletion leaves it, `generated_name`
    which property has a name that was chosen here because the template gives none, "" where it gives one.
    `extra` is what the template's language has beside the properties: CloudFormation's "Metadata",
    "UpdateReplacePolicy", "CreationPolicy" and "UpdatePolicy"; "SAM", the resource a SAM template has in its
    place; elsewhere arguments that CloudFormation has no property for.
    """

    logical_id: str
    type: str
    properties: Mapping[str, Any] = field(hash=False)
    physical_id: str = ""
    file: str = ""
    line: int | None = None
    lines: Mapping[str, int] = field(default_factory=dict, hash=False, compare=False)
    depends_on: tuple[str, ...] = ()
    retained: bool = False
    extra: Mapping[str, Any] = field(default_factory=dict, hash=False)
    generated_name: str = ""

    def at(self, property_path: str = "") -> str:
        """Return "file:line" of a property, or of the nearest thing around it; "file" without a line."""
        line = self.line_of(property_path)
        return f"{self.file}:{line}" if line else self.file

    def line_of(self, property_path: str = "") -> int | None:
        """Return the line of a property, or of the nearest thing around it."""
        while property_path and property_path not in self.lines:
            property_path = property_path[: max(property_path.rfind("."), property_path.rfind("["), 0)]
        return self.lines.get(property_path, self.line)


@dataclass(frozen=True, slots=True)
class Template:
    """All that a template declares. `assets` are local files that stand behind S3 addresses in it.

    `not_covered` says, with places, what the template has that is not looked at here; `outputs` are the
    stack's, with tokens in them: {"Value", "Description", "Export"} each. An asset's key is (logical id,
    property path), its value a file or folder. `region` and `account` are those that its ARNs have.
    """

    language: Language
    file: str
    stack: str
    resources: Mapping[str, Resource] = field(hash=False)
    outputs: Mapping[str, Any] = field(default_factory=dict, hash=False)
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    assets: Mapping[tuple[str, str], str] = field(default_factory=dict, hash=False)
    not_covered: tuple[str, ...] = ()
    description: str = ""
    region: str = "us-east-1"
    account: str = "123456789012"

    def of_type(self, *types: str) -> list[Resource]:
        """Return the resources of *types*, in the template's order."""
        return [one for one in self.resources.values() if one.type in types]
