"""Nested stacks whose template is a local file: their resources, in the stack that holds them.

On AWS a nested stack is a stack of its own. Here its resources come into the outer one as "Nested.Queue",
with the names they have in the nested stack; a parameter's references lead out, an output's lead in.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-nested-stacks.html
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.templates.functions import as_text
from harness.templates.model import TOKEN, Resource, Template, token
from harness.templates.names import generated_name
from harness.templates.place import Place
from harness.templates.tokens import fill, tokens_in

STACK = "AWS::CloudFormation::Stack"
_OUTPUT = "Outputs."
_OUTER = "../"
"""What a logical id of the outer stack begins with while the inner one is read."""

Load = Callable[[Path, Mapping[str, str], Place], Template]


def flattened(template: Template, by_key: Mapping[str, Path], load: Load) -> Template:
    """Return *template* with the resources of its nested stacks in their place.

    *by_key* are local files by the last part of their address in S3; a template that is elsewhere stays a
    nested stack. *load* reads a template. Raises ScenarioError where a nested template cannot be read.
    """
    for stack in template.of_type(STACK):
        path = _local(stack, by_key)
        if path is not None:
            template = _with(template, stack, path, load)
    return template


def is_elsewhere(stack: Resource) -> bool:
    """Return whether the template of a nested *stack* is not a local file by its address."""
    url = stack.properties.get("TemplateURL")
    return not isinstance(url, str) or "://" in url


def _local(stack: Resource, by_key: Mapping[str, Path]) -> Path | None:
    url = stack.properties.get("TemplateURL")
    if is_elsewhere(stack):
        return by_key.get(url.rpartition("/")[2]) if isinstance(url, str) else None
    path = Path(stack.file).parent / str(url)
    if not path.is_file():
        raise ScenarioError(
            f"{stack.at('TemplateURL')}: nested stack {stack.logical_id!r}: {path} is not there"
        )
    return path


def _with(template: Template, stack: Resource, path: Path, load: Load) -> Template:
    name = stack.logical_id
    place = Place(generated_name(template.stack, name, longest=128), template.region, template.account)
    inner = load(path, dict(_parameters(stack)), place)
    made = {f"{name}.{each.logical_id}": _moved(each, stack) for each in inner.resources.values()}
    known = _Known(
        stack, {each: _renamed(inner.outputs[each]["Value"], name) for each in inner.outputs}, place
    )
    resources: dict[str, Resource] = {}
    for logical_id, resource in template.resources.items():
        if logical_id == name:
            resources.update(made)
        else:
            resources[logical_id] = _led_in(resource, name, tuple(made), known)
    assets = {(f"{name}.{who}", where): file for (who, where), file in inner.assets.items()}
    return dataclasses.replace(
        template,
        resources=resources,
        outputs=fill(template.outputs, known),
        assets={**template.assets, **assets},
        not_covered=(*template.not_covered, *inner.not_covered),
    )


def _parameters(stack: Resource) -> Iterator[tuple[str, str]]:
    """Yield name and text of each parameter, the outer stack's tokens marked as such."""
    for name, value in (stack.properties.get("Parameters") or {}).items():
        if isinstance(value, Mapping):
            where = stack.at(f"Parameters.{name}")
            said = f"parameter {name!r} is known only once other resources are made"
            raise ScenarioError(f"{where}: nested stack {stack.logical_id!r}: {said}")
        text = ",".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
        yield name, TOKEN.sub(lambda each: token(f"{_OUTER}{each['logical_id']}", each["attribute"]), text)


def _moved(resource: Resource, stack: Resource) -> Resource:
    """Return a resource of the nested stack as one of the outer; it needs all that the stack needs."""
    name = stack.logical_id
    properties = _renamed(resource.properties, name)
    outside = [who for who, _ in tokens_in(properties) if not who.startswith(f"{name}.")]
    needs = [f"{name}.{each}" for each in resource.depends_on]
    return dataclasses.replace(
        resource,
        logical_id=f"{name}.{resource.logical_id}",
        properties=properties,
        depends_on=tuple(dict.fromkeys([*needs, *outside, *stack.depends_on])),
        retained=resource.retained or stack.retained,
    )


def _renamed(value: Any, name: str) -> Any:
    """Return *value* with the logical ids in its tokens as the outer stack has them."""

    def known(logical_id: str, attribute: str) -> str:
        if logical_id.startswith(_OUTER):
            return token(logical_id.removeprefix(_OUTER), attribute)
        return token(f"{name}.{logical_id}", attribute)

    return fill(value, known)


def _led_in(resource: Resource, name: str, made: tuple[str, ...], known: "_Known") -> Resource:
    """Return a resource of the outer stack, its references to the nested one leading to what that gives."""
    if name not in resource.depends_on:
        return resource
    needs = [inner for each in resource.depends_on for inner in (made if each == name else (each,))]
    return dataclasses.replace(
        resource,
        properties=fill(resource.properties, known),
        depends_on=tuple(dict.fromkeys(needs)),
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Known:
    """What the outer stack's tokens become once the nested stack is read; others stay."""

    stack: Resource
    outputs: Mapping[str, Any]
    place: Place

    def __call__(self, logical_id: str, attribute: str) -> Any:
        if logical_id != self.stack.logical_id:
            return token(logical_id, attribute)
        if attribute == "Ref":
            return self.place.stack_id
        output = attribute.removeprefix(_OUTPUT)
        if output not in self.outputs:
            listed = ", ".join(self.outputs) or "none"
            raise ScenarioError(
                f"{self.stack.at()}: nested stack {logical_id!r} has no output {output!r}; it has {listed}"
            )
        return self.outputs[output]
