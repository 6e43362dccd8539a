"""What a threshold measures is what the summary and the expectations measure, and nothing is never a pass."""

from dataclasses import replace
from typing import Any

import pytest
from threshold_run import (
    PLAYED,
    RANKER,
    call,
    counted,
    deleted,
    exchange,
    invoked,
    judged,
    limited,
    load_ended,
    published,
    queue,
    received,
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


# -- requests -----


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


# -- functions -----

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


# -- scaling -----


def activity(at: float, status: str, before: int = 1, after: int = 2, **more: Any) -> j.ScalingActivity:
    """Return a stage of an activity."""
    given: dict[str, Any] = {"activity_id": "a1", "resource_id": RANKER, "code": "ScaleOut"}
    return j.ScalingActivity(
        at,
        status=status,
        from_capacity=before,
        to_capacity=after,
        cause="load",
        description="",
        **{**given, **more},
    )


def registered(resource: str = RANKER) -> j.TargetRegistered:
    """Return a scalable target."""
    return j.TargetRegistered(0.0, resource, 1, 4)


def tracking(resource: str = RANKER) -> j.PolicyPut:
    """Return a policy that holds a metric to 10."""
    metric = "SageMakerVariantInvocationsPerInstance"
    return j.PolicyPut(0.0, resource, "p", "TargetTrackingScaling", 10.0, metric, 300.0, 300.0)


def point(period_at: float, value: float) -> j.MetricPublished:
    """Return a minute of the metric, published a minute later."""
    return j.MetricPublished(period_at + 60, RANKER, "InvocationsPerInstance", period_at, 60.0, value)


def alarmed(resource: str = RANKER, direction: str = "high") -> j.AlarmChanged:
    """Return that the alarm of a target went off."""
    return j.AlarmChanged(200.0, "alarm", resource, direction, 10.0, "OK", "ALARM", "")


GREW: list[j.Record] = [
    registered(),
    tracking(),
    j.CapacityChanged(0.0, "ranker", "A", 1, 1),
    point(60.0, 20.0),
    point(120.0, 20.0),
    alarmed(),
    activity(210.0, "InProgress"),
    j.CapacityChanged(300.0, "ranker", "A", 2, 1),
    activity(400.0, "Successful"),
    j.CapacityChanged(400.0, "ranker", "A", 2, 2),
    activity(500.0, "Failed", 2, 2, activity_id="a2", code="AlreadyAtMaxCapacity"),
    j.PhaseStarted(600.0, "teardown"),
    j.CapacityChanged(601.0, "ranker", "A", 0, 0),
]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("scale_out_lag<400s", 340.0),
        ("scale_out_lag{endpoint:ranker}<400s", 340.0),
        (f"scale_out_lag{{endpoint:{RANKER}}}<400s", 340.0),
        ("scale_out_decision<400s", 150.0),
        ("in_service: max<=8", 2.0),
        ("in_service: min>=1", 1.0),
        ("in_service{endpoint:ranker}: value==2", 2.0),
        ("desired: max<=8", 2.0),
        ("scale_outs==1", 1.0),
        ("scale_ins==0", 0.0),
        ("not_scaled{endpoint:ranker}==1", 1.0),
    ],
)
def test_scaling(text: str, value: float) -> None:
    """Spans as the expectations reckon them; capacity up to the teardown."""
    found = judged(text, *GREW)
    assert (found.value, found.ok) == (value, True)


def test_a_target_that_did_not_grow_is_not_hidden_by_one_that_did() -> None:
    """Its alarm asked for more, and nothing came: that is no data, not the other's figure."""
    stuck = "endpoint/stuck/variant/A"
    found = judged("scale_out_lag<400s", registered(stuck), *GREW, alarmed(stuck))
    assert (found.value, found.ok) == (None, False)
    assert "stuck was never scaled out" in found.reason
    assert judged("scale_out_lag<400s", registered("function:f:live"), *GREW).value == 340.0


def test_scaling_of_nothing() -> None:
    """Without a target, or without a step, there is nothing to measure."""
    assert "has a scalable target" in why("scale_out_lag")
    assert "has a scalable target" in why("scale_outs{endpoint:x}", *GREW)
    assert "never scaled in" in why("scale_in_decision", *GREW)
    assert "ever had a capacity" in why("in_service{endpoint:x}", *GREW)


# -- messages -----

