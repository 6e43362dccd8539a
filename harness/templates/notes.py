"""What a CloudFormation template has that nothing here looks at, said with its place."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.templates.documents import Document
from harness.templates.model import Resource
from harness.templates.nested import STACK, is_elsewhere

_DYNAMIC = re.compile(r"\{\{resolve:([a-z-]+):[^}]*\}\}")
_SECTIONS = {
    "Rules": "checks of parameters before a deployment",
    "Hooks": "what runs beside an update of a stack",
}
# What the CDK adds to each stack: that the account is bootstrapped, which is nothing for a rehearsal.
_CDK_RULES = {"CheckBootstrapVersion"}


def notes_of(document: Document, resources: Mapping[str, Resource]) -> list[str]:
    """Return a sentence for each, those about the whole template first."""
    found = [
        f"{document.at(name)}: {name} ({about}) are not evaluated"
        for name, about in _SECTIONS.items()
        if set(document.section(name)) - _CDK_RULES
    ]
    for resource in resources.values():
        found += _about(resource)
    return found


def _about(resource: Resource) -> Iterator[str]:
    kind = resource.type
    who = f"{resource.at()}: {resource.logical_id!r}"
    if kind.startswith("Custom::") or kind == "AWS::CloudFormation::CustomResource":
        yield f"{who} ({kind}): a custom resource is made by its own function, which is not called"
    if kind == STACK and is_elsewhere(resource):
        yield f"{who}: the template of a nested stack is read where it is a local file; this one is not"
    if kind.endswith("::MODULE"):
        yield f"{who} ({kind}): a module is registered in an account, so its resources are not known"
    for member in ("CreationPolicy", "UpdatePolicy"):
        if member in resource.extra:
            yield f"{who}: its {member} is not followed"
    for where, text in _texts(resource.properties, ""):
        match = _DYNAMIC.search(text)
        if match:
            yield (
                f"{resource.at(where)}: {resource.logical_id!r} takes {where} from {match[0]}, "
                f"a value that is not in the template"
            )


def _texts(value: Any, where: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield from _texts(each, f"{where}.{name}" if where else str(name))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, f"{where}[{index}]")
