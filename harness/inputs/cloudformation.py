"""Scaling declared in a CloudFormation template, JSON or YAML.

Read are AWS::ApplicationAutoScaling::ScalableTarget (with its ScheduledActions) and ::ScalingPolicy,
AWS::CloudWatch::Alarm, AWS::SageMaker::Endpoint and ::EndpointConfig; other resources only where one of those
refers to them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.inputs.intrinsics import Intrinsics, Unresolved
from harness.inputs.policy_value import Declared, Entry, Instances, LineOf
from harness.templates.yaml_lines import load_yaml

TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
ALARM = "AWS::CloudWatch::Alarm"
ENDPOINT, ENDPOINT_CONFIG = "AWS::SageMaker::Endpoint", "AWS::SageMaker::EndpointConfig"

_IDENTITY = ("ResourceId", "ScalableDimension", "ServiceNamespace")
# Whatever these say, the model does not look at it, and they often refer to what only a deployed stack knows.
_PASSED_OVER = {"RoleARN", "Tags", "AlarmDescription"}


def declared_in_yaml(path: Path, text: str, parameters: Mapping[str, str]) -> Declared:
    """Return what the YAML template *text*, read from *path*, declares."""
    template, lines = load_yaml(path, text)
    if not isinstance(template, Mapping) or "Resources" not in template:
        raise ScenarioError(f"{path}: this YAML has no Resources, so it is no CloudFormation template")
    return declared_in_template(path, template, parameters, lambda where: _nearest(lines, where))


def declared_in_template(
    path: Path, template: Mapping[str, Any], parameters: Mapping[str, str], line_of: LineOf
) -> Declared:
    """Return what the *template* declares, its intrinsic functions worked out."""
    known = template.get("Parameters")
    for name in parameters:
        if not isinstance(known, Mapping) or name not in known:
            raise ScenarioError(f"{path}: the template has no parameter {name!r}")
    return _Template(path, template, parameters, line_of).declared()


def _nearest(lines: Mapping[str, int], where: str) -> int | None:
    """Return the line of *where*, or of the nearest thing around it."""
    while where and where not in lines:
        where = where[: max(where.rfind("."), where.rfind("["), 0)]
    return lines.get(where)


class _Template:
    def __init__(
        self, path: Path, template: Mapping[str, Any], parameters: Mapping[str, str], line_of: LineOf
    ) -> None:
        self._declared = Declared(str(path), line_of)
        self._intrinsics = Intrinsics(template, parameters)
        resources = template["Resources"]
        if not isinstance(resources, Mapping):
            raise ScenarioError(f"{self._declared.at('Resources')}: it must be an object")
        self._resources = resources

    def declared(self) -> Declared:
        """Return the targets, policies, alarms and instances of all resources that are not switched off."""
        takes = {TARGET: self._take_target, POLICY: self._take_policy, ALARM: self._take_alarm}
        for name, resource in self._resources.items():
            take = takes.get(str(resource.get("Type"))) if isinstance(resource, Mapping) else None
            if take is not None and self._is_there(name, resource):
                take(name, self._properties(name, resource))
        self._take_endpoints()
        return self._declared

    def _is_there(self, name: str, resource: Mapping[str, Any]) -> bool:
        condition = resource.get("Condition")
        try:
            return condition is None or self._intrinsics.holds(condition)
        except Unresolved as error:
            where = self._declared.at(f"Resources.{name}.Condition")
            raise ScenarioError(f"{where}: {error}") from error

    def _properties(self, name: str, resource: Mapping[str, Any]) -> dict[str, Any]:
        given = resource.get("Properties")
        where = f"Resources.{name}.Properties"
        if not isinstance(given, Mapping):
            raise ScenarioError(f"{self._declared.at(where)}: it must be an object")
        return {
            member: self._resolved(value, f"{where}.{member}")
            for member, value in given.items()
            if member not in _PASSED_OVER and value != {"Ref": "AWS::NoValue"}
        }

    def _resolved(self, value: Any, where: str) -> Any:
        try:
            return self._intrinsics.resolve(value)
        except Unresolved as error:
            raise ScenarioError(f"{self._declared.at(where)}: {error}") from error

    def _take_target(self, name: str, properties: dict[str, Any]) -> None:
        where = f"Resources.{name}.Properties"
        actions = properties.pop("ScheduledActions", None) or []
        identity = {member: properties[member] for member in _IDENTITY if member in properties}
        self._declared.targets.append(Entry(properties, where, name))
        if not isinstance(actions, list) or not all(isinstance(each, Mapping) for each in actions):
            raise ScenarioError(
                f"{self._declared.at(f'{where}.ScheduledActions')}: it must be a list of objects"
            )
        for index, action in enumerate(actions):
            entry = Entry({**identity, **action}, f"{where}.ScheduledActions[{index}]")
            self._declared.scheduled_actions.append(entry)

    def _take_policy(self, name: str, properties: dict[str, Any]) -> None:
        where = f"Resources.{name}.Properties"
        target = properties.pop("ScalingTargetId", None)
        if target is not None:
            parts = str(target).split("|")
            if len(parts) != len(_IDENTITY):
                place = self._declared.at(f"{where}.ScalingTargetId")
                raise ScenarioError(f"{place}: {target!r:.60} is not the id of a scalable target; use Ref")
            properties.update(zip(_IDENTITY, parts, strict=True))
        self._declared.policies.append(Entry({"PolicyName": name, **properties}, where, name))

    def _take_alarm(self, name: str, properties: dict[str, Any]) -> None:
        given = {"AlarmName": name, **properties}
        self._declared.alarms.append(Entry(given, f"Resources.{name}.Properties", name))

    # -- instances -----

    def _take_endpoints(self) -> None:
        """Note the instances of every endpoint; what cannot be worked out is left to the command line."""
        configs = {name: self._variants(each) for name, each in self._of_type(ENDPOINT_CONFIG)}
        named = {}
        for name in configs:
            named[name] = named[str(self._known({"Ref": name}))] = configs[name]
            named[str(self._known({"Fn::GetAtt": f"{name}.EndpointConfigName"}))] = configs[name]
        for name, resource in self._of_type(ENDPOINT):
            properties = resource.get("Properties")
            properties = properties if isinstance(properties, Mapping) else {}
            config = named.get(str(self._known(properties.get("EndpointConfigName"))), [])
            endpoint = str(self._known({"Fn::GetAtt": f"{name}.EndpointName"}))
            self._declared.instances += [
                Instances(endpoint, each.variant, each.instance_type, each.count) for each in config
            ]
        if len(configs) == 1:  # the endpoint may be made elsewhere, by a name that this template is given
            self._declared.instances += next(iter(configs.values()))

    def _of_type(self, kind: str) -> list[tuple[str, Mapping[str, Any]]]:
        return [
            (name, each)
            for name, each in self._resources.items()
            if isinstance(each, Mapping) and each.get("Type") == kind and self._is_there(name, each)
        ]

    def _variants(self, config: Mapping[str, Any]) -> list[Instances]:
        properties = config.get("Properties")
        variants = properties.get("ProductionVariants") if isinstance(properties, Mapping) else None
        found = []
        for each in variants if isinstance(variants, list) else []:
            known = (
                {name: self._known(each.get(name)) for name in _VARIANT} if isinstance(each, Mapping) else {}
            )
            instance_type, count = known.get("InstanceType"), known.get("InitialInstanceCount")
            found.append(
                Instances(
                    "",
                    str(known.get("VariantName") or ""),
                    None if instance_type is None else str(instance_type),
                    int(str(count)) if str(count).isdecimal() else None,
                )
            )
        return found

    def _known(self, value: Any) -> Any:
        """Return *value* worked out, None where only a deployed stack knows it."""
        try:
            return self._intrinsics.resolve(value)
        except Unresolved:
            return None


_VARIANT = ("VariantName", "InstanceType", "InitialInstanceCount")
