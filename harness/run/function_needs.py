"""What the functions of a scenario need that not every machine and not every backend has."""

import sys
from collections.abc import Callable

from harness.gateway.chain import Address
from harness.scenario import Function, QualifiedFunction, Scenario

# Whose own triggers ask the gateway to run a function, when the rehearsal has started it.
TRIGGERING = "ministack"


def lacking(
    scenario: Scenario, route: Callable[[str], Address], platform: str = sys.platform
) -> dict[str, str]:
    """Return, by service, why its part in running the functions of *scenario* cannot be played; {} when all
    can.

    *route* says who answers a service. Event source mappings, asynchronous invocations and timers are played
    by the rehearsal itself, on any backend.
    """
    if not scenario.functions:
        return {}
    if platform != "linux":
        return {"lambda": f"AWS's runtime client runs on Linux alone, and this is {platform}"}
    found: dict[str, str] = {}
    for service in _triggering(scenario):
        address = route(service)
        if address.name != TRIGGERING or not address.password:
            found[service] = (
                f"its functions are triggered by {service}, and {address} does not hand that on to the "
                "rehearsal, as the MiniStack of the embedded backend does"
            )
    return found


def _triggering(scenario: Scenario) -> list[str]:
    """Return the services that trigger a function of *scenario*."""
    subscribed = [one for one in scenario.subscriptions if _is_function(one.endpoint)]
    told = [one for one in scenario.notifications if _is_function(one.target)]
    ruled = [one for one in scenario.rules if any(map(_is_function, one.targets))]
    named = {"sns": subscribed, "s3": told, "events": ruled, "apigateway": scenario.http_apis}
    return [service for service, things in named.items() if things]


def _is_function(one: object) -> bool:
    return isinstance(one, Function | QualifiedFunction)
