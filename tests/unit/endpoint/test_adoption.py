"""An endpoint that is there already, the launches that follow, and the parts that others may make."""

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from virtual_time import ENDPOINT, STEADY, VARIANT, config, only

from harness.endpoint import (
    Accepted,
    CapacityChange,
    CapacityChanged,
    EndpointConfig,
    EndpointModel,
    EndpointSettings,
    EndpointStatus,
    Event,
    Fleet,
    InstanceJoined,
    InstanceQuota,
    StatusChanged,
    VariantMetrics,
    VariantSpec,
)
from harness.endpoint.capacity import plan_joins


def serving(given: EndpointConfig | None = None, *, settings: EndpointSettings = STEADY) -> EndpointModel:
    """Return an endpoint in service at 1000, with its creation already told."""
    model = created(given, settings=settings)
    model.advance(1000.0)
    return model


def created(given: EndpointConfig | None = None, *, settings: EndpointSettings = STEADY) -> EndpointModel:
    model = EndpointModel(ENDPOINT, given or config(), seed="s", settings=settings)
    assert model.create(0.0) is None
    return model


def statuses(events: Sequence[Event]) -> list[tuple[float, EndpointStatus]]:
    return [(each.at, each.status) for each in only(events, StatusChanged)]


def to(count: int) -> list[CapacityChange]:
    return [CapacityChange(VARIANT, count)]


def split(weights: dict[str, float]) -> EndpointConfig:
    return EndpointConfig(
        "split", tuple(VariantSpec(name, "ml.m5.large", weight=weight) for name, weight in weights.items())
    )


# -- an endpoint that is there already


def test_an_adopted_endpoint_is_in_service_at_once() -> None:
    """Instances spread over the zones, nothing launched; it serves and publishes from now on."""
    model = EndpointModel(ENDPOINT, config(count=4), seed="s", settings=STEADY)
    assert model.adopt(50.0) is None
    assert model.next_change() is None
    assert isinstance(model.arrive(1, 50.0), Accepted)
    told = model.advance(50.0)
    assert statuses(told) == [(50.0, EndpointStatus.IN_SERVICE)]
    assert [(each.at, each.zone, each.launched_at) for each in only(told, InstanceJoined)] == [
        (50.0, zone, 50.0) for zone in "abca"
    ]
    assert [(each.desired, each.in_service) for each in only(told, CapacityChanged)] == [(4, 4)]
    view = model.view()
    assert (view.status, view.created_at, view.modified_at) == (EndpointStatus.IN_SERVICE, 50.0, 50.0)
    assert model.all_metrics()[VARIANT].minute(0) is not None


def test_adoption_takes_its_quota_or_nothing() -> None:
    """ResourceLimitExceeded, and the endpoint serves nobody."""
    quota = InstanceQuota({"ml.m5.large": 3})
    refusal = EndpointModel(ENDPOINT, config(count=4), seed="s", quota=quota).adopt(0.0)
    assert refusal is not None
    assert (refusal.code, quota.used("ml.m5.large")) == ("ResourceLimitExceeded", 0)
    assert EndpointModel(ENDPOINT, config(count=3), seed="s", quota=quota).adopt(0.0) is None
    assert quota.used("ml.m5.large") == 3


def test_an_adopted_endpoint_grows_as_any_other() -> None:
    """Its first launch is launch 1, as that of one that was created is launch 2."""
    settings = EndpointSettings()
    adopted = EndpointModel(ENDPOINT, config(), seed="s", settings=settings)
    adopted.adopt(0.0)
    adopted.update_weights_and_capacities(to(3), 1000.0)
    joined = [each.at for each in only(adopted.advance(9000.0), InstanceJoined)][1:]
    assert tuple(joined) == plan_joins(2, 1000.0, settings, Random(f"s/{ENDPOINT}/{VARIANT}/launch/1"))


def test_every_launch_draws_from_a_stream_of_its_own() -> None:
    """How many instances an earlier launch had does not shift a later one."""
    joins = []
    for first in (2, 5):
        model = serving(settings=EndpointSettings(scale_in_s=0.0))
        model.advance(9000.0)
        model.update_weights_and_capacities(to(first), 9000.0)
        model.advance(20_000.0)
        model.update_weights_and_capacities(to(first + 2), 20_000.0)
        joins.append([each.at for each in only(model.advance(40_000.0), InstanceJoined)])
    assert joins[0] == joins[1]
    assert len(joins[0]) == 2


def test_a_zone_that_comes_back_with_nobody_waiting_launches_nothing() -> None:
    """So that the draws of later launches do not depend on it."""
    joins = []
    for back_and_forth in (False, True):
        model = serving(settings=EndpointSettings())
        model.advance(9000.0)
        if back_and_forth:
            model.fail_zone("z", 9000.0)
            model.restore_zone("z", 9000.0)
        model.update_weights_and_capacities(to(2), 9000.0)
        joins.append([each.at for each in only(model.advance(20_000.0), InstanceJoined)])
    assert joins[0] == joins[1]


