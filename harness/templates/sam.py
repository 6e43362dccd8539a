"""SAM templates: the CloudFormation that AWS makes of them, made by AWS's own translator.

Logical ids are those AWS gives (a function's role is FunctionRole, an event's source FunctionEvent). Each
resource remembers in `extra["SAM"]` which one of the template it was made from, and has that one's lines.
https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-specification-generated-resources.html
"""

import copy
import dataclasses
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness.errors import ScenarioError
from harness.iam.managed import managed_policies
from harness.templates.documents import Document
from harness.templates.model import Template
from harness.templates.place import Place

FUNCTION = "AWS::Serverless::Function"
_IMPLICIT = {"ServerlessRestApi": "Api", "ServerlessHttpApi": "HttpApi"}
"""What SAM makes for events that name no API, and the type of those events."""

_DESTINATIONS = "EventInvokeConfig"
"""The property for asynchronous calls; what it makes is called as if it came of an event called "Event"."""


@dataclass(frozen=True, slots=True)
class _Session:
    """What the translator asks a boto3 session for: no more than where the stack goes."""

    region_name: str


def with_code(document: Document) -> Document:
    """Return *document* with a CodeUri in each function for which SAM's tools take one from elsewhere.

    `sam build` takes CodeUri from Globals, and without one the folder of the template.
    """
    shared = _function_globals(document)
    resources = {}
    for logical_id, about in document.section("Resources").items():
        resources[logical_id] = about
        if isinstance(about, Mapping) and about.get("Type") == FUNCTION:
            own = about.get("Properties")
            own = dict(own) if isinstance(own, Mapping) else {}
            resources[logical_id] = {**about, "Properties": _with_code(own, shared)}
    value = {**document.value, "Resources": resources}
    if "CodeUri" in shared:
        without = {name: each for name, each in shared.items() if name != "CodeUri"}
        value["Globals"] = {**document.section("Globals"), "Function": without}
    return dataclasses.replace(document, value=value)


def translate(document: Document, parameters: Mapping[str, Any], place: Place) -> Document:
    """Return the CloudFormation of the SAM *document*, each resource at the line of what it came from.

    Raises ScenarioError with the translator's words for each resource that it does not take.
    """
    # Slow to import, and it brings boto3, of which it uses the list of regions alone.
    from samtranslator.model.exceptions import ExceptionWithMessage
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)  # it tells what it raises
    translator = Translator(None, Parser(), boto_session=_Session(place.region))
    values = {name: ",".join(each) if isinstance(each, list) else each for name, each in parameters.items()}
    try:
        made = translator.translate(
            copy.deepcopy(dict(document.value)),
            parameter_values={**place.pseudo_parameters(), **values},
            passthrough_metadata=True,
            get_managed_policy_map=_policy_arns,
        )
    except ExceptionWithMessage as error:
        raise ScenarioError(_refusals(document, getattr(error, "causes", [error]))) from error
    except Exception as error:  # a text where it expects an object: whatever Python raises then
        said = f"the template is not what SAM takes: {type(error).__name__}: {error}"
        raise ScenarioError(f"{document.at('Resources')}: {said}") from error
    made.pop("Transform", None)
    return Document(document.path, made, _lines(document, made))


def remembering(template: Template, document: Document) -> Template:
    """Return *template* with the SAM resource behind each resource of it, where *document* has one."""
    declared = document.section("Resources")
    resources = {}
    for logical_id, resource in template.resources.items():
        source = source_of(document, logical_id)
        about = declared.get(source) if source else None
        if about is not None and str(about.get("Type")).startswith("AWS::Serverless::"):
            extra = {**resource.extra, "SAM": {"LogicalId": source, "Type": about["Type"]}}
            resource = dataclasses.replace(resource, extra=extra)
        resources[logical_id] = resource
    return dataclasses.replace(template, resources=resources)


