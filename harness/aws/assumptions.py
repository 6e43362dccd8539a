"""What AWS's API does not say of an endpoint's container, and the modelled endpoint that follows from it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.aws.catalogue import EndpointPlan, PlannedVariant
from harness.endpoint.capacity import instance_type
from harness.endpoint.distributions import Constant
from harness.endpoint.fleet import Routing
from harness.endpoint.variant import EndpointConfig, VariantSpec

if TYPE_CHECKING:
    from harness.scenario.resources import Endpoint

# What one invocation costs on an endpoint that nobody described: a small model on a CPU. Only Terraform, the
# CLI and other clients of `harness serve` meet it; a scenario states its own.
DEFAULT_SERVICE_TIME_S = 0.050
# A type that is not in our table; every type in it has its number of vCPUs.
DEFAULT_CONCURRENCY = 2


@dataclass(frozen=True)
class Assumptions:
    """Service time by instance type, requests at once and in the queue of one instance.

    `concurrency` None stands for the instance type's vCPUs, as model servers run a worker for each. See
    `scenario.resources.Endpoint`.
    """

    service_time_s: Callable[[str], float] = lambda _instance_type: DEFAULT_SERVICE_TIME_S
    concurrency: int | None = None
    queue_limit: int = 100


def assumptions_of(endpoint: "Endpoint") -> Assumptions:
    """Return what a scenario states of *endpoint*."""
    return Assumptions(endpoint.service_time_on, endpoint.concurrency, endpoint.queue_limit)


def modelled(plan: EndpointPlan, assumed: Assumptions) -> EndpointConfig:
    """Return the endpoint configuration of the model that *plan* makes with what is *assumed*."""
    variants = tuple(_spec(variant, assumed) for variant in plan.variants)
    return EndpointConfig(plan.config_name, variants, failure=plan.failure)


def _spec(variant: PlannedVariant, assumed: Assumptions) -> VariantSpec:
    known = instance_type(variant.instance_type)
    return VariantSpec(
        name=variant.name,
        instance_type=variant.instance_type,
        initial_count=variant.count,
        weight=variant.weight,
        service_time=Constant(assumed.service_time_s(variant.instance_type)),
        concurrency=assumed.concurrency or (known.vcpu if known else DEFAULT_CONCURRENCY),
        queue_limit=assumed.queue_limit,
        routing=_routing(variant.routing),
    )


def _routing(strategy: str) -> Routing:
    """Return the strategy; those that need a cache of the model's (PREFIX_AWARE, KV_AWARE) become RANDOM."""
    return Routing(strategy) if strategy in {each.value for each in Routing} else Routing.RANDOM
