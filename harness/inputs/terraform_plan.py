"""Scaling in what `terraform show -json` prints of a plan or a state: everything is worked out there.

    terraform plan -out plan && terraform show -json plan > plan.json

A plan does not know the ARNs of policies that are still to be made; which alarm invokes which policy then
stands in the plan's configuration.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.inputs.intrinsics import policy_arn
from harness.inputs.policy_value import Declared, Entry, Instances
from harness.inputs.terraform import instances_of
from harness.inputs.terraform_names import (
    ALARM,
    ENDPOINT,
    ENDPOINT_CONFIG,
    KINDS,
    POLICY,
    call_arguments,
    snake_path,
)
from harness.templates.json_lines import line_of

_ACTIONS = ("alarm_actions", "ok_actions", "insufficient_data_actions")


def declared_in_plan(path: Path, text: str, document: Mapping[str, Any]) -> Declared:
    """Return what the resources of a plan or state declare; ScenarioError names the address of a fault."""
    try:
        return _declared(path, text, document)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        # Terraform writes this file: one of another form was changed by hand or is of another program.
        raise ScenarioError(f"{path}: this is not what terraform show -json writes: {error}") from error


def _declared(path: Path, text: str, document: Mapping[str, Any]) -> Declared:
    values = document.get("planned_values") or document.get("values")
    if not isinstance(values, Mapping):
        raise ScenarioError(f"{path}: there are neither planned_values nor values; use terraform show -json")
    found = list(_resources(values["root_module"], ""))
    paths = {str(resource.get("address")): where for where, resource in found}
    declared = Declared(str(path), lambda where: _line(text, where, paths), snake_path)
    configured = _configured(document.get("configuration"))
    named = {_plain(str(r.get("address"))): _value(r, "name") for _, r in found if r.get("type") == POLICY}
    for _, resource in found:
        kind, address = resource.get("type"), str(resource.get("address"))
        if kind not in KINDS or resource.get("mode") == "data":
            continue
        given = dict(resource.get("values") or {})
        if kind == ALARM:
            given |= _linked(resource, configured.get(_plain(address), {}), named)
        arguments = call_arguments(kind, _without_nothing(given), address, declared.at)
        getattr(declared, KINDS[kind]).append(Entry(arguments, address, address))
    declared.instances = _instances([resource for _, resource in found])
    return declared


def _resources(module: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the path and the value of every resource, those of modules too."""
    for index, resource in enumerate(module.get("resources") or []):
        yield f"{where}resources[{index}]", resource
    for index, child in enumerate(module.get("child_modules") or []):
        yield from _resources(child, f"{where}child_modules[{index}].")


def _configured(configuration: Any) -> dict[str, Mapping[str, Any]]:
    """Return the expressions of every configured resource by its address without indexes."""
    return dict(_configured_in(configuration["root_module"], "")) if configuration else {}


def _configured_in(module: Any, prefix: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for resource in module.get("resources") or []:
        yield prefix + str(resource.get("address")), resource.get("expressions") or {}
    for name, call in (module.get("module_calls") or {}).items():
        yield from _configured_in(call.get("module"), f"{prefix}module.{name}.")


def _linked(
    resource: Mapping[str, Any], expressions: Mapping[str, Any], named: Mapping[str, Any]
) -> dict[str, list[str]]:
    """Return the actions of an alarm whose policies have no ARN yet, from what its expressions refer to."""
    module = _plain(str(resource["address"])).removesuffix(f"{resource['type']}.{resource['name']}")
    found = {}
    for argument in _ACTIONS:
        expression = expressions.get(argument)
        if _value(resource, argument) or not isinstance(expression, Mapping):
            continue
        references = [module + _plain(str(each)) for each in expression.get("references") or []]
        policies = [
            policy_arn(str(name))
            for address, name in named.items()
            if any(each == address or each.startswith(f"{address}.") for each in references)
        ]
        if policies:
            found[argument] = policies
    return found


def _plain(address: str) -> str:
    """Return an address without the indexes of count and for_each."""
    plain, depth = "", 0
    for letter in address:
        depth += letter == "["
        plain += "" if depth else letter
        depth -= letter == "]"
    return plain


def _without_nothing(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if value is not None}


def _value(resource: Mapping[str, Any], name: str) -> Any:
    values = resource.get("values")
    return values.get(name) if isinstance(values, Mapping) else None


def _instances(resources: list[Mapping[str, Any]]) -> list[Instances]:
    configs = {
        _value(each, "name"): [instances_of(variant) for variant in _value(each, "production_variants") or []]
        for each in resources
        if each.get("type") == ENDPOINT_CONFIG
    }
    found = [
        Instances(str(_value(each, "name")), variant.variant, variant.instance_type, variant.count)
        for each in resources
        if each.get("type") == ENDPOINT
        for variant in configs.get(_value(each, "endpoint_config_name"), [])
    ]
    return found + (next(iter(configs.values())) if len(configs) == 1 else [])


def _line(text: str, where: str, paths: Mapping[str, str]) -> int | None:
    """Return the line of the resource that the path *where* begins with."""
    address = next((each for each in sorted(paths, key=len, reverse=True) if where.startswith(each)), None)
    if address is None:
        return None
    for root in ("planned_values", "values"):
        found = line_of(text, f"{root}.root_module.{paths[address]}")
        if found is not None:
            return found
    return None
