"""Provisioned concurrency: what it allocates, what it serves, and the metrics of a minute."""

import pytest
from concurrency_account import READY_AT, account, provisioned, runs, turned_away

from harness.functions.concurrency import (
    EnvironmentEnded,
    EnvironmentStarted,
    ProvisionedChanged,
    ProvisionedStatus,
)
from harness.functions.outcomes import Reason
from harness.functions.samples import Metric


def test_provisioned_environments_are_initialised_before_they_are_used() -> None:
    """They are told as the change begins, and take invocations when all are there."""
    some = account()
    assert some.set_provisioned("f", "live", 2, 10.0) is None
    told = some.advance(10.0)
    assert told[0] == ProvisionedChanged(10.0, "function:f:live", 2, 0)
    assert told[1] == EnvironmentStarted(10.0, "f/1", "f", "1", True, 100.0)
    assert len(told) == 3
    assert some.next_change() == 100.0
    early = runs(some.admit("f", "live", 99.0))
    assert early.cold
    some.finish(early.execution, 99.5)
    pair = [runs(some.admit("f", "live", 100.0)) for _ in range(2)]
    assert {each.environment for each in pair} == {"f/1", "f/2"}
    assert all(each.provisioned and not each.cold and each.init_s == 0.0 for each in pair)
    spilled = runs(some.admit("f", "live", 100.0))
    assert (spilled.provisioned, spilled.environment) == (False, early.environment)
    assert some.metrics.value(Metric.SPILLOVER, "f", "live", 1).sum == 2.0


def test_what_lambda_says_of_it() -> None:
    """Requested, available, allocated and status; nothing where nothing is configured."""
    some = account()
    assert some.provisioned("f", "live") is None
    some.set_provisioned("f", "live", 3, 0.0)
    said = some.provisioned("f", "live")
    assert said is not None
    assert (said.requested, said.available, said.allocated, said.status) == (
        3,
        0,
        0,
        ProvisionedStatus.IN_PROGRESS,
    )
    some.advance(READY_AT)
    said = some.provisioned("f", "live")
    assert said is not None
    assert (said.available, said.status) == (3, ProvisionedStatus.READY)


def test_it_counts_against_the_reservation() -> None:
    """Reserved 3, provisioned 3: all run there, and $LATEST is throttled (guide)."""
    some = provisioned(3, reserved=3)
    assert turned_away(some.admit("f", "", READY_AT)) is Reason.RESERVED_CONCURRENT
    for _ in range(3):
        assert runs(some.admit("f", "live", READY_AT)).provisioned
    assert turned_away(some.admit("f", "live", READY_AT)) is Reason.RESERVED_CONCURRENT
    assert some.reserved("f") == 3


def test_it_counts_against_the_account() -> None:
    """What is provisioned for one function is not there for another."""
    some = account(account_concurrency=150)
    some.put_function("g", 0.0)
    some.set_provisioned("f", "live", 50, 0.0)
    some.advance(READY_AT)
    for _ in range(100):
        runs(some.admit("g", "", READY_AT))
    assert turned_away(some.admit("g", "", READY_AT)) is Reason.CONCURRENT
    assert runs(some.admit("f", "live", READY_AT)).provisioned


def test_ten_requests_a_second_for_each_provisioned_environment() -> None:
    """The eleventh of a second spills over."""
    some = provisioned(1)
    for each in range(10):
        answer = runs(some.admit("f", "live", 91.0 + each / 100))
        assert answer.provisioned
        some.finish(answer.execution, 91.0 + each / 100)
    assert not runs(some.admit("f", "live", 91.5)).provisioned
    assert runs(some.admit("f", "live", 92.0)).provisioned


def test_on_a_version_it_serves_every_alias_of_it() -> None:
    """On an alias it serves that alias alone."""
    some = account()
    some.point_alias("f", "blue", "1", 0.0)
    some.set_provisioned("f", "1", 2, 0.0)
    some.advance(READY_AT)
    assert runs(some.admit("f", "blue", READY_AT)).provisioned
    assert runs(some.admit("f", "1", READY_AT)).provisioned
    assert some.metrics.value(Metric.PROVISIONED_INVOCATIONS, "f", "blue", 1).sum == 1.0
    assert some.metrics.value(Metric.PROVISIONED_INVOCATIONS, "f", "1", 1).sum == 2.0
    alone = provisioned(2)
    assert not runs(alone.admit("f", "1", READY_AT)).provisioned


