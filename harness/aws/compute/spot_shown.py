"""Spot requests as EC2's API shows them, and the arguments of RequestSpotInstances."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.aws.compute.documents import Ec2Refused, Fields
from harness.aws.compute.launching import Specification
from harness.aws.compute.moments import epoch_of, iso_ms
from harness.compute.instances import Behaviour
from harness.compute.requests import SpotRequest, Wish

LEAST_PRICE = 0.001  # SpotMarketOptions, MaxPrice: "it must be more than USD $0.001"
_BEHAVIOURS: Mapping[str, Behaviour] = {"terminate": "terminate", "stop": "stop", "hibernate": "hibernate"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request was made with, beside what the model knows of it."""

    specification: Specification
    tags: dict[str, str] = field(default_factory=dict)


def wish_of(
    request: str, wanted: Specification, fields: Fields, epoch_s: float, on_demand: float | None
) -> Wish:
    """Return what RequestSpotInstances, or the SpotOptions of RunInstances, ask for; raise Ec2Refused."""
    kind = fields.get("Type", fields.get("SpotInstanceType", "one-time"))
    behaviour = fields.get("InstanceInterruptionBehavior", "terminate")
    if kind not in ("one-time", "persistent") or behaviour not in _BEHAVIOURS:
        raise Ec2Refused(
            "InvalidParameterValue", f"Invalid value '{kind}' or '{behaviour}' for a Spot request."
        )
    if kind == "one-time" and behaviour != "terminate":
        raise Ec2Refused(
            "InvalidParameterCombination",
            f"The instance interruption behavior '{behaviour}' needs a persistent Spot Instance request.",
        )
    return Wish(
        request,
        wanted.instance_type,
        wanted.zone,
        wanted.image,
        _price(fields.get("SpotPrice", fields.get("MaxPrice", "")), on_demand),
        kind == "persistent",
        _BEHAVIOURS[behaviour],
        _moment(fields, "ValidFrom", -math.inf, epoch_s),
        _moment(fields, "ValidUntil", math.inf, epoch_s),
    )


def _price(text: str, on_demand: float | None) -> float:
    """Return the most that may be paid: the on-demand price where nothing is said."""
    if not text:
        return math.inf if on_demand is None else on_demand
    try:
        price = float(text)
    except ValueError:
        price = 0.0
    if not LEAST_PRICE <= price < math.inf:
        raise Ec2Refused("InvalidParameterValue", f"Invalid value '{text}' for Spot price.")
    return price


def _moment(fields: Fields, name: str, otherwise: float, epoch_s: float) -> float:
    if name not in fields:
        return otherwise
    try:
        return epoch_of(fields[name]) - epoch_s
    except ValueError:
        raise Ec2Refused("InvalidParameterValue", f"Invalid value '{fields[name]}' for {name}.") from None


def shown(one: SpotRequest, asked: Asked, epoch_s: float) -> dict[str, Any]:
    """Return the SpotInstanceRequest of the API; *epoch_s* is model second 0."""
    wish, wanted = one.wish, asked.specification
    profile = {"name": wanted.profile} if wanted.profile else None
    launch = {
        "imageId": wish.image,
        "instanceType": wish.instance_type,
        "iamInstanceProfile": profile,
        "placement": {"availabilityZone": wish.zone},
        "monitoring": {"enabled": False},
    }
    return {
        "spotInstanceRequestId": wish.request,
        "spotPrice": f"{wish.max_price:.6f}" if math.isfinite(wish.max_price) else None,
        "type": "persistent" if wish.persistent else "one-time",
        "state": one.state,
        "status": {"code": one.code, "updateTime": iso_ms(epoch_s + one.changed_at), "message": one.message},
        "launchSpecification": launch,
        "instanceId": one.instance or None,
        "createTime": iso_ms(epoch_s + one.created_at),
        "productDescription": "Linux/UNIX",
        "launchedAvailabilityZone": wish.zone if one.instance else None,
        "instanceInterruptionBehavior": wish.behaviour,
        "validUntil": iso_ms(epoch_s + wish.valid_until) if math.isfinite(wish.valid_until) else None,
        "tagSet": [{"key": key, "value": value} for key, value in asked.tags.items()],
    }


def filterable(one: SpotRequest, asked: Asked) -> dict[str, list[str]]:
    """Return the values that filters of DescribeSpotInstanceRequests are about."""
    wish = one.wish
    return {
        "spot-instance-request-id": [wish.request],
        "state": [one.state],
        "status-code": [one.code],
        "type": ["persistent" if wish.persistent else "one-time"],
        "instance-id": [one.instance],
        "launch.instance-type": [wish.instance_type],
        "launch.image-id": [wish.image],
        "launched-availability-zone": [wish.zone if one.instance else ""],
        "tag-key": list(asked.tags),
        **{f"tag:{key}": [value] for key, value in asked.tags.items()},
    }
