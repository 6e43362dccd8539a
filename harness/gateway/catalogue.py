"""What the backend stores that an endpoint is made of: endpoint configurations and models, asked for when needed.

Also the one correction: an instance type that SageMaker has run but the emulator's list lacks (ml.t3) is kept
beside the stored configuration, see docs/decisions/0003-instance-types-the-emulator-refuses.md.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from harness.endpoint.capacity import instance_type
from harness.gateway.artefacts import Artefacts, Loaded
from harness.gateway.chain import Address, Exchange, ReadBody, Reply
from harness.gateway.chain import Outcome as Answer
from harness.gateway.fetch import Fetcher, FetchReply
from harness.gateway.aws_json import JSON_1_1, Refused, arguments, json_refusal

BODY_LIMIT_BYTES = 1024 * 1024
# What the emulator stores in place of a type that it does not list; it is never shown to a client.
STAND_IN = "ml.t2.medium"


@dataclass(frozen=True, slots=True)
class PlannedVariant:
    """One production variant of a stored configuration, and the model that will answer for it."""

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


@dataclass
class Catalogue:
    """Reads configurations and models through *fetcher*; `types` has the instance types the emulator cannot keep."""

    route: Callable[[str], Address]
    artefacts: Artefacts
    scope: str  # region:account, as ARNs have it
    fetcher: Fetcher | None = None
    types: dict[str, dict[str, str]] = field(default_factory=dict)
    plans: dict[str, EndpointPlan] = field(default_factory=dict)

    def handle(self, exchange: Exchange) -> Answer:
        """Return what to do with *exchange*: watch configurations go by, leave everything else."""
        if exchange.service != "sagemaker" or exchange.operation not in ("CreateEndpointConfig", "DescribeEndpointConfig"):
            return None
        too_large = json_refusal(Refused("ValidationException", "The request body is too large.", 413))
        return ReadBody(self._watch, BODY_LIMIT_BYTES, too_large)

    def _watch(self, exchange: Exchange) -> Answer:
        try:
            given = arguments(exchange)
        except Refused:
            return None
        if exchange.operation == "DescribeEndpointConfig":
            return self._describe(exchange) if given.get("EndpointConfigName") in self.types else None
        foreign = _foreign_types(given)
        return self._create(exchange, given, foreign) if foreign else None

    async def _create(self, exchange: Exchange, given: dict[str, Any], foreign: dict[str, str]) -> Reply:
        for variant in given["ProductionVariants"]:
            if variant["VariantName"] in foreign:
                variant["InstanceType"] = STAND_IN
        answer = await self._call(exchange, "CreateEndpointConfig", given)
        if answer.status == 200:
            self.types[given["EndpointConfigName"]] = foreign
        return answer.as_reply()

    async def _describe(self, exchange: Exchange) -> Reply:
        assert self.fetcher is not None
        answer = await self.fetcher.fetch_exchange(self.route("sagemaker"), exchange)
        if answer.status != 200:
            return answer.as_reply()
        return answer.as_reply(body=orjson.dumps(self._corrected(orjson.loads(answer.body))))

    def _corrected(self, config: dict[str, Any]) -> dict[str, Any]:
        foreign = self.types.get(config["EndpointConfigName"], {})
        for variant in config["ProductionVariants"]:
            variant["InstanceType"] = foreign.get(variant["VariantName"], variant.get("InstanceType"))
        return config

    async def plan(self, exchange: Exchange, config_name: str, endpoint: str) -> EndpointPlan:
        """Return what the stored configuration says, with its models loaded; raise Refused when it is not there."""
        answer = await self._call(exchange, "DescribeEndpointConfig", {"EndpointConfigName": config_name})
        if answer.status != 200:
            arn = f"arn:aws:sagemaker:{self.scope}:endpoint-config/{config_name.lower()}"
            raise Refused("ValidationException", f'Could not find endpoint configuration "{arn}".')
        config = self._corrected(orjson.loads(answer.body))
        plan = EndpointPlan(config_name, tuple([await self._variant(exchange, v) for v in config["ProductionVariants"]]))
        self.plans[endpoint] = plan
        return plan

    async def _variant(self, exchange: Exchange, variant: dict[str, Any]) -> PlannedVariant:
        name = variant.get("ModelName", "")
        answer = await self._call(exchange, "DescribeModel", {"ModelName": name})
        if answer.status != 200:
            raise Refused("ValidationException", f'Could not find model "{name}".')
        model = orjson.loads(answer.body)
        container = model.get("PrimaryContainer") or next(iter(model.get("Containers") or []), {})
        return PlannedVariant(
            name=variant["VariantName"],
            instance_type=variant.get("InstanceType") or "",
            count=int(variant.get("InitialInstanceCount") or 1),
            weight=float(variant.get("InitialVariantWeight", 1.0)),
            image=container.get("Image", ""),
            routing=(variant.get("RoutingConfig") or {}).get("RoutingStrategy", "RANDOM"),
            loaded=await self.artefacts.load(container),
        )

    def images(self, endpoint: str, variant: str) -> list[dict[str, Any]]:
        """Return DeployedImages of DescribeEndpoint for *variant*."""
        plan = self.plans.get(endpoint)
        found = [v.image for v in plan.variants if v.name == variant and v.image] if plan else []
        return [{"SpecifiedImage": image, "ResolvedImage": image} for image in found]

    async def _call(self, exchange: Exchange, operation: str, given: dict[str, Any]) -> FetchReply:
        """Call the backend's SageMaker in the name of who sent *exchange*."""
        assert self.fetcher is not None
        headers = [("X-Amz-Target", f"SageMaker.{operation}"), ("Content-Type", JSON_1_1)]
        for name in (b"authorization", b"x-amz-date", b"x-amz-security-token"):
            if (value := exchange.header(name)) is not None:
                headers.append((name.decode(), value.decode("latin-1")))
        return await self.fetcher.fetch(self.route("sagemaker"), "POST", "/", headers=headers, body=orjson.dumps(given))



def _foreign_types(given: dict[str, Any]) -> dict[str, str]:
    """Return variant -> type for the types that we know and SageMaker's list of hosting types does not have."""
    found: dict[str, str] = {}
    for variant in given.get("ProductionVariants") or []:
        known = instance_type(str(variant.get("InstanceType", "")))
        if known is not None and not known.hosting:
            found[str(variant.get("VariantName"))] = known.name
    return found
