"""What instances are billed: running seconds, a minute at least, nothing for what EC2 took within an hour."""

import pytest

from harness.compute.billing import billed
from harness.compute.instances import BY_SPOT, BY_USER
from harness.journal import ComputeChanged


def changed(at: float, state: str, usd: float | None = 3.6, reason: str = "") -> ComputeChanged:
    return ComputeChanged(at, "i-1", "t2.xlarge", "spot", state, usd, reason)


def test_only_running_is_billed() -> None:
    """By the second, from running to whatever comes after."""
    told = [
        changed(0.0, "pending"),
        changed(30.0, "running"),
        changed(130.0, "stopping"),
        changed(140.0, "stopped"),
    ]
    (one,) = billed(told, 1_000.0)
    assert (one.began_at, one.ran_s, one.billed_s) == (30.0, 100.0, 100.0)
    assert one.usd == pytest.approx(0.1)
    assert (one.instance, one.instance_type, one.lifecycle) == ("i-1", "t2.xlarge", "spot")


def test_a_minute_is_billed_at_least_each_time() -> None:
    """Started twice, it is billed for two minutes."""
    told = [
        changed(0.0, "running"),
        changed(10.0, "stopped"),
        changed(20.0, "running"),
        changed(21.0, "stopped"),
    ]
    found = billed(told, 1_000.0)
    assert [one.billed_s for one in found] == [60.0, 60.0]
    assert [one.usd for one in found] == [pytest.approx(0.06)] * 2


def test_a_price_that_moves_is_paid_for_as_long_as_it_held() -> None:
    """A second "running" is another price, not another start."""
    told = [
        changed(0.0, "running", 3.6),
        changed(100.0, "running", 7.2),
        changed(200.0, "shutting-down", 7.2),
    ]
    (one,) = billed(told, 1_000.0)
    assert one.billed_s == 200.0
    assert one.usd == pytest.approx(0.3)


@pytest.mark.parametrize(
    ("ran_s", "reason", "free"),
    [(3_599.0, BY_SPOT, True), (3_600.0, BY_SPOT, False), (100.0, BY_USER, False)],
)
def test_an_interruption_in_the_first_hour_is_free(ran_s: float, reason: str, free: bool) -> None:
    """By EC2 itself; what the user ends is paid."""
    (one,) = billed([changed(0.0, "running"), changed(ran_s, "shutting-down", 3.6, reason)], 9_000.0)
    assert one.free is free
    assert (one.usd == 0.0, one.billed_s == 0.0) == (free, free)


def test_what_still_runs_is_billed_until_the_end() -> None:
    """And without a price there is no figure."""
    (one,) = billed([changed(0.0, "running", None)], 500.0)
    assert (one.billed_s, one.usd) == (500.0, None)
