"""The stage: the modelled endpoints as a part of the gateway, woken by timers, told to the journal and to CloudWatch.

It holds the pure world of `harness.endpoint`, gives it the moments, and carries what it says to whoever must
know. Everything here runs on the gateway's loop, but for the methods that say otherwise.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from harness import journal
from harness.clock import Clock
from harness.config import Settings
from harness.endpoint.activities import ScalingActivity
from harness.endpoint.calls import CapacityChange, EndpointView, Refusal
from harness.endpoint.capacity import instance_type
from harness.endpoint.distributions import Constant
from harness.endpoint.events import Completed, Event
from harness.endpoint.fleet import Routing
from harness.endpoint.outcomes import Accepted, Rejected
from harness.endpoint.policies import ScalableTarget, TargetTracking
from harness.endpoint.settings import EndpointSettings, ScalingSettings
from harness.endpoint.targets import AlarmView, split_resource_id
from harness.endpoint.variant import EndpointConfig, VariantSpec, VariantView
from harness.endpoint.world import World
from harness.errors import ScenarioError
from harness.gateway.artefacts import Artefacts
from harness.gateway.autoscaling import AutoScaling
from harness.gateway.catalogue import Catalogue, EndpointPlan, PlannedVariant
from harness.gateway.chain import Address, Handler
from harness.gateway.fetch import Fetcher
from harness.gateway.invoke import Invoker
from harness.gateway.mirror import Mirror
from harness.gateway.sagemaker import SageMaker
from harness.gateway.server import ServerThread
from harness.gateway.telling import Teller
from harness.scenario.faults import Fault
from harness.scenario.resources import Endpoint
from harness.sessions import client

if TYPE_CHECKING:
    from harness.inference import Model

# What one invocation costs on an endpoint that nobody described: a small model on a CPU. Only Terraform, the CLI
# and other clients of `harness serve` meet it; a scenario states its own.
DEFAULT_SERVICE_TIME_S = 0.050
DEFAULT_CONCURRENCY = 2


@dataclass(frozen=True)
class Assumptions:
    """What AWS's API does not say of an endpoint's container: see `scenario.resources.Endpoint`."""

    service_time_s: Callable[[str], float] = lambda _instance_type: DEFAULT_SERVICE_TIME_S
    concurrency: int | None = None
    queue_limit: int = 100


def assumptions_of(endpoint: Endpoint) -> Assumptions:
    """Return what a scenario states of *endpoint*."""
    return Assumptions(endpoint.service_time_on, endpoint.concurrency, endpoint.queue_limit)


class Stage:
    """The modelled part of AWS behind one gateway."""

    def __init__(
        self,
        clock: Clock,
        record: Callable[[journal.Record], None],
        route: Callable[[str], Address],
        settings: Settings,
        *,
        seed: int,
        assumptions: Mapping[str, Assumptions] | None = None,
        endpoint_settings: EndpointSettings | None = None,
        scaling_settings: ScalingSettings | None = None,
    ) -> None:
        self.clock = clock
        self.record = record
        self.route = route
        self.region = settings.region
        self.account = settings.account_id
        self.world = World(seed=seed, endpoint_settings=endpoint_settings, scaling_settings=scaling_settings)
        self._assumptions = dict(assumptions or {})
        self._invoker = Invoker(self)
        self.catalogue = Catalogue(route, Artefacts(lambda: self._backend_client("s3")), f"{self.region}:{self.account}")
        answering = (self.catalogue, SageMaker(self), AutoScaling(self), self._invoker)
        self.handlers: list[Handler] = [part.handle for part in answering]
        self._models: dict[tuple[str, str], Model | None] = {}
        self._last_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = float("inf")
        self._thread: ServerThread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # -- life -------------------------------------------------------------------------------------------------

    def open(self, thread: ServerThread, fetcher: Fetcher) -> None:
        """Begin to run on *thread*'s loop. Called from outside the loop."""
        self._thread = thread
        self.fetcher = fetcher
        self.catalogue.fetcher = fetcher
        self._mirror = Mirror(lambda: self._backend_client("cloudwatch", "monitoring"))
        self._teller = Teller(self.world, self.record, self._mirror, self.clock, f"{self.region}:{self.account}")

        async def begin() -> None:
            self._loop = asyncio.get_running_loop()

        thread.submit(begin()).result()

    def close(self) -> None:
        """Stop the timers and the mirror. Called from outside the loop, before the server stops."""
        if self._thread is not None:
            self._on_loop(self._cancel_timer)
            self._mirror.close()
            self._thread = None

    def _backend_client(self, service: str, signing_name: str | None = None) -> Any:
        at = self.route(signing_name or service)
        return client(service, f"http://{at.host}:{at.port}", region=self.region)

    def _on_loop(self, call: Callable[[], Any]) -> Any:
        """Return what *call* returns on the loop. Called from outside the loop."""
        if self._thread is None:
            raise RuntimeError("the stage is not open")

        async def there() -> Any:
            return call()

        return self._thread.submit(there()).result()

    # -- time -------------------------------------------------------------------------------------------------

    def now(self) -> float:
        """Return the model moment, never before one that was returned earlier."""
        self._last_at = max(self._last_at, self.clock.now())
        return self._last_at

    def wake(self) -> None:
        """Have the world advanced when its next deadline comes."""
        due_at = self.world.next_deadline()
        if due_at is None or self._loop is None:
            return
        if self._timer is not None:
            if due_at >= self._timer_at:
                return
            self._timer.cancel()
        self._timer_at = due_at
        self._timer = self._loop.call_later(max(0.0, self.clock.real_until(due_at)), self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._timer_at = float("inf")
        self._advance(self.now())
        self.wake()

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._loop = None, None

    def _advance(self, now: float) -> None:
        self._tell(self.world.advance(now))

    def _tell(self, events: Sequence[Event]) -> None:
        for event in events:
            if isinstance(event, Completed):
                self._invoker.completed(event)
            else:
                self._teller.tell(event)

    def _call(self, call: Callable[[float], Any]) -> Any:
        """Return what a call on the world at this moment returns, telling what it caused."""
        answer = call(self.now())
        self._advance(self._last_at)
        self.wake()
        return answer

    # -- endpoints --------------------------------------------------------------------------------------------

    def arrive(self, endpoint: str, request: int, variant: str | None) -> Accepted | Rejected:
        """Return where the request goes; the caller wakes the stage."""
        return self.world.arrive(endpoint, request, self.now(), variant=variant)

    def model(self, endpoint: str, variant: str) -> "Model | None":
        """Return what predicts for *variant*, None where nothing can."""
        return self._models.get((endpoint, variant))

    def create(self, name: str, plan: EndpointPlan) -> Refusal | None:
        """Begin to create an endpoint as *plan* has it."""
        refusal = self._call(lambda now: self.world.create_endpoint(name, self._config(name, plan), now))
        if refusal is None:
            self._serve(name, plan)
        return _checked(refusal)

    def update(self, name: str, plan: EndpointPlan, *, keep_capacities: bool) -> Refusal | None:
        """Begin to update an endpoint to *plan*."""
        config = self._config(name, plan)
        refusal = self._call(
            lambda now: self.world.update_endpoint(name, config, now, retain_variant_properties=keep_capacities)
        )
        if refusal is None:
            self._serve(name, plan)
        return _checked(refusal)

    def change_capacities(self, name: str, changes: Sequence[CapacityChange]) -> Refusal | None:
        """Begin UpdateEndpointWeightsAndCapacities."""
        return _checked(self._call(lambda now: self.world.update_weights_and_capacities(name, changes, now)))

    def delete(self, name: str) -> Refusal | None:
        """Begin to delete an endpoint; its scalable targets go with it, as DeleteEndpoint does on AWS."""
        refusal = _checked(self._call(lambda now: self.world.delete_endpoint(name, now)))
        if refusal is None:
            for target in self.world.loop.targets():
                if split_resource_id(target.resource_id)[0] == name:
                    self.deregister(target.resource_id)
        return refusal

    def view(self, name: str) -> EndpointView | None:
        """Return the endpoint as DescribeEndpoint shows it now."""
        self._advance(self.now())
        found = self.world.endpoints.get(name)
        return found.view() if found else None

    def views(self) -> list[EndpointView]:
        """Return all endpoints."""
        self._advance(self.now())
        return [model.view() for model in self.world.endpoints.values()]

    def variant_of(self, resource_id: str) -> VariantView | None:
        """Return the variant that *resource_id* names, None where there is none."""
        try:
            endpoint, variant = split_resource_id(resource_id)
        except ScenarioError:
            return None
        found = self.world.endpoints.get(endpoint)
        return found.variant(variant) if found else None

    def _serve(self, name: str, plan: EndpointPlan) -> None:
        for variant in plan.variants:
            self._models[name, variant.name] = variant.loaded.model

    def _config(self, name: str, plan: EndpointPlan) -> EndpointConfig:
        assumed = self._assumptions.get(name, Assumptions())
        return EndpointConfig(plan.config_name, tuple(_spec(variant, assumed) for variant in plan.variants))

    # -- scaling ----------------------------------------------------------------------------------------------

    def target(self, resource_id: str) -> ScalableTarget | None:
        """Return the registered target, None where there is none."""
        return next((t for t in self.world.loop.targets() if t.resource_id == resource_id), None)

    def register(self, target: ScalableTarget) -> Refusal | None:
        """Register or change a target; its capacity is moved inside the bounds."""
        refusal = _checked(self._call(lambda now: self.world.register_target(target, now)))
        if refusal is None:
            self._teller.target_registered(target, self._last_at)
        return refusal

    def deregister(self, resource_id: str) -> None:
        """Forget a target with its policies and alarms."""
        target = self.target(resource_id)
        if target is None:
            return
        for policy in self.world.loop.policies(resource_id):
            self._teller.policy_gone(policy, self._last_at)
        self._call(lambda now: self.world.deregister_target(resource_id, now))
        self._teller.target_registered(target, self._last_at, removed=True)

    def put_policy(self, resource_id: str, policy: TargetTracking, arn: str) -> None:
        """Put a policy in force; its alarms appear in the backend's CloudWatch."""
        view = self._call(lambda now: self.world.put_policy(resource_id, policy, now, policy_arn=arn))
        if not isinstance(view, Refusal):
            self._teller.policy_put(view, arn, self._last_at)

    def delete_policy(self, resource_id: str, name: str) -> None:
        """Forget a policy and its alarms."""
        for policy in self.world.loop.policies(resource_id):
            if policy.policy.policy_name == name:
                self._teller.policy_gone(policy, self._last_at)
        self._call(lambda now: self.world.delete_policy(resource_id, name, now))

    def alarms_of(self, resource_id: str, policy: str) -> list[dict[str, str]]:
        """Return the Alarms member of PutScalingPolicy and DescribeScalingPolicies."""
        return [
            {"AlarmName": alarm.alarm.name, "AlarmARN": self._teller.alarm_arn(alarm.alarm.name)}
            for alarm in self._alarms()
            if (alarm.resource_id, alarm.policy_name) == (resource_id, policy)
        ]

    def _alarms(self) -> Iterator[AlarmView]:
        yield from self.world.loop.alarms()

    def activities(self) -> list[ScalingActivity]:
        """Return every scaling activity, those that did not scale included, newest first."""
        self._advance(self.now())
        return self.world.loop.activities(include_not_scaled=True)

    # -- for the runner, from outside the loop ----------------------------------------------------------------

    def inject(self, fault: Fault) -> None:
        """Break what *fault* names, now. Called from outside the loop."""
        self._on_loop(lambda: self._inject(fault))

    def _inject(self, fault: Fault) -> None:
        zones = ", ".join(fault.zones)
        self.record(journal.FaultInjected(self.now(), "zone failure", f"zones {zones} failed"))
        for zone in fault.zones:
            self._call(lambda now, zone=zone: self.world.fail_zone(zone, now))

    def at_minimum(self, resource_id: str) -> bool:
        """Return whether the target's variant has its minimum of instances, all in service. From outside the loop."""

        def look() -> bool:
            target, variant = self.target(resource_id), self.variant_of(resource_id)
            if target is None or variant is None:
                return True
            return variant.current_count == variant.desired_count == target.min_capacity

        return bool(self._on_loop(look))

    def capacity_line(self) -> str:
        """Return one line about every variant's capacity. From outside the loop."""

        def look() -> str:
            return ", ".join(
                f"{view.name}: {variant.current_count} of {variant.desired_count}"
                for view in self.views()
                for variant in view.variants
            )

        return str(self._on_loop(look))


def _checked(refusal: Any) -> Refusal | None:
    return refusal if isinstance(refusal, Refusal) else None


def _spec(variant: PlannedVariant, assumed: Assumptions) -> VariantSpec:
    known = instance_type(variant.instance_type)
    concurrency = assumed.concurrency or (known.vcpu if known else DEFAULT_CONCURRENCY)
    return VariantSpec(
        name=variant.name,
        instance_type=variant.instance_type,
        initial_count=variant.count,
        weight=variant.weight,
        service_time=Constant(assumed.service_time_s(variant.instance_type)),
        concurrency=concurrency,
        queue_limit=assumed.queue_limit,
        routing=Routing(variant.routing) if variant.routing in Routing.__members__.values() else Routing.RANDOM,
    )
