"""Configurations and models of the backend: planned, corrected, and refused when they are not there."""

import asyncio
from typing import Any

import orjson
import pytest

from harness.aws.artefacts import Artefacts
from harness.aws.aws_json import Refused
from harness.aws.catalogue import STAND_IN, Catalogue, EndpointPlan
from harness.gateway.chain import Exchange, ReadBody, Reply
from harness.gateway.fetch import FetchReply

ECHO = {"Image": "image", "Environment": {"HARNESS_MODEL": "echo"}}


class Backend:
    """A store of models and configurations that keeps what it is asked."""

    def __init__(self, **stored: dict[str, Any]) -> None:
        self.stored = stored
        self.asked: list[dict[str, Any]] = []

    async def ask(
        self, _exchange: Exchange, _service: str, operation: str, given: dict[str, Any]
    ) -> FetchReply:
        self.asked.append(given)
        if operation.startswith("Create"):
            self.stored[given["EndpointConfigName"]] = given
            return FetchReply(200, (), b"{}")
        found = self.stored.get(given.get("ModelName") or given.get("EndpointConfigName", ""))
        return FetchReply(200, (), orjson.dumps(found)) if found is not None else FetchReply(400, (), b"{}")

    async def repeat(self, exchange: Exchange) -> FetchReply:
        return await self.ask(exchange, exchange.service, exchange.operation, orjson.loads(exchange.body))


def catalogue(backend: Backend) -> Catalogue:
    made: Any = Catalogue  # it takes anything with `ask` and `repeat`
    kept: Catalogue = made(backend, Artefacts(lambda: None), "us-east-1:123456789012")
    return kept


def call(kept: Catalogue, operation: str, given: dict[str, Any]) -> Reply | None:
    """Return what the catalogue answers to a client, None when it leaves the call to the backend."""
    exchange = Exchange.from_head(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", body=orjson.dumps(given))
    exchange.service, exchange.operation = "sagemaker", operation
    read = kept.handle(exchange)
    if read is None:
        return None
    assert isinstance(read, ReadBody)
    outcome: Any = read.then(exchange)
    if outcome is None:
        return None

    async def wait() -> Reply:
        reply: Reply = await outcome
        return reply

    return asyncio.run(wait())


def plan(backend: Backend, name: str) -> EndpointPlan:
    exchange = Exchange.from_head(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n")
    return asyncio.run(catalogue(backend).plan(exchange, name))


def config(**variant: Any) -> dict[str, Any]:
    made = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 2}
    return {"EndpointConfigName": "c", "ProductionVariants": [made | variant]}


def test_a_plan_is_what_is_stored() -> None:
    """Counts, weights, image and model of each variant."""
    (variant,) = plan(Backend(c=config(InitialVariantWeight=0), m={"PrimaryContainer": ECHO}), "c").variants
    assert (variant.name, variant.instance_type, variant.count) == ("v", "ml.m5.large", 2)
    assert (variant.weight, variant.image, variant.routing) == (0.0, "image", "RANDOM")
    assert variant.loaded.model is not None


def test_a_weight_that_was_not_given_is_one() -> None:
    """As the API reference has it."""
    assert plan(Backend(c=config(), m={"PrimaryContainer": ECHO}), "c").variants[0].weight == 1.0


def test_the_first_container_of_a_pipeline_answers() -> None:
    """A model may have Containers instead of a PrimaryContainer, or none at all."""
    assert plan(Backend(c=config(), m={"Containers": [ECHO]}), "c").variants[0].image == "image"
    assert plan(Backend(c=config(), m={"ModelName": "m"}), "c").variants[0].image == ""


@pytest.mark.parametrize(
    ("backend", "said"),
    [
        (Backend(), "endpoint-config/c"),
        (Backend(c=config()), "model/m"),
    ],
)
def test_what_is_missing_is_named_by_its_arn(backend: Backend, said: str) -> None:
    """AWS's sentence for a configuration, or a model, that is not there."""
    with pytest.raises(Refused, match=f"arn:aws:sagemaker:us-east-1:123456789012:{said}"):
        plan(backend, "c")


def test_a_type_the_emulator_lacks_is_kept_beside_it() -> None:
    """It is stored under another type and shown, and planned, as it was given; deleting forgets it."""
    backend = Backend(m={"PrimaryContainer": ECHO})
    kept = catalogue(backend)
    assert call(kept, "CreateEndpointConfig", config(InstanceType="ml.t3.medium")) is not None
    assert backend.stored["c"]["ProductionVariants"][0]["InstanceType"] == STAND_IN
    shown = call(kept, "DescribeEndpointConfig", {"EndpointConfigName": "c"})
    assert shown is not None
    assert orjson.loads(shown.body)["ProductionVariants"][0]["InstanceType"] == "ml.t3.medium"
    call(kept, "DeleteEndpointConfig", {"EndpointConfigName": "c"})
    again = call(kept, "DescribeEndpointConfig", {"EndpointConfigName": "c"})
    assert again is not None
    assert orjson.loads(again.body)["ProductionVariants"][0]["InstanceType"] == STAND_IN


def test_types_that_the_emulator_has_pass_it_by() -> None:
    """The backend stores the client's own bytes."""
    assert call(catalogue(Backend()), "CreateEndpointConfig", config()) is None
    assert call(catalogue(Backend()), "CreateModel", {}) is None


def test_what_was_not_given_is_not_shown() -> None:
    """moto's empty structures are left out; what is false or zero is not empty."""
    model = {
        "VpcConfig": {},
        "Containers": [],
        "Tags": None,
        "EnableNetworkIsolation": False,
        "ModelName": "m",
    }
    shown = call(catalogue(Backend(m=model)), "DescribeModel", {"ModelName": "m"})
    assert shown is not None
    assert orjson.loads(shown.body) == {"EnableNetworkIsolation": False, "ModelName": "m"}


def test_a_refusal_of_the_backend_is_passed_on() -> None:
    """An unknown model is the backend's to refuse."""
    shown = call(catalogue(Backend()), "DescribeModel", {"ModelName": "nobody"})
    assert shown is not None
    assert shown.status == 400