def test_what_a_weighted_alias_sends_elsewhere_runs_on_demand() -> None:
    """Weights may come after the configuration; the other version has nothing ready."""
    some = provisioned(2)
    some.point_alias("f", "live", "1", 100.0, {"2": 1.0})
    answer = runs(some.admit("f", "live", 100.0))
    assert (answer.version, answer.provisioned) == ("2", False)
    assert some.metrics.value(Metric.SPILLOVER, "f", "live", 1).count == 0


def test_a_decrease_gives_idle_ones_up_at_once_and_busy_ones_when_done() -> None:
    """Three are busy, one is left: two go as they finish."""
    some = provisioned(4)
    busy = [runs(some.admit("f", "live", 91.0)) for _ in range(3)]
    some.set_provisioned("f", "live", 1, 92.0)
    assert sum(isinstance(each, EnvironmentEnded) for each in some.advance(92.0)) == 1
    assert not runs(some.admit("f", "live", 92.0)).provisioned
    for each in busy:
        some.finish(each.execution, 93.0)
    assert sum(isinstance(each, EnvironmentEnded) for each in some.advance(93.0)) == 2
    assert runs(some.admit("f", "live", 94.0)).provisioned
    assert not runs(some.admit("f", "live", 94.0)).provisioned


def test_changes_may_overtake_each_other_where_the_setting_says_so() -> None:
    """Fewer are prepared; the first change is over."""
    some = account(changeable_while_allocating=True)
    some.set_provisioned("f", "live", 5, 0.0)
    some.set_provisioned("f", "live", 2, 10.0)
    assert sum(isinstance(each, EnvironmentEnded) for each in some.advance(10.0)) == 3
    assert some.next_change() == 100.0
    some.advance(100.0)
    said = some.provisioned("f", "live")
    assert said is not None
    assert said.allocated == 2


def test_an_overtaken_change_passes_quietly() -> None:
    """Its moment comes while the next one is under way."""
    some = account(changeable_while_allocating=True)
    some.set_provisioned("f", "live", 5, 0.0)
    some.set_provisioned("f", "live", 6, 10.0)
    some.advance(95.0)
    said = some.provisioned("f", "live")
    assert said is not None
    assert (said.allocated, some.next_change()) == (0, 100.0)


def test_taking_it_away() -> None:
    """Idle ones go at once; what runs finishes and takes from what is not reserved."""
    some = provisioned(2)
    busy = runs(some.admit("f", "live", 91.0))
    assert some.set_provisioned("f", "live", None, 92.0) is None
    assert some.provisioned("f", "live") is None
    assert some.unreserved == 1_000
    some.finish(busy.execution, 93.0)
    ends = [each for each in some.advance(93.0) if isinstance(each, EnvironmentEnded)]
    assert [each.at for each in ends] == [92.0, 93.0]
    refusal = some.set_provisioned("f", "live", None, 94.0)
    assert refusal is not None
    assert refusal.code == "ProvisionedConcurrencyConfigNotFoundException"


def test_a_provisioned_environment_that_died_is_replaced() -> None:
    """There are as many as before."""
    some = provisioned(1)
    some.end(runs(some.admit("f", "live", 91.0)).execution, 92.0)
    assert [type(each) for each in some.advance(92.0)][-2:] == [EnvironmentEnded, EnvironmentStarted]
    assert runs(some.admit("f", "live", 93.0)).provisioned


def test_a_provisioned_environment_that_died_without_a_need_is_not_replaced() -> None:
    """It was taken away while it worked."""
    some = provisioned(1)
    busy = runs(some.admit("f", "live", 91.0))
    some.set_provisioned("f", "live", None, 91.5)
    some.advance(91.5)
    some.end(busy.execution, 92.0)
    assert [type(each) for each in some.advance(92.0)] == [EnvironmentEnded]


