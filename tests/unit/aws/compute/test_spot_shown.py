"""Spot requests read off a call and shown in an answer."""

import math
from typing import Any

import pytest

from harness.aws.compute.documents import Ec2Refused
from harness.aws.compute.launching import Specification
from harness.aws.compute.spot_shown import Asked, filterable, shown, wish_of
from harness.compute.requests import SpotRequest, Wish
from harness.compute.user_data import OwnEnd

WANTED = Specification(
    {}, "ami-1", "r4.large", "us-east-1a", "", "worker", "arn:aws:iam::1:role/worker", OwnEnd()
)
ON_DEMAND = 0.133


def wish(**fields: str) -> Wish:
    return wish_of("sir-1", WANTED, fields, 1_000.0, ON_DEMAND)


def test_the_most_that_may_be_paid_is_the_on_demand_price() -> None:
    """Where nothing is said; and without a price anything."""
    assert wish().max_price == ON_DEMAND
    assert wish(SpotPrice="0.05").max_price == wish(MaxPrice="0.05").max_price == 0.05
    assert wish_of("sir-1", WANTED, {}, 0.0, None).max_price == math.inf


def test_moments_are_those_of_the_model() -> None:
    """Seconds since it began."""
    found = wish(ValidFrom="1970-01-01T00:17:40Z", ValidUntil="1970-01-01T00:18:20Z")
    assert (found.valid_from, found.valid_until) == (60.0, 100.0)


def test_a_request_may_be_persistent_and_stop_its_instance() -> None:
    """By either call's name for it."""
    for name in ("Type", "SpotInstanceType"):
        found = wish(**{name: "persistent"}, InstanceInterruptionBehavior="stop")
        assert (found.persistent, found.behaviour) == (True, "stop")


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"Type": "for ever"}, "InvalidParameterValue"),
        ({"Type": "persistent", "InstanceInterruptionBehavior": "explode"}, "InvalidParameterValue"),
        ({"InstanceInterruptionBehavior": "stop"}, "InvalidParameterCombination"),
        ({"SpotPrice": "cheap"}, "InvalidParameterValue"),
        ({"SpotPrice": "0.0009"}, "InvalidParameterValue"),
        ({"SpotPrice": "inf"}, "InvalidParameterValue"),
        ({"ValidUntil": "tomorrow"}, "InvalidParameterValue"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(fields: dict[str, str], code: str) -> None:
    """As EC2 does before it takes a request."""
    with pytest.raises(Ec2Refused) as caught:
        wish(**fields)
    assert caught.value.code == code


def request(**more: Any) -> SpotRequest:
    made = Wish("sir-1", "r4.large", "us-east-1a", "ami-1", **more)
    return SpotRequest(made, 0.0, None, instance="i-1")


def test_a_request_is_shown_with_what_it_has() -> None:
    """A limit and an end only where there are some."""
    asked = Asked(WANTED, {"team": "ml"})
    plain = shown(request(), asked, 0.0)
    assert (plain["spotPrice"], plain["validUntil"], plain["type"]) == (None, None, "one-time")
    assert plain["tagSet"] == [{"key": "team", "value": "ml"}]
    full = shown(request(max_price=0.05, persistent=True, valid_until=60.0), asked, 0.0)
    assert (full["spotPrice"], full["type"]) == ("0.050000", "persistent")
    assert full["validUntil"] == "1970-01-01T00:01:00.000Z"
    assert full["launchSpecification"]["iamInstanceProfile"] == {"name": "worker"}


def test_filters_find_a_request_by_what_is_shown() -> None:
    """Its tags among it."""
    found = filterable(request(), Asked(WANTED, {"team": "ml"}))
    assert (found["state"], found["instance-id"], found["tag:team"]) == (["open"], ["i-1"], ["ml"])
