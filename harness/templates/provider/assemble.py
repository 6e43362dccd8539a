"""From the declared resources of a provider to those of a template: converted, merged, put in an order."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from harness.errors import ScenarioError
from harness.templates.model import Resource
from harness.templates.place import Place
from harness.templates.provider.convert import Draft, draft
from harness.templates.provider.declared import Declared
from harness.templates.provider.shapes import SHAPES
from harness.templates.provider.table import kind_of
from harness.templates.tokens import tokens_in

# Nothing in AWS stands behind these; what they draw is worked out by `harness.templates.terraform.drawn`.
ELSEWHERE = (
    "random_",
    "null_",
    "local_",
    "time_",
    "terraform_data",
    "archive_",
    "template_",
    "tls_",
    "external",
)

_PROVISIONED = "aws_lambda_provisioned_concurrency_config"
_NO_ALIAS = "its qualifier is no alias in these files, so that it is not made here"

Assembled = tuple[dict[str, Resource], dict[tuple[str, str], str], list[str]]


def assemble(declared: Sequence[Declared], place: Place) -> Assembled:
    """Return resources by logical id, assets, and what is not looked at.

    A provider's type that no table has is a resource of type "Terraform::<type>", so that whoever deploys
    refuses it by name and nobody takes the stack for whole. ScenarioError tells a circle of references.
    """
    notes: list[str] = []
    drafts, others = _drafts(declared, place, notes)
    merged = _merge(drafts, notes)
    resources = {made.address: _resource(made) for made in drafts.values() if not made.merged}
    for made in drafts.values():
        resources |= {more.logical_id: more for more in made.more}
        notes += made.not_covered
    resources |= {one.logical_id: one for one in others}
    resources = {name: _relinked(one, merged, resources) for name, one in resources.items()}
    owners = set(merged.values())
    acyclic = _without_circles(resources, owners)
    assets = {(made.address, name): path for made in drafts.values() for name, path in made.assets.items()}
    return acyclic, assets, notes


def _drafts(
    declared: Sequence[Declared], place: Place, notes: list[str]
) -> tuple[dict[str, Draft], list[Resource]]:
    drafts, others = {}, []
    for one in declared:
        kind = kind_of(one.type)
        if kind is not None:
            made = draft(one, kind, place)
            SHAPES.get(kind.shape, _plain)(made)
            drafts[one.address] = made
            continue
        where = f"{one.file}, line {one.line}, {one.address}" if one.line else f"{one.file}, {one.address}"
        if one.type.startswith(ELSEWHERE):
            if one.type.startswith(("null_", "terraform_data", "external")):
                notes.append(f"{where}: what {one.type} runs is not run here")
            continue
        notes.append(f"{where}: the type {one.type} is not known here")
        others.append(_unknown(one))
    return drafts, others


def _plain(made: Draft) -> None:
    """Do nothing more: the tables say all."""


def _unknown(one: Declared) -> Resource:
    return Resource(
        one.address,
        f"Terraform::{one.type}",
        dict(one.arguments),
        file=one.file,
        line=one.line,
        lines=dict(one.lines),
        depends_on=tuple(sorted(one.references | one.depends_on)),
    )


def _resource(made: Draft) -> Resource:
    return Resource(
        made.address,
        made.kind.type,
        made.properties,
        physical_id=made.physical_id(),
        file=made.declared.file,
        line=made.declared.line,
        lines=made.lines,
        depends_on=tuple(sorted(made.references | made.declared.depends_on)),
        extra=made.extra,
        generated_name=made.generated_name,
    )


# ---- what CloudFormation keeps inside another resource -----


def _merge(drafts: Mapping[str, Draft], notes: list[str]) -> dict[str, str]:
    """Merge drafts into their owners; return owners by the addresses of what went into them."""
    merged: dict[str, str] = {}
    for part in drafts.values():
        if not part.kind.into:
            continue
        part.merged = True
        owner = next((one for one in drafts.values() if _owns(one, part)), None)
        if owner is None and part.kind.provider_type == _PROVISIONED and _on_function(drafts, part):
            continue
        if owner is None:
            place = f"{part.declared.file}, line {part.declared.line}, {part.address}"
            notes.append(f"{place}: the {part.kind.into} that it belongs to is not in these files")
            continue
        merged[part.address] = owner.address
        _put_in(owner, part)
    return merged


def _on_function(drafts: Mapping[str, Draft], part: Draft) -> bool:
    """Keep provisioned concurrency of a version, or of none, with its function: it has no property there."""
    for one in drafts.values():
        names = (one.physical_id(), one.attribute("arn"))
        if one.kind.type == "AWS::Lambda::Function" and part.argument("function_name") in names:
            asked = part.argument("provisioned_concurrent_executions")
            found = {"Qualifier": part.argument("qualifier"), "ProvisionedConcurrentExecutions": asked}
            one.extra.setdefault("ProvisionedConcurrency", []).append(found)
            one.not_covered.append(
                f"{part.declared.file}, line {part.declared.line}, {part.address}: {_NO_ALIAS}"
            )
            return True
    return False


def _owns(owner: Draft, part: Draft) -> bool:
    kind = part.kind
    if owner.kind.provider_type != kind.into:
        return False
    if len(kind.by) > 1:
        return all(owner.attribute(name) == part.argument(name) for name in kind.by)
    wanted = part.argument(kind.by[0])
    called = ("id", "arn", "name", "url", "bucket")
    names = {owner.physical_id(), *map(owner.attribute, called), *map(owner.argument, called)}
    return wanted not in (None, "") and wanted in names


def _put_in(owner: Draft, part: Draft) -> None:
    kind, properties = part.kind, part.properties
    if kind.own_id:
        member, argument = kind.own_id
        label = part.address.rpartition(".")[2]
        properties = {member: part.argument(argument) or label} | properties
    if kind.under:
        *outer, last = kind.under.split(".")
        at = owner.properties
        for name in outer:
            at = at.setdefault(name, {})
        items = at.setdefault(last, [])
        where = f"{kind.under}[{len(items)}]"
        items.append(properties)
        owner.lines |= {f"{where}.{path}": line for path, line in part.lines.items()}
        if part.declared.line:
            owner.lines[where] = part.declared.line
    else:
        if kind.add:
            properties = {kind.add: _listed(properties.get(kind.add))}
        _deepen(owner.properties, properties)
        line = part.declared.line
        if line:
            owner.lines |= {name: line for name in properties if name not in owner.lines}
        owner.lines |= part.lines
    owner.extra |= {f"{part.address}.{name}": value for name, value in part.extra.items()}
    owner.references |= (part.references | part.declared.depends_on) - {owner.address}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _deepen(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        known = into.get(name)
        if isinstance(known, dict) and isinstance(value, Mapping):
            _deepen(known, value)
        elif isinstance(known, list) and isinstance(value, list):
            known.extend(value)
        else:
            into[name] = value


# ---- the order -----


def tokens_of(value: Any) -> set[str]:
    """Return the logical ids that tokens in *value* name."""
    return {logical_id for logical_id, _ in tokens_in(value)}


def _relinked(one: Resource, merged: Mapping[str, str], known: Mapping[str, Resource]) -> Resource:
    """Let *one* depend on what is there: an owner in place of what went into it."""
    wanted = {merged.get(name, name) for name in (*one.depends_on, *tokens_of(one.properties))}
    return replace(one, depends_on=tuple(sorted(name for name in wanted - {one.logical_id} if name in known)))


def _without_circles(resources: dict[str, Resource], owners: set[str]) -> dict[str, Resource]:
    """Leave out dependencies that close a circle and rest on a known name alone.

    A bucket's notification names a function, whose permission names the bucket: Terraform makes the
    notification last, CloudFormation the bucket. The bucket's name is known before it is made.
    """
    found = dict(resources)
    while circle := _circle(found):
        edges = list(pairwise(circle))
        loose = [(a, b) for a, b in edges if b not in tokens_of(found[a].properties)]
        if not loose:
            one = found[circle[0]]
            raise ScenarioError(
                f"{one.at()}, {one.logical_id}: references go in a circle: {' -> '.join(circle)}"
            )
        start, end = next(((a, b) for a, b in loose if b in owners), loose[-1])
        kept = tuple(name for name in found[start].depends_on if name != end)
        found[start] = replace(found[start], depends_on=kept)
    return found


def _circle(resources: Mapping[str, Resource]) -> list[str]:
    """Return a circle of dependencies, its first name again at its end; [] where there is none."""
    done: set[str] = set()
    for start in resources:
        path: list[str] = []
        stack = [(start, iter(resources[start].depends_on))] if start not in done else []
        path += [start] if stack else []
        while stack:
            name, following = stack[-1]
            after = next(following, None)
            if after is None:
                stack.pop()
                path.pop()
                done.add(name)
            elif after in path:
                return [*path[path.index(after) :], after]
            elif after not in done:
                stack.append((after, iter(resources[after].depends_on)))
                path.append(after)
    return []
