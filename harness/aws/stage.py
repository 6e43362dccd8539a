"""The stage: the modelled endpoints as a part of the gateway, told to the journal and shown in CloudWatch.

It holds the pure world of `harness.endpoint` and what really predicts behind it. Everything here runs on the
gateway's loop, but for the methods that say otherwise.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from harness import journal
from harness.aws.artefacts import Artefacts
from harness.aws.assumptions import Assumptions, assumptions_of, modelled
from harness.aws.autoscaling import AutoScaling
from harness.aws.backend_calls import BackendCalls
from harness.aws.catalogue import Catalogue, EndpointPlan
from harness.aws.event_sources import EventSources, Timers
from harness.aws.functions.part import Functions, Modelled
from harness.aws.invoke import PAYLOAD_LIMIT_BYTES, Invoker
from harness.aws.living import LivingWorld
from harness.aws.message_plane import Declared, MessagePlane
from harness.aws.metric_alarms import MetricAlarms
from harness.aws.permission import Mode
from harness.aws.permission.off import NoPermission
from harness.aws.sagemaker import SageMaker
from harness.aws.scaling_tags import ScalingTags
from harness.aws.shown import Shown
from harness.aws.tagging import Tagging
from harness.aws.targets import Targets
from harness.aws.telling import Teller
from harness.clock import Clock
from harness.config import Settings
from harness.endpoint.calls import CapacityChange, EndpointView
from harness.endpoint.events import CapacityChanged, EndpointDeleted, Event, StatusChanged
from harness.endpoint.outcomes import Accepted, Completed, Rejected
from harness.endpoint.settings import EndpointSettings
from harness.endpoint.world import World
from harness.errors import ScenarioError
from harness.functions.settings import FunctionSettings
from harness.gateway.chain import Address, Exchange, Handler
from harness.gateway.fetch import Fetcher
from harness.gateway.server import ServerThread
from harness.gateway.splice import Pool
from harness.refusal import Refusal
from harness.scaling.settings import ScalingSettings
from harness.scenario.faults import ZoneFailure
from harness.sessions import client

if TYPE_CHECKING:
    from harness.aws.permission.part import Permission
    from harness.inference import Model

__all__ = ["Assumptions", "Stage", "assumptions_of"]

T = TypeVar("T")
Wanted = Callable[[journal.PermissionUsed], bool]


class Stage:
    """The modelled part of AWS behind one gateway; `handlers` is its part of the request path.

    *payload_limit_bytes* is the most that one InvokeEndpoint may carry. *declared* is what the scenario says
    of messaging; *before* are handlers that come before all others, faults say. *iam* says whether policies
    are enforced; *wanted_refusals* are no findings. *functions* says how long functions take.
    """

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
        payload_limit_bytes: int = PAYLOAD_LIMIT_BYTES,
        declared: Declared | None = None,
        before: Sequence[Handler] = (),
        iam: Mode = Mode.OFF,
        wanted_refusals: Wanted = lambda _: False,
        functions: Modelled | None = None,
        function_settings: FunctionSettings | None = None,
    ) -> None:
        self.clock = clock
        self.record = record
        self.route = route
        self.region = settings.region
        self.account = settings.account_id
        self.gateway_url = ""  # what handlers and pollers call, once the server listens
        self.pool = Pool()
        fetcher = Fetcher(self.pool, judged=iam is not Mode.OFF)
        self.shown = Shown(self)
        self._stage_endpoints(
            fetcher,
            World(
                seed=seed,
                endpoint_settings=endpoint_settings,
                scaling_settings=scaling_settings,
                epoch_s=clock.epoch_s(0.0),
            ),
            assumptions,
        )
        self._invoker = Invoker(self, payload_limit_bytes)
        self.messaging = self._messaging(declared or Declared(), fetcher)
        self.permission = self._permission(iam, fetcher, wanted_refusals)
        self.functions = Functions(
            self,
            fetcher,
            self.backend.repeat,
            self.shown.show,
            seed=seed,
            modelled=functions,
            settings=function_settings,
        )
        self.event_sources, self.timers = EventSources(self), Timers(self)
        self.handlers = self._request_path(before)
        self._thread: ServerThread | None = None

    def _stage_endpoints(
        self, fetcher: Fetcher, world: World, assumptions: Mapping[str, Assumptions] | None
    ) -> None:
        self.backend = BackendCalls(fetcher, self.route, self.region)
        scope = f"{self.region}:{self.account}"
        self.catalogue = Catalogue(self.backend, Artefacts(lambda: self._backend_client("s3", "s3")), scope)
        self._assumptions = dict(assumptions or {})
        self._plans: dict[str, EndpointPlan] = {}  # what serves now
        self._next_plans: dict[str, EndpointPlan] = {}  # what an update under way will serve
        self._models: dict[tuple[str, str], Model | None] = {}
        self.living = LivingWorld(world, self.clock, self._hear)
        self._teller = Teller(world, self.record, self.shown.mirror.show, self.clock, scope)
        self.targets = Targets(self.living, self._teller)

    def _messaging(self, declared: Declared, fetcher: Fetcher) -> MessagePlane:
        scope = {"region": self.region, "account": self.account}
        return MessagePlane(declared, self.clock, self.record, fetcher, self.route, self.shown.show, **scope)

    def _request_path(self, before: Sequence[Handler]) -> list[Handler]:
        sagemaker, scaling_tags = SageMaker(self), ScalingTags()
        return [
            *self.permission.first,
            *before,
            self._invoker.handle,  # there are most of them by far
            *self.functions.handlers,
            *self.messaging.first,
            self.catalogue.handle,
            sagemaker.handle,
            Tagging(self, sagemaker.tags).handle,
            AutoScaling(self, scaling_tags.of).handle,
            scaling_tags.handle,
            MetricAlarms(self).handle,
            *self.event_sources.handlers,
            *self.timers.handlers,
            *self.permission.last,
            *self.messaging.last,
        ]

    def _permission(self, iam: Mode, fetcher: Fetcher, wanted: Wanted) -> "Permission | NoPermission":
        scope = {"region": self.region, "account": self.account}
        if iam is Mode.OFF:
            return NoPermission(self.clock, fetcher, self.route, **scope)
        from harness.aws.permission.part import Permission  # with all the tables of IAM

        return Permission(
            iam, self.clock, self.record, fetcher, self.route, self.finding, wanted=wanted, **scope
        )

    # -- life, from outside the loop -----

    def open(self, thread: ServerThread) -> None:
        """Take *thread*'s loop, on which the handlers are about to run, as its own."""
        self._thread = thread
        self.shown.mirror.start()

    async def begin(self, gateway_url: str) -> None:
        """Let what acts by itself begin: the server listens at *gateway_url*."""
        self.gateway_url = gateway_url
        await self.functions.open()
        await self.event_sources.start()
        await self.timers.start()

    async def learn(self) -> None:
        """Take in what the backend has already: made by a stack, or past the gateway."""
        await self.messaging.learn()
        await self.event_sources.learn()
        await self.timers.learn()

    async def rest(self) -> None:
        """Let nothing begin by itself any more: what is left is about to be counted and removed."""
        await self.timers.close()
        await self.event_sources.close()
        await self.functions.rest()

    async def conclude(self) -> None:
        """End what acts by itself, and journal what is known at the end of a run."""
        await self.shown.alarms.close()
        await self.timers.close()
        await self.event_sources.close()
        await self.functions.close()
        await self.messaging.conclude()
        await self.permission.conclude()
        self.permission.close()

    def heard(self, exchange: Exchange) -> None:
        """Take note of a call that is over, before its client can send the next; on the gateway's loop."""
        if self.permission.mode is not Mode.OFF:
            self.permission.heard(exchange)
            self.messaging.heard(exchange)
        self.functions.heard(exchange)

    def close(self) -> None:
        """Show what is not yet shown. To be called when the server has stopped."""
        self._thread = None
        self.shown.mirror.close()

    def _backend_client(self, service: str, signing_name: str, **options: Any) -> Any:
        at = self.route(signing_name)
        return client(service, f"http://{at.host}:{at.port}", region=self.region, **options)

    def finding(
        self,
        rule: str,
        severity: str,
        resource: str,
        message: str,
        source: str = "",
        *,
        at: float | None = None,
    ) -> None:
        """Journal something that a client should know about its calls."""
        moment = self.living.now() if at is None else at
        self.record(journal.Finding(moment, rule, severity, resource, message, source))

    def not_covered(self, resource: str, name: str, why: str) -> None:
        """Journal that *name*, something that scales *resource*, is stored and not acted on."""
        self.finding(
            "scaling-policy-not-covered",
            "error",
            resource,
            f"{name!r} is stored but not acted on, so this run says nothing about it. {why}",
        )

    # -- what the world reports -----

    def _hear(self, event: Event) -> None:
        if isinstance(event, Completed):
            self._invoker.completed(event)
            return
        if isinstance(event, CapacityChanged | StatusChanged):
            self._swap(event.endpoint)
        elif isinstance(event, EndpointDeleted):
            self._serve(event.endpoint, None)
        self._teller.tell(event)

    def _swap(self, endpoint: str) -> None:
        """Let the models of an update answer once the endpoint shows its configuration, or drop them."""
        plan, view = self._next_plans.get(endpoint), self._look(endpoint)
        if plan is None or view is None or view.pending_config_name:
            return
        del self._next_plans[endpoint]
        if view.config_name == plan.config_name and not plan.failure:
            self._serve(endpoint, plan)

    def _serve(self, endpoint: str, plan: EndpointPlan | None) -> None:
        self._plans.pop(endpoint, None)
        for key in [key for key in self._models if key[0] == endpoint]:
            del self._models[key]
        if plan is not None:
            self._plans[endpoint] = plan
            self._models |= {(endpoint, variant.name): variant.loaded.model for variant in plan.variants}

    # -- endpoints -----

    def arrive(self, endpoint: str, number: int, variant: str | None) -> Accepted | Rejected:
        """Return where request *number* goes."""
        return self.living.arrive(endpoint, number, variant)

    def model(self, endpoint: str, variant: str) -> "Model | None":
        """Return what predicts for *variant*, None where nothing can."""
        return self._models.get((endpoint, variant))

    def model_failed(self, endpoint: str, done: Completed, *, client_error: bool) -> None:
        """Count an answer of the model that was no success, a 4xx (*client_error*) or a 5xx."""
        found = self.living.world.endpoints.get(endpoint)
        metrics = found.metrics(done.variant) if found else None
        if metrics is not None:
            metrics.failed(done.at, client_error=client_error)

    def plan_of(self, endpoint: str) -> EndpointPlan | None:
        """Return what *endpoint* serves, as its models were loaded."""
        self.living.advance()
        return self._plans.get(endpoint)

    def create(self, name: str, plan: EndpointPlan) -> Refusal | None:
        """Begin to create an endpoint as *plan* has it."""
        try:
            config = modelled(plan, self._assumptions.get(name, Assumptions()))
        except ScenarioError as error:
            return Refusal("ValidationException", str(error))
        world = self.living.world
        refusal = self.living.call(lambda now: world.create_endpoint(name, config, now))
        if refusal is None:
            self._serve(name, plan)
        return refusal

    def update(self, name: str, plan: EndpointPlan, *, keep_capacities: bool) -> Refusal | None:
        """Begin to update an endpoint to *plan*, whose models answer when the update shows it."""
        try:
            config = modelled(plan, self._assumptions.get(name, Assumptions()))
        except ScenarioError as error:
            return Refusal("ValidationException", str(error))
        world = self.living.world
        refusal = self.living.call(
            lambda now: world.update_endpoint(name, config, now, retain_variant_properties=keep_capacities)
        )
        if refusal is None:
            self._next_plans[name] = plan
        return refusal

    def change_capacities(self, name: str, changes: Sequence[CapacityChange]) -> Refusal | None:
        """Begin UpdateEndpointWeightsAndCapacities."""
        world = self.living.world
        return self.living.call(lambda now: world.update_weights_and_capacities(name, changes, now))

    def delete(self, name: str) -> Refusal | None:
        """Begin to delete an endpoint; its scalable targets go with it, as DeleteEndpoint does on AWS."""
        refusal = self.living.call(lambda now: self.living.world.delete_endpoint(name, now))
        if refusal is None:
            for resource_id in self.targets.of_endpoint(name):
                self.targets.deregister(resource_id)
        return refusal

    def view(self, name: str) -> EndpointView | None:
        """Return the endpoint as DescribeEndpoint shows it now."""
        self.living.advance()
        return self._look(name)

    def views(self) -> list[EndpointView]:
        """Return all endpoints."""
        self.living.advance()
        return [model.view() for model in self.living.world.endpoints.values()]

    def _look(self, name: str) -> EndpointView | None:
        found = self.living.world.endpoints.get(name)
        return found.view() if found else None

    # -- for the runner, from outside the loop -----

    def inject(self, fault: ZoneFailure) -> None:
        """Break what *fault* names, now."""
        self._on_loop(lambda: self._inject(fault))

    def _inject(self, fault: ZoneFailure) -> None:
        zones = ", ".join(fault.zones)
        self.record(journal.FaultInjected(self.living.now(), "zone failure", f"zones {zones} failed"))
        for zone in fault.zones:
            self._fail_zone(zone)

    def _fail_zone(self, zone: str) -> None:
        self.living.call(lambda now: self.living.world.fail_zone(zone, now))

    def at_minimum(self, resource_id: str) -> bool:
        """Return whether the target's variant has its minimum of instances, all in service."""

        def look() -> bool:
            target, variant = self.targets.find(resource_id), self.targets.variant_of(resource_id)
            if target is None or variant is None:
                return True
            return variant.current_count == variant.desired_count == target.min_capacity

        return self._on_loop(look)

    def capacity_line(self) -> str:
        """Return one line about every variant's capacity."""

        def look() -> str:
            return ", ".join(
                f"{view.name}: {variant.current_count} of {variant.desired_count}"
                for view in self.views()
                for variant in view.variants
            )

        return self._on_loop(look)

    def _on_loop(self, call: Callable[[], T]) -> T:
        async def there() -> T:
            return call()

        return self.await_on_loop(there())

    def await_on_loop(self, work: Coroutine[object, object, T]) -> T:
        """Return what *work* comes to on the gateway's loop; for the runner, from outside of it."""
        if self._thread is None:
            work.close()
            raise RuntimeError("the stage is not open")
        return self._thread.submit(work).result()
