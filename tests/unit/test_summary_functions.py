"""What the summary says of functions: counted once, held against limits, absent where there is none."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from summary_schema import valid

from harness import journal as j
from harness.stats import Steps
from harness.summary import ByType, summarise
from harness.summary.concurrency import account_limit, covering, peak, reserved, running, utilization

FIRST = j.RunStarted(0.0, "s", "corrected", "", "wall", 3, 1_790_000_040.0, "embedded", {}, {}, "harness run")
SYNC, ASYNC, SOURCE = "synchronous", "asynchronous", "event source"


def invoked(began_at: float, at: float, function: str = "f", **changes: Any) -> j.FunctionInvoked:
    """Return an invocation from *began_at* to *at*."""
    known: dict[str, Any] = {
        "due_at": began_at, "qualifier": "", "version": "$LATEST", "request": f"r{began_at}", "source": SYNC,
        "trigger": "", "environment": "e", "cold": False, "provisioned": False, "init_s": 0.0,
        "duration_s": at - began_at, "overhead_s": 0.002, "outcome": "ok",
    }  # fmt: skip
    return j.FunctionInvoked(at=at, began_at=began_at, function=function, **(known | changes))


def throttled(
    at: float, reason: str = "ConcurrentInvocationLimitExceeded", **changes: Any
) -> j.FunctionThrottled:
    """Return an attempt that was not admitted."""
    known: dict[str, Any] = {"function": "f", "qualifier": "", "request": "r", "source": SYNC, "trigger": ""}
    return j.FunctionThrottled(at=at, reason=reason, **(known | changes))


def declared(function: str = "f", at: float = 0.1, count: int | None = None) -> j.FunctionDeclared:
    """Return what a function is."""
    return j.FunctionDeclared(at, function, "python3.11", "h.handler", "role", 128, 3.0, count)


def ended(request: str, how: str, destination: str = "") -> j.FunctionEventEnded:
    """Return what became of an event."""
    return j.FunctionEventEnded(9.0, 1.0, "f", request, how, 3, destination)


def functions_of(*records: j.Record, first: j.RunStarted = FIRST) -> dict[str, Any]:
    """Return the part about functions of a run with *records*."""
    summary = valid(summarise([first, *records, j.RunEnded(99.0, "pass", "", 1.0)]))
    found: dict[str, Any] = summary.get("functions", {})
    return found


def test_a_run_without_functions_says_nothing() -> None:
    """No zero stands for what there was not."""
    assert functions_of() == {}


def test_virtual_totals_are_added_up() -> None:
    """A run that tells only totals has them alone."""
    found = functions_of(j.FunctionServed(1.0, "a", 10, 2), j.FunctionServed(1.0, "b", 5, 1))
    assert found == {"invocations": 15, "spillover": 3}


def test_what_ran_and_what_did_not_are_told_apart() -> None:
    """A throttled attempt is no invocation; errors and reasons are counted by their names."""
    found = functions_of(
        declared(),
        invoked(1.0, 2.0, cold=True, init_s=0.5),
        invoked(1.0, 3.0, outcome="timeout"),
        throttled(1.5),
        throttled(1.6, "CallerRateLimitExceeded", source=ASYNC),
    )
    assert (found["invocations"], found["cold_starts"], found["spillover"]) == (2, 1, 0)
    assert found["errors"] == {"timeout": 1}
    assert found["throttles"] == {"CallerRateLimitExceeded": 1, "ConcurrentInvocationLimitExceeded": 1}
    assert found["sources"] == {
        ASYNC: {"invocations": 0, "throttled": 1},
        SYNC: {"invocations": 2, "throttled": 1},
    }
    assert found["init_s"]["max"] == 0.5
    assert found["duration_s"]["max"] == 2.0
    assert found["overhead_s"]["p50"] == 0.002


def test_functions_are_told_apart() -> None:
    """Each with its own figures, its memory and its timeout; one that nobody called has no times."""
    found = functions_of(
        declared("a", count=4),
        declared("b"),
        invoked(1.0, 2.0, "a", memory_mb=70),
        invoked(1.0, 4.0, "c", memory_mb=None),
    )["by_function"]
    assert list(found) == ["a", "b", "c"]
    assert (found["a"]["reserved"], found["a"]["memory_mb"], found["a"]["memory_used_mb"]) == (4, 128, 70)
    assert "duration_s" not in found["b"]
    assert "memory_mb" not in found["c"]
    assert "memory_used_mb" not in found["c"]


def test_the_virtual_clock_has_no_overhead() -> None:
    """Nothing was waited for."""
    found = functions_of(declared(), invoked(1.0, 2.0), first=replace(FIRST, clock="virtual"))
    assert not {"overhead_s", "overrun_ratio"} & found.keys()


def test_what_this_machine_adds_is_told() -> None:
    """As a share of the modelled time, initialisation among it; never less than none."""
    slow = invoked(1.0, 5.0, duration_s=1.0, init_s=1.0)
    early = invoked(1.0, 2.0, duration_s=4.0)
    assert functions_of(slow, early)["overrun_ratio"] == pytest.approx((4.0 + 4.0) / 6.0 - 1.0)
    assert "overrun_ratio" not in functions_of(invoked(1.0, 2.0, duration_s=0.0))


def minute(at: float, function: str = "f", **changes: Any) -> j.FunctionMinute:
    """Return a minute of invocations of *function* by its alias `live`."""
    known: dict[str, Any] = {
        "qualifier": "live", "period_s": 60.0, "invocations": 50, "cold_starts": 1, "provisioned": 40,
        "spillover": 10, "throttled": {}, "errors": {}, "concurrency": 4, "of_function": 5, "duration": [],
    }  # fmt: skip
    return j.FunctionMinute(at=at, function=function, **(known | changes))


def test_what_is_kept_by_the_minute_is_told_with_its_limits() -> None:
    """Declared or not, provisioned or not; of all together the most at once is not known."""
    found = functions_of(
        declared(count=9),
        j.ConcurrencySet(0.0, "f", "live", 4, 4),
        j.ConcurrencySet(0.0, "idle", "live", 4, None),
        minute(60.0, throttled={"R": 7}),
        minute(120.0, errors={"timeout": 2}, of_function=6),
        minute(60.0, "g", qualifier="", spillover=0),
    )
    assert (found["invocations"], found["spillover"], found["throttles"]) == (150, 20, {"R": 7})
    assert "peak_concurrency" not in found
    f, g = found["by_function"]["f"], found["by_function"]["g"]
    assert (f["reserved"], f["memory_mb"], f["peak_concurrency"], f["errors"]) == (9, 128, 6, {"timeout": 2})
    assert f["provisioned"] == {"live": {"requested": 4, "allocated": 4, "spillover": 20}}
    assert not {"provisioned", "memory_mb", "reserved"} & g.keys()


def test_one_function_alone_is_all_of_them() -> None:
    """What ran at once of it is what ran at once."""
    assert functions_of(declared(), minute(60.0))["peak_concurrency"] == 5


# -- concurrency -----


def test_an_end_comes_before_a_beginning_of_the_same_moment() -> None:
    """The next one finds its environment free."""
    assert peak(running([invoked(1.0, 2.0), invoked(2.0, 3.0)])) == 1
    assert peak(running([invoked(1.0, 2.0), invoked(1.9, 3.0)])) == 2
    assert peak([]) == 0


def test_an_invocation_without_length_is_one() -> None:
    """It runs alone for its moment, or beside others."""
    assert running([invoked(1.0, 1.0)]) == [(1.0, 1), (1.0, 0)]
    assert peak(running([invoked(1.0, 1.0), invoked(0.5, 2.0)])) == 2


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 20)), max_size=30))
def test_whoever_begins_ends(spans: list[tuple[int, int]]) -> None:
    """Never fewer than none, none at the end, time never runs back, and the peak is the most overlaps."""
    points = running([invoked(float(at), float(at + length)) for at, length in spans])
    assert all(count >= 0 for _, count in points)
    assert [at for at, _ in points] == sorted(at for at, _ in points)
    assert not points or points[-1][1] == 0
    lasting = [(at, at + length) for at, length in spans if length]
    overlaps = [sum(start <= at < end for start, end in lasting) for at, _ in spans]
    assert peak(points) >= max(overlaps, default=0)


def test_the_reserved_concurrency_is_the_last_that_was_set() -> None:
    """As declared, then as changed; taken away it holds nothing."""
    changes: list[j.Record] = [
        declared(count=5),
        j.ConcurrencySet(3.0, "f", "", 8, 8),
        j.ConcurrencySet(7.0, "f", "", None, None),
        j.ConcurrencySet(4.0, "g", "", 1, 1),
    ]
    steps = reserved(ByType(changes), "f")
    assert [steps.at(moment) for moment in (0.0, 1.0, 3.0, 8.0)] == [None, 5, 8, None]
    assert functions_of(*changes, invoked(1.0, 2.0))["by_function"]["f"]["reserved"] == 8


@pytest.mark.parametrize(
    ("settings", "limit"),
    [({}, 1_000), ({"account_concurrency": "50"}, 50), ({"account_concurrency": "?"}, 1_000)],
)
def test_the_account_allows_what_the_settings_say(settings: dict[str, str], limit: int) -> None:
    """Else AWS's default quota."""
    run = replace(FIRST, configuration={"settings": settings})
    assert account_limit(ByType([run])) == limit
    assert functions_of(declared(), first=run)["account_concurrency"] == limit


