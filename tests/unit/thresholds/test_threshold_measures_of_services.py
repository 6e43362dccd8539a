"""What thresholds measure of scaling, messages, permissions, cost, jobs and findings."""

from dataclasses import replace
from typing import Any

import pytest
from threshold_run import (
    RANKER,
    counted,
    deleted,
    judged,
    load_ended,
    published,
    queue,
    received,
    value_of,
    why,
)

from harness import journal as j


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


def test_a_rate_of_activities_is_over_the_load() -> None:
    """One scale-out in the 400 s that the load took, which began at 100."""
    assert judged("scale_outs: rate<1", *GREW, load_ended(100.0, 500.0)).value == 1 / 400


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
    assert not judged("cost{service:lambda}<5", changed, left).value


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
