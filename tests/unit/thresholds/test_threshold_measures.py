"""What a threshold measures is what the summary and the expectations measure, and nothing is never a pass."""

from typing import Any

import pytest
from threshold_run import (
    PLAYED,
    call,
    exchange,
    invoked,
    judged,
    limited,
    load_ended,
    throttled,
    value_of,
    why,
)

from harness import journal as j
from harness.thresholds import catalogue
from harness.thresholds.measures import _MEASURES, FOLLOWING
from harness.thresholds.metric import Metric

LOAD = [
    call(1.0),
    call(2.0, queue_s=1.2),
    call(3.0, "failed"),
    call(4.0, "dropped", sent_at=None),
    load_ended(),
]


PUBLISH = call(5.0, target="topic", endpoint="orders", service_s=0.0)


CALLED = call(6.0, target="function", endpoint="score", service_s=0.8)


def test_every_metric_is_measured_and_no_other() -> None:
    """A name of the catalogue has one function, and what `follows` can be followed."""
    assert {metric.name for metric in catalogue()} == set(_MEASURES)
    assert {metric.name for metric in catalogue() if metric.follows} == set(FOLLOWING)


def least_of(metric: Metric) -> str:
    """Return the metric with the tags that it must have, and any aggregation."""
    tags = f"{{{','.join(f'{tag}:x' for tag in metric.must)}}}" if metric.must else ""
    return f"{metric.name}{tags}: {metric.default or metric.aggregations[0]}"


@pytest.mark.parametrize("text", [least_of(metric) for metric in catalogue()])
def test_a_run_without_data_passes_no_threshold(text: str) -> None:
    """Nothing measured fails, with a reason; only where nobody found anything, that is a count."""
    found = judged(limited(text))
    assert found.reason
    assert (found.value, found.ok) == ((0.0, True) if text.startswith("findings") else (None, False))


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("response_time: max", 1.6),
        ("response_time: min", 0.6),
        ("response_time: avg", 1.1),
        ("response_time: med", 1.1),
        ("response_time: p(99)", 1.6),
        ("response_time{endpoint:ranker}: max", 1.6),
        ("response_time{function:score}: max", 1.1),
        ("service_time: max", 0.8),
        ("queue_time{endpoint:ranker}: max", 1.2),
        ("requests", 6.0),
        ("requests{topic:orders}", 1.0),
        ("requests{endpoint:ranker,status:503}", 2.0),
        ("requests{outcome:dropped}", 1.0),
        ("requests: rate", 6 / 50),
        ("errors", 2.0),
        ("errors{endpoint:ranker,outcome:failed}", 1.0),
        ("error_ratio", 2 / 6),
        ("error_ratio{endpoint:ranker}", 0.5),
    ],
)
def test_requests(metric: str, value: float) -> None:
    """As the load's rows have them; what is published has no time, and an error neither."""
    assert value_of(metric, *LOAD, PUBLISH, CALLED) == pytest.approx(value)


def test_own_time_of_the_harness() -> None:
    """Overhead is of answers, lag of all that was sent."""
    assert judged("overhead: p(99)<5ms", *LOAD).value == 0.004
    assert judged("lag: max<1s", *LOAD).value == 0.1


def test_without_a_load_the_exchanges_tell() -> None:
    """Good answers of InvokeEndpoint, as in the summary's latency."""
    seen = [exchange(), exchange(2.0, endpoint="other"), exchange(9.0, status=500)]
    assert judged("p(99)<5s", *seen).value == 2.25
    assert judged("response_time{endpoint:ranker}: max<5s", *seen).value == 0.75
    assert judged("service_time: max<5s", *seen).value == 2.0
    assert judged("queue_time: max<5s", *seen).value == 0.25
    assert judged("overhead: max<5s", *seen).value == 0.002
    assert judged("response_time{function:f}: max<5s", *seen).value is None
    assert judged("calls{operation:InvokeEndpoint,status:200}==2", *seen).ok
    assert judged("calls{service:sqs}==0", *seen).ok


