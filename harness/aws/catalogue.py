"""What the backend stores that an endpoint is made of: endpoint configurations and models.

Also what the emulator gets wrong about them. An instance type that SageMaker has run but its list lacks
(ml.t3) is kept beside the stored configuration: docs/decisions/0003-instance-types-the-emulator-refuses.md.
What was not given moto shows as an empty structure, which Terraform takes for a change; AWS leaves it out.
"""

from dataclasses import dataclass
from typing import Any

from harness.aws.artefacts import Artefacts, Loaded
from harness.aws.aws_json import Arguments, JsonOperations, Refused
from harness.aws.backend_calls import BackendCalls, as_json, with_value
from harness.endpoint.capacity import instance_type
from harness.gateway.chain import Exchange, Outcome, Reply

# What the emulator stores in place of a type that it does not list; it is never shown to a client.
STAND_IN = "ml.t2.medium"


@dataclass(frozen=True, slots=True)
class PlannedVariant:
    """One production variant of a stored configuration, and the model that will answer for it.

    `instance_type` is empty for a serverless variant.
    """

    name: str
    instance_type: str
    count: int
    weight: float
    image: str
    routing: str
    loaded: Loaded


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """What an endpoint is to become."""

    config_name: str
    variants: tuple[PlannedVariant, ...]

    @property
    def failure(self) -> str:
        """SageMaker's FailureReason when a model cannot be deployed, else empty."""
        return next((v.loaded.failure for v in self.variants if v.loaded.failure), "")


class Catalogue:
    """Reads configurations and models from the *backend*. *scope* is `region:account`, as ARNs have it."""

    def __init__(self, backend: BackendCalls, artefacts: Artefacts, scope: str) -> None:
        self._backend = backend
        self._artefacts = artefacts
        self._scope = scope
        # configuration -> variant -> the instance type that the emulator cannot keep
        self._types: dict[str, dict[str, str]] = {}
        self._creating = JsonOperations(
            "sagemaker",
            {"CreateEndpointConfig": self._create},
            ours=lambda given: bool(_foreign_types(given)),
        )
        self._known = JsonOperations(
            "sagemaker",
            {
                "DescribeModel": self._describe,
                "DescribeEndpointConfig": self._describe,
                "DeleteEndpointConfig": self._delete,
            },
        )

    def handle(self, exchange: Exchange) -> Outcome:
        """Return what to do with *exchange*: correct what is shown of models and configurations."""
        return self._creating.handle(exchange) or self._known.handle(exchange)

    async def _create(self, exchange: Exchange, given: Arguments) -> Reply:
        foreign = _foreign_types(given)
        for variant in given["ProductionVariants"]:
            if variant["VariantName"] in foreign:
                variant["InstanceType"] = STAND_IN
        answer = await self._backend.ask(exchange, "sagemaker", "CreateEndpointConfig", given)
        if answer.status == 200:
            self._types[given["EndpointConfigName"]] = foreign
        return answer.as_reply()

    async def _describe(self, exchange: Exchange, _given: Arguments) -> Reply:
        answer = await self._backend.repeat(exchange)
        return (
            answer.as_reply()
            if answer.status != 200
            else with_value(answer, self._corrected(as_json(answer)))
        )

    async def _delete(self, exchange: Exchange, given: Arguments) -> Reply:
        answer = await self._backend.repeat(exchange)
        if answer.status == 200:
            self._types.pop(given.get("EndpointConfigName", ""), None)
        return answer.as_reply()

    def _corrected(self, stored: dict[str, Any]) -> dict[str, Any]:
        """Return a model or configuration as AWS shows it."""
        foreign = self._types.get(stored.get("EndpointConfigName", ""), {})
        for variant in stored.get("ProductionVariants", []):
            if variant["VariantName"] in foreign:
                variant["InstanceType"] = foreign[variant["VariantName"]]
        return {name: value for name, value in stored.items() if value not in ({}, [], None)}

    async def plan(self, exchange: Exchange, config_name: str) -> EndpointPlan:
        """Return what the stored configuration says, its models loaded; raise Refused when it is missing."""
        given = {"EndpointConfigName": config_name}
        answer = await self._backend.ask(exchange, "sagemaker", "DescribeEndpointConfig", given)
        if answer.status != 200:
            arn = f"arn:aws:sagemaker:{self._scope}:endpoint-config/{config_name.lower()}"
            raise Refused("ValidationException", f'Could not find endpoint configuration "{arn}".')
        config = self._corrected(as_json(answer))
        variants = [await self._variant(exchange, each) for each in config["ProductionVariants"]]
        return EndpointPlan(config_name, tuple(variants))

    async def _variant(self, exchange: Exchange, variant: dict[str, Any]) -> PlannedVariant:
        container = await self._container(exchange, variant.get("ModelName") or "")
        return PlannedVariant(
            name=variant["VariantName"],
            instance_type=variant.get("InstanceType") or "",
            count=int(variant.get("InitialInstanceCount") or 1),
            weight=_weight(variant.get("InitialVariantWeight")),
            image=container.get("Image") or "",
            routing=(variant.get("RoutingConfig") or {}).get("RoutingStrategy", "RANDOM"),
            loaded=await self._artefacts.load(container, variant["VariantName"]),
        )

    async def _container(self, exchange: Exchange, model: str) -> dict[str, Any]:
        """Return the container that answers for *model*: its primary one, or the first of a pipeline."""
        answer = await self._backend.ask(exchange, "sagemaker", "DescribeModel", {"ModelName": model})
        if answer.status != 200:
            arn = f"arn:aws:sagemaker:{self._scope}:model/{model.lower()}"
            raise Refused("ValidationException", f'Could not find model "{arn}".')
        found = as_json(answer)
        container: dict[str, Any] = found.get("PrimaryContainer") or next(
            iter(found.get("Containers") or []), {}
        )
        return container


def _weight(value: Any) -> float:
    """Return InitialVariantWeight; "if unspecified, it defaults to 1.0" (API reference)."""
    return 1.0 if value is None else float(value)


def _foreign_types(given: Arguments) -> dict[str, str]:
    """Return variant -> type for the types that we know and SageMaker's list of hosting types lacks."""
    found: dict[str, str] = {}
    for variant in given.get("ProductionVariants") or []:
        known = instance_type(str(variant.get("InstanceType", "")))
        if known is not None and not known.hosting:
            found[str(variant.get("VariantName"))] = known.name
    return found
