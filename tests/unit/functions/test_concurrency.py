"""Which invocations run, where, and why the others are throttled."""

import pytest

from harness.endpoint.distributions import Constant, Uniform
from harness.errors import ScenarioError
from harness.functions.concurrency import (
    Account,
    Ending,
    EnvironmentEnded,
    EnvironmentStarted,
    ProvisionedChanged,
    ProvisionedStatus,
)
from harness.functions.outcomes import Admitted, Reason, Source, Throttled
from harness.functions.samples import Metric
from harness.functions.settings import FunctionSettings, Reuse

PLAIN = {"allocation_time": Constant(90.0), "allocation_per_minute": 10**18, "init_time": Constant(0.5)}
READY_AT = 90.0


def account(**settings: object) -> Account:
    """Return an account with the function f and its alias live, which is version 1."""
    made = Account(FunctionSettings(**(PLAIN | settings)), seed=1)  # type: ignore[arg-type]
    made.put_function("f", 0.0)
    made.point_alias("f", "live", "1", 0.0)
    return made


def provisioned(count: int, reserved: int | None = None) -> Account:
    """Return that account when *count* environments are ready for live."""
    made = account()
    assert made.set_reserved("f", reserved, 0.0) is None
    assert made.set_provisioned("f", "live", count, 0.0) is None
    made.advance(READY_AT)
    return made


def runs(answer: Admitted | Throttled) -> Admitted:
    assert isinstance(answer, Admitted)
    return answer


def turned_away(answer: Admitted | Throttled) -> Reason:
    assert isinstance(answer, Throttled)
    return answer.reason


# ---- environments on demand ----


def test_the_first_invocation_starts_cold() -> None:
    """A new environment pays its Init; the next invocation finds it warm."""
    some = account()
    first = runs(some.admit("f", "", 0.0))
    assert (first.cold, first.init_s, first.version, first.provisioned) == (True, 0.5, "$LATEST", False)
    some.finish(first.execution, 2.0)
    second = runs(some.admit("f", "$LATEST", 3.0))
    assert (second.cold, second.init_s, second.environment) == (False, 0.0, first.environment)


def test_versions_do_not_share_environments() -> None:
    """What ran $LATEST does not run version 1, which an alias and its number both mean."""
    some = account()
    some.finish(runs(some.admit("f", "", 0.0)).execution, 1.0)
    by_alias = runs(some.admit("f", "live", 2.0))
    assert by_alias.cold
    some.finish(by_alias.execution, 3.0)
    assert runs(some.admit("f", "1", 4.0)).environment == by_alias.environment


@pytest.mark.parametrize(("reuse", "which"), [(Reuse.MOST_RECENT, 1), (Reuse.LEAST_RECENT, 0)])
def test_which_idle_environment_is_used_again(reuse: Reuse, which: int) -> None:
    """The one used last, or the one that has been idle longest."""
    some = account(environment_reuse=reuse)
    pair = [runs(some.admit("f", "", 0.0)) for _ in range(2)]
    for each in pair:
        some.finish(each.execution, 1.0 + each.execution)
    assert runs(some.admit("f", "", 5.0)).environment == pair[which].environment


def test_an_idle_environment_is_given_up() -> None:
    """After its idle lifetime, which begins anew with each use."""
    some = account(idle_lifetime=Constant(600.0))
    first = runs(some.admit("f", "", 0.0))
    some.finish(first.execution, 1.0)
    again = runs(some.admit("f", "", 500.0))
    assert some.next_change() is None
    some.finish(again.execution, 501.0)
    assert some.next_change() == 1_101.0
    assert some.advance(1_100.9) == []
    assert some.advance(1_101.0) == [
        EnvironmentEnded(1_101.0, first.environment, "f", "$LATEST", Ending.IDLE)
    ]
    assert runs(some.admit("f", "", 1_102.0)).cold


def test_a_stale_end_is_put_right_as_time_passes() -> None:
    """Passing the first moment of an environment that was used since ends nothing."""
    some = account(idle_lifetime=Constant(600.0))
    some.finish(runs(some.admit("f", "", 0.0)).execution, 1.0)
    some.finish(runs(some.admit("f", "", 500.0)).execution, 501.0)
    assert some.advance(700.0) == []
    assert not runs(some.admit("f", "", 700.0)).cold
    assert some.advance(2_000.0) == []