DONE = [queue(), published(1), received(1, 3.0), deleted(1, 4.0), counted()]


def sampled(oldest_s: float | None, visible: int) -> j.QueueSampled:
    """Return what a look at the queue said."""
    return j.QueueSampled(1.0, "jobs", visible, 1 if visible else 0, 0, oldest_s)


def test_messages() -> None:
    """Counts over all queues, or of the one that is named."""
    again = published(2, ["more"], deduplicated=True)
    records = [*DONE, queue("more"), published(2, ["more"]), again, received(2, 3.0, "more"), counted("more")]
    values = {
        "published": 2.0,
        "published{topic:orders}": 2.0,
        "delivered": 2.0,
        "processed": 1.0,
        "processed{queue:more}": 0.0,
        "lost": 1.0,
        "lost{queue:jobs}": 0.0,
        "lost{queue:more}": 1.0,
        "duplicates": 0.0,
        "redeliveries": 0.0,
        "still_there": 0.0,
        "delivery_time{queue:jobs}: max": 2.0,
        "processing_time: max": 3.0,
    }
    assert {name: value_of(name, *records) for name in values} == values


def test_a_message_processed_twice() -> None:
    """It is one duplicate."""
    assert judged("duplicates==0", *DONE, deleted(1, 5.0)).value == 1.0


def test_a_message_that_reaches_nobody() -> None:
    """It came to no queue, so none has lost it: the topic has."""
    lonely = [*DONE, published(2, [])]
    assert judged("undelivered==0", *lonely).value == 1.0
    assert judged("undelivered{topic:orders}==0", *lonely).reason.startswith("1 of 2 messages to orders")
    assert judged("lost==0", *lonely).ok
    assert "published to a topic (topic x)" in why("undelivered{topic:x}", *lonely)


def test_queues_by_the_second() -> None:
    """An empty queue holds nothing old; one that nobody saw the age of says nothing."""
    assert judged("queue_age<60s", sampled(None, 0), sampled(30.0, 5), sampled(None, 1)).value == 30.0
    assert judged("queue_age: value<60s", sampled(30.0, 5), sampled(None, 0)).value == 0.0
    assert judged("queue_depth{queue:jobs}: max<10", sampled(None, 0), sampled(30.0, 5)).value == 6.0
    assert why("queue_depth{queue:x}", sampled(30.0, 5))


def test_what_nobody_knows_of_messages() -> None:
    """A queue that nobody counted may have lost everything."""
    open_end = [queue(), published(1)]
    assert "Nobody counted" in why("lost", *open_end)
    assert "was processed" in why("duplicates", *open_end)
    assert "received" in why("delivery_time: max", *open_end)
    assert why("lost{queue:x}", *DONE)
    assert why("lost{webhook:jobs}", *DONE)
    assert why("processed{webhook:jobs}", *DONE)


# -- permissions -----

ACCOUNT = "arn:aws:iam::123456789012:role/"


def held(role: str, *actions: str) -> j.RolePolicies:
    """Return what a role holds on everything."""
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return j.RolePolicies(9.0, ACCOUNT + role, [{"name": "own", "kind": "inline", "document": document}])


def used(role: str, action: str, verdict: str = "Allowed") -> j.PermissionUsed:
    """Return that a session of a role needed *action*."""
    session = f"arn:aws:sts::123456789012:assumed-role/{role}/job-0"
    call_of = action.replace(":", ".")
    return j.PermissionUsed(1.0, session, ACCOUNT + role, call_of, action, "arn:aws:sqs:::jobs", verdict)


ROLES = [
    held("reader", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:PurgeQueue"),
    used("reader", "sqs:ReceiveMessage"),
    used("reader", "sqs:SendMessage", "ImplicitlyDenied"),
    held("writer", "sqs:SendMessage"),
    used("writer", "sqs:SendMessage"),
]


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("policy.unused", 2.0),
        ("policy.unused{role:reader}", 2.0),
        ("policy.unused{role:writer}", 0.0),
        ("policy.granted", 4.0),
        ("policy.used", 2.0),
        ("policy.denied", 1.0),
        ("policy.denied{role:writer}", 0.0),
        ("policy.risks{severity:high}", 0.0),
        ("iam.reader.unused", 2.0),
    ],
)
def test_permissions(metric: str, value: float) -> None:
    """The figures of the summary's `iam`, over all roles or of one."""
    assert value_of(metric, *ROLES) == value