def test_nothing_of_that_name() -> None:
    """A name that the run does not know has no data."""
    said = why("response_time{endpoint:rankr}: max", *LOAD)
    assert said == "No request (endpoint rankr) was answered; the load called ranker"
    assert "No request (topic x) was due" in why("errors{topic:x}", *LOAD)
    assert "was due" in why("error_ratio{topic:x}", *LOAD)


def test_a_rate_needs_time() -> None:
    """Where no time went by there is no rate."""
    assert "in no time" in why("requests: rate", call(), load_ended(5.0, 5.0))


def minute(at: float, endpoint: str = "ranker", **more: Any) -> j.ServedMinute:
    """Return a minute of ten requests, of which nine were answered: eight in bin -24, one in bin 0."""
    given: dict[str, Any] = {
        "offered": 10,
        "completed": 9,
        "failed": {"timed out": 1},
        "response": [[0, 1], [-24, 8]],
        "service": [[-24, 9]],
    }
    return j.ServedMinute(at, endpoint, 60.0, **{**given, **more}, p50_s=0.1, p95_s=1.0, p99_s=1.0)


SPREAD = {"p50": 0.11, "p90": 1.05, "p95": 1.05, "p99": 1.05, "max": 1.05}


TOTAL = j.ServedTotal(100.0, 0.0, 20, 18, {"timed out": 2}, SPREAD, {"p50": 0.1})


MINUTES = [minute(0.0), minute(60.0, "other"), TOTAL]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("p(99)<800ms", 1.05),
        ("med<800ms", 0.11),
        ("max<800ms", 1.05),
        ("avg<1s", (2 * 10 ** (1 / 24) + 16 * 10 ** (-23 / 24)) / 18),
        ("avg>=1s", (2 + 16 * 0.1) / 18),
        ("min<1s", 10 ** (-23 / 24)),
        ("p(80)<1s", 10 ** (-23 / 24)),
        ("response_time{endpoint:ranker}: max<2s", 10 ** (1 / 24)),
        ("response_time{endpoint:ranker}: max>1s", 1.0),
        ("response_time{endpoint:ranker}: med<1s", 10 ** (-23 / 24)),
        ("service_time: p(50)<1s", 0.1),
        ("requests<100", 20.0),
        ("requests{endpoint:other}<100", 10.0),
        ("requests: rate<100", 0.2),
        ("errors<100", 2.0),
        ("errors{endpoint:other}<100", 1.0),
        ("error_ratio<50%", 0.1),
    ],
)
def test_so_many_requests_that_they_are_kept_by_the_minute(text: str, value: float) -> None:
    """The exact percentiles where there are some; of a bin, the edge that speaks against the threshold."""
    assert judged(text, *MINUTES, first=PLAYED).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("response_time{endpoint:ranker}: max==1s", "to 10 % only"),
        ("response_time{endpoint:nobody}: max<1s", "was answered"),
        ("queue_time: max<1s", "how long each waited is not known"),
        ("requests{status:200}<1", "without their statuses"),
        ("errors{status:200}<1", "No request"),
        ("errors{outcome:failed}<1", "without their statuses"),
        ("error_ratio{endpoint:nobody}<1", "No request"),
        ("overhead: max<1s", "On the virtual clock"),
        ("lag: max<1s", "On the virtual clock"),
    ],
)
def test_what_is_not_known_by_the_minute(text: str, says: str) -> None:
    """It is said, and the threshold is not met."""
    records = [*MINUTES, minute(61.0, "empty", offered=0, completed=0, response=[])]
    found = judged(text, *records, first=PLAYED)
    assert (found.ok, found.value) == (False, None)
    assert says in found.reason or "status" in found.reason


