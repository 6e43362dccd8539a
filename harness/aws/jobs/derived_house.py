"""What the jobs above jobs use of the stage, beside what jobs use."""

from collections.abc import Mapping
from typing import Any, Protocol

from harness.aws.backend_calls import as_json
from harness.aws.jobs.house import House
from harness.endpoint.calls import EndpointView
from harness.gateway.chain import Exchange
from harness.gateway.fetch import FetchReply


class Backend(Protocol):
    """The backend's SageMaker, asked in a client's name."""

    async def ask(
        self, exchange: Exchange, service: str, operation: str, given: dict[str, Any]
    ) -> FetchReply: ...


class DerivedHouse(House, Protocol):
    """The stage, as far as tuning, transform and labelling jobs, Search and lineage know it."""

    @property
    def backend(self) -> Backend: ...

    def views(self) -> list[EndpointView]: ...


async def model_of(house: DerivedHouse, exchange: Exchange, name: str) -> dict[str, Any] | None:
    """Return what DescribeModel answers, without what was not given; None where there is no such model."""
    return await described(house, exchange, "DescribeModel", {"ModelName": name})


async def described(
    house: DerivedHouse, exchange: Exchange, operation: str, given: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return what the backend answers to one of its Describe or List calls, None for a refusal."""
    answer = await house.backend.ask(exchange, "sagemaker", operation, dict(given))
    if answer.status != 200:
        return None
    found: dict[str, Any] = as_json(answer)
    return {name: value for name, value in found.items() if value not in ({}, [], None)}