def test_lifetimes_may_differ() -> None:
    """Each environment has a lifetime of its own; all are given up in time."""
    some = account(idle_lifetime=Uniform(300.0, 900.0))
    for each in [runs(some.admit("f", "", 0.0)) for _ in range(5)]:
        some.finish(each.execution, 1.0)
    ended = some.advance(1_000.0)
    assert len({each.at for each in ended}) == 5
    assert [each.at for each in ended] == sorted(each.at for each in ended)


def test_what_died_is_not_used_again() -> None:
    """After a crash or a timeout the next invocation starts cold."""
    some = account()
    some.end(runs(some.admit("f", "", 0.0)).execution, 3.0)
    (ended,) = some.advance(3.0)
    assert isinstance(ended, EnvironmentEnded)
    assert ended.why is Ending.DIED
    assert runs(some.admit("f", "", 4.0)).cold


def test_a_change_of_code_retires_environments() -> None:
    """Of $LATEST only: the idle ones at once, a busy one when it is done."""
    some = account()
    busy, idle, old = (runs(some.admit("f", each, 0.0)) for each in ("", "", "live"))
    some.finish(idle.execution, 1.0)
    some.finish(old.execution, 1.0)
    some.replace("f", 2.0)
    some.finish(busy.execution, 3.0)
    assert [(each.at, each.environment, each.why) for each in some.advance(3.0)] == [  # type: ignore[union-attr]
        (2.0, idle.environment, Ending.REPLACED),
        (3.0, busy.environment, Ending.REPLACED),
    ]
    assert runs(some.admit("f", "", 4.0)).cold
    assert not runs(some.admit("f", "live", 4.0)).cold


def test_a_function_that_is_gone_leaves_nothing() -> None:
    """Its environments end, what runs may finish, its reservation is free again."""
    some = provisioned(2, reserved=800)
    some.put_function("g", READY_AT)
    runs(some.admit("g", "", READY_AT))
    for each in [runs(some.admit("f", "", READY_AT)) for _ in range(2)]:
        some.finish(each.execution, READY_AT)
    busy, ready = runs(some.admit("f", "", 91.0)), runs(some.admit("f", "live", 91.0))
    some.remove_function("f", 92.0)
    assert some.unreserved == 1_000
    some.finish(busy.execution, 93.0)
    some.finish(ready.execution, 93.0)
    ends = [each for each in some.advance(93.0) if isinstance(each, EnvironmentEnded)]
    assert {each.why for each in ends} == {Ending.REMOVED}
    assert len(ends) == 4
    assert [member.name for member in some.members()] == ["g"]
    assert (some.running(), some.running("g")) == (1, 1)
    some.remove_function("f", 94.0)
    with pytest.raises(ScenarioError, match="no function 'f'"):
        some.admit("f", "", 94.0)


def test_an_alias_may_split_its_invocations() -> None:
    """A tenth goes to version 2, by a stream of the function's own."""
    some = account()
    some.point_alias("f", "live", "1", 0.0, {"2": 0.1})
    versions = [runs(some.admit("f", "live", float(each))).version for each in range(300)]
    assert versions.count("2") == pytest.approx(30, abs=12)
    assert set(versions) == {"1", "2"}


def test_an_alias_must_be_known() -> None:
    """A qualifier that leads nowhere is a mistake of the caller's."""
    with pytest.raises(ScenarioError, match="no alias 'blue'"):
        account().admit("f", "blue", 0.0)


def test_an_alias_may_be_dropped() -> None:
    """With what is provisioned on it."""
    some = provisioned(2)
    some.drop_alias("f", "live", 100.0)
    assert some.unreserved == 1_000
    assert sum(isinstance(each, EnvironmentEnded) for each in some.advance(100.0)) == 2
    with pytest.raises(ScenarioError, match="no alias"):
        some.admit("f", "live", 101.0)
    some.drop_alias("f", "live", 102.0)


