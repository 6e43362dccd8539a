"""One endpoint from Creating to gone: statuses, joins, updates, refusals, failures, routing."""

from dataclasses import replace

import pytest
from lifecycle_endpoint import counts, created, serving, statuses, to, two_variants
from virtual_time import ENDPOINT, STEADY, VARIANT, config, only

from harness.endpoint import (
    Accepted,
    CapacityChange,
    CapacityChanged,
    Completed,
    EndpointConfig,
    EndpointDeleted,
    EndpointModel,
    EndpointStatus,
    InstanceJoined,
    InstanceLeft,
    InstanceQuota,
    LeaveCause,
    Outcome,
    Rejected,
    RejectReason,
    VariantSpec,
)
from harness.endpoint.settings import Leaves


def test_creation_ends_when_every_instance_has_joined_and_settled() -> None:
    """Joins at 100, 120, 140; InService ten seconds after the last."""
    told = created(config(count=3)).advance(1000.0)
    assert statuses(told) == [(0.0, EndpointStatus.CREATING), (150.0, EndpointStatus.IN_SERVICE)]
    assert [(each.at, each.zone) for each in only(told, InstanceJoined)] == [
        (100.0, "a"),
        (120.0, "b"),
        (140.0, "c"),
    ]
    assert [(each.desired, each.in_service) for each in only(told, CapacityChanged)] == [
        (3, 1),
        (3, 2),
        (3, 3),
    ]


def test_describe_shows_live_counts_and_moments() -> None:
    """Two of three have joined at 125."""
    model = created(config(count=3))
    model.advance(125.0)
    view = model.view()
    assert (view.status, view.created_at, view.config_name) == (EndpointStatus.CREATING, 0.0, "first")
    assert (view.variants[0].current_count, view.variants[0].desired_count) == (2, 3)
    model.advance(200.0)
    assert model.view().modified_at == 150.0
    assert model.variant("nobody") is None


def test_nothing_is_served_before_the_endpoint_is_in_service() -> None:
    """Also when an instance has joined already; and it is no metric."""
    model = created()
    assert model.arrive(1, 105.0) == Rejected(1, "", RejectReason.NOT_IN_SERVICE)
    model.advance(200.0)
    minute = model.all_metrics()[VARIANT].minute(1)
    assert minute is not None
    assert minute.invocations == 0


def test_the_quota_refuses_a_creation_whole() -> None:
    """ResourceLimitExceeded, nothing begun, nothing taken."""
    quota = InstanceQuota({"ml.m5.large": 1})
    given = EndpointConfig("c", (VariantSpec("a", "ml.m5.large"), VariantSpec("b", "ml.m5.large")))
    refusal = EndpointModel(ENDPOINT, given, seed="s", quota=quota).create(0.0)
    assert refusal is not None
    assert refusal.code == "ResourceLimitExceeded"
    assert quota.used("ml.m5.large") == 0


def test_growth_updates_the_endpoint_until_the_last_join_has_settled() -> None:
    """Desired at once, in service one at a time, traffic goes on all the while."""
    model = serving()
    assert model.update_weights_and_capacities(to(3), 1000.0) is None
    assert counts(model) == (1, 3)
    assert isinstance(model.arrive(1, 1050.0), Accepted)
    told = model.advance(2000.0)
    assert statuses(told) == [(1000.0, EndpointStatus.UPDATING), (1130.0, EndpointStatus.IN_SERVICE)]
    assert [(each.at, each.in_service) for each in only(told, CapacityChanged)] == [
        (1000.0, 1),
        (1100.0, 2),
        (1120.0, 3),
    ]


def test_shrinking_drains_and_takes_from_the_fullest_zone_newest_first() -> None:
    """Four instances over a, b, c, a: the fourth leaves, then the third."""
    model = serving(config(count=4))
    model.update_weights_and_capacities(to(2), 1000.0)
    told = model.advance(2000.0)
    assert [(each.instance_id, each.zone, each.cause) for each in only(told, InstanceLeft)] == [
        (f"{VARIANT}-0-4", "a", LeaveCause.SCALED_IN),
        (f"{VARIANT}-0-3", "c", LeaveCause.SCALED_IN),
    ]
    assert statuses(told)[-1] == (1040.0, EndpointStatus.IN_SERVICE)
    assert counts(model) == (2, 2)


