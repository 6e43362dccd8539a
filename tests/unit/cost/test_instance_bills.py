"""Instances by the second: of endpoints, of jobs, of EC2."""

import pytest
from bills import billed, joined, left, line, only

from harness import journal as j


def ended(**changes: object) -> j.JobEnded:
    """Return a training job on three instances that ended well."""
    known = {
        "at": 900.0, "kind": "training", "job": "fit", "status": "Completed", "reason": "", "began_at": 100.0,
        "training_s": 600.0, "billable_s": 600.0, "instance_type": "ml.m5.xlarge", "instance_count": 3,
        "real_s": 1.0,
    }  # fmt: skip
    return j.JobEnded(**(known | changes))  # type: ignore[arg-type]


def computed(at: float, state: str, lifecycle: str = "on-demand", **changes: object) -> j.ComputeChanged:
    """Return a change of a t2.xlarge."""
    known = {"instance": "i-9", "instance_type": "t2.xlarge", "usd_per_hour": 0.05}
    return j.ComputeChanged(at=at, state=state, lifecycle=lifecycle, **(known | changes))  # type: ignore[arg-type]


def test_an_instance_is_paid_for_from_the_request_until_it_is_gone() -> None:
    """Joining and draining are in it, whole seconds."""
    found = only(billed(joined(300.0, launched_at=60.0), left(3_659.5)))

    assert (found.usage.item, found.usage.resource) == ("sagemaker:ml.m5.large", "e/v")
    assert found.usage.quantity == 3_600.0
    assert found.usd == pytest.approx(0.115)


def test_an_instance_that_nobody_removed_is_paid_for_until_the_last_thing_happened() -> None:
    """What the verdict took is not."""
    assert only(billed(joined(0.0, 0.0), until=3_600.0)).usd == pytest.approx(0.115)


def test_instances_of_two_types_are_two_lines() -> None:
    """After an update to a dearer one."""
    found = billed(
        joined(0.0, 0.0), left(3_600.0, "replaced"), joined(3_600.0, 3_600.0, "ml.m5.xlarge", instance="i-2")
    )
    assert line(found, "sagemaker:ml.m5.large").usd == pytest.approx(0.115)
    assert line(found, "sagemaker:ml.m5.xlarge").usd == pytest.approx(0.23)


def test_an_older_journal_has_the_type_from_its_configuration() -> None:
    """And an instance that is not known to have come is not billed when it goes."""
    configuration = {"endpoints": [{"name": "e", "instance_type": "ml.t3.medium"}]}
    found = billed(joined(0.0, kind=""), left(7_200.0, instance="i-0"), configuration=configuration)
    assert only(found).usd == pytest.approx(0.1)


def test_a_run_that_counts_instances_is_billed_by_what_was_asked_for() -> None:
    """Desired or in service, whichever is more; an alias of a function is no instance."""
    configuration = {"model": {"instance": {"e": {"instance_type": "ml.m5.large"}}}}
    counts = [
        j.CapacityChanged(0.0, "e", "v", 1, 1),
        j.CapacityChanged(3_600.0, "e", "v", 3, 1),
        j.CapacityChanged(5_400.0, "e", "v", 1, 3),
        j.CapacityChanged(0.0, "function:f:live", "", 9, 9),
    ]
    found = only(billed(*counts, configuration=configuration))
    assert found.usage.quantity == 3_600.0 + 3 * 3_600.0
    assert "3 instances" in found.usage.how
    assert found.usage.item == "sagemaker:ml.m5.large"


def test_a_type_without_a_price_leaves_the_sum_incomplete() -> None:
    """It is named, and is no zero."""
    found = billed(joined(0.0, 0.0, "ml.quantum.large"), joined(0.0, 0.0, "", instance="i-2"))

    assert [one.usd for one in found.items] == [None, None]
    assert found.usd == 0.0
    assert any("ml.quantum.large (e/v)" in one for one in found.unpriced)
    assert any("does not tell" in one for one in found.unpriced)


def test_a_job_is_billed_for_its_seconds_on_each_instance() -> None:
    """Three instances for ten minutes are half an hour."""
    every = billed(ended())
    found = only(every)
    assert found.usage.quantity == 1_800.0
    assert found.usd == pytest.approx(0.115)
    assert every.usd_per_month == 0.0  # it ended by itself


def test_a_second_that_has_begun_is_billed() -> None:
    """On each of the instances."""
    assert only(billed(ended(billable_s=0.2))).usage.quantity == 3.0


def test_managed_spot_is_billed_for_less_than_was_worked() -> None:
    """BillableTimeInSeconds is what counts; both are told."""
    found = only(billed(ended(spot=True, billable_s=180.0)))
    assert (found.usage.quantity, found.usage.worked_s) == (540.0, 1_800.0)
    assert "of 600 s, managed spot" in found.usage.how


def test_a_job_without_instances_costs_nothing_and_one_without_an_end_is_not_known() -> None:
    """A tuning job has none of its own; one that still ran when the run ended is named."""
    created = j.JobCreated(1.0, "training", "late", "role", "image", "ml.m5.large", 1)
    found = billed(ended(kind="tuning", instance_type="", instance_count=0), created)
    assert found.items == ()
    assert found.unpriced == ("the job late, which had not ended",)


def test_ec2_is_billed_while_it_runs_and_for_a_minute_at_least() -> None:
    """On demand at the price of the table."""
    found = only(billed(computed(0.0, "pending"), computed(10.0, "running"), computed(40.0, "terminated")))
    assert (found.usage.item, found.usage.quantity) == ("ec2:t2.xlarge", 60.0)
    assert found.usd == pytest.approx(0.1856 / 60)


def test_a_type_that_the_table_lacks_has_the_price_it_was_told_with() -> None:
    """Where there is one at all."""
    told = billed(computed(0.0, "running", instance_type="z9.huge"), until=3_600.0)
    untold = billed(computed(0.0, "running", instance_type="z9.huge", usd_per_hour=None), until=3_600.0)
    assert only(told).usd == pytest.approx(0.05)
    assert only(untold).usd is None


def test_spot_is_billed_at_its_price_and_not_where_ec2_takes_it_back_within_an_hour() -> None:
    """EC2 user guide, Billing for interrupted Spot Instances."""
    kept = billed(computed(0.0, "running", "spot"), computed(3_600.0, "terminated", "spot"))
    reason = "Server.SpotInstanceTermination"
    taken = billed(computed(0.0, "running", "spot"), computed(1_800.0, "terminated", "spot", reason=reason))

    assert line(kept, "ec2-spot:t2.xlarge").usd == pytest.approx(0.05)
    assert line(taken, "ec2-spot:t2.xlarge").usd == 0.0
    assert "not billed" in only(taken).usage.how


def test_an_instance_that_shut_itself_down_does_not_go_on_for_a_month() -> None:
    """It did its work; one that somebody terminated would have stayed."""
    by_itself, by_user = "Client.InstanceInitiatedShutdown", "Client.UserInitiatedShutdown"
    ran = computed(0.0, "running")
    assert billed(ran, computed(600.0, "shutting-down", reason=by_itself), until=600.0).usd_per_month == 0.0
    kept = billed(ran, computed(600.0, "shutting-down", reason=by_user), until=600.0)
    assert kept.usd_per_month == pytest.approx(730 * 0.1856)
