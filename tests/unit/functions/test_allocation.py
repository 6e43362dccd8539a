"""Provisioned concurrency takes minutes to come, and Lambda refuses what it cannot give."""

import pytest

from harness.endpoint.distributions import Constant
from harness.errors import ScenarioError
from harness.functions.allocation import Allocation, ProvisionedChanged
from harness.functions.settings import FunctionSettings
from harness.scaling.unknowns import notes

ALIAS = "function:ranker:live"


def allocation(initial: int = 2, **settings: object) -> Allocation:
    plain = {"allocation_time": Constant(90.0), "allocation_per_minute": 6_000} | settings
    return Allocation(ALIAS, initial, seed=1, settings=FunctionSettings(**plain), now=0.0)  # type: ignore[arg-type]


def test_what_is_asked_for_comes_all_together() -> None:
    """Nothing of an increase can be used before all of it is there: 90 s, and 1 s for 100 more."""
    some = allocation(2)
    assert some.ask(102, 10.0) is None
    some.finish_until(100.9)
    assert (some.desired, some.allocated, some.done_at) == (102, 2, 101.0)
    some.finish_until(101.0)
    assert (some.allocated, some.may_change) == (102, True)


def test_changes_are_told_once() -> None:
    """One event when it is asked for, one when it is there."""
    some = allocation(2)
    some.ask(3, 0.0)
    some.finish_until(200.0)
    done_at = 90.0 + 60.0 / 6_000
    assert some.told() == [ProvisionedChanged(0.0, ALIAS, 3, 2), ProvisionedChanged(done_at, ALIAS, 3, 3)]
    assert some.told() == []


def test_a_decrease_is_at_once_by_default() -> None:
    """Environments need no preparation to be given up."""
    some = allocation(5)
    some.ask(1, 7.0)
    assert (some.allocated, some.may_change, some.before(7.0), some.before(7.1)) == (1, True, 5, 1)


def test_the_same_capacity_again_changes_nothing() -> None:
    """Asking for what was asked for is no change."""
    some = allocation(5)
    assert some.ask(5, 7.0) is None
    assert some.told() == []


def test_one_change_at_a_time() -> None:
    """While a change is in progress Lambda takes no other."""
    some = allocation(2)
    some.ask(4, 0.0)
    refusal = some.ask(6, 10.0)
    assert refusal is not None
    assert refusal.code == "ResourceConflictException"
    assert (some.desired, some.may_change) == (4, False)


def test_changes_may_overtake_one_another_where_the_setting_says_so() -> None:
    """Going back to what is allocated ends the change under way."""
    some = allocation(2, changeable_while_allocating=True)
    some.ask(4, 0.0)
    assert some.ask(2, 10.0) is None
    some.finish_until(500.0)
    assert (some.desired, some.allocated) == (2, 2)


def test_the_account_keeps_a_hundred() -> None:
    """Of 1,000 concurrent executions 900 can be provisioned."""
    some = allocation(2)
    assert some.ask(900, 0.0) is None
    refusal = allocation(2).ask(901, 0.0)
    assert refusal is not None
    assert refusal.code == "InvalidParameterValueException"


def test_each_change_draws_its_own_span() -> None:
    """A minute or two, from a stream of the change's own: the second is the same whatever the first was."""
    spans = []
    for first in (3, 30):
        some = Allocation(ALIAS, 2, seed=1, settings=FunctionSettings(allocation_per_minute=10**9), now=0.0)
        some.ask(first, 0.0)
        spans.append(some.done_at)
        some.finish_until(200.0)
        some.ask(first + 1, 200.0)
        spans.append(some.done_at - 200.0)
    assert spans[:2] == pytest.approx(spans[2:], abs=1e-5)
    assert all(60.0 <= span <= 120.1 for span in spans)
    assert spans[0] != pytest.approx(spans[1])


def test_before_the_beginning_the_first_figure_stands() -> None:
    """A period that ended before the alias was looked at had its initial capacity."""
    assert allocation(3).before(-5.0) == 3


def test_settings_say_where_they_come_from() -> None:
    """Each unknown has a reason and a range."""
    for note in notes(FunctionSettings()):
        assert note.why
        assert note.low is not None


def test_settings_that_cannot_be_are_refused() -> None:
    """An allocation rate of 0 would never end."""
    with pytest.raises(ScenarioError, match="allocation_per_minute"):
        FunctionSettings(allocation_per_minute=0)