def test_the_oldest_leaves_when_the_settings_say_so() -> None:
    """Which instance leaves is not documented."""
    model = serving(config(count=3), settings=replace(STEADY, leaves=Leaves.OLDEST))
    model.update_weights_and_capacities(to(2), 1000.0)
    assert only(model.advance(1100.0), InstanceLeft)[0].instance_id == f"{VARIANT}-0-1"


def test_an_update_waits_for_what_still_drains() -> None:
    """A request of 25 s keeps its instance that long; then the update settles."""
    model = serving(config(count=2), settings=replace(STEADY, scale_in_s=0.0))
    for number in range(8):
        model.arrive(number, 1000.0, service_s=25.0 / 4)
    held = max(each.outstanding for each in model.instances(VARIANT) if each.instance_id.endswith("-2"))
    model.update_weights_and_capacities(to(1), 1000.0)
    told = model.advance(2000.0)
    left = only(told, InstanceLeft)[0].at
    assert left == 1000.0 + held * 25.0 / 4
    assert statuses(told)[-1] == (left + 10.0, EndpointStatus.IN_SERVICE)


def test_a_busy_endpoint_refuses_every_change() -> None:
    """Cannot update in-progress endpoint: while Creating, Updating and Deleting."""
    model = created()
    refusals = [
        model.update_weights_and_capacities(to(2), 1.0),
        model.update(config("second"), 1.0),
        model.delete(1.0),
    ]
    model.advance(1000.0)
    model.delete(1000.0)
    refusals.append(model.delete(1001.0))
    assert [each.message for each in refusals if each] == [
        f'Cannot update in-progress endpoint "{ENDPOINT}".'
    ] * 4


@pytest.mark.parametrize(("change", "word"), [(("nobody", 2), "nobody"), ((VARIANT, 0), "at least 1")])
def test_a_change_that_cannot_be_is_refused(change: tuple[str, int], word: str) -> None:
    """Unknown variant, and less than one instance."""
    refusal = serving().update_weights_and_capacities([CapacityChange(*change)], 1000.0)
    assert refusal is not None
    assert (refusal.code, word in refusal.message) == ("ValidationException", True)


def test_the_quota_refuses_a_growth_whole() -> None:
    """One more would fit, two are refused, and the endpoint stays InService (case C4)."""
    quota = InstanceQuota({"ml.m5.large": 2})
    model = serving(quota=quota)
    refusal = model.update_weights_and_capacities(to(3), 1000.0)
    assert refusal is not None
    assert (refusal.code, model.status) == ("ResourceLimitExceeded", EndpointStatus.IN_SERVICE)
    assert counts(model) == (1, 1)
    assert model.update_weights_and_capacities(to(2), 1000.0) is None


def test_an_instance_that_left_gives_its_quota_back() -> None:
    """Two, one, two again under a quota of two."""
    quota = InstanceQuota({"ml.m5.large": 2})
    model = serving(config(count=2), quota=quota)
    model.update_weights_and_capacities(to(1), 1000.0)
    model.advance(2000.0)
    assert quota.used("ml.m5.large") == 1
    assert model.update_weights_and_capacities(to(2), 2000.0) is None


def test_the_same_count_again_moves_nothing() -> None:
    """A short update, no instance event."""
    model = serving(config(count=2))
    model.update_weights_and_capacities(to(2), 1000.0)
    told = model.advance(2000.0)
    assert statuses(told) == [(1000.0, EndpointStatus.UPDATING), (1060.0, EndpointStatus.IN_SERVICE)]
    assert not only(told, InstanceJoined)
    assert not only(told, InstanceLeft)


def test_new_weights_count_from_the_end_of_the_update() -> None:
    """Everything to b, once the update is over."""
    model = serving(two_variants(a=1.0, b=0.0))
    model.update_weights_and_capacities(
        [CapacityChange("a", weight=0.0), CapacityChange("b", weight=1.0)], 1000.0
    )
    view = model.variant("b")
    assert view is not None
    assert (view.current_weight, view.desired_weight) == (0.0, 1.0)
    assert model.arrive(1, 1010.0).variant == "a"
    model.advance(1030.0)
    assert model.arrive(2, 1040.0).variant == "b"


def test_requests_are_shared_by_weight() -> None:
    """Three to one, by a stream of its own; a target variant overrides it."""
    model = serving(two_variants(a=3.0, b=1.0))
    chosen = [model.arrive(number, 1000.0 + number).variant for number in range(400)]
    assert chosen.count("a") == pytest.approx(300, abs=35)
    assert model.arrive(999, 2000.0, variant="b").variant == "b"
    assert model.arrive(998, 2000.0, variant="c") == Rejected(998, "c", RejectReason.UNKNOWN_VARIANT)


