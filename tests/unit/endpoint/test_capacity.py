"""Instance types, when instances join, in which zone, and the account's quota."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint.capacity import (
    InstanceQuota,
    instance_type,
    instance_types,
    is_burstable,
    next_zone,
    plan_joins,
)
from harness.endpoint.distributions import Constant, Uniform
from harness.endpoint.settings import EndpointSettings, Joins


def test_the_table_knows_size_and_accelerator() -> None:
    """A type is more than its name."""
    g5 = instance_type("ml.g5.xlarge")
    assert g5 is not None
    assert (g5.vcpu, g5.memory_gib, g5.accelerator, g5.burstable) == (4, 16.0, "NVIDIA A10G", False)
    assert instance_type("ml.x99.huge") is None


def test_t3_is_known_but_not_a_hosting_type() -> None:
    """The service model lists t2 as the only burstable hosting family."""
    assert not instance_type("ml.t3.medium").hosting  # type: ignore[union-attr]
    assert instance_type("ml.t2.medium").hosting  # type: ignore[union-attr]


def test_burstable_goes_by_family_also_for_unknown_sizes() -> None:
    """Every burstable type of the table is found, and so is a size the table lacks."""
    assert [name for name in instance_types() if is_burstable(name)] == [
        name
        for name in instance_types()
        if instance_type(name).burstable  # type: ignore[union-attr]
    ]
    assert all(is_burstable(f"ml.{family}.nano") for family in ("t2", "t3", "t3a", "t4g"))
    assert is_burstable("ml.t3.nano")
    assert not is_burstable("ml.m5.large")
    assert not is_burstable("t3.medium")


def test_instances_join_one_at_a_time() -> None:
    """The first after the launch time, each further one a gap later."""
    settings = EndpointSettings(launch_time=Constant(100.0), join_stagger=Constant(20.0))
    assert plan_joins(3, 50.0, settings, Random(1)) == (150.0, 170.0, 190.0)
    assert plan_joins(0, 50.0, settings, Random(1)) == ()


def test_joint_joins_come_together() -> None:
    """The setting `joint` puts all of one launch in service at once."""
    settings = EndpointSettings(launch_time=Constant(100.0), joins=Joins.JOINT)
    assert plan_joins(3, 0.0, settings, Random(1)) == (100.0, 100.0, 100.0)


def test_without_gaps_staggered_joins_come_together_too() -> None:
    """A stagger of zero is no division by zero."""
    settings = EndpointSettings(launch_time=Constant(1.0), join_stagger=Constant(0.0))
    assert plan_joins(2, 0.0, settings, Random(1)) == (1.0, 1.0)


@given(count=st.integers(1, 200), seed=st.integers(0, 999))
def test_joins_are_in_order_and_within_the_spread_limit(count: int, seed: int) -> None:
    """Whatever the count, the last joins at most the limit after the first."""
    settings = EndpointSettings(
        launch_time=Constant(10.0), join_stagger=Uniform(5.0, 30.0), join_spread_limit_s=180.0
    )
    joins = plan_joins(count, 0.0, settings, Random(seed))
    assert len(joins) == count
    assert list(joins) == sorted(joins)
    assert joins[-1] - joins[0] <= 180.0 + 1e-6


def test_zones_fill_evenly() -> None:
    """The emptiest zone is next, the first of equals."""
    assert next_zone(("a", "b", "c"), {}) == "a"
    assert next_zone(("a", "b", "c"), {"a": 1, "b": 1}) == "c"
    assert next_zone(("a", "b", "c"), {"a": 2, "b": 1, "c": 1}) == "b"


def test_the_quota_is_all_or_nothing() -> None:
    """Two fit, two more do not, and the refusal says how many are taken (case C4)."""
    quota = InstanceQuota({"ml.m5.large": 3})
    assert quota.reserve("ml.m5.large", 2) is None
    refusal = quota.reserve("ml.m5.large", 2)
    assert refusal is not None
    assert "'ml.m5.large for endpoint usage' is 3 Instances, with current utilization of 2" in refusal
    assert quota.used("ml.m5.large") == 2
    quota.release("ml.m5.large", 1)
    assert quota.reserve("ml.m5.large", 2) is None


def test_a_type_without_a_limit_has_no_quota() -> None:
    """Absent means unlimited."""
    quota = InstanceQuota()
    assert quota.reserve("ml.c5.large", 10_000) is None
    assert quota.used("ml.m5.large") == 0


@pytest.mark.parametrize("zone_count", [1, 2, 3])
def test_growth_is_round_robin(zone_count: int) -> None:
    """Six instances over the zones differ by at most one."""
    zones = ("a", "b", "c")[:zone_count]
    counts: dict[str, int] = {}
    for _ in range(6):
        zone = next_zone(zones, counts)
        counts[zone] = counts.get(zone, 0) + 1
    assert set(counts.values()) == {6 // zone_count}
