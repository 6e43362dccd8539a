"""The first record of a run: what is needed to name it, to repeat it, and to show its configuration."""

import platform
import shlex
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from harness import journal
from harness.aws.permission import Mode
from harness.load_workers import options_of
from harness.run.asked import asked_for, options_for
from harness.run.context import Options, RunContext
from harness.run.functions_shown import functions_shown
from harness.scenario import Endpoint, OpenModel, Program, Queue, Role, Scenario, Subscription
from harness.scenario.scaling import Tracking, whole
from harness.thresholds.asking import words_for

PACKAGES = ("boto3", "locust", "moto", "ministack", "onnxruntime", "scikit-learn", "numpy")


def run_started(
    run: RunContext, backend: str, emulators: Mapping[str, str], started_epoch_s: float
) -> journal.RunStarted:
    """Return the record of *run* on *backend*, whose *emulators* are given with their versions."""
    scenario = run.scenario
    return journal.RunStarted(
        at=0.0,
        scenario=scenario.name,
        variant=scenario.variant,
        description=scenario.defect or scenario.description,
        clock=str(run.clock.spec),
        seed=run.options.seed,
        started_epoch_s=started_epoch_s,
        backend=backend,
        emulators=dict(emulators),
        versions={"python": platform.python_version(), **{name: version(name) for name in PACKAGES}},
        command=_command(run, backend),
        configuration=_configuration(scenario, run.options),
    )


def _command(run: RunContext, backend: str) -> str:
    """Return the command that repeats the run."""
    options = run.options
    words = ["harness", "run", options.scenario_path or run.scenario.name, "--variant", run.scenario.variant]
    words += ["--clock", str(run.clock.spec), "--seed", str(options.seed), "--backend", backend]
    words += ["--data", str(options.data)] if options.data else []
    words += ["--client", options.client] if options.client else []
    words += ["--processes", str(options.processes)] if options.processes != 1 else []
    words += options_of(options.workers)
    words += ["--iam", options.iam.value] if options.iam is not Mode.ENFORCE else []
    for fault in options.faults:
        words += ["--fault", fault]
    words += words_for(run.scenario.limits)
    return shlex.join([*words, *options_for(options.sets, options.prices)])


def _configuration(scenario: Scenario, options: Options) -> dict[str, Any]:
    """Return what the report shows of the scenario, as plain JSON values."""
    return {
        **_messaging(scenario),
        **_permissions(scenario),
        **functions_shown(scenario),
        "iam": options.iam.value,
        "endpoints": [_endpoint(endpoint) for endpoint in scenario.endpoints],
        "workload": [_load(load, options) for load in scenario.workload],
        "settings": {name: repr(value) for name, value in scenario.settings.items()},
        "data": str(options.data) if options.data else "made by the project's own degradation model",
        "defect": scenario.defect,
        "faults": [f"{fault.KIND}: {fault.detail}" for fault in scenario.faults],
        **({"thresholds": [str(one) for one in scenario.limits]} if scenario.limits else {}),
        **asked_for(options.sets, options.prices),
    }


def _messaging(scenario: Scenario) -> dict[str, Any]:
    """Return the topics, queues, subscriptions and programs; a kind that there is none of is left out."""
    shown = {
        "topics": [topic.aws_name for topic in scenario.topics],
        "queues": [_queue(queue) for queue in scenario.queues],
        "subscriptions": [_subscription(one) for one in scenario.subscriptions],
        "programs": [_program(program) for program in scenario.programs],
    }
    return {name: rows for name, rows in shown.items() if rows}


def _permissions(scenario: Scenario) -> dict[str, Any]:
    """Return the roles, buckets and VPC endpoints; a kind that there is none of is left out."""
    shown = {
        "roles": [_role(role) for role in scenario.roles],
        "buckets": [bucket.name for bucket in scenario.buckets],
        "vpc_endpoints": [{"id": one.id, "vpc": one.vpc} for one in scenario.vpc_endpoints],
    }
    return {name: rows for name, rows in shown.items() if rows}


def _role(role: Role) -> dict[str, Any]:
    named = [policy if isinstance(policy, str) else policy.name for policy in role.managed]
    limit = role.boundary if isinstance(role.boundary, str | None) else role.boundary.name
    return {
        "name": role.name,
        "trusts": list(role.services),
        "statements": len(role.statements),
        **({"managed": named} if named else {}),
        **({"boundary": limit} if limit else {}),
    }


def _queue(queue: Queue) -> dict[str, Any]:
    names = ("visibility_timeout_s", "retention_s", "delay_s")
    dead = queue.dead_letter
    redrive = {"dead_letter": dead.aws_name, "max_receive_count": queue.max_receive_count} if dead else {}
    return {"name": queue.aws_name, **{name: getattr(queue, name) for name in names}, **redrive}


def _subscription(one: Subscription) -> dict[str, Any]:
    to = one.endpoint if isinstance(one.endpoint, str) else one.endpoint.name
    shown: dict[str, Any] = {"topic": one.topic.aws_name, "to": to, "raw": one.raw}
    if one.filter_policy is not None:
        shown |= {"filter_policy": dict(one.filter_policy), "scope": one.filter_scope}
    return shown


def _program(program: Program) -> dict[str, Any]:
    return {
        "name": program.name,
        "moment": program.moment,
        "processes": program.processes,
        "role": program.role.name if program.role else None,
        "restart": program.restart,
        "reads": [queue.aws_name for queue in program.reads],
        **({"via": program.via.id} if program.via else {}),
    }


def _endpoint(endpoint: Endpoint) -> dict[str, Any]:
    shown = ("name", "instance_type", "initial_instance_count", "concurrency", "queue_limit")
    return {
        **{name: getattr(endpoint, name) for name in shown},
        "service_time_s": endpoint.service_time_on(endpoint.instance_type),
        "scaling": _scaling(endpoint),
    }


def _scaling(endpoint: Endpoint) -> dict[str, Any] | None:
    """Return the bounds of *endpoint*, and of a single target tracking policy what it holds to."""
    if endpoint.scaling is None:
        return None
    bounds: dict[str, Any] = {
        name: getattr(endpoint.scaling, name) for name in ("min_capacity", "max_capacity")
    }
    policies = whole(endpoint.scaling).policies
    shown = ("target_value", "scale_out_cooldown_s", "scale_in_cooldown_s")
    if len(policies) == 1 and isinstance(policies[0], Tracking):
        return {name: getattr(policies[0], name) for name in shown} | bounds
    return bounds | {"policies": [each.policy_name for each in policies]}


def _load(load: OpenModel, options: Options) -> dict[str, Any]:
    return {
        "endpoint": load.endpoint_name,
        "client": options.client or load.client,
        "arrivals": load.arrivals,
        "over_s": load.duration_s,
    }
