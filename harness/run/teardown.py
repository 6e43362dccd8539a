"""Removes what a scenario deployed, so that the next run on the same backend makes it anew."""

from harness.config import Settings
from harness.run.deploy import Deployer
from harness.scenario import Scenario
from harness.scenario.plans.deployment import clearing, removal, unscaling
from harness.scenario.plans.functions import unmaking
from harness.scenario.plans.messaging import unsubscribing
from harness.scenario.plans.permissions import opening_up
from harness.scenario.plans.triggers import untriggering


def tear_down(scenario: Scenario, settings: Settings, deployer: Deployer) -> None:
    """Remove triggers, functions, messaging, scaling, endpoints, and then what these were made with; wait for
    the endpoints."""
    endpoints = scenario.endpoints
    deployer.carry_out(untriggering(scenario), gone_is_fine=True)
    deployer.carry_out(unmaking(scenario), gone_is_fine=True)
    calls = unsubscribing(scenario, settings.account_id, settings.region)
    deployer.carry_out(calls, gone_is_fine=True)  # a program may have removed what it had done with
    deployer.carry_out(unscaling(endpoints))
    for endpoint in endpoints:
        deployer.await_still(endpoint.name)
    deployer.carry_out(removal(endpoints))
    for endpoint in endpoints:
        deployer.await_gone(endpoint.name)
    deployer.carry_out(opening_up(scenario.buckets))
    for bucket in scenario.buckets:
        deployer.empty(bucket.name)
    deployer.carry_out(clearing(scenario, settings.account_id))
