"""Lambda's bill: requests, milliseconds, provisioned concurrency."""

import pytest
from bills import billed, declared, invoked, line

from harness import journal as j


def asked(at: float, count: int | None) -> j.ConcurrencySet:
    """Return what was asked for of provisioned concurrency."""
    return j.ConcurrencySet(at, "f", "live", count, count)


def minute(**changes: object) -> j.FunctionMinute:
    """Return a minute with ten invocations of about a second."""
    known = {
        "at": 0.0, "function": "f", "qualifier": "", "period_s": 60.0, "invocations": 10, "cold_starts": 0,
        "provisioned": 0, "spillover": 0, "throttled": {}, "errors": {}, "concurrency": 1, "of_function": 1,
        "duration": [[0, 10]],
    }  # fmt: skip
    return j.FunctionMinute(**(known | changes))  # type: ignore[arg-type]


def test_each_millisecond_that_has_begun_is_billed() -> None:
    """A GB for 100.2 ms is billed as 101 ms; so is its request."""
    found = billed(declared(), invoked(1.0, 0.1002))
    assert line(found, "lambda:duration").usage.quantity == pytest.approx(0.101)
    assert line(found, "lambda:requests").usd == pytest.approx(0.2e-6)


def test_initialisation_is_billed_where_the_environment_was_not_ready() -> None:
    """Of cold starts on demand; a provisioned one was initialised before."""
    cold, ready = {"cold": True, "init_s": 2.0}, {"cold": True, "init_s": 2.0, "provisioned": True}
    found = billed(declared(512), invoked(1.0, 1.0, **cold), invoked(9.0, 1.0, **ready))
    assert line(found, "lambda:duration").usage.quantity == pytest.approx(1.5)
    assert line(found, "lambda:provisioned-duration").usage.quantity == pytest.approx(0.5)


def test_the_memory_counts_that_was_in_force() -> None:
    """Before the first that was told, that one."""
    found = billed(declared(1_024, at=5.0), declared(2_048, at=20.0), invoked(1.0, 1.0), invoked(30.0, 1.0))
    assert line(found, "lambda:duration").usage.quantity == pytest.approx(3.0)


def test_a_function_of_unknown_memory_is_not_free() -> None:
    """Its requests are billed, its time is named as unpriced; so too where it is kept by the minute."""
    for record in (invoked(1.0), minute()):
        found = billed(record)
        assert line(found, "lambda:requests").usd
        assert len(found.unpriced) == 1


def test_provisioned_concurrency_is_billed_in_whole_five_minutes() -> None:
    """Two of a GB for 400 s count as 600 s; a change of their number counts from its moment."""
    two = billed(declared(), asked(0.0, 2), asked(400.0, None))
    more = billed(declared(), asked(0.0, 1), asked(300.0, 3), asked(600.0, None))
    assert line(two, "lambda:provisioned").usage.quantity == pytest.approx(2 * 600.0)
    assert line(more, "lambda:provisioned").usage.quantity == pytest.approx(300.0 + 900.0)


def test_what_was_never_provisioned_costs_nothing() -> None:
    """It was taken away at once."""
    assert billed(declared(), asked(0.0, 0)).items == ()


def test_invocations_by_the_minute_are_billed_within_five_per_cent() -> None:
    """From the middle of each bin of the histogram; provisioned ones at their own price."""
    on_demand = line(billed(declared(), minute()), "lambda:duration")
    mixed = billed(declared(), minute(provisioned=5))

    assert on_demand.usage.quantity == pytest.approx(10.0, rel=0.06)
    assert line(mixed, "lambda:provisioned-duration").usage.quantity == pytest.approx(
        on_demand.usage.quantity / 2
    )


def test_a_minute_without_invocations_costs_nothing() -> None:
    """Its line is left out."""
    assert billed(declared(), minute(invocations=0, duration=[])).items == ()