def test_an_alias_that_moves_takes_its_provisioned_concurrency_with_it() -> None:
    """Guide: deallocated from the old version, allocated to the new one, which takes its time."""
    some = provisioned(2)
    some.point_alias("f", "live", "1", 100.0)
    assert runs(some.admit("f", "live", 100.0)).provisioned
    some.point_alias("f", "live", "2", 100.0)
    spilled = runs(some.admit("f", "live", 101.0))
    assert (spilled.version, spilled.provisioned) == ("2", False)
    started = [each for each in some.advance(101.0) if isinstance(each, EnvironmentStarted)]
    assert [each.version for each in started[-2:]] == ["2", "2"]
    some.advance(190.0)
    assert runs(some.admit("f", "live", 190.0)).version == "2"
    assert runs(some.admit("f", "live", 190.0)).provisioned


def test_it_is_a_thing_that_is_scaled() -> None:
    """The pool is what Application Auto Scaling changes; its changes make environments."""
    some = provisioned(1)
    pool = some.pool("f", "live")
    assert pool is not None
    assert (pool.desired_capacity, pool.current_capacity, pool.is_scalable) == (1, 1, True)
    refusal = pool.set_capacity(901, 100.0)
    assert refusal is not None
    assert pool.set_capacity(3, 100.0) is None
    assert not pool.is_scalable
    assert some.next_change() == 190.0
    pool.advance(190.0)
    assert some.next_change() == 190.0
    some.advance(200.0)
    assert [runs(some.admit("f", "live", 200.0)).provisioned for _ in range(4)] == [True] * 3 + [False]


def test_the_metrics_of_a_minute() -> None:
    """By function and by alias, under CloudWatch's names."""
    some = account()
    some.set_reserved("f", 2, 0.0)
    first = runs(some.admit("f", "live", 0.0))
    second = runs(some.admit("f", "", 1.0))
    some.admit("f", "live", 2.0)
    some.finish(first.execution, 3.5, failed=True)
    some.finish(second.execution, 70.0, duration_s=2.0)
    values = {
        (metric, qualifier): some.metrics.value(metric, "f", qualifier, 0)
        for metric in Metric
        for qualifier in ("", "live")
    }
    assert values[Metric.INVOCATIONS, ""].sum == 2.0
    assert values[Metric.INVOCATIONS, "live"].sum == 1.0
    assert values[Metric.THROTTLES, ""].sum == values[Metric.THROTTLES, "live"].sum == 1.0
    assert values[Metric.ERRORS, ""].sum == values[Metric.ERRORS, "live"].sum == 1.0
    assert values[Metric.CONCURRENT_EXECUTIONS, ""].maximum == 2.0
    assert values[Metric.DURATION, "live"].maximum == 3_000.0
    assert (values[Metric.DURATION, ""].count, values[Metric.DURATION, ""].sum) == (2, 5_000.0)
    assert values[Metric.INIT_DURATION, ""].sum == 1_000.0
    assert some.metrics.value(Metric.UNRESERVED_EXECUTIONS, "", "", 0).maximum == 0.0


def test_a_minute_that_ended_is_taken_once_and_what_came_late_later() -> None:
    """What is published adds up to what happened."""
    some = account()
    first = runs(some.admit("f", "", 59.0))
    assert some.metrics.take(59.9) == []
    taken = {each.metric: each for each in some.metrics.take(60.0) if each.dimensions}
    assert taken[Metric.INVOCATIONS].sum == 1.0
    assert taken[Metric.INVOCATIONS].dimensions == (("FunctionName", "f"),)
    assert Metric.DURATION not in taken
    assert some.metrics.take(120.0) == []
    some.finish(first.execution, 61.0)
    late = {each.metric: each for each in some.metrics.take(120.0)}
    assert set(late) == {Metric.DURATION, Metric.ERRORS}
    assert late[Metric.DURATION].at == 0.0
    assert late[Metric.DURATION].sum == pytest.approx(1_500.0)