def test_answers_of_several_variants_come_in_time_order() -> None:
    """Merged, not one variant after the other."""
    model = serving(two_variants(a=1.0, b=1.0))
    for number in range(40):
        model.arrive(number, 1000.0 + number / 100)
    moments = [each.at for each in only(model.advance(1100.0), Completed)]
    assert len(moments) == 40
    assert moments == sorted(moments)


def test_a_blue_green_update_swaps_when_the_new_fleet_is_up() -> None:
    """The old fleet serves until then, drains, and only then is the endpoint InService again."""
    model = serving(config(count=2))
    assert model.update(config("second", count=3, instance_type="ml.c5.large"), 1000.0) is None
    assert model.view().pending_config_name == "second"
    model.advance(1130.0)
    assert counts(model) == (2, 2)
    assert model.arrive(1, 1139.9, service_s=5.0)[2] in (f"{VARIANT}-0-1", f"{VARIANT}-0-2")
    told = model.advance(1140.0)
    assert counts(model) == (3, 3)
    assert model.view().config_name == "second"
    assert model.arrive(2, 1140.5)[2].startswith(f"{VARIANT}-1-")
    told += model.advance(2000.0)
    assert [each.cause for each in only(told, InstanceLeft)] == [LeaveCause.REPLACED] * 2
    assert {each.outcome for each in only(told, Completed)} == {Outcome.OK}
    at, status = statuses(told)[-1]
    assert (at, status) == (1139.9 + 5.0 + 10.0, EndpointStatus.IN_SERVICE)


def test_an_update_keeps_counts_and_weights_when_told_to() -> None:
    """RetainAllVariantProperties: scaled to 4, configured with 1, stays 4."""
    model = serving()
    model.update_weights_and_capacities([CapacityChange(VARIANT, 4, 2.0)], 1000.0)
    model.advance(2000.0)
    model.update(config("second"), 2000.0, retain_variant_properties=True)
    model.advance(3000.0)
    view = model.variant(VARIANT)
    assert view is not None
    assert (view.desired_count, view.current_count, view.current_weight) == (4, 4, 2.0)


def test_an_update_may_remove_and_add_variants() -> None:
    """The metrics of the removed one stay readable and end with it."""
    model = serving(two_variants(a=1.0, b=1.0))
    model.update(two_variants(b=1.0, c=1.0), 1020.0, retain_variant_properties=True)
    model.advance(1500.0)
    assert [each.name for each in model.view().variants] == ["b", "c"]
    assert set(model.all_metrics()) == {"a", "b", "c"}
    assert model.all_metrics()["a"].minute(20) is None
    assert model.all_metrics()["c"].minute(20) is not None
    assert model.metrics("nobody") is None


def test_the_quota_counts_both_fleets_of_an_update() -> None:
    """Two beside two do not fit under three."""
    model = serving(config(count=2), quota=InstanceQuota({"ml.m5.large": 3}))
    refusal = model.update(config("second", count=2), 1000.0)
    assert refusal is not None
    assert refusal.code == "ResourceLimitExceeded"
    assert model.status is EndpointStatus.IN_SERVICE


def test_the_same_seed_sends_the_same_requests_to_the_same_variants() -> None:
    """Two endpoints of one seed choose alike, whatever else draws chance."""
    chosen = []
    for _ in range(2):
        model = serving(two_variants(a=1.0, b=1.0))
        answers = [model.arrive(number, 1000.0 + number, service_s=0.01) for number in range(30)]
        chosen.append([each.variant for each in answers if isinstance(each, Accepted)])
    assert chosen[0] == chosen[1]
    assert set(chosen[0]) == {"a", "b"}


def test_deletion_drains_and_frees_everything() -> None:
    """In flight is answered, new is refused, the quota is free, the metrics end."""
    quota = InstanceQuota({"ml.m5.large": 2})
    model = serving(config(count=2), quota=quota)
    model.arrive(1, 1000.0, service_s=20.0)
    assert model.delete(1005.0) is None
    assert isinstance(model.arrive(2, 1006.0), Rejected)
    told = model.advance(2000.0)
    assert only(told, Completed)[0].outcome is Outcome.OK
    assert only(told, EndpointDeleted)[0].at == 1020.0
    assert {each.cause for each in only(told, InstanceLeft)} == {LeaveCause.DELETED}
    assert (model.deleted, quota.used("ml.m5.large")) == (True, 0)
    assert model.all_metrics()[VARIANT].minute(18) is None
