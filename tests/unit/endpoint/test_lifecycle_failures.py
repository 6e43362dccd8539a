"""An endpoint where something fails: no instances to give, zones down, containers that never answer."""

from dataclasses import replace

import pytest
from lifecycle_endpoint import counts, created, serving, statuses, to, two_variants
from virtual_time import ENDPOINT, STEADY, VARIANT, config, only

from harness.endpoint import (
    CapacityChange,
    CapacityChanged,
    Completed,
    Constant,
    EndpointConfig,
    EndpointModel,
    EndpointStatus,
    InstanceJoined,
    InstanceLeft,
    InstanceQuota,
    LeaveCause,
    Outcome,
    Rejected,
    RejectReason,
    StatusChanged,
    VariantSpec,
)
from harness.errors import ScenarioError


def test_without_instances_to_give_a_creation_fails() -> None:
    """After the time-out, with AWS's reason; the failed endpoint can be deleted."""
    quota = InstanceQuota({"ml.m5.large": 1})
    model = EndpointModel(ENDPOINT, config(), seed="s", settings=STEADY, quota=quota)
    model.withhold_capacity(True)
    model.create(0.0)
    told = model.advance(3000.0)
    assert statuses(told)[-1] == (2040.0, EndpointStatus.FAILED)
    assert model.view().failure_reason.startswith("CapacityError: Unable to provision")
    assert quota.used("ml.m5.large") == 0
    assert model.delete(3000.0) is None


def test_without_instances_to_give_a_growth_ends_where_it_began() -> None:
    """After 34 minutes InService at the old count, without a FailureReason (case C4)."""
    quota = InstanceQuota({"ml.m5.large": 4})
    model = serving(quota=quota)
    model.withhold_capacity(True)
    assert model.update_weights_and_capacities(to(4), 1000.0) is None
    told = model.advance(5000.0)
    assert statuses(told)[-1] == (3050.0, EndpointStatus.IN_SERVICE)
    assert (counts(model), model.view().failure_reason) == ((1, 1), "")
    assert quota.used("ml.m5.large") == 1


def test_without_instances_to_give_an_update_keeps_the_old_fleet() -> None:
    """InService again with the old configuration and the reason."""
    quota = InstanceQuota({"ml.m5.large": 3})
    model = serving(quota=quota)
    model.withhold_capacity(True)
    model.update(config("second", count=2), 1000.0)
    model.advance(5000.0)
    assert (model.status, model.view().config_name) == (EndpointStatus.IN_SERVICE, "first")
    assert "Unable to provision" in model.view().failure_reason
    assert (counts(model), quota.used("ml.m5.large")) == ((1, 1), 1)


def test_a_zone_that_fails_takes_its_share_and_others_replace_it() -> None:
    """One of three is lost with what it held, and its replacement joins elsewhere."""
    model = serving(config(count=3))
    for number in range(30):
        model.arrive(number, 1000.0, service_s=1.0)
    held = sum(each.outstanding for each in model.instances(VARIANT) if each.zone == "a")
    model.fail_zone("a", 1000.5)
    told = model.advance(2000.0)
    assert sum(each.outcome is Outcome.LOST for each in only(told, Completed)) == held
    assert [(each.instance_id, each.zone, each.cause) for each in only(told, InstanceLeft)] == [
        (f"{VARIANT}-0-1", "a", LeaveCause.ZONE_FAILED)
    ]
    assert [(each.at, each.zone) for each in only(told, InstanceJoined)] == [(1100.5, "b")]
    assert [(each.at, each.in_service) for each in only(told, CapacityChanged)] == [(1000.5, 2), (1100.5, 3)]


def test_with_every_zone_down_nothing_joins_until_one_is_back() -> None:
    """Requests find no capacity meanwhile; then the launch begins anew."""
    model = serving(settings=replace(STEADY, zones=("a",)))
    model.fail_zone("a", 1000.0)
    assert model.arrive(1, 1001.0) == Rejected(1, VARIANT, RejectReason.NO_CAPACITY)
    assert counts(model) == (0, 1)
    model.advance(1500.0)
    model.restore_zone("a", 1500.0)
    assert only(model.advance(2000.0), InstanceJoined)[0].at == 1600.0
    assert counts(model) == (1, 1)


