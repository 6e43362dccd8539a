"""Which invocations run, where, and why the others are throttled."""

import pytest
from concurrency_account import READY_AT, account, provisioned, runs, turned_away

from harness.endpoint.distributions import Constant, Uniform
from harness.errors import ScenarioError
from harness.functions.concurrency import (
    Ending,
    EnvironmentEnded,
)
from harness.functions.outcomes import Reason, Source
from harness.functions.samples import Metric
from harness.functions.settings import Reuse


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
