"""What is asked of functions, answered from records."""

import re
from typing import Any

import pytest
from lone_handlers import echo

from harness.errors import ScenarioError
from harness.functions.outcomes import Reason
from harness.journal import FunctionEventEnded, FunctionInvoked, FunctionThrottled, LoadRequest, TimerFired
from harness.scenario import (
    Alias,
    Function,
    Role,
    Timer,
    cold_starts,
    event_age,
    events_lost,
    fired,
    function_duration,
    function_errors,
    invocations,
    notified,
    peak_concurrency,
    response_time,
    spillover,
    throttled,
)
from harness.scenario.expectations.expectation import Question

SCORE = Function("score", echo, Role("runs"), aliases=(Alias("live", provisioned=1), Alias("next")))
LIVE = SCORE.alias("live")
ASYNCHRONOUS = {"source": "asynchronous", "trigger": "sns.amazonaws.com"}


def ran(began_at: float = 0.0, at: float = 1.0, **given: Any) -> FunctionInvoked:
    values = {
        "due_at": began_at,
        "function": "score",
        "qualifier": "",
        "version": "$LATEST",
        "request": f"r{began_at:g}",
        "source": "synchronous",
        "trigger": "",
        "environment": "e",
        "cold": False,
        "provisioned": False,
        "init_s": 0.0,
        "duration_s": at - began_at,
        "overhead_s": 0.0,
        "outcome": "ok",
    }
    return FunctionInvoked(at=at, began_at=began_at, **values | given)


def refused(reason: Reason = Reason.CONCURRENT, **given: Any) -> FunctionThrottled:
    values = {"qualifier": "", "request": "t", "source": "synchronous", "trigger": ""} | given
    return FunctionThrottled(at=1.0, function="score", reason=reason.value, **values)


def ended(how: str, request: str, destination: str = "") -> FunctionEventEnded:
    return FunctionEventEnded(5.0, 0.0, "score", request, how, 3, destination)


@pytest.mark.parametrize(
    ("question", "records", "value", "sentence"),
    [
        (
            invocations(SCORE),
            [ran(), ran(2, 3, attempt=2), refused()],
            2,
            "1 of them retries; 1 were throttled",
        ),
        (invocations(SCORE), [ran(function="other"), refused()], 0, "0 ran"),
        (invocations(LIVE), [ran(), ran(2, 3, qualifier="live")], 1, "1 ran"),
        (function_errors(SCORE), [ran()], 0, "0 of 1 invocations failed"),
        (
            function_errors(SCORE),
            [ran(outcome="error", error="ValueError: bad"), ran(outcome="crash")],
            2,
            r"\(ValueError, crash\), the first with 'ValueError: bad'$",
        ),
        (throttled(SCORE), [ran()], 0, "0 of 1 invocations were throttled$"),
        (
            throttled(SCORE),
            [refused(), refused(Reason.RATE)],
            2,
            "ConcurrentInvocationLimitExceeded, Function",
        ),
        (throttled(SCORE, Reason.RATE), [refused(), refused(Reason.RATE)], 1, "2 of 2"),
        (throttled(SCORE, "CallerRateLimitExceeded"), [refused()], 0, "1 of 1"),
        (
            cold_starts(SCORE),
            [ran(), ran(cold=True, init_s=0.25)],
            1,
            "the longest initialisation took 0.25 s",
        ),
        (cold_starts(SCORE), [ran()], 0, "0 of 1 invocations began cold$"),
        (
            spillover(SCORE),
            [ran(qualifier="live"), ran(qualifier="live", provisioned=True), ran()],
            1,
            "1 of 2 invocations found no provisioned",
        ),
        (spillover(LIVE), [ran(qualifier="live")], 1, "1 of 1"),
        (peak_concurrency(SCORE), [ran(0, 2), ran(1, 3), ran(2, 4), ran(10, 11)], 2, "2 of 4"),
        (function_duration(SCORE, 0.5), [ran(0, 1), ran(0, 3), ran(0, 2)], 2, "over 3 invocations"),
        (
            events_lost(SCORE),
            [ended("failed", "a"), ended("expired", "b", "arn:q"), ran(request="c", **ASYNCHRONOUS)],
            1,
            "1 of 2 events lost, 1 given up and sent to a destination; 1 had not ended",
        ),
        (events_lost(SCORE), [ended("succeeded", "a")], 0, "0 of 1 events lost"),
        (events_lost(SCORE), [refused(source="asynchronous")], 0, "1 had not ended with the run"),
        (event_age(SCORE), [ran(5, 6, due_at=2.0, **ASYNCHRONOUS), ran(9, 9)], 3, "the oldest of 1 attempts"),
        (
            notified(SCORE),
            [
                ran(request="a", **ASYNCHRONOUS),
                ran(request="a", attempt=2, **ASYNCHRONOUS),
                ran(request="b", trigger="arn:aws:sns:us-east-1:1:news"),
                ran(),
            ],
            2,
            "2 messages in 3 attempts",
        ),
        (
            fired(Timer("tick", "rate(1 minute)", (SCORE,))),
            [
                TimerFired(60.5, 60.0, "tick", 1),
                TimerFired(120.0, 120.0, "tick", 1),
                TimerFired(1, 1, "x", 1),
            ],
            2,
            "2 times, 0.5 s after it was due at most",
        ),
    ],
)
def test_what_is_asked_is_found(question: Question, records: list[Any], value: float, sentence: str) -> None:
    """A figure, and a sentence that explains it."""
    found, said = question.measure(records)
    assert found == value
    assert re.search(sentence, said), said


@pytest.mark.parametrize(
    ("question", "records", "sentence"),
    [
        (invocations(SCORE), [], "No invocation of score ran$"),
        (cold_starts(SCORE), [refused()], "No invocation of score ran; 1 invocations were throttled"),
        (spillover(SCORE), [ran(qualifier="next")], "No invocation came by live"),
        (events_lost(SCORE), [ran()], "No asynchronous event came to score"),
        (event_age(SCORE), [ran()], "No asynchronous event came to score"),
        (notified(SCORE), [ran()], "SNS never invoked score"),
        (fired(Timer("tick", "rate(1 minute)", (SCORE,))), [], "The timer 'tick' never fired"),
    ],
)
def test_where_nothing_came_there_is_nothing_to_measure(
    question: Question, records: list[Any], sentence: str
) -> None:
    """So that no expectation about it is met."""
    found, said = question.measure(records)
    assert found is None
    assert re.search(sentence, said), said


def test_what_cannot_be_asked_is_refused() -> None:
    """A quantile above 1, a reason that AWS has not, spill-over of nothing provisioned."""
    with pytest.raises(ScenarioError, match="give a share from 0 to 1"):
        function_duration(SCORE, 99)
    with pytest.raises(ScenarioError, match="there is no reason 'TooMany'"):
        throttled(SCORE, "TooMany")
    with pytest.raises(ScenarioError, match="no alias with provisioned concurrency"):
        spillover(SCORE.alias("next"))


def test_a_load_on_a_function_is_told_from_one_on_an_endpoint_of_its_name() -> None:
    """What the load called is a part of the record."""
    times = {"due_at": 0.0, "endpoint": "score", "outcome": "ok", "status": 200}
    records = [
        LoadRequest(**times, service_s=1.0, target="function"),  # type: ignore[arg-type]
        LoadRequest(**times, service_s=9.0),  # type: ignore[arg-type]
    ]
    assert response_time(SCORE, 1.0).measure(records)[0] == 1.0