def test_an_execution_ends_once() -> None:
    """A second end is a mistake of the caller's."""
    some = account()
    first = runs(some.admit("f", "", 0.0))
    assert (some.running(), some.running("f")) == (1, 1)
    some.finish(first.execution, 1.0)
    assert (some.running(), some.running("f")) == (0, 0)
    with pytest.raises(ScenarioError, match="does not run"):
        some.end(first.execution, 2.0)


# ---- limits ----


def test_reserved_concurrency_is_the_most_that_runs() -> None:
    """The third of two at once meets the reservation; whatever the source."""
    some = account()
    some.set_reserved("f", 2, 0.0)
    first = runs(some.admit("f", "", 0.0))
    runs(some.admit("f", "live", 0.0))
    for source in Source:
        assert turned_away(some.admit("f", "", 0.0, source)) is Reason.RESERVED_CONCURRENT
    some.finish(first.execution, 1.0)
    runs(some.admit("f", "", 1.0))


def test_reserved_zero_stops_a_function() -> None:
    """Guide: "to throttle a function, set the reserved concurrency to zero"."""
    some = account()
    some.set_reserved("f", 0, 0.0)
    assert turned_away(some.admit("f", "", 0.0)) is Reason.RESERVED_CONCURRENT
    some.set_reserved("f", None, 1.0)
    runs(some.admit("f", "", 1.0))


def test_functions_without_a_reservation_share_the_rest() -> None:
    """Of 120, 20 are reserved for f: 100 of g and h run, and f still has its 20."""
    some = account(account_concurrency=120)
    some.set_reserved("f", 20, 0.0)
    some.put_function("g", 0.0)
    some.put_function("h", 0.0)
    for each in range(100):
        runs(some.admit("gh"[each % 2], "", 0.0))
    assert turned_away(some.admit("g", "", 0.0)) is Reason.CONCURRENT
    for _ in range(20):
        runs(some.admit("f", "", 0.0))
    assert some.metrics.value(Metric.UNRESERVED_EXECUTIONS, "", "", 0).maximum == 100.0


def test_the_account_is_never_exceeded() -> None:
    """A reservation made while others run everywhere waits until some of them have finished."""
    some = account(account_concurrency=200)
    some.put_function("g", 0.0)
    running = [runs(some.admit("g", "", 0.0)) for _ in range(200)]
    some.set_reserved("f", 100, 0.0)
    assert turned_away(some.admit("f", "", 0.0)) is Reason.CONCURRENT
    some.finish(running[0].execution, 1.0)
    assert turned_away(some.admit("g", "", 1.0)) is Reason.CONCURRENT
    runs(some.admit("f", "", 1.0))


def test_ten_synchronous_requests_a_second_for_each_of_its_concurrency() -> None:
    """Lambda quotas: short invocations meet the rate first; asynchronous ones have none."""
    some = account()
    some.set_reserved("f", 2, 0.0)
    for each in range(20):
        answer = runs(some.admit("f", "", each / 100))
        some.finish(answer.execution, each / 100 + 0.005)
    assert turned_away(some.admit("f", "", 0.5)) is Reason.RESERVED_RATE
    some.finish(runs(some.admit("f", "", 0.6, Source.ASYNCHRONOUS)).execution, 0.7)
    runs(some.admit("f", "", 1.0))


def test_the_rate_of_what_is_not_reserved() -> None:
    """Ten times what the account leaves to functions without a reservation."""
    some = account(account_concurrency=100, idle_lifetime=Constant(1e6))
    for each in range(1_000):
        some.finish(runs(some.admit("f", "", each / 2_000)).execution, each / 2_000)
    assert turned_away(some.admit("f", "", 0.6)) is Reason.RATE


def test_a_thousand_environments_every_ten_seconds() -> None:
    """Guide: 1,000 for each function, refilled as time goes and never saved up."""
    some = account(account_concurrency=10_000, init_time=Constant(1_000.0))
    some.put_function("g", 0.0)
    for _ in range(1_000):
        runs(some.admit("f", "", 50.0, Source.EVENT_SOURCE))
    assert turned_away(some.admit("f", "", 50.0)) is Reason.CONCURRENT
    runs(some.admit("g", "", 50.0))
    for _ in range(10):
        runs(some.admit("f", "", 50.1))
    assert turned_away(some.admit("f", "", 50.1)) is Reason.CONCURRENT


# ---- provisioned ----


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


# ---- metrics ----


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
