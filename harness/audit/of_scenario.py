"""A scenario as a template: the calls of its plan as the resources that they make, and its programs as tasks.

What is audited is therefore what a run deploys. A program that runs under a role for containers is a task of
ECS; one that is started again whenever it fails, a service that goes on for ever.
"""

import inspect
from collections.abc import Iterator
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from harness.audit.of_calls import address, resources_of
from harness.audit.packages import package_at, shown
from harness.audit.view import Package, View
from harness.scenario.calls import Call
from harness.scenario.functions import Function
from harness.scenario.plans.deployment import deployment, scaling
from harness.scenario.plans.functions import functions
from harness.scenario.plans.messaging import messaging
from harness.scenario.plans.triggers import triggering
from harness.scenario.programs import Program
from harness.scenario.spec import Scenario
from harness.templates.model import Resource, Template

REGION, ACCOUNT = "us-east-1", "123456789012"
_URL, _WEBHOOKS = f"https://sqs.{REGION}.amazonaws.com", "https://webhooks.example.com"
CONTAINERS = "ecs-tasks.amazonaws.com"
# The question of an expectation that promises an endpoint's survival: `least_in_service_after_fault`.
_SURVIVES = "least instances after the fault"


def view_of(scenario: Scenario, file: str = "") -> View:
    """Return *scenario*, in the variant that it is in, as rules see it. *file* is where findings are told."""
    if scenario.stack is not None:
        from harness.audit.packages import packages

        template = scenario.stack.template()
        return View(template, packages(template))
    template = template_of(scenario, file)
    account_concurrency = scenario.function_settings.account_concurrency
    return View(template, dict(_packages(scenario)), account_concurrency=account_concurrency)


def template_of(scenario: Scenario, file: str = "") -> Template:
    """Return the resources of *scenario* and its programs as a template."""
    found = {one.logical_id: one for one in chain(_made(scenario, file), _programs(scenario, file))}
    return Template("live", file, scenario.name, found, region=REGION, account=ACCOUNT)


def _made(scenario: Scenario, file: str) -> Iterator[Resource]:
    promises = " ".join(f"{one.name} {one.source}" for one in scenario.expectations)
    for one in resources_of(_calls(scenario), file):
        if one.type == "AWS::SageMaker::Endpoint":
            one.extra["Metadata"] = _assumed(scenario, one.logical_id, promises)  # type: ignore[index]
        yield one
    for gate in scenario.vpc_endpoints:
        runtime = any(
            action.startswith("sagemaker:Invoke") for each in gate.policy for action in each.actions
        )
        name = f"com.amazonaws.{REGION}.sagemaker.{'runtime' if runtime else 'api'}"
        properties = {"VpcId": gate.vpc, "ServiceName": name, "VpcEndpointType": "Interface"}
        yield Resource(gate.id, "AWS::EC2::VPCEndpoint", properties, gate.id, file)


def _calls(scenario: Scenario) -> Iterator[Call]:
    """Yield the calls that deploy *scenario*."""
    yield from deployment(scenario, {model.name: b"" for model in scenario.models}, ACCOUNT, REGION)
    yield from scaling(scenario.endpoints)
    yield from messaging(scenario, ACCOUNT, REGION, _WEBHOOKS)
    yield from functions(scenario, ACCOUNT, REGION, _URL)
    yield from triggering(scenario, ACCOUNT, REGION)


def _assumed(scenario: Scenario, logical_id: str, promises: str) -> dict[str, Any]:
    """Return what the scenario assumes of an endpoint's instances and promises of it, as Metadata says it."""
    endpoint = next(one for one in scenario.endpoints if logical_id == address(f"endpoint {one.name}"))
    seconds = endpoint.service_time_on(endpoint.instance_type)
    own = {"ServiceTimeSeconds": seconds, "Concurrency": endpoint.concurrency}
    survives = f"{endpoint.name}: {_SURVIVES}" in promises or "when two zones fail" in promises
    alone = len(scenario.endpoints) == 1
    return {"Harness": own, **({"Description": "zones fail"} if survives and alone else {})}


# -- programs -----


def _programs(scenario: Scenario, file: str) -> Iterator[Resource]:
    for program in scenario.programs:
        if program.role is None or CONTAINERS not in program.role.services:
            continue
        role = program.role.arn(REGION, ACCOUNT)
        yield Resource(
            _task(program), "AWS::ECS::TaskDefinition", {"TaskRoleArn": role}, _task(program), file
        )
        if program.restart != "never":
            properties = {"TaskDefinition": _task(program), "DesiredCount": program.processes}
            yield Resource(address(f"service {program.name}"), "AWS::ECS::Service", properties, "", file)


def _task(program: Program) -> str:
    return address(f"program {program.name}")


def _packages(scenario: Scenario) -> Iterator[tuple[str, Package]]:
    """Yield the code of functions and programs by the logical ids of their resources."""
    for function in scenario.functions:
        yield address(f"function {function.name}"), _of_function(function)
    for program in scenario.programs:
        yield _task(program), _of_program(program)


def _of_function(function: Function) -> Package:
    if function.code is not None:
        return package_at(Path(function.code))
    assert not isinstance(function.handler, str)  # a name comes with the folder that it is in
    source = Path(inspect.getfile(inspect.unwrap(function.handler)))
    return Package({source.name: source.read_text(encoding="utf-8")}, shown(source.parent))


def _of_program(program: Program) -> Package:
    """Return the package that the program's function is in, whole: its file imports its neighbours."""
    function: Any = program.function
    while isinstance(function, partial):
        function = function.func
    source = Path(inspect.getfile(inspect.unwrap(function))).resolve()
    top = source.parent
    while (top / "__init__.py").exists():
        top = top.parent
    inside = source.relative_to(top)
    package = package_at(top / inside.parts[0]) if len(inside.parts) > 1 else package_at(source)
    head = f"{inside.parts[0]}/" if len(inside.parts) > 1 else ""
    files = {f"{head}{name}": text for name, text in package.files.items()}
    return Package(files, shown(top), f"{inside.as_posix()}:{function.__name__}")