def test_an_instance_that_could_not_join_anywhere_is_called_off_first() -> None:
    """Scaled in before its zone came back."""
    quota = InstanceQuota({"ml.m5.large": 2})
    model = serving(config(count=2), settings=replace(STEADY, zones=("a",)), quota=quota)
    model.fail_zone("a", 1000.0)
    model.advance(1200.0)
    model.update_weights_and_capacities(to(1), 1200.0)
    model.restore_zone("a", 1250.0)
    assert len(only(model.advance(2000.0), InstanceJoined)) == 1
    assert quota.used("ml.m5.large") == 1


def test_an_instance_still_on_its_way_is_called_off_before_one_that_serves() -> None:
    """A replacement is launching when the variant shrinks."""
    model = serving(config(count=2))
    model.fail_instance(VARIANT, f"{VARIANT}-0-1", 1000.0)
    model.update_weights_and_capacities(to(1), 1010.0)
    told = model.advance(2000.0)
    assert [each.cause for each in only(told, InstanceLeft)] == [LeaveCause.INSTANCE_FAILED]
    assert not only(told, InstanceJoined)
    assert counts(model) == (1, 1)


def test_a_failed_instance_is_not_replaced_when_the_settings_say_so() -> None:
    """It gives its quota back, and a later growth makes up for it."""
    quota = InstanceQuota({"ml.m5.large": 3})
    model = serving(config(count=2), settings=replace(STEADY, replace_failed=False), quota=quota)
    model.fail_instance(VARIANT, f"{VARIANT}-0-2", 1000.0)
    model.advance(2000.0)
    assert (counts(model), quota.used("ml.m5.large")) == ((1, 2), 1)
    model.update_weights_and_capacities(to(3), 2000.0)
    model.advance(3000.0)
    assert (counts(model), quota.used("ml.m5.large")) == ((3, 3), 3)


def test_an_instance_may_fail_while_it_drains() -> None:
    """It has left once, is not replaced, and gives its quota back once."""
    quota = InstanceQuota({"ml.m5.large": 2})
    model = serving(config(count=2), quota=quota)
    for number in range(8):
        model.arrive(number, 1000.0, service_s=5.0)
    model.update_weights_and_capacities(to(1), 1000.0)
    model.fail_instance(VARIANT, f"{VARIANT}-0-2", 1001.0)
    told = model.advance(2000.0)
    assert [each.cause for each in only(told, InstanceLeft)] == [LeaveCause.INSTANCE_FAILED]
    assert (counts(model), quota.used("ml.m5.large")) == ((1, 1), 1)


def test_an_instance_that_has_gone_cannot_fail_any_more() -> None:
    """A blue/green update may take it away at the very moment it fails."""
    model = serving(config(count=2))
    before = model.view()
    model.fail_instance(VARIANT, "gone", 1000.0)
    assert model.view() == before


def test_a_creation_whose_zones_are_all_down_fails() -> None:
    """Nobody could join, so there is nothing to put in service."""
    quota = InstanceQuota({"ml.m5.large": 2})
    model = created(config(count=2), settings=replace(STEADY, zones=("a",)), quota=quota)
    model.fail_zone("a", 50.0)
    model.advance(1000.0)
    assert (model.status, quota.used("ml.m5.large")) == (EndpointStatus.FAILED, 0)


def test_an_update_whose_zones_are_all_down_keeps_the_old_fleet() -> None:
    """The green fleet could not come up; the blue one waits for its zone."""
    model = serving(settings=replace(STEADY, zones=("a",)))
    model.update(config("second"), 1000.0)
    model.fail_zone("a", 1050.0)
    model.advance(1200.0)
    assert (model.status, model.view().config_name) == (EndpointStatus.IN_SERVICE, "first")
    model.restore_zone("a", 1300.0)
    model.advance(1500.0)
    assert counts(model) == (1, 1)


