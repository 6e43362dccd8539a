"""The endpoints of a stage: their pure world, what really predicts behind it, and their life.

Everything here runs on the gateway's loop.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from harness import journal
from harness.aws.artefacts import Artefacts
from harness.aws.assumptions import Assumptions, modelled
from harness.aws.backend_calls import BackendCalls
from harness.aws.catalogue import Catalogue, EndpointPlan
from harness.aws.invoke import Invoker
from harness.aws.living import LivingWorld
from harness.aws.shown import Shown
from harness.aws.targets import Targets
from harness.aws.telling import Teller
from harness.clock import Clock
from harness.endpoint.calls import CapacityChange, EndpointView
from harness.endpoint.events import CapacityChanged, EndpointDeleted, Event, StatusChanged
from harness.endpoint.outcomes import Completed
from harness.endpoint.world import World
from harness.errors import ScenarioError
from harness.gateway.chain import Address
from harness.gateway.fetch import Fetcher
from harness.refusal import Refusal
from harness.sessions import client

if TYPE_CHECKING:
    from harness.inference import Model


class StagedEndpoints:
    """The half of a stage that has the endpoints; a Stage gives it its clock, its record and its route."""

    clock: Clock
    record: Callable[[journal.Record], None]
    route: Callable[[str], Address]
    region: str
    account: str
    shown: Shown
    _invoker: Invoker

    def _stage_endpoints(
        self, fetcher: Fetcher, world: World, assumptions: Mapping[str, Assumptions] | None
    ) -> None:
        self.backend = BackendCalls(fetcher, self.route, self.region)
        scope = f"{self.region}:{self.account}"
        self._artefacts = Artefacts(lambda: self._backend_client("s3", "s3"))
        self.catalogue = Catalogue(self.backend, self._artefacts, scope)
        self._assumptions = dict(assumptions or {})
        self._plans: dict[str, EndpointPlan] = {}  # what serves now
        self._next_plans: dict[str, EndpointPlan] = {}  # what an update under way will serve
        self.models: dict[tuple[str, str], Model | None] = {}  # what predicts, by endpoint and variant
        self.living = LivingWorld(world, self.clock, self._hear)
        self._teller = Teller(world, self.record, self.shown.mirror.show, self.clock, scope)
        self.targets = Targets(self.living, self._teller)

    def stand_in_for_models(self) -> None:
        """Let endpoints whose artefact is not there answer with the request itself, and say so."""
        self._artefacts.stands_in = self._stood_in

    def _stood_in(self, url: str) -> None:
        self.record(
            journal.Finding(
                self.living.now(),
                "model-stands-in",
                "note",
                url,
                f"There is no model at {url or 'any place'} here, so the endpoint answers with the request "
                "itself; on AWS its creation fails where the artefact is missing.",
                "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html",
            )
        )

    # -- what the world reports -----

    def _hear(self, event: Event) -> None:
        if type(event) is Completed:  # most events by far
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
        for key in [key for key in self.models if key[0] == endpoint]:
            del self.models[key]
        if plan is not None:
            self._plans[endpoint] = plan
            self.models |= {(endpoint, variant.name): variant.loaded.model for variant in plan.variants}

    # -- endpoints -----

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

    def _backend_client(self, service: str, signing_name: str, **options: Any) -> Any:
        at = self.route(signing_name)
        return client(service, f"http://{at.host}:{at.port}", region=self.region, **options)