def test_who_finds_no_provisioned_environment_free_spills_over() -> None:
    """Only while some are asked for, and for the alias or version that has them."""
    found = functions_of(
        invoked(0.5, 0.8, qualifier="live", version="1"),
        j.ConcurrencySet(1.0, "f", "live", 2, 0),
        j.ConcurrencySet(2.0, "f", "live", 2, 2),
        invoked(1.5, 1.8, qualifier="live", version="1"),
        invoked(3.0, 5.0, qualifier="live", version="1", provisioned=True),
        invoked(3.0, 4.0, qualifier="live", version="1", provisioned=True),
        invoked(3.5, 4.0, qualifier="live", version="1"),
        invoked(3.5, 4.0, qualifier="", version="$LATEST"),
        j.ConcurrencySet(6.0, "f", "live", None, None),
        invoked(7.0, 8.0, qualifier="live", version="1"),
    )
    assert found["spillover"] == 2
    live = found["by_function"]["f"]["provisioned"]["live"]
    assert (live["requested"], live["allocated"], live["spillover"]) == (2, 2, 2)
    assert live["utilization"] == {"max": 1.0, "mean": pytest.approx(3.0 / 8.0)}


def test_nothing_allocated_is_not_used() -> None:
    """There is no share of none."""
    found = functions_of(
        j.ConcurrencySet(1.0, "f", "live", 2, None), j.ConcurrencySet(1.0, "g", "1", 2, 2), invoked(2.0, 3.0)
    )
    live = found["by_function"]["f"]["provisioned"]["live"]
    assert live == {"requested": 2, "allocated": 0, "spillover": 0}


