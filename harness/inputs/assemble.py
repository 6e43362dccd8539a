"""From what a file declares to one target with its policies, alarms and scheduled actions."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from harness.endpoint.scalable import is_modelled as variants_have
from harness.errors import NotModelled, RequestRefused, ScenarioError
from harness.functions.provisioned import is_modelled as aliases_have
from harness.inputs.policy_value import Declared, Entry, Instances, PolicySet
from harness.scaling.alarms import Alarm
from harness.scaling.policies import (
    LAMBDA_UTILIZATION,
    VARIANT_DIMENSION,
    Policy,
    ScalableTarget,
    StepScaling,
    TargetTracking,
)
from harness.scaling.requests import (
    LAMBDA_DIMENSION,
    check_together,
    policy_of,
    scheduled_action_of,
    target_of,
)
from harness.scaling.requests.alarms import alarm_of, policy_name_of
from harness.scaling.requests.call_shapes import (
    METRIC_ALARM,
    SCALABLE_TARGET,
    SCALING_POLICY,
    SCHEDULED_ACTION,
)
from harness.scaling.requests.shapes import Members, coerced
from harness.scaling.resource import ScalingMetric

Value = TypeVar("Value")

IDENTITY = ("ServiceNamespace", "ResourceId", "ScalableDimension")
_METRIC_OF_POLICY = "TargetTrackingScalingPolicyConfiguration.CustomizedMetricSpecification.MetricName"
MODELLED = (VARIANT_DIMENSION, LAMBDA_DIMENSION)
_DIMENSION_OF = {"endpoint/": ("sagemaker", VARIANT_DIMENSION), "function:": ("lambda", LAMBDA_DIMENSION)}


def assemble(declared: Declared, wanted: str | None) -> PolicySet:
    """Return the policy set of the target *wanted*, by name, resource id or endpoint; None: the only one.

    Raises ScenarioError naming the choices when it is not clear which target is meant, RequestRefused where
    AWS refuses something and NotModelled where the model has nothing for it.
    """
    chosen = _choose(declared, wanted)
    target = _made(declared, chosen, SCALABLE_TARGET, target_of)
    if target.dimension not in MODELLED:
        raise NotModelled(
            f"{declared.at(chosen.path)}: the dimension {target.dimension} is not modelled, only "
            f"{' and '.join(MODELLED)} are"
        )
    policies = _policies(declared, chosen, target)
    names = {policy.policy_name: policy for policy in policies}
    alarms, notes = _alarms(declared, names, target)
    endpoint, variant = _names(target)
    instances = _instances(declared.instances, endpoint, variant)
    return PolicySet(
        target=target,
        policies=policies,
        alarms=alarms,
        scheduled_actions=_scheduled(declared, chosen),
        instance_type=instances.instance_type,
        initial_count=instances.count,
        endpoint=endpoint,
        variant=variant,
        source=declared.source,
        notes=notes + _idle_notes(policies, alarms) + _share_notes(policies),
        instance_type_at=declared.at(instances.path) if instances.path else declared.source,
    )


# -- which target -----


def _choose(declared: Declared, wanted: str | None) -> Entry:
    targets = [_with_identity(each) for each in declared.targets]
    if not targets:
        raise ScenarioError(
            f"{declared.source}: there is no scalable target; MinCapacity and MaxCapacity are needed"
        )
    if wanted is not None:
        found = [each for each in targets if wanted in _called(each)]
    else:
        found = [each for each in targets if each.arguments.get("ScalableDimension") in MODELLED] or targets
    if len(found) == 1:
        return found[0]
    choices = ", ".join(each.name or str(each.arguments.get("ResourceId")) for each in found or targets)
    if wanted is None:
        raise ScenarioError(
            f"{declared.source}: several scalable targets; choose one with --target: {choices}"
        )
    raise ScenarioError(
        f"{declared.source}: --target {wanted} names {len(found)} targets; there are: {choices}"
    )


def _called(entry: Entry) -> tuple[str, ...]:
    resource_id = str(entry.arguments.get("ResourceId", ""))
    parts = resource_id.split("/")
    return (entry.name, resource_id, *parts[1:2], "/".join(parts[1::2]))


def _with_identity(entry: Entry) -> Entry:
    """Return *entry* with namespace and dimension where its resource id leaves no doubt about them."""
    resource_id = str(entry.arguments.get("ResourceId", ""))
    for prefix, (namespace, dimension) in _DIMENSION_OF.items():
        if resource_id.startswith(prefix):
            known = {"ServiceNamespace": namespace, "ScalableDimension": dimension}
            return Entry({**known, **entry.arguments}, entry.path, entry.name)
    return entry


# -- what belongs to it -----


def _policies(declared: Declared, chosen: Entry, target: ScalableTarget) -> tuple[Policy, ...]:
    entries = _belonging(declared, chosen, declared.policies)
    policies: dict[str, Policy] = {}
    for entry in entries:
        policy = _made(declared, entry, SCALING_POLICY, policy_of)
        if policy.policy_name in policies:
            raise ScenarioError(
                f"{declared.at(entry.path)}: a second policy {policy.policy_name!r} would replace the first"
            )
        if isinstance(policy, TargetTracking):
            _check_modelled(declared, entry, policy.metric, _METRIC_OF_POLICY, target)
        policies[policy.policy_name] = policy
        _located(declared, entry, lambda: check_together(list(policies.values())))
    return tuple(policies.values())


def _scheduled(declared: Declared, chosen: Entry) -> tuple[Any, ...]:
    entries = _belonging(declared, chosen, declared.scheduled_actions)
    return tuple(_made(declared, each, SCHEDULED_ACTION, scheduled_action_of) for each in entries)


def _belonging(declared: Declared, chosen: Entry, entries: Sequence[Entry]) -> list[Entry]:
    """Return the *entries* of the chosen target; one that says no resource belongs to the only target."""
    registered = [_identity(_with_identity(each).arguments) for each in declared.targets]
    own = _identity(chosen.arguments)
    found = []
    for entry in entries:
        given = entry.arguments
        if len(registered) == 1:
            given = {
                **{name: chosen.arguments[name] for name in IDENTITY if name in chosen.arguments},
                **given,
            }
        given = _with_identity(Entry(given, entry.path)).arguments
        if _identity(given) not in registered:
            namespace, resource_id, dimension = _identity(given)
            raise RequestRefused(
                "ObjectNotFoundException",
                f"{declared.at(entry.path)}: No scalable target found for service namespace: {namespace}, "
                f"resource ID: {resource_id}, scalable dimension: {dimension}",
                entry.path,
            )
        if _identity(given) == own:
            found.append(Entry(given, entry.path, entry.name))
    return found


def _identity(arguments: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(arguments.get(name) for name in IDENTITY)


def _alarms(
    declared: Declared, policies: Mapping[str, Policy], target: ScalableTarget
) -> tuple[tuple[Alarm, ...], tuple[str, ...]]:
    """Return the alarms that invoke step *policies*, and notes on those that do not count here."""
    alarms, notes = [], []
    for entry in declared.alarms:
        _check_actions(declared, entry)
        actions = _actions(entry.arguments)
        known = [policies[name] for name in actions if name in policies]
        if not known:
            notes.append(f"{declared.at(entry.path)}: no action of this alarm is a policy of the target.")
        elif not any(isinstance(policy, StepScaling) for policy in known):
            # Application Auto Scaling makes the alarms of target tracking itself: those of the model count.
            notes.append(f"{declared.at(entry.path)}: the alarms of target tracking are made by the model.")
        else:
            alarm = _made(declared, _by_name(entry, policies), METRIC_ALARM, alarm_of)
            if alarm.metric is not None:
                _check_modelled(declared, entry, alarm.metric, "MetricName", target)
            alarms.append(alarm)
    return tuple(alarms), tuple(notes)


def _check_modelled(
    declared: Declared, entry: Entry, metric: ScalingMetric, field: str, target: ScalableTarget
) -> None:
    """Raise NotModelled for a metric without data here: a simulation with it would never scale."""
    known = aliases_have if target.dimension == LAMBDA_DIMENSION else variants_have
    if known(metric, *_names(target)):
        return
    dimensions = ", ".join(f"{name}={value}" for name, value in metric.dimensions) or "none named"
    path = _path(declared, entry, field)
    raise NotModelled(
        f"{declared.at(path)}: the metric {metric.name} of {metric.namespace} ({metric.statistic} over "
        f"{metric.period_s:g} s, dimensions: {dimensions}) is not modelled for {target.resource_id}",
        path,
    )


_ACTIONS = ("AlarmActions", "OKActions", "InsufficientDataActions")


def _actions(arguments: Mapping[str, Any]) -> list[str]:
    given = [arguments.get(name) or () for name in _ACTIONS]
    texts = (each for some in given if isinstance(some, list) for each in some if isinstance(each, str))
    return [policy_name_of(each) for each in texts]


def _check_actions(declared: Declared, entry: Entry) -> None:
    """Raise ScenarioError for an action that can be no policy; a slip in its name must not pass unseen."""
    known = {each.arguments.get("PolicyName") for each in declared.policies}
    for name in _ACTIONS:
        given = entry.arguments.get(name) or []
        place = declared.at(f"{entry.path}.{declared.field_name(name)}")
        if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
            raise ScenarioError(f"{place}: it must be a list of policies, by name or ARN")
        unknown = [each for each in given if not each.startswith("arn:") and each not in known]
        if unknown:
            raise ScenarioError(f"{place}: {unknown[0]!r:.60} is neither an ARN nor the name of a policy")


def _by_name(entry: Entry, policies: Mapping[str, Policy]) -> Entry:
    """Return the alarm with its policies by name; actions that are no policy of the target fall away."""
    named = {
        name: [policy_name_of(each) for each in entry.arguments[name] if policy_name_of(each) in policies]
        for name in _ACTIONS
        if isinstance(entry.arguments.get(name), list)
    }
    return Entry({**entry.arguments, **named}, entry.path, entry.name)


def _idle_notes(policies: Sequence[Policy], alarms: Sequence[Alarm]) -> tuple[str, ...]:
    invoked = {name for alarm in alarms for name in (*alarm.alarm_actions, *alarm.ok_actions)}
    return tuple(
        f"No alarm invokes the step scaling policy {policy.policy_name!r}: it never acts."
        for policy in policies
        if isinstance(policy, StepScaling) and policy.policy_name not in invoked
    )


def _share_notes(policies: Sequence[Policy]) -> tuple[str, ...]:
    """Return notes on utilizations that a function never reaches: they are shares, not percentages."""
    return tuple(
        f"Policy {policy.policy_name!r} never scales out: its target is {policy.target_value:g}, and the "
        "utilization of provisioned concurrency is a share of 1 at most; 70 % is 0.7."
        for policy in policies
        if isinstance(policy, TargetTracking)
        and policy.metric.name == LAMBDA_UTILIZATION.name
        and policy.target_value >= 1.0
    )


# -- the target's own names -----


def _names(target: ScalableTarget) -> tuple[str, str]:
    if target.dimension == LAMBDA_DIMENSION:
        _, function, alias = (*target.resource_id.split(":"), "", "")[:3]
        return function, alias
    _, endpoint, _, variant = target.resource_id.split("/")
    return endpoint, variant


def _instances(known: Sequence[Instances], endpoint: str, variant: str) -> Instances:
    for each in known:
        if each.endpoint in ("", endpoint) and each.variant in ("", variant):
            return each
    return Instances(endpoint, variant, None, None)


# -- errors with their place -----


def _made(
    declared: Declared, entry: Entry, shape: Members, make: Callable[[Mapping[str, Any]], Value]
) -> Value:
    arguments = coerced(entry.arguments, shape) if declared.converts_text else entry.arguments
    return _located(declared, entry, lambda: make(arguments))


def _located(declared: Declared, entry: Entry, make: Callable[[], Value]) -> Value:
    try:
        return make()
    except RequestRefused as error:
        path = _path(declared, entry, error.field)
        raise RequestRefused(error.code, f"{declared.at(path)}: {error.message}", path) from error
    except NotModelled as error:
        path = _path(declared, entry, error.field)
        raise NotModelled(f"{declared.at(path)}: {error.message}", path) from error
    except ScenarioError as error:
        raise ScenarioError(f"{declared.at(entry.path)}: {error}") from error


def _path(declared: Declared, entry: Entry, field: str) -> str:
    return ".".join(part for part in (entry.path, declared.field_name(field)) if part)
