"""A CloudFormation template, its functions worked out, as a `Template`.

Read are Parameters, Mappings, Conditions, Resources and Outputs. A resource whose condition is false is not
there. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

import re
from collections.abc import Mapping
from typing import Any

from harness.errors import ScenarioError
from harness.templates.documents import Document
from harness.templates.functions import Unresolved, is_deferred
from harness.templates.intrinsics import NO_VALUE, Intrinsics, did_you_mean
from harness.templates.model import Language, Resource, Template
from harness.templates.notes import notes_of
from harness.templates.place import Place
from harness.templates.references import namings
from harness.templates.resolved import Resolved
from harness.templates.types import type_refusal

SAM_TRANSFORM = "AWS::Serverless-2016-10-31"

_TYPE = re.compile(r"[A-Za-z0-9]+(::[A-Za-z0-9_@-]+)+")
_MEMBERS = (
    "Type",
    "Properties",
    "DependsOn",
    "Condition",
    "Metadata",
    "DeletionPolicy",
    "UpdateReplacePolicy",
)
_POLICIES = ("CreationPolicy", "UpdatePolicy")
_KEPT = ("Metadata", "UpdateReplacePolicy", *_POLICIES)
MOST_RESOURCES = 20_000
"""Of one template: CloudFormation takes 500 ("CloudFormation quotas")."""
_KNOWN_MEMBERS = (*_MEMBERS, *_POLICIES, "Version", "Description")
# What the CDK adds to count its users; it makes nothing.
_NOTHING = {"AWS::CDK::Metadata"}


def build(
    document: Document,
    parameters: Mapping[str, Any],
    place: Place,
    language: Language = "cloudformation",
    notes: tuple[str, ...] = (),
) -> Template:
    """Return what *document* declares at *place* with the values of *parameters*; *notes* are put first.

    Raises ScenarioError with file, line and logical id.
    """
    declared = document.section("Resources")
    if not declared:
        raise ScenarioError(f"{document.file}: the template has no Resources, so there is nothing to make")
    if len(declared) > MOST_RESOURCES:
        raise ScenarioError(
            f"{document.file}: it has {len(declared)} resources, and CloudFormation takes 500; "
            f"more than {MOST_RESOURCES} are not read"
        )
    resolved = Resolved(document.value, parameters, place)
    reader = _Reader(document, resolved, place.region)
    resources = {}
    for logical_id, about in declared.items():
        if reader.is_there(logical_id, about):
            reader.check_type(logical_id, about)
            resources[logical_id] = reader.resource(logical_id, about)
    outputs = reader.outputs()
    description = document.value.get("Description")
    return Template(
        language=language,
        file=document.file,
        stack=place.stack,
        resources=resources,
        outputs=outputs,
        parameters=dict(parameters),
        not_covered=(*notes, *notes_of(document, resources)),
        description=description if isinstance(description, str) else "",
        region=place.region,
        account=place.account,
    )


class _Reader:
    """Takes resources and outputs out of a document one by one."""

    def __init__(self, document: Document, resolved: Resolved, region: str) -> None:
        self._region = region
        self._document = document
        self._resolved = resolved
        self._intrinsics: Intrinsics = resolved.intrinsics
        self._lines = _lines_by_resource(document.lines)

    def check_type(self, logical_id: str, about: Mapping[str, Any]) -> None:
        """Raise ScenarioError for a type that CloudFormation does not have."""
        refusal = type_refusal(about["Type"], self._region)
        if refusal:
            raise self._error(f"Resources.{logical_id}.Type", logical_id, refusal)

    def is_there(self, logical_id: str, about: Any) -> bool:
        """Return whether the resource is made: it has no condition, or one that holds."""
        where = f"Resources.{logical_id}"
        if not isinstance(about, Mapping) or not isinstance(about.get("Type"), str):
            raise self._error(where, logical_id, "it must be an object with a Type")
        kind = about["Type"]
        if not _TYPE.fullmatch(kind):
            guess = did_you_mean(kind, namings())
            raise self._error(f"{where}.Type", logical_id, f"{kind!r} is no resource type{guess}")
        if kind.startswith("AWS::Serverless::"):
            raise self._error(f"{where}.Type", logical_id, f"{kind} needs `Transform: {SAM_TRANSFORM}`")
        return kind not in _NOTHING and self._holds(f"{where}.Condition", logical_id, about.get("Condition"))

    def resource(self, logical_id: str, about: Mapping[str, Any]) -> Resource:
        """Return the resource with its properties worked out."""
        where = f"Resources.{logical_id}"
        for member in about:
            if member not in _KNOWN_MEMBERS:
                guess = did_you_mean(member, _KNOWN_MEMBERS)
                raise self._error(f"{where}.{member}", logical_id, f"a resource has no {member!r}{guess}")
        properties = about.get("Properties", {})
        if not isinstance(properties, Mapping):
            raise self._error(f"{where}.Properties", logical_id, "Properties must be an object")
        with self._resolved.recording() as used:
            found = self._value(f"{where}.Properties", logical_id, properties)
        found = {} if found is NO_VALUE else found
        if not isinstance(found, dict) or is_deferred(found):
            raise self._error(f"{where}.Properties", logical_id, "Properties must be an object")
        name, value = self._resolved.chosen_name(logical_id, about["Type"], found)
        if name:
            found[name] = value
        return Resource(
            logical_id=logical_id,
            type=about["Type"],
            properties=found,
            physical_id=self._resolved.ref_once_known(logical_id),
            file=self._document.file,
            line=self._document.line_of(where),
            lines=self._lines.get(logical_id, {}),
            depends_on=self._depends_on(logical_id, about, used),
            retained=self._policy(logical_id, about) in ("Retain", "RetainExceptOnCreate"),
            extra={member: about[member] for member in _KEPT if member in about},
            generated_name=name,
        )

    def outputs(self) -> dict[str, Any]:
        """Return the outputs whose condition holds."""
        found = {}
        for name, about in self._document.section("Outputs").items():
            where = f"Outputs.{name}"
            if not isinstance(about, Mapping) or "Value" not in about:
                raise ScenarioError(f"{self._document.at(where)}: output {name!r} must have a Value")
            if self._holds(f"{where}.Condition", name, about.get("Condition"), "output"):
                members = {each: about[each] for each in about if each != "Condition"}
                found[name] = self._value(where, name, members, "output")
        return found

    def _depends_on(self, logical_id: str, about: Mapping[str, Any], used: list[str]) -> tuple[str, ...]:
        """Return what the resource needs: what it names, then what it refers to.

        CloudFormation passes over a dependency on a resource whose condition is false.
        """
        named = about.get("DependsOn", [])
        named = named if isinstance(named, list) else [named]
        declared = self._document.section("Resources")
        for each in named:
            if not isinstance(each, str) or each not in declared:
                where = f"Resources.{logical_id}.DependsOn"
                guess = did_you_mean(each, declared)
                raise self._error(where, logical_id, f"it depends on {each!r}, which is no resource{guess}")
        there = [each for each in named if self.is_there(each, declared[each])]
        return tuple(dict.fromkeys([*there, *used]))

    def _policy(self, logical_id: str, about: Mapping[str, Any]) -> Any:
        return self._value(
            f"Resources.{logical_id}.DeletionPolicy", logical_id, about.get("DeletionPolicy", "Delete")
        )

    def _holds(self, where: str, name: str, condition: Any, kind: str = "resource") -> bool:
        try:
            return condition is None or self._intrinsics.holds(condition)
        except Unresolved as error:
            raise self._error(where, name, str(error), kind) from error

    def _value(self, where: str, name: str, value: Any, kind: str = "resource") -> Any:
        try:
            return self._intrinsics.resolve(value)
        except Unresolved as error:
            at = error.path.removeprefix(".")
            inner = f"{where}{error.path}"
            said = f"{at}: {error}" if at else str(error)
            raise self._error(inner, name, said, kind) from error

    def _error(self, where: str, name: str, said: str, kind: str = "resource") -> ScenarioError:
        return ScenarioError(f"{self._document.at(where)}: {kind} {name!r}: {said}")


_BRANCH = re.compile(r"\.Fn::If\[\d+\]")


def _lines_by_resource(lines: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Return the line of each property of each resource; what stands in Fn::If has no Fn::If in its path."""
    found: dict[str, dict[str, int]] = {}
    for where, line in lines.items():
        parts = where.split(".", 3)
        if len(parts) == 4 and parts[0] == "Resources" and parts[2] == "Properties":
            inner = parts[3] if "Fn::" not in parts[3] else _BRANCH.sub("", "." + parts[3])[1:]
            found.setdefault(parts[1], {}).setdefault(inner, line)
    return found