def test_a_version_serves_whoever_comes_to_it() -> None:
    """By its own number, or through an alias that has nothing provisioned of its own."""
    asked: dict[tuple[str, str], Steps[int | None]] = {("f", "1"): Steps.of([(0.0, 2)])}
    assert covering(invoked(1.0, 2.0, qualifier="live", version="1"), asked) == "1"
    assert covering(invoked(1.0, 2.0, qualifier="live", version="2"), asked) == ""


def test_more_use_than_there_is_counts_as_all_of_it() -> None:
    """Right after a decrease the old ones still run."""
    assert utilization([(0.0, 4), (2.0, 0)], [(0.0, 2)], 4.0) == {"max": 1.0, "mean": 0.5}
    assert utilization([(0.0, 1)], [(5.0, 2)], 4.0) == {}


# -- what invokes by itself -----


def test_every_event_is_accounted_for() -> None:
    """accepted = succeeded + failed + expired + pending, however many attempts there were."""
    found = functions_of(
        invoked(2.0, 3.0, source=ASYNC, request="good", due_at=1.0),
        ended("good", "succeeded"),
        invoked(2.0, 3.0, source=ASYNC, request="bad", attempt=1, outcome="error"),
        invoked(4.0, 5.0, source=ASYNC, request="bad", attempt=2, outcome="error"),
        ended("bad", "failed"),
        ended("kept", "failed", "arn:aws:sqs:us-east-1:000000000000:dead"),
        ended("old", "expired"),
        throttled(5.0, source=ASYNC, request="waiting"),
    )["asynchronous"]
    assert (found["accepted"], found["pending"], found["retries"]) == (5, 1, 1)
    assert [found[how] for how in ("succeeded", "failed", "expired", "lost")] == [1, 2, 1, 2]
    assert [one["request"] for one in found["lost_events"]] == ["bad", "old"]
    assert found["age_s"]["max"] == 1.0