def test_what_nobody_knows_of_permissions() -> None:
    """Nobody looked, nothing was used, nobody wrote down what is held, or there is no such role."""
    assert "--iam enforce" in why("policy.unused")
    assert "nothing is known" in why("policy.unused", held("idle", "sqs:SendMessage"))
    for metric in ("policy.unused", "policy.granted", "policy.risks"):
        assert "was not recorded" in why(metric, *ROLES, used("other", "sqs:SendMessage"))
    for metric in ("policy.used{role:x}", "policy.denied{role:x}"):
        assert "there are reader, writer" in why(metric, *ROLES)


def test_many_roles_are_named_by_the_first() -> None:
    """Those with most come first, and the rest is counted."""
    roles: list[j.Record] = []
    for name in "abcd":
        roles += [held(name, "sqs:SendMessage", "sqs:PurgeQueue"), used(name, "sqs:SendMessage")]
    assert judged("policy.unused==0", *roles).reason == "unused actions: d 1, c 1, b 1 and 1 more"


# -- cost and the rest -----


def test_cost_without_anything_billed() -> None:
    """There is no figure where nothing was used."""
    assert "nothing that is billed" in why("cost")
    assert why("cost_per_1000")


def test_cost_is_what_the_expectation_says() -> None:
    """An instance that served has a price, alone or as a part of the whole."""
    changed = j.InstanceChanged(0.0, "ranker", "A", "i-1", "a", "joined", "ml.m5.large", 0.0)
    left = replace(changed, at=3_600.0, change="left")
    whole = judged("cost<5", changed, left)
    assert whole.value is not None
    assert whole.value > 0
    assert judged("cost{service:sagemaker}<5", changed, left).value == pytest.approx(whole.value)


def test_programs_and_predictions() -> None:
    """What a program returned, how often it was started again, how wrong predictions were."""
    records = [
        j.ProgramEnded(5.0, "score", 1.0, 0, {"rmse": 18.5}),
        j.ProgramChanged(1.0, "score", 0, "started"),
        j.ProgramChanged(2.0, "score", 0, "ended", 1),
        j.ProgramChanged(3.0, "score", 0, "started"),
        j.Predicted(6.0, 100, 17.5, "the batch"),
    ]
    values = {
        "result{program:score,key:rmse}": 18.5,
        "restarts": 1.0,
        "restarts{program:score}": 1.0,
        "failures": 1.0,
        "rmse": 17.5,
    }
    assert {name: value_of(name, *records) for name in values} == values
    assert why("restarts{program:x}", *records)
    assert why("result{program:score,key:mae}", *records)


def test_jobs() -> None:
    """Jobs by kind, name and status; the times of those that ended."""
    records = [
        j.JobCreated(1.0, "training", "fit-1", "role", "image", "ml.m5.large", 1),
        j.JobEnded(61.0, "training", "fit-1", "Completed", "", 1.0, 60.0, 50.0, "ml.m5.large", 1, 2.0),
        j.JobCreated(1.0, "training", "fit-2", "role", "image", "ml.m5.large", 1),
    ]
    values = {
        "jobs": 2.0,
        "jobs{status:Completed}": 1.0,
        "jobs{job:fit-2,status:Completed}": 0.0,
        "job_time": 60.0,
        "billable_time{kind:training}": 50.0,
    }
    assert {name: value_of(name, *records) for name in values} == values
    assert "No job" in why("jobs{kind:tuning}", *records)
    assert "ended" in why("job_time{job:fit-2}", *records)


def test_spot_interruptions() -> None:
    """As the expectation counts them."""
    running = j.ComputeChanged(1.0, "i-1", "m5.large", "spot", "running", 0.1)
    taken = replace(running, at=9.0, state="shutting-down", reason="Server.SpotInstanceTermination")
    assert judged("interruptions<=1", running, taken).value is not None
    assert "No spot instance" in why("interruptions")


def test_findings_by_rule_and_severity() -> None:
    """None is a count as well: who looked and found nothing found nothing."""
    found = j.Finding(1.0, "not-sampled", "warning", "jobs", "no", "")
    assert judged("findings{severity:error}==0", found).ok
    assert judged("findings{rule:not-sampled}==0", found).reason.endswith("the run has not-sampled")
    assert not judged("findings==0", found).ok