def test_answers_and_losses_reach_the_metrics() -> None:
    """ModelLatency has waiting in it; what failed or was rejected is a 5xx."""
    given = EndpointConfig(
        "c", (VariantSpec(VARIANT, "ml.m5.large", service_time=Constant(30.0), queue_limit=2),)
    )
    model = serving(given)
    for number in range(4):
        model.arrive(number, 1020.0)
    model.advance(1200.0)
    first, second = (model.all_metrics()[VARIANT].minute(number) for number in (17, 18))
    assert first is not None
    assert second is not None
    assert (first.invocations, first.errors_5xx) == (4, 1)
    assert first.latency is not None
    assert first.latency.maximum == 30_000_000.0
    assert (second.latency.maximum, second.errors_5xx) == (60_000_000.0, 1)  # type: ignore[union-attr]


def test_next_deadline_names_events_answers_and_changes() -> None:
    """Whatever comes first; None when nothing is planned."""
    model = EndpointModel(ENDPOINT, config(), seed="s", settings=STEADY)
    assert model.next_deadline() is None
    model.create(5.0)
    assert model.next_deadline() == 5.0
    model.advance(5.0)
    assert model.next_deadline() == model.next_change() == 105.0
    model.advance(1000.0)
    assert model.next_deadline() is None
    model.arrive(1, 1000.0, service_s=3.0)
    assert (model.next_deadline(), model.next_change()) == (1003.0, None)


def test_an_arrival_sees_what_was_due_before_it() -> None:
    """Without an advance in between, the second instance has joined for the request after it."""
    model = serving()
    model.update_weights_and_capacities(to(2), 1000.0)
    model.arrive(1, 1200.0)
    minute = model.all_metrics()[VARIANT].minute(20)
    assert minute is not None
    assert minute.invocations_per_instance == 0.5


def test_time_does_not_run_back() -> None:
    """A moment before the last one is the caller's mistake."""
    model = serving()
    model.arrive(1, 1002.0)
    with pytest.raises(ValueError, match="time runs back"):
        model.advance(1001.0)
    with pytest.raises(ValueError, match="time runs back"):
        model.arrive(2, 1001.0)


@pytest.mark.parametrize(
    "build",
    [
        lambda: VariantSpec("v", "ml.m5.large", 0),
        lambda: VariantSpec("v", "ml.m5.large", weight=-1.0),
        lambda: EndpointConfig("c", ()),
        lambda: EndpointConfig("c", (VariantSpec("v", "ml.m5.large"), VariantSpec("v", "ml.m5.large"))),
    ],
)
def test_a_configuration_that_cannot_be_is_refused_when_built(build: object) -> None:
    """No instances, a negative weight, no variants, two of one name."""
    with pytest.raises(ScenarioError):
        build()  # type: ignore[operator]


def test_containers_that_never_pass_the_ping_fail_a_creation_with_their_reason() -> None:
    """Nothing joins; the quota is free again."""
    quota = InstanceQuota({"ml.m5.large": 2})
    model = created(replace(config(count=2), failure="The container did not pass the ping."), quota=quota)
    told = model.advance(1000.0)
    assert only(told, StatusChanged)[-1].failure_reason == "The container did not pass the ping."
    assert (only(told, InstanceJoined), quota.used("ml.m5.large")) == ([], 0)


def test_containers_that_never_pass_the_ping_leave_the_old_fleet_in_place() -> None:
    """InService with the old configuration and the reason of the new one."""
    model = serving()
    model.update(replace(config("second"), failure="No ping."), 1000.0)
    model.advance(2000.0)
    view = model.view()
    assert (view.status, view.config_name, view.failure_reason) == (
        EndpointStatus.IN_SERVICE,
        "first",
        "No ping.",
    )


def test_a_growth_of_two_variants_is_refused_whole() -> None:
    """The quota has room for the first only; nothing of it is kept."""
    quota = InstanceQuota({"ml.m5.large": 3})
    model = serving(two_variants(a=1.0, b=1.0), quota=quota)
    refusal = model.update_weights_and_capacities([CapacityChange("a", 2), CapacityChange("b", 2)], 1000.0)
    assert refusal is not None
    assert quota.used("ml.m5.large") == 2