def test_events_without_an_attempt_have_no_age() -> None:
    """They expired in the queue."""
    assert "age_s" not in functions_of(ended("old", "expired"))["asynchronous"]


def test_batches_are_counted_by_mapping() -> None:
    """With what came back, what was throttled, and what the pollers were allowed."""
    found = functions_of(
        j.EventSourceDeclared(0.2, "m", "f", "q", 10, 0.0, 4),
        j.EventSourceDeclared(0.2, "idle", "f", "q2", 10, 0.0),
        j.EventSourceSampled(1.0, "m", 5, 2),
        j.EventSourceSampled(2.0, "m", 4, 3),
        invoked(1.0, 2.0, source=SOURCE, trigger="m", records=10, failed_records=1),
        invoked(1.0, 2.0, source=SOURCE, trigger="m", records=10, failed_records=10, outcome="error"),
        throttled(2.0, source=SOURCE, trigger="m"),
        throttled(2.0, source=SOURCE, trigger="unknown", function="g"),
    )["event_sources"]
    assert found["m"] == {
        "function": "f", "queue": "q", "batch_size": 10, "maximum_concurrency": 4, "batches": 2,
        "records": 20, "failed_records": 11, "errors": 1, "throttled": 1, "pollers": 5, "in_flight": 3,
    }  # fmt: skip
    assert found["unknown"]["function"] == "g"
    assert "pollers" not in found["idle"]
    assert "maximum_concurrency" not in found["idle"]


def test_timers_are_told_even_without_functions() -> None:
    """A schedule may send to a queue; one that fires early is not late."""
    fired = [j.TimerFired(60.5, 60.0, "minutely", 1), j.TimerFired(119.9, 120.0, "minutely", 2)]
    alone = functions_of(*fired)
    assert alone["invocations"] == 0
    assert alone["timers"]["minutely"]["fired"] == 2
    assert alone["timers"]["minutely"]["targets"] == 2
    assert alone["timers"]["minutely"]["late_s"]["p50"] == 0.0
    assert functions_of(declared(), *fired)["timers"] == alone["timers"]


@pytest.mark.parametrize(
    ("target", "service_s", "counted"),
    [("endpoint", 0.0, True), ("function", 0.2, True), ("function", 0.0, False), ("queue", 0.2, False)],
)
def test_the_latency_of_the_load_is_of_what_was_modelled(
    target: str, service_s: float, counted: bool
) -> None:
    """A call of a function that nobody timed would be told as taking none."""
    call = j.LoadRequest(1.0, "f", "ok", 200, 1.0, service_s=service_s, target=target)
    assert ("latency" in summarise([FIRST, call, j.RunEnded(9.0, "pass", "", 1.0)])) is counted
