"""The deploy phase: what a scenario declares, or the stack that holds it, is made and waited for."""

from collections.abc import Mapping

from harness.aws.webhooks import PREFIX as WEBHOOKS
from harness.run.context import RunContext
from harness.run.deploy import Deployer
from harness.run.stack_phase import StackOnStage
from harness.scenario import Scenario
from harness.scenario.plans.deployment import deployment, scaling
from harness.scenario.plans.functions import event_source_name, functions
from harness.scenario.plans.messaging import messaging
from harness.scenario.plans.triggers import triggering


def deploy_stack(run: RunContext, deployer: Deployer, stack: StackOnStage) -> None:
    """Make the scenario's *stack*, and wait for what takes its time."""
    stack.deploy()
    for endpoint in run.scenario.endpoints:
        deployer.await_in_service(endpoint.name)
    _await_functions(run.scenario, deployer)


def deploy(run: RunContext, deployer: Deployer, artefacts: Mapping[str, bytes]) -> None:
    """Make what the scenario declares; *artefacts* are its models', by name."""
    scenario, where = run.scenario, (run.settings.account_id, run.settings.region)
    endpoints = scenario.endpoints
    deployer.carry_out(deployment(scenario, artefacts, *where))
    deployer.carry_out(messaging(scenario, *where, run.url + WEBHOOKS.rstrip("/")))
    deployer.carry_out(functions(scenario, *where, run.url))
    for endpoint in endpoints:
        deployer.await_in_service(endpoint.name)
    deployer.carry_out(scaling(endpoints))
    for endpoint in endpoints:
        # Registering may have moved the capacity into its bounds; the load begins when that is done.
        deployer.await_in_service(endpoint.name)
    _await_functions(scenario, deployer)
    deployer.carry_out(triggering(scenario, *where))
    for source in scenario.event_sources:
        deployer.await_event_source(event_source_name(source))


def _await_functions(scenario: Scenario, deployer: Deployer) -> None:
    for function in scenario.functions:
        deployer.await_function(function.name)
        for alias in function.aliases:
            if alias.provisioned:
                deployer.await_provisioned(function.name, alias.name)


def deployed(scenario: Scenario) -> list[str]:
    """Return what is deployed, as AWS names it."""
    names = [endpoint.name for endpoint in scenario.endpoints]
    names += [bucket.name for bucket in scenario.buckets]
    names += [table.name for table in scenario.tables]
    names += [function.name for function in scenario.functions]
    names += [topic.aws_name for topic in scenario.topics]
    return names + [queue.aws_name for queue in scenario.queues]
