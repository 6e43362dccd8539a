"""From a policy, traffic and what is assumed to the case that is simulated."""

import math
from dataclasses import dataclass
from typing import Any

from harness.endpoint.capacity import instance_type, is_burstable
from harness.endpoint.distributions import Constant, Distribution
from harness.endpoint.fleet import Routing
from harness.endpoint.variant import DEFAULT_QUEUE_LIMIT, EndpointConfig, VariantSpec
from harness.errors import InvalidRun, RequestRefused, ScenarioError
from harness.functions.provisioned import DIMENSION
from harness.inputs.arrivals import trace_of
from harness.inputs.policy_files import PolicySet
from harness.inputs.traffic import Traffic
from harness.scaling.policies import INVOCATIONS, Policy, TargetTracking
from harness.scaling.targets import split_resource_id
from harness.virtual.trace import Arrivals, Trace
from harness.whatif.case import EPOCH_S, TAIL_S, Case, Scaled
from harness.whatif.options import Assumptions, Container, shown
from harness.whatif.profile import Profile

MINUTE_S = 60.0
DEFAULT_TYPE = "ml.m5.large"
DEFAULT_CONCURRENCY = (
    2  # of a type that is not in the table; else its vCPUs, as model servers run a worker each
)
DEFAULT_SERVICE_TIME_S = 0.050  # a small model on a CPU
SAFETY_FACTOR = 0.5  # AWS's formula for the target: maximum requests a second x 0.5 x 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line says beside policy, traffic and assumptions; None leaves it open."""

    initial: int | None = None
    seed: int = 1
    start_epoch_s: float | None = None
    until_s: float | None = None
    arrivals: Arrivals = "poisson"


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance and its container, every figure known, and where its service time is from."""

    instance_type: str
    service_time: Distribution
    service_time_from: str
    concurrency: int
    queue_limit: int
    routing: Routing

    def shown(self) -> dict[str, Any]:
        """Return the figures as plain JSON."""
        return {
            "instance_type": self.instance_type,
            "service_time": shown(self.service_time),
            "service_time_from": self.service_time_from,
            "concurrency": self.concurrency,
            "queue_limit": self.queue_limit,
            "routing": self.routing.value,
        }


def instance_of(
    wanted: Container, profile: Profile | None, policies: tuple[Policy, ...], template_type: str | None
) -> Instance:
    """Return the instance: as *wanted*, else as the template or the profile has it, else assumed."""
    kind = wanted.instance_type or template_type or (profile.instance_type if profile else DEFAULT_TYPE)
    known = instance_type(kind)
    concurrency = wanted.concurrency or (profile.concurrency if profile else 0)
    concurrency = concurrency or (known.vcpu if known else DEFAULT_CONCURRENCY)
    service_time, source = _service_time(wanted, profile, policies, concurrency)
    return Instance(
        instance_type=kind,
        service_time=service_time,
        service_time_from=source,
        concurrency=concurrency,
        queue_limit=DEFAULT_QUEUE_LIMIT if wanted.queue_limit is None else wanted.queue_limit,
        routing=wanted.routing or Routing.RANDOM,
    )


def _service_time(
    wanted: Container, profile: Profile | None, policies: tuple[Policy, ...], concurrency: int
) -> tuple[Distribution, str]:
    if wanted.service_time is not None:
        return wanted.service_time, "given"
    if profile is not None:
        return profile.service_time, f"profile of {profile.endpoint}: {profile.how}"
    targets = [
        policy.target_value
        for policy in policies
        if isinstance(policy, TargetTracking) and policy.metric == INVOCATIONS
    ]
    # AWS's formula turned round: an instance at the target is half busy. A slower one would be overloaded by
    # the very traffic that the policy means it to take.
    most = SAFETY_FACTOR * concurrency * MINUTE_S / max(targets) if targets else math.inf
    if most < DEFAULT_SERVICE_TIME_S:
        return Constant(most), "assumed: an instance at the target is half busy (AWS's formula)"
    return Constant(DEFAULT_SERVICE_TIME_S), "assumed: a small model on a CPU"


def case_of(
    policies: PolicySet,
    traffic: Traffic,
    assumed: Assumptions,
    instance: Instance,
    asked: Asked,
    *,
    name: str,
) -> Case:
    """Return the case; raise ScenarioError for a target that is no variant, InvalidRun without traffic."""
    target = policies.target
    initial = _initial(policies, asked)
    doubts = [] if target.dimension == DIMENSION else _doubts(policies, instance.instance_type, assumed)
    start_s = asked.start_epoch_s if asked.start_epoch_s is not None else traffic.start_epoch_s
    epoch_s = EPOCH_S if start_s is None else math.floor(start_s / MINUTE_S) * MINUTE_S
    shift_s = 0.0 if start_s is None else start_s - epoch_s
    trace = shifted(trace_of(traffic, instance.service_time, asked.seed, asked.arrivals), shift_s)
    if not traffic.duration_s:  # minutes without a call are traffic too: they say when a variant shrinks
        raise InvalidRun(f"{traffic.source} holds no minute, so a simulation of it would prove nothing")
    ends_s = math.ceil(traffic.duration_s / MINUTE_S) * MINUTE_S + shift_s
    is_alias = target.dimension == DIMENSION
    what = f"provisioned concurrency of {initial}" if is_alias else f"{initial} x {instance.instance_type}"
    return Case(
        name=name,
        description=f"{traffic.source} on {what}",
        endpoints={} if is_alias else _endpoint(policies, instance, initial),
        provisioned={target.resource_id: initial} if is_alias else {},
        scaled=(
            Scaled(
                target, tuple(policies.policies), tuple(policies.alarms), tuple(policies.scheduled_actions)
            ),
        ),
        traffic={target.resource_id: trace},
        traffic_ends_s=ends_s,
        until_s=max(asked.until_s + shift_s, 0.0) if asked.until_s is not None else ends_s + TAIL_S,
        seed=asked.seed,
        epoch_s=epoch_s,
        aligned=start_s is not None,
        shift_s=shift_s,
        endpoint_settings=assumed.endpoint,
        scaling_settings=assumed.scaling,
        function_settings=assumed.function,
        given=assumed.given,
        notes=(*policies.notes, *traffic.notes, *doubts),
    )


def _doubts(policies: PolicySet, kind: str, assumed: Assumptions) -> list[str]:
    """Return what is to be said of the instance type *kind*; RequestRefused where AWS does not scale it."""
    if not is_burstable(kind):
        return []
    if kind.removeprefix("ml.").partition(".")[0] in assumed.scaling.unscalable_families:
        place = policies.instance_type_at if kind == policies.instance_type else "--instance-type"
        raise RequestRefused(
            "ValidationException",
            f"{place}: Automatic scaling is not supported for burstable instances: {kind}.",
        )
    return [
        f"{kind} is burstable: SageMaker refuses to scale burstable types 'such as T2' and does not say "
        "which others; choose ml.m5 or ml.c5 to be safe."
    ]


def _initial(policies: PolicySet, asked: Asked) -> int:
    initial = asked.initial if asked.initial is not None else policies.initial_count
    if initial is None:
        raise ScenarioError("--initial is missing: say how many instances serve when the traffic begins")
    if initial < 1:
        raise ScenarioError(f"--initial is {initial}; there must be at least 1")
    return initial


def _endpoint(policies: PolicySet, instance: Instance, initial: int) -> dict[str, EndpointConfig]:
    endpoint, variant = split_resource_id(policies.target.resource_id)
    spec = VariantSpec(
        name=variant,
        instance_type=instance.instance_type,
        initial_count=initial,
        service_time=instance.service_time,
        concurrency=instance.concurrency,
        queue_limit=instance.queue_limit,
        routing=instance.routing,
    )
    return {endpoint: EndpointConfig(endpoint, (spec,))}


def shifted(trace: Trace, shift_s: float) -> Trace:
    """Return *trace* with every moment *shift_s* later."""
    return Trace(trace.at + shift_s, trace.service_s, trace.place) if shift_s else trace