INVOCATIONS = [
    invoked(2.0),
    invoked(3.0, cold=True, init_s=0.5),
    invoked(4.0, outcome="error", error="ValueError: no", duration_s=3.0),
    invoked(5.0, "other", source="asynchronous", qualifier="live"),
    throttled(),
    throttled(reason="CallerRateLimitExceeded"),
    j.FunctionEventEnded(6.0, 0.5, "other", "r-5.0", "failed", 3),
    j.FunctionEventEnded(7.0, 0.5, "other", "r-6.0", "succeeded", 1),
]


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("invocations", 4.0),
        ("invocations{function:score}", 3.0),
        ("invocations{qualifier:live}", 1.0),
        ("invocations{source:asynchronous}", 1.0),
        ("function_errors", 1.0),
        ("function_errors{outcome:timeout}", 0.0),
        ("function_errors{function:other}", 0.0),
        ("throttles{function:score}", 2.0),
        ("throttles{reason:CallerRateLimitExceeded}", 1.0),
        ("cold_starts", 1.0),
        ("function_duration: max", 3.0),
        ("init_time: max", 0.5),
        ("event_age", 0.5),
        ("events_lost", 1.0),
        ("events_lost{function:other}", 1.0),
        ("spillover", 0.0),
        ("concurrency", 4.0),
        ("concurrency{function:score}", 3.0),
    ],
)
def test_functions(metric: str, value: float) -> None:
    """As the summary counts them, of one function where it is named."""
    assert value_of(metric, *INVOCATIONS) == pytest.approx(value)


@pytest.mark.parametrize(
    "metric", ["throttles{function:f}", "function_errors{function:f}", "events_lost{function:score}",
               "spillover{function:f}", "concurrency{function:f}", "init_time{function:other}: max"]
)  # fmt: skip
def test_a_function_of_which_nothing_was_asked(metric: str) -> None:
    """It has nothing to measure."""
    assert why(metric, *INVOCATIONS)


def function_minute(**more: Any) -> j.FunctionMinute:
    """Return a minute of a function's invocations."""
    given: dict[str, Any] = {
        "invocations": 5,
        "cold_starts": 1,
        "provisioned": 0,
        "spillover": 2,
        "throttled": {"CallerRateLimitExceeded": 3},
        "errors": {"timeout": 1},
        "concurrency": 2,
        "of_function": 2,
        "duration": [[0, 5]],
    }
    return j.FunctionMinute(0.0, "score", "live", 60.0, **{**given, **more})


def test_invocations_by_the_minute() -> None:
    """Counts are exact, durations known by their bins, single times not at all."""
    records = [function_minute(), function_minute(duration=[[0, 1]])]
    values = {
        "invocations": 10.0,
        "invocations{qualifier:live}": 10.0,
        "throttles{reason:CallerRateLimitExceeded}": 6.0,
        "throttles{reason:FunctionInvocationRateLimitExceeded}": 0.0,
        "function_errors{outcome:timeout}": 2.0,
        "cold_starts": 2.0,
        "spillover": 4.0,
        "concurrency": 2.0,
    }
    assert {name: value_of(name, *records, first=PLAYED) for name in values} == values
    assert judged("function_duration: max<2s", *records).value == pytest.approx(10 ** (1 / 24))
    assert judged("invocations: rate<1", *records, TOTAL, first=PLAYED).value == 0.1
    assert "No invocation" in why("function_duration{function:x}: max", *records)
    for text in ("init_time: max", "function_duration{source:synchronous}: max"):
        assert "kept by the minute" in why(text, *records)
    assert "kept by the minute" in why("invocations{source:synchronous}", *records)
    assert "Nothing was asked" in why("throttles{function:x}", *records)


def test_invocations_of_aliases_in_total() -> None:
    """A run that only totals them has their number and what spilled over."""
    served = [j.FunctionServed(9.0, "score", 7, 2)]
    assert value_of("invocations{function:score}", *served) == 7.0
    assert value_of("spillover", *served) == 2.0
    assert why("invocations{function:x}", *served)
