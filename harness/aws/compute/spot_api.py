"""Spot requests made, shown and cancelled, and the history of spot prices: four operations of EC2's API."""

from collections.abc import Collection, Mapping
from functools import partial
from typing import Any

from harness.aws.compute.backend import Ec2Backend
from harness.aws.compute.documents import (
    Ec2Refused,
    Fields,
    filters,
    numbered,
    reply,
    tags,
    text_filters_match,
)
from harness.aws.compute.fleet import Fleet
from harness.aws.compute.launching import read_specification
from harness.aws.compute.moments import epoch_of, iso_ms
from harness.aws.compute.spot_shown import Asked, filterable, shown, wish_of
from harness.clock import Clock
from harness.gateway.chain import Reply

_LAUNCH = "LaunchSpecification."
PRODUCT = "Linux/UNIX"
PAGE = 1_000


class SpotApi:
    """To be awaited on the gateway's loop; each raises Ec2Refused for what EC2 refuses."""

    def __init__(self, fleet: Fleet, backend: Ec2Backend, clock: Clock, images: Mapping[str, object]) -> None:
        self._fleet = fleet
        self._backend = backend
        self._clock = clock
        self._images = images

    async def request(self, fields: Fields, zone: str) -> Reply:
        """RequestSpotInstances: as many requests as instances are wanted."""
        launch = {
            name.removeprefix(_LAUNCH): text for name, text in fields.items() if name.startswith(_LAUNCH)
        }
        wanted = await read_specification(launch, self._backend, self._images, zone)
        count = int(fields.get("InstanceCount", "1"))
        if count < 1:
            raise Ec2Refused("InvalidParameterValue", f"Invalid value '{count}' for InstanceCount.")
        fleet, epoch_s = self._fleet, self._clock.epoch_s(0.0)
        on_demand = fleet.world.market.on_demand(wanted.instance_type)
        wishes = [wish_of(fleet.new_request(), wanted, fields, epoch_s, on_demand) for _ in range(count)]
        for wish in wishes:
            fleet.asked[wish.request] = Asked(wanted, tags(fields, "spot-instances-request"))
            fleet.living.call(partial(fleet.world.request, wish))
        return reply(
            "RequestSpotInstances", {"spotInstanceRequestSet": [self._shown(wish.request) for wish in wishes]}
        )

    def describe(self, fields: Fields) -> Reply:
        """DescribeSpotInstanceRequests."""
        self._fleet.living.advance()
        names = self._named(fields) or list(self._fleet.world.requests)
        asked = filters(fields)
        found = [
            self._shown(name)
            for name in names
            if text_filters_match(
                filterable(self._fleet.world.requests[name], self._fleet.asked[name]), asked
            )
        ]
        page, token = _page(found, fields)
        return reply("DescribeSpotInstanceRequests", {"spotInstanceRequestSet": page, "nextToken": token})

    def cancel(self, fields: Fields) -> Reply:
        """CancelSpotInstanceRequests: instances go on."""
        names, world = self._named(fields), self._fleet.world
        for name in names:
            self._fleet.living.call(partial(world.cancel, name))
        changed = [{"spotInstanceRequestId": name, "state": world.requests[name].state} for name in names]
        return reply("CancelSpotInstanceRequests", {"spotInstanceRequestSet": changed})

    def history(self, fields: Fields, zones: Collection[str]) -> Reply:
        """DescribeSpotPriceHistory of Linux/UNIX, newest first."""
        asked = filters(fields)
        kinds = numbered(fields, "InstanceType") or asked.pop("instance-type", [])
        asked.pop("instance-type", None)
        products = numbered(fields, "ProductDescription") or asked.pop("product-description", [])
        asked.pop("product-description", None)
        wanted = (
            [fields["AvailabilityZone"]]
            if "AvailabilityZone" in fields
            else asked.pop("availability-zone", [])
        )
        if products and not any(product.startswith(PRODUCT) for product in products):
            kinds = []
        start, end = self._span(fields)
        found: list[tuple[float, dict[str, Any]]] = []
        for kind in kinds:
            for zone in [each for each in zones if not wanted or each in wanted]:
                for at, price in self._fleet.world.market.history(kind, zone, start, end):
                    found.append((at, self._point(kind, zone, at, price)))
        found.sort(key=lambda each: -each[0])
        page, token = _page([point for _, point in found], fields)
        return reply("DescribeSpotPriceHistory", {"spotPriceHistorySet": page, "nextToken": token or ""})

    def _span(self, fields: Fields) -> tuple[float, float]:
        now, epoch_s = self._fleet.living.now(), self._clock.epoch_s(0.0)
        try:
            start, end = (
                epoch_of(fields[name]) - epoch_s if name in fields else now
                for name in ("StartTime", "EndTime")
            )
        except ValueError as error:
            raise Ec2Refused("InvalidParameterValue", str(error)) from error
        return start, min(end, now)  # nobody knows the prices to come

    def _point(self, kind: str, zone: str, at: float, price: float) -> dict[str, Any]:
        return {
            "instanceType": kind,
            "productDescription": PRODUCT,
            "spotPrice": f"{price:.6f}",
            "timestamp": iso_ms(self._clock.epoch_s(at)),
            "availabilityZone": zone,
        }

    def _named(self, fields: Fields) -> list[str]:
        names = numbered(fields, "SpotInstanceRequestId")
        for name in names:
            if name not in self._fleet.world.requests:
                raise Ec2Refused(
                    "InvalidSpotInstanceRequestID.NotFound",
                    f"The spot instance request ID '{name}' does not exist",
                )
        return names

    def _shown(self, name: str) -> dict[str, Any]:
        return shown(self._fleet.world.requests[name], self._fleet.asked[name], self._clock.epoch_s(0.0))


def _page(found: list[dict[str, Any]], fields: Fields) -> tuple[list[dict[str, Any]], str | None]:
    """Return one page of what was *found*, and the token of the next, None at the end."""
    size, begin = int(fields.get("MaxResults", PAGE)), int(fields.get("NextToken") or 0)
    end = begin + size
    return found[begin:end], str(end) if end < len(found) else None
