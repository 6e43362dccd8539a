"""A template as it was submitted: its text, what it declares, and what its making needs to be allowed."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.aws.aws_json import Refused
from harness.errors import ScenarioError
from harness.stacks import problems
from harness.templates.model import Template

# CloudFormation API reference, CreateStack, Capabilities: the types that need an acknowledgement.
IAM_TYPES = frozenset(
    f"AWS::IAM::{name}"
    for name in (
        "AccessKey",
        "Group",
        "GroupPolicy",
        "InstanceProfile",
        "ManagedPolicy",
        "Policy",
        "Role",
        "RolePolicy",
        "User",
        "UserPolicy",
        "UserToGroupAddition",
    )
)
# Of these, the properties that give them a name of the template's own.
IAM_NAMES = frozenset({"GroupName", "InstanceProfileName", "ManagedPolicyName", "RoleName", "UserName"})
NAMED_TYPES = frozenset(
    f"AWS::IAM::{name}" for name in ("Group", "InstanceProfile", "ManagedPolicy", "Role", "User")
)
# CloudFormation quotas: a template in the call itself.
BODY_LIMIT_BYTES = 51_200
SECRET = "****"  # how DescribeStacks shows a parameter with NoEcho


@dataclass(frozen=True, slots=True)
class Submitted:
    """A template with the values of its parameters. `declared` is the document as written."""

    text: str
    template: Template
    declared: Mapping[str, Any] = field(hash=False)
    parameters: Mapping[str, str] = field(hash=False)

    def shown_parameters(self) -> list[dict[str, str]]:
        """Return the parameters as DescribeStacks tells them, secrets hidden."""
        about = self.declared.get("Parameters") or {}
        return [
            {
                "ParameterKey": name,
                "ParameterValue": SECRET
                if str(about[name].get("NoEcho", "")).lower() == "true"
                else _plain(self.parameters.get(name, about[name].get("Default", ""))),
            }
            for name in about
        ]


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(str(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def read(
    text: str, parameters: Mapping[str, str], *, stack: str, region: str, account: str, checked: bool = True
) -> Submitted:
    """Return what *text* declares; raise Refused with ValidationError, and the line, where it is wrong.

    Unless *checked*, its resources need not be of types that can be made.
    """
    from harness.templates.documents import parse_document
    from harness.templates.load import load_document
    from harness.templates.place import Place

    if not text.strip():
        raise Refused("ValidationError", "Template body is empty")
    name = "template.json" if text.lstrip().startswith("{") else "template.yaml"
    with tempfile.TemporaryDirectory(prefix="harness-stack-") as folder:
        path = Path(folder) / name  # what it says of files beside it leads to nowhere
        try:
            document = parse_document(path, text)
            template = load_document(document, parameters, Place(stack, region, account))
        except ScenarioError as error:
            said = str(error).replace(str(path), "Template")
            raise Refused("ValidationError", f"Template format error: {said}") from error
    template = _without_folder(template)
    if template.assets:
        (logical_id, where), file = next(iter(template.assets.items()))
        said = (
            f"{where} of {logical_id} is {Path(file).name!r}, a file of your machine; package it to S3 first"
        )
        raise Refused("ValidationError", f"Template format error: {said}")
    if checked:
        _check(template)
    return Submitted(text, template, document.value, dict(parameters))


def _without_folder(template: Template) -> Template:
    """Return *template* with places that say "Template:12": the file behind them is gone."""
    resources = {name: replace(each, file="Template") for name, each in template.resources.items()}
    return replace(template, file="Template", resources=resources)


def _check(template: Template) -> None:
    if not template.resources:
        raise Refused(
            "ValidationError", "Template format error: At least one Resources member must be defined."
        )
    found = problems(template)
    if found:
        said = "; ".join(str(each) for each in found)
        raise Refused("ValidationError", f"Template format error: {said}")


def needed_capabilities(template: Template, declared: Mapping[str, Any]) -> tuple[list[str], str]:
    """Return the capabilities that a template needs acknowledged, and why; nothing where it needs none."""
    own = [each for each in template.resources.values() if each.type in IAM_TYPES]
    named = [each for each in own if each.type in NAMED_TYPES and not each.generated_name]
    found: list[str] = []
    if named:
        found.append("CAPABILITY_NAMED_IAM")
    elif own:
        found.append("CAPABILITY_IAM")
    if "Transform" in declared:
        found.append("CAPABILITY_AUTO_EXPAND")
    names = ", ".join(each.logical_id for each in named or own)
    reason = f"The following resource(s) require capabilities: [{names}]" if own else ""
    return found, reason


def check_capabilities(submitted: Submitted, given: Sequence[str], *, through_change_set: bool) -> None:
    """Raise Refused with InsufficientCapabilitiesException where one is not acknowledged.

    What a transform makes may be reviewed in a change set, which therefore needs no CAPABILITY_AUTO_EXPAND.
    """
    needed, _ = needed_capabilities(submitted.template, submitted.declared)
    if through_change_set and "CAPABILITY_AUTO_EXPAND" in needed:
        needed.remove("CAPABILITY_AUTO_EXPAND")
    held = set(given)
    if "CAPABILITY_NAMED_IAM" in held:
        held.add("CAPABILITY_IAM")
    missing = [one for one in needed if one not in held]
    if missing:
        raise Refused("InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(missing)}]")


def summary(submitted: Submitted) -> dict[str, Any]:
    """Return what GetTemplateSummary tells of a template."""
    declared, template = submitted.declared, submitted.template
    capabilities, reason = needed_capabilities(template, declared)
    transforms = declared.get("Transform")
    return {
        "Parameters": [_parameter(name, about) for name, about in (declared.get("Parameters") or {}).items()],
        "Description": declared.get("Description"),
        "Capabilities": capabilities or None,
        "CapabilitiesReason": reason or None,
        "ResourceTypes": sorted({each.type for each in template.resources.values()}),
        "Version": declared.get("AWSTemplateFormatVersion"),
        "Metadata": json.dumps(declared["Metadata"]) if "Metadata" in declared else None,
        "DeclaredTransforms": [transforms] if isinstance(transforms, str) else transforms,
    }


def _parameter(name: str, about: Mapping[str, Any]) -> dict[str, Any]:
    allowed = about.get("AllowedValues")
    return {
        "ParameterKey": name,
        "DefaultValue": _plain(about["Default"]) if "Default" in about else None,
        "ParameterType": about.get("Type"),
        "NoEcho": str(about.get("NoEcho", "")).lower() == "true",
        "Description": about.get("Description"),
        "ParameterConstraints": {"AllowedValues": [_plain(one) for one in allowed]} if allowed else None,
    }


def placeholders(text: str) -> dict[str, str]:
    """Return something for each parameter that has no default: what a template is summed up with."""
    from harness.templates.documents import parse_document

    try:
        document = parse_document(Path("Template"), text)
        declared = document.section("Parameters")
    except ScenarioError as error:
        raise Refused("ValidationError", f"Template format error: {error}") from error
    return {name: _allowed(about) for name, about in declared.items() if "Default" not in about}


def _allowed(about: Mapping[str, Any]) -> str:
    if about.get("AllowedValues"):
        return str(about["AllowedValues"][0])
    if str(about.get("Type", "")) in ("Number", "List<Number>"):
        return str(about.get("MinValue", 1))
    return "x" * max(int(about.get("MinLength", 1)), 1)
