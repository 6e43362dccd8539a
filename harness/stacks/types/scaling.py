"""AWS::ApplicationAutoScaling: scalable targets with their scheduled actions, and scaling policies."""

from collections.abc import Iterable
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Seen, Surroundings, known_as
from harness.stacks.plain import gone_is_fine
from harness.stacks.shaping import arguments_of, output_shape, shown

SERVICE = "application-autoscaling"
_NAMED = ("ServiceNamespace", "ResourceId", "ScalableDimension")


def _target_id(properties: Properties) -> str:
    """Return what Ref gives: resource, dimension and namespace, parted by bars."""
    return "|".join(str(properties[name]) for name in ("ResourceId", "ScalableDimension", "ServiceNamespace"))


def _about(identity: str) -> dict[str, str]:
    resource, dimension, namespace = identity.rsplit("|", 2)
    return {"ServiceNamespace": namespace, "ResourceId": resource, "ScalableDimension": dimension}


def _make(where: Surroundings, properties: Properties) -> Made:
    given = {name: value for name, value in properties.items() if name != "ScheduledActions"}
    arguments = arguments_of(where.clients(SERVICE), "register_scalable_target", given)
    where.call(SERVICE, "register_scalable_target", **arguments)
    with known_as(_target_id(properties)):
        _schedule(where, {}, properties)
    return Made(_target_id(properties))


def _schedule(where: Surroundings, before: Properties, after: Properties) -> None:
    """Bring the scheduled actions from those of *before* to those of *after*."""
    about = {name: str(after[name]) for name in _NAMED}
    had, wanted = (
        {action["ScheduledActionName"]: action for action in each.get("ScheduledActions") or ()}
        for each in (before, after)
    )
    for name in had.keys() - wanted.keys():
        where.call(SERVICE, "delete_scheduled_action", ScheduledActionName=name, **about)
    for name, action in wanted.items():
        if had.get(name) != action:
            arguments = arguments_of(where.clients(SERVICE), "put_scheduled_action", action)
            where.call(SERVICE, "put_scheduled_action", **arguments, **about)


def _read(where: Surroundings, identity: str, _properties: Properties) -> Seen | None:
    about = _about(identity)
    asked = {"ServiceNamespace": about["ServiceNamespace"], "ResourceIds": [about["ResourceId"]]}
    targets = where.pages(SERVICE, "describe_scalable_targets", "ScalableTargets", **asked)
    told = next((each for each in targets if each["ScalableDimension"] == about["ScalableDimension"]), None)
    if told is None:
        return None
    found: dict[str, Any] = dict(about)
    found |= {key: told[key] for key in ("MinCapacity", "MaxCapacity", "RoleARN") if key in told}
    held = {key: value for key, value in (told.get("SuspendedState") or {}).items() if value}
    if held:
        found["SuspendedState"] = held
    asked = {"ServiceNamespace": about["ServiceNamespace"], "ResourceId": about["ResourceId"]}
    actions = where.pages(SERVICE, "describe_scheduled_actions", "ScheduledActions", **asked)
    known = ("ScheduledActionName", "Schedule", "Timezone", "StartTime", "EndTime", "ScalableTargetAction")
    mine = [
        {key: action[key] for key in known if action.get(key)}
        for action in actions
        if action["ScalableDimension"] == about["ScalableDimension"]
    ]
    if mine:
        found["ScheduledActions"] = mine
    return Seen(found, {"Id": identity})


def _change(where: Surroundings, _identity: str, before: Properties, after: Properties) -> None:
    given = {name: value for name, value in after.items() if name not in ("ScheduledActions", "RoleARN")}
    arguments = arguments_of(where.clients(SERVICE), "register_scalable_target", given)
    where.call(SERVICE, "register_scalable_target", **arguments)
    _schedule(where, before, after)


def _remove(where: Surroundings, identity: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call(SERVICE, "deregister_scalable_target", **_about(identity)))


# Where scalable targets are looked for: the namespaces whose resources can be made here, and ECS's.
_NAMESPACES = ("sagemaker", "lambda", "dynamodb", "ecs")


def _listed(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for namespace in _NAMESPACES:
        asked = {"ServiceNamespace": namespace}
        for each in where.pages(SERVICE, "describe_scalable_targets", "ScalableTargets", **asked):
            yield _target_id(each), {}


# -- policies -----

_CONFIGURATIONS = ("TargetTrackingScalingPolicyConfiguration", "StepScalingPolicyConfiguration")


def _policy_about(properties: Properties) -> dict[str, str]:
    """Return what is scaled: it is named by ScalingTargetId, or by its three parts."""
    if "ScalingTargetId" in properties:
        return _about(str(properties["ScalingTargetId"]))
    return {name: str(properties[name]) for name in _NAMED}


def _put_policy(where: Surroundings, properties: Properties) -> Made:
    given = {name: value for name, value in properties.items() if name not in ("ScalingTargetId", *_NAMED)}
    arguments = arguments_of(where.clients(SERVICE), "put_scaling_policy", given)
    answer = where.call(SERVICE, "put_scaling_policy", **arguments, **_policy_about(properties))
    return Made(answer["PolicyARN"])


def _policies(where: Surroundings, **asked: str) -> list[Any]:
    return where.pages(SERVICE, "describe_scaling_policies", "ScalingPolicies", **asked)


def _read_policy(where: Surroundings, arn: str, properties: Properties) -> Seen | None:
    asked = _policy_about(properties)
    # By its name where that is known: an emulator draws another ARN when the policy is put again.
    member, wanted = (
        ("PolicyName", properties["PolicyName"]) if "PolicyName" in properties else ("PolicyARN", arn)
    )
    told = next((each for each in _policies(where, **asked) if each[member] == wanted), None)
    if told is None:
        return None
    shape = (
        output_shape(where.clients(SERVICE), "describe_scaling_policies").members["ScalingPolicies"].member
    )
    told = shown(told, shape)
    known = ("PolicyName", "PolicyType", *_NAMED, *_CONFIGURATIONS)
    return Seen(
        {key: told[key] for key in known if told.get(key)}, {"Arn": arn, "PolicyName": told["PolicyName"]}
    )


def _change_policy(where: Surroundings, _arn: str, _before: Properties, after: Properties) -> None:
    _put_policy(where, after)


def _remove_policy(where: Surroundings, _arn: str, properties: Properties) -> None:
    named = {"PolicyName": str(properties["PolicyName"]), **_policy_about(properties)}
    gone_is_fine(lambda: where.call(SERVICE, "delete_scaling_policy", **named))


def _listed_policies(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for namespace in _NAMESPACES:
        for each in _policies(where, ServiceNamespace=namespace):
            yield each["PolicyARN"], {name: each[name] for name in (*_NAMED, "PolicyName")}


KINDS = (
    Kind(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        SERVICE,
        _make,
        _read,
        _remove,
        _change,
        listed=_listed,
        twins=_NAMED,
    ),
    Kind(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        SERVICE,
        _put_policy,
        _read_policy,
        _remove_policy,
        _change_policy,
        listed=_listed_policies,
        twins=(*_NAMED, "PolicyName"),
    ),
)
