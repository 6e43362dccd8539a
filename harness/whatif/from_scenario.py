"""From a scenario to the case that is simulated: its endpoints, what scales them, its workload, its faults.

Policies go the way they go over HTTP: as the arguments of AWS's calls, read with AWS's validation. Models,
programs and roles have no part in it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from harness.endpoint.distributions import Constant, Distribution
from harness.endpoint.variant import EndpointConfig, VariantSpec
from harness.errors import ScenarioError
from harness.scaling.alarms import Alarm
from harness.scaling.policies import Policy, ScalableTarget
from harness.scaling.requests import alarm_of, policy_of, scheduled_action_of, target_of
from harness.scaling.schedule import ScheduledAction
from harness.scenario.faults import ZoneFailure
from harness.scenario.plans.scaling import scaling_of
from harness.scenario.resources import Endpoint
from harness.scenario.spec import Scenario
from harness.scenario.workload import OpenModel, schedule
from harness.virtual.trace import Trace, trace_of_times
from harness.whatif.case import EPOCH_S, TAIL_S, Case, Scaled
from harness.whatif.from_policy import Instance, instance_of
from harness.whatif.functions_case import functions_of
from harness.whatif.options import Assumptions, Container

# Up to here every request is a record of its own, as in a run over HTTP; beyond they are kept by the minute.
MOST_RECORDS = 300_000
# Of the calls of functions, which leave two records each.
MOST_CALLS = 100_000


def case_of_scenario(
    scenario: Scenario,
    assumed: Assumptions,
    *,
    seed: int,
    start_epoch_s: float | None = None,
    duration: Distribution | None = None,
) -> tuple[Case, dict[str, Any]]:
    """Return the case of *scenario*, and what its summary shows of instances and traffic.

    The load begins at second 0 with every endpoint in service and what is provisioned of functions there.
    *duration* is how long an invocation of a function takes that does not say so. Raises ScenarioError where
    the scenario has no workload, for then there is nothing to simulate.
    """
    if not scenario.workload:
        raise ScenarioError(
            f"Scenario {scenario.name!r} has no workload; without traffic there is nothing to simulate"
        )
    instances = {each.name: instance_of_endpoint(each, assumed.container) for each in scenario.endpoints}
    traffic = _traffic(scenario, instances, seed)
    ends_s = max(load.duration_s for load in scenario.workload)
    after_s = scenario.settle.at_most_s if scenario.settle else TAIL_S
    functions, notes = functions_of(scenario, seed, duration)
    called = 0 if functions is None else len(functions.calls)
    requests = sum(map(len, traffic.values())) + called
    case = Case(
        name=scenario.name,
        description=scenario.defect or scenario.description,
        endpoints={each.name: config_of(each, instances[each.name]) for each in scenario.endpoints},
        scaled=tuple(scaled_of(each) for each in scenario.endpoints if each.scaling is not None),
        traffic=traffic,
        traffic_ends_s=ends_s,
        until_s=ends_s + after_s,
        seed=seed,
        epoch_s=EPOCH_S if start_epoch_s is None else start_epoch_s,
        aligned=start_epoch_s is not None,
        endpoint_settings=assumed.endpoint,
        scaling_settings=assumed.scaling,
        function_settings=assumed.function,
        given=assumed.given,
        faults=tuple(one for one in scenario.faults if isinstance(one, ZoneFailure)),
        expectations=tuple(scenario.expectations),
        thresholds=scenario.limits,
        keeps_requests=requests <= MOST_RECORDS and called <= MOST_CALLS,
        has_programs=bool(scenario.programs or (functions is not None and notes)),
        functions=functions,
        notes=tuple(notes),
        variant=scenario.variant,
    )
    return case, {
        "instance": {name: each.shown() for name, each in instances.items()},
        "traffic": {
            "source": f"the workload of {scenario.name}",
            "requests": requests,
            "lasts_s": ends_s,
            "arrivals": "the same moments as over HTTP",
            "notes": [],
        },
    }


def assumptions_in(scenario: Scenario) -> Assumptions:
    """Return what *scenario* itself says of the model."""
    return Assumptions(
        endpoint=scenario.endpoint_settings,
        scaling=scenario.scaling_settings,
        function=scenario.function_settings,
        given=frozenset(scenario.settings),
    )


def instance_of_endpoint(endpoint: Endpoint, wanted: Container) -> Instance:
    """Return the instance of *endpoint* as the scenario declares it, but for what is *wanted*."""
    kind = wanted.instance_type or endpoint.instance_type
    declared = Container(
        service_time=Constant(endpoint.service_time_on(kind)),
        concurrency=endpoint.concurrency,
        queue_limit=endpoint.queue_limit,
        instance_type=kind,
    )
    return instance_of(wanted.over(declared), None, (), None)


def config_of(endpoint: Endpoint, instance: Instance) -> EndpointConfig:
    """Return the endpoint configuration of the model."""
    spec = VariantSpec(
        name=endpoint.variant_name,
        instance_type=instance.instance_type,
        initial_count=endpoint.initial_instance_count,
        service_time=instance.service_time,
        concurrency=instance.concurrency,
        queue_limit=instance.queue_limit,
        routing=instance.routing,
    )
    return EndpointConfig(endpoint.name, (spec,))


def scaled_of(endpoint: Endpoint) -> Scaled:
    """Return what the scenario's calls would put in force."""
    target: ScalableTarget | None = None
    policies: list[Policy] = []
    alarms: list[Alarm] = []
    scheduled: list[ScheduledAction] = []
    arns: dict[str, dict[str, str]] = {}
    for call in scaling_of(endpoint):
        arguments = call.filled(arns)
        match call.method:
            case "register_scalable_target":
                target = target_of(arguments)
            case "put_scaling_policy":
                policies.append(policy_of(arguments))
                arns[call.what] = {"PolicyARN": policies[-1].policy_name}
            case "put_metric_alarm":
                alarms.append(alarm_of(arguments))
            case "put_scheduled_action":
                scheduled.append(scheduled_action_of(arguments))
    if target is None:
        raise ScenarioError(f"Endpoint {endpoint.name!r}: its scaling registers no scalable target")
    return Scaled(target, tuple(policies), tuple(alarms), tuple(scheduled))


def _traffic(scenario: Scenario, instances: dict[str, Instance], seed: int) -> dict[str, Trace]:
    """Return the trace of each endpoint that is called: due at the moments at which the load sends."""
    due = _due([load for load in scenario.workload if load.target == "endpoint"], seed)
    return {
        endpoint.resource_id: trace_of_times(
            due[endpoint.name],
            service_time=instances[endpoint.name].service_time,
            seed=f"{seed}/{endpoint.name}/{endpoint.variant_name}",
        )
        for endpoint in scenario.endpoints
        if endpoint.name in due
    }


def _due(workload: Sequence[OpenModel], seed: int) -> dict[str, Any]:
    moments: dict[str, list[float]] = {}
    for one in schedule(workload, seed):
        moments.setdefault(workload[one.model].endpoint_name, []).append(one.at)
    return {name: np.array(each) for name, each in moments.items()}