# -- from InService to traffic, and the ping


def test_a_new_instance_may_take_requests_only_some_time_after_it_is_in_service() -> None:
    """It counts from 1100 on, as DescribeEndpoint and the metrics see it, and works from 1147 on."""
    model = serving(settings=replace(STEADY, join_to_traffic_s=47.0))
    model.update_weights_and_capacities(to(2), 1000.0)
    told = model.advance(1146.0)
    assert [(each.at, each.in_service) for each in only(told, CapacityChanged)][-1] == (1100.0, 2)
    early = {model.arrive(number, 1146.5)[2] for number in range(40)}
    late = {model.arrive(number, 1147.0)[2] for number in range(40, 80)}
    assert (early, late) == ({f"{VARIANT}-0-1"}, {f"{VARIANT}-0-1", f"{VARIANT}-0-2"})
    minute = model.all_metrics()[VARIANT].minute(19)
    assert minute is not None
    assert minute.invocations_per_instance == minute.invocations / 2


def test_an_endpoint_takes_traffic_as_soon_as_it_is_in_service() -> None:
    """Created, adopted or replaced: its instances have nobody to take the requests for them."""
    settings = replace(STEADY, join_to_traffic_s=47.0)
    model = created(settings=settings)
    model.advance(110.0)
    assert isinstance(model.arrive(1, 110.0), Accepted)
    adopted = EndpointModel(ENDPOINT, config(), seed="s", settings=settings)
    adopted.adopt(0.0)
    assert isinstance(adopted.arrive(1, 0.0), Accepted)


def test_a_container_that_never_answers_the_ping_may_be_given_more_time() -> None:
    """The launch would have ended at 120; four minutes later the creation has failed."""
    broken = replace(config(count=2), failure="No ping.")
    told = created(broken, settings=replace(STEADY, ping_timeout_s=240.0)).advance(1000.0)
    assert statuses(told)[-1] == (360.0, EndpointStatus.FAILED)


# -- parts made by others


def test_fleets_and_metrics_may_be_made_by_others() -> None:
    """A fleet for each generation of a variant, metrics once for its name, with what the endpoint knows."""
    made: list[tuple[str, Any]] = []

    class OwnFleet(Fleet):
        def __init__(self, **given: Any) -> None:
            made.append(("fleet", given["seed"]))
            super().__init__(**given)

    class OwnMetrics(VariantMetrics):
        def __init__(self, **given: Any) -> None:
            made.append(("metrics", given["publish_delay_s"]))
            super().__init__(**given)

    model = EndpointModel(
        ENDPOINT,
        config(),
        seed="s",
        settings=STEADY,
        publish_delay_s=90.0,
        make_fleet=OwnFleet,
        make_metrics=OwnMetrics,
    )
    model.adopt(0.0)
    model.update(config("second"), 10.0)
    model.advance(1000.0)
    assert made == [
        ("metrics", 90.0),
        ("fleet", f"s/{ENDPOINT}/{VARIANT}"),
        ("fleet", f"s/{ENDPOINT}/{VARIANT}/1"),
    ]
    assert isinstance(model.metrics(VARIANT), OwnMetrics)


@pytest.mark.parametrize(("place", "number"), [(0.0, 1), (0.49, 1), (0.51, 2), (0.99, 2)])
def test_the_draw_that_routes_may_be_given(place: float, number: int) -> None:
    """Two instances: each half of the range is one of them."""
    assert serving(config(count=2)).arrive(1, 1000.0, place=place)[2] == f"{VARIANT}-0-{number}"


# -- weights


@given(
    weights=st.lists(st.floats(0.0, 10.0).map(lambda weight: round(weight, 2)), min_size=2, max_size=4),
    seed=st.integers(0, 99),
)
def test_the_split_follows_the_weights_whatever_they_are(weights: list[float], seed: int) -> None:
    """Within four standard deviations of the share; a variant that weighs nothing gets nothing."""
    names = {f"v{number}": weight for number, weight in enumerate(weights)}
    total, sent = sum(weights), 300
    model = EndpointModel(ENDPOINT, split(names), seed=str(seed), settings=STEADY)
    model.adopt(0.0)
    chosen = [model.arrive(number, number / 10).variant for number in range(sent)]
    shares = {
        name: (weight / total if total else float(name == "v" + str(len(weights) - 1)))
        for name, weight in names.items()
    }
    for name, share in shares.items():
        spread = 4.0 * (sent * share * (1.0 - share)) ** 0.5
        assert abs(chosen.count(name) - sent * share) <= spread + 1e-6, (name, share)
