"""When an asynchronous event is tried again, and when Lambda is done with it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.functions.asynchronous import Ended, Events, How
from harness.functions.metrics import Metrics
from harness.functions.samples import Metric
from harness.functions.settings import FunctionSettings


def accepted(**options: object) -> Events:
    """Return the queue with one event, *e*, of second 10, which is under way."""
    events = Events()
    events.accept("e", 10.0, **options)  # type: ignore[arg-type]
    assert events.due(10.0) == [("e", 1)]
    return events


def test_an_event_is_invoked_at_once() -> None:
    """What is due is handed out once."""
    events = Events()
    events.accept("e", 10.0)
    assert (events.next_due(), len(events)) == (10.0, 1)
    assert events.due(9.9) == []
    assert events.due(10.0) == [("e", 1)]
    assert (events.due(99.0), events.next_due()) == ([], None)
    assert events.succeeded("e", 12.0) == Ended("e", 12.0, 10.0, How.SUCCEEDED, 1)
    assert len(events) == 0


def test_an_error_is_tried_again_after_one_minute_and_then_two() -> None:
    """Three attempts, then it is given up."""
    events = accepted()
    assert events.failed("e", 11.0) is None
    assert events.next_due() == 71.0
    assert events.due(71.0) == [("e", 2)]
    assert events.failed("e", 72.0) is None
    assert events.due(192.0) == [("e", 3)]
    ended = events.failed("e", 193.0)
    assert ended == Ended("e", 193.0, 10.0, How.FAILED, 3)
    assert ended.condition == "RetriesExhausted"


def test_fewer_attempts() -> None:
    """MaximumRetryAttempts 0: the first error is the last."""
    assert accepted(max_attempts=1).failed("e", 11.0) == Ended("e", 11.0, 10.0, How.FAILED, 1)


def test_a_throttle_is_no_attempt() -> None:
    """The wait doubles from 1 s to 5 minutes, up to six hours; the attempt stays the first."""
    events, now, waits = accepted(), 10.0, []
    while (ended := events.throttled("e", now)) is None:
        due_at = events.next_due()
        assert due_at is not None
        waits.append(due_at - now)
        now = due_at
        assert events.due(now) == [("e", 1)]
    assert waits[:10] == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 300.0]
    assert set(waits[10:]) == {300.0}
    assert ended.how is How.EXPIRED
    assert (ended.attempts, ended.condition) == (0, "EventAgeExceeded")
    assert 21_300.0 < ended.at - 10.0 <= 21_600.0


def test_how_fast_waits_grow_is_a_setting() -> None:
    """The guide says exponentially; by which factor it does not."""
    events = Events(FunctionSettings(throttle_retry_factor=3.0))
    events.accept("e", 0.0)
    for at, next_at in pairwise((0.0, 1.0, 4.0, 13.0)):
        events.due(at)
        events.throttled("e", at)
        assert events.next_due() == next_at


def test_after_an_error_throttles_wait_from_the_beginning() -> None:
    """The wait of a throttle is that of this attempt."""
    events = accepted()
    events.throttled("e", 10.0)
    events.due(11.0)
    events.failed("e", 12.0)
    events.due(72.0)
    events.throttled("e", 72.0)
    assert events.next_due() == 73.0


def test_a_retry_that_would_be_too_late_is_none() -> None:
    """MaximumEventAgeInSeconds 60: no second attempt a minute after the first."""
    assert accepted(max_age_s=60.0).failed("e", 11.0) == Ended("e", 11.0, 10.0, How.EXPIRED, 1)


def test_a_function_that_is_stopped_gets_no_retries() -> None:
    """Reserved concurrency 0: straight to the destination."""
    ended = accepted().throttled("e", 11.0, stopped=True)
    assert ended == Ended("e", 11.0, 10.0, How.FAILED, 0)


def test_the_metrics_of_events() -> None:
    """Received, the age at each attempt, and what was dropped."""
    metrics = Metrics()
    events = Events(metrics=metrics)
    events.accept("e", 10.0, function="f", qualifier="live", max_attempts=2)
    events.due(10.5)
    events.failed("e", 11.0)
    events.due(71.0)
    events.failed("e", 72.0)
    assert metrics.value(Metric.EVENTS_RECEIVED, "f", "live", 0).sum == 1.0
    assert metrics.value(Metric.EVENT_AGE, "f", "", 0).maximum == 500.0
    assert metrics.value(Metric.EVENT_AGE, "f", "", 1).maximum == 61_000.0
    assert metrics.value(Metric.EVENTS_DROPPED, "f", "", 1).sum == 1.0


def test_mistakes_are_told() -> None:
    """An id twice, an outcome of what is not under way, more attempts than Lambda makes."""
    events = Events()
    events.accept("e", 0.0)
    with pytest.raises(ScenarioError, match="queued already"):
        events.accept("e", 1.0)
    with pytest.raises(ScenarioError, match="not under way"):
        events.succeeded("e", 1.0)
    with pytest.raises(ScenarioError, match="not under way"):
        events.failed("other", 1.0)
    with pytest.raises(ScenarioError, match="4 attempts"):
        events.accept("f", 1.0, max_attempts=4)


@given(st.lists(st.lists(st.sampled_from(("succeeded", "failed", "throttled")), max_size=12), max_size=6))
def test_every_event_ends_once(fates: list[list[str]]) -> None:
    """Whatever becomes of its attempts, and never after more than three that ran or beyond its age."""
    events, ended, now = Events(), {}, 0.0
    left = {str(number): list(each) for number, each in enumerate(fates)}
    for number, event_id in enumerate(left):
        events.accept(event_id, float(number), max_age_s=900.0)
    while (due_at := events.next_due()) is not None:
        assert due_at >= now
        now = due_at
        for event_id, attempt in events.due(now):
            assert 1 <= attempt <= 3
            fate = left[event_id].pop(0) if left[event_id] else "failed"
            result = getattr(events, fate)(event_id, now)
            if result is not None:
                assert event_id not in ended
                ended[event_id] = result
    assert set(ended) == set(left)
    assert all(each.at - each.accepted_at <= 900.0 and each.attempts <= 3 for each in ended.values())
    assert len(events) == 0