def source_of(document: Document, logical_id: str) -> str:
    """Return the resource of the SAM *document* that *logical_id* was made from, "" where none is found.

    A generated id begins with its source's: MyFunctionRole, MyFunctionLiveAlias, MyFunctionVersion0123456789.
    """
    declared = document.section("Resources")
    if logical_id in declared:
        return logical_id
    for implicit, event in _IMPLICIT.items():
        if logical_id.startswith(implicit):
            return next((name for name, about in declared.items() if event in _event_types(about)), "")
    return max((name for name in declared if logical_id.startswith(name)), key=len, default="")


def _with_code(own: dict[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    both = {**shared, **own}
    if both.get("PackageType") == "Image":
        return own
    if "InlineCode" not in own and "ImageUri" not in own:
        own["CodeUri"] = both.get("CodeUri", ".")
    return own


def _function_globals(document: Document) -> Mapping[str, Any]:
    found = document.section("Globals").get("Function")
    return found if isinstance(found, Mapping) else {}


def _event_types(about: Any) -> set[str]:
    properties = about.get("Properties") if isinstance(about, Mapping) else None
    events = properties.get("Events") if isinstance(properties, Mapping) else None
    events = events if isinstance(events, Mapping) else {}
    return {str(each.get("Type")) for each in events.values() if isinstance(each, Mapping)}


@cache
def _policy_arns() -> dict[str, str]:
    """Return the ARN of each of AWS's managed policies, which SAM's `Policies` name without one."""
    return {arn.rsplit("/", 1)[1]: arn for arn in managed_policies()}


def _refusals(document: Document, causes: Any) -> str:
    """Return the translator's sentences, each at the line of its resource."""
    told = []
    for cause in causes:
        logical_id = str(getattr(cause, "_logical_id", ""))
        where = f"Resources.{logical_id}" if logical_id else "Resources"
        told.append(f"{document.at(where)}: {cause.message}")
    return "; ".join(told)


def _lines(document: Document, made: Mapping[str, Any]) -> dict[str, int]:
    """Return the lines of the *made* document: those of the SAM resource that each resource came from."""
    found = {where: line for where, line in document.lines.items() if not where.startswith("Resources.")}
    by_resource: dict[str, dict[str, int]] = {}
    for where, line in document.lines.items():
        parts = where.split(".", 2)
        if parts[0] == "Resources" and len(parts) > 1:
            by_resource.setdefault(parts[1], {})[parts[2] if len(parts) == 3 else ""] = line
    for logical_id in made.get("Resources", {}):
        source = source_of(document, logical_id)
        lines = by_resource.get(source, {})
        if logical_id == source:
            found.update({f"Resources.{source}.{inner}".rstrip("."): line for inner, line in lines.items()})
        elif lines:
            found.update(_derived(source, logical_id, lines))
    return found


def _derived(source: str, logical_id: str, lines: Mapping[str, int]) -> dict[str, int]:
    """Return the lines of a resource that SAM adds: its event's, or those of the resource it belongs to."""
    where = f"Resources.{logical_id}"
    events = "Properties.Events."
    rest = logical_id.removeprefix(source)
    if rest.startswith(_DESTINATIONS) and f"Properties.{_DESTINATIONS}" in lines:
        return {where: lines[f"Properties.{_DESTINATIONS}"]}
    names = {each.removeprefix(events).split(".")[0] for each in lines if each.startswith(events)}
    event = max((name for name in names if rest.startswith(name)), key=len, default="")
    if not event:
        policies = lines.get("Properties.Policies", lines.get("", 1))
        kept = {f"{where}.Properties.{each}": policies for each in ("Policies", "ManagedPolicyArns")}
        return {where: lines.get("", 1), **kept}
    begins = f"{events}{event}.Properties"
    own = {
        f"{where}.Properties{at.removeprefix(begins)}": line
        for at, line in lines.items()
        if at.startswith(begins)
    }
    return {where: lines[f"{events}{event}"], **own}
