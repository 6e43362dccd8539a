"""Policies as AWS JSON: our own form, the arguments of calls in a list, or answers of describe calls.

{"ScalableTarget": {...}, "ScalingPolicies": [...], "ScheduledActions": [...], "Alarms": [...],
 "Endpoint": {"InstanceType": "ml.m5.large", "InitialInstanceCount": 2}}
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.inputs.policy_value import Declared, Entry, Instances
from harness.templates.json_lines import line_of

FORM = (
    "an object with ScalableTarget (arguments of RegisterScalableTarget), ScalingPolicies, ScheduledActions, "
    "Alarms and Endpoint, or a list of the arguments of such calls"
)
LISTS = {
    "ScalableTargets": "targets",
    "ScalingPolicies": "policies",
    "ScheduledActions": "scheduled_actions",
    "Alarms": "alarms",
    "MetricAlarms": "alarms",
}
# Members that describe calls add to what was put (service models: ScalableTarget, ScalingPolicy,
# ScheduledAction, MetricAlarm).
_ANSWERED = {
    "targets": {"CreationTime", "ScalableTargetARN", "PredictedCapacity"},
    "policies": {"PolicyARN", "CreationTime", "Alarms"},
    "scheduled_actions": {"ScheduledActionARN", "CreationTime"},
    "alarms": {
        "AlarmArn",
        "AlarmConfigurationUpdatedTimestamp",
        "StateValue",
        "StateReason",
        "StateReasonData",
        "StateUpdatedTimestamp",
        "StateTransitionedTimestamp",
        "EvaluationState",
    },
}
_NAMED_BY = {"PolicyName": "policies", "ScheduledActionName": "scheduled_actions", "AlarmName": "alarms"}
_ENDPOINT = ("InstanceType", "InitialInstanceCount", "EndpointName", "VariantName")
_IGNORED = {"CompositeAlarms", "NextToken"}


def declared_in_json(path: Path, text: str, value: Any) -> Declared:
    """Return what the JSON *value*, read from *text*, declares; ScenarioError when it has another form."""
    declared = Declared(str(path), line_of=lambda where: line_of(text, where), converts_text=False)
    if isinstance(value, list):
        for index, each in enumerate(value):
            _take_any(declared, each, f"[{index}]")
    elif isinstance(value, Mapping):
        _take_document(declared, value, "")
    else:
        raise ScenarioError(f"{path}: the file must hold {FORM}")
    return declared


def _take_any(declared: Declared, value: Any, path: str) -> None:
    """Take one item of a list: the arguments of a call, known by their name, or a describe answer."""
    _check_object(declared, value, path)
    kind = next((kind for name, kind in _NAMED_BY.items() if name in value), None)
    if kind is not None:
        _take(declared, kind, value, path)
    elif "MinCapacity" in value or "MaxCapacity" in value:
        _take(declared, "targets", value, path)
    else:
        _take_document(declared, value, path)


def _take_document(declared: Declared, value: Mapping[str, Any], path: str) -> None:
    known = {"ScalableTarget", "Endpoint", *LISTS, *_IGNORED}
    unknown = [name for name in value if name not in known]
    if unknown or not value:
        where = declared.at(_under(path, unknown[0] if unknown else ""))
        raise ScenarioError(f"{where}: not known here; the file must hold {FORM}")
    if "ScalableTarget" in value:
        _take(declared, "targets", value["ScalableTarget"], _under(path, "ScalableTarget"))
    if "Endpoint" in value:
        _take_endpoint(declared, value["Endpoint"], _under(path, "Endpoint"))
    for name, kind in LISTS.items():
        items = value.get(name) or []
        if not isinstance(items, list):
            raise ScenarioError(f"{declared.at(_under(path, name))}: it must be a list")
        for index, each in enumerate(items):
            _take(declared, kind, each, f"{_under(path, name)}[{index}]")


def _take(declared: Declared, kind: str, value: Any, path: str) -> None:
    _check_object(declared, value, path)
    given = {name: each for name, each in value.items() if name not in _ANSWERED[kind]}
    getattr(declared, kind).append(Entry(given, path))


def _take_endpoint(declared: Declared, value: Any, path: str) -> None:
    _check_object(declared, value, path)
    for name in value:
        if name not in _ENDPOINT:
            where = declared.at(f"{path}.{name}")
            raise ScenarioError(f"{where}: not known here; an Endpoint has {', '.join(_ENDPOINT)}")
    instance_type, count = value.get("InstanceType"), value.get("InitialInstanceCount")
    if instance_type is not None and not isinstance(instance_type, str):
        raise ScenarioError(
            f"{declared.at(f'{path}.InstanceType')}: {instance_type!r:.40} is no instance type"
        )
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        where = declared.at(f"{path}.InitialInstanceCount")
        raise ScenarioError(f"{where}: {count!r:.40} must be a whole number of at least 1")
    endpoint, variant = str(value.get("EndpointName") or ""), str(value.get("VariantName") or "")
    declared.instances.append(Instances(endpoint, variant, instance_type, count, f"{path}.InstanceType"))


def _check_object(declared: Declared, value: Any, path: str) -> None:
    if not isinstance(value, Mapping):
        raise ScenarioError(f"{declared.at(path)}: {value!r:.40} must be an object")


def _under(path: str, name: str) -> str:
    return ".".join(part for part in (path, name) if part)
