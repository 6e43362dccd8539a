"""Functions that queues and timers start, for real: pollers, batches, failures, limits, ticks.

On the embedded backend alone: pollers and functions are ours whoever keeps the queues.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from botocore.exceptions import ClientError
from fed import Fed, World, document, until

from harness import journal, sessions
from harness.aws.permission import Mode
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.backends import Backend
from harness.clock import Clock, ClockSpec
from harness.config import read_settings
from harness.endpoint.distributions import Constant
from harness.functions.concurrency import Account
from harness.functions.event_sources_arguments import source_config
from harness.functions.event_sources_queue import Arrival, QueueRules
from harness.functions.event_sources_virtual import SourceInTime, predict

# Model seconds a real one: what a mapping takes to be enabled, a window and a backoff pass faster.
SPEED = 4.0
NAP_S = 0.25  # real
RIGHTS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "logs:*")
# name -> what its mapping is made with
MAPPINGS: dict[str, dict[str, Any]] = {
    "batches": {"FunctionResponseTypes": ["ReportBatchItemFailures"], "BatchSize": 5},
    "window": {"BatchSize": 100, "MaximumBatchingWindowInSeconds": 4},
    "filters": {"FilterCriteria": {"Filters": [{"Pattern": '{"body": {"code": ["A"]}}'}]}},
    "limited": {"ScalingConfig": {"MaximumConcurrency": 2}, "BatchSize": 1},
    "throttled": {"BatchSize": 1},
    "ordered": {"BatchSize": 2},
    "failing": {},
}


@contextmanager
def opened(backend: Backend, clock: str) -> Iterator[World]:
    if backend.name != "embedded":
        pytest.skip(f"{backend.name}: seen on embedded")
    records: list[journal.Record] = []
    settings = read_settings({}, backend=backend.name)
    stage = Stage(
        Clock(ClockSpec.parse(clock)), records.append, backend.route, settings, seed=1, iam=Mode.ENFORCE
    )
    with Gateway(stage) as gateway:
        world = World(stage, gateway, records)
        try:
            yield world
        finally:
            world.close()


@pytest.fixture(scope="module")
def world(backend: Backend) -> Iterator[World]:
    with opened(backend, f"compressed:{SPEED:g}") as found:
        yield found


@pytest.fixture(scope="module")
def fed(world: World) -> dict[str, Fed]:
    """One queue, function and mapping for each of MAPPINGS, enabled."""
    role = world.role("poller", *RIGHTS)
    found = {}
    for name, given in MAPPINGS.items():
        dead_url, dead_arn = world.queue(
            f"{name}-dead", **({"FifoQueue": "true"} if name == "ordered" else {})
        )
        more = {"FifoQueue": "true", "ContentBasedDeduplication": "true"} if name == "ordered" else {}
        if name in ("batches", "failing"):
            more |= {
                "VisibilityTimeout": "1",
                "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn, "maxReceiveCount": 1}),
            }
        url, arn = world.queue(name, **more)
        function = world.function(name, role, timeout_s=1)
        request = {"FunctionName": function, "EventSourceArn": arn, **given}
        made = world.client("lambda").create_event_source_mapping(**request)
        assert made["State"] == "Creating"
        found[name] = Fed(world, function, url, arn, dead_url, made["UUID"], given)
    get = world.client("lambda").get_event_source_mapping
    until(lambda: all(get(UUID=each.mapping)["State"] == "Enabled" for each in found.values()))
    return found


def test_batches_and_failed_items(fed: dict[str, Fed]) -> None:
    """Batches of at most five; the record that failed dies in the dead-letter queue, the others are gone."""
    one = fed["batches"]
    one.send(*(f"fine {n}" for n in range(9)), "bad item")
    until(lambda: one.left(one.dead_url) == 1 and one.drained())
    runs = one.invoked()
    assert sum(each.records for each in runs) == 10
    assert max(each.records for each in runs) == 5
    assert {(each.outcome, each.source, each.trigger) for each in runs} == {
        ("ok", "event source", one.mapping)
    }
    (dead,) = one.world.client("sqs").receive_message(QueueUrl=one.dead_url)["Messages"]
    assert dead["Body"] == "bad item"


def test_window(fed: dict[str, Fed]) -> None:
    """What comes within the window is one batch, be it more than ten."""
    one = fed["window"]
    one.send(*(f"early {n}" for n in range(12)))
    time.sleep(0.4)
    one.send(*(f"late {n}" for n in range(5)))
    until(one.drained)
    assert [each.records for each in one.invoked()] == [17]


def test_filters(fed: dict[str, Fed]) -> None:
    """The function sees what passes; the rest is deleted unseen."""
    one = fed["filters"]
    one.send('{"code": "A"}', '{"code": "B"}', "plain text")
    until(one.drained)
    assert [each.records for each in one.invoked()] == [1]


def test_maximum_concurrency_as_predicted(fed: dict[str, Fed]) -> None:
    """Two at a time, which takes as long as the model says."""
    one = fed["limited"]
    began = one.world.stage.clock.now()
    one.send(*(f"sleep {NAP_S}" for _ in range(6)))
    until(one.drained)
    runs = sorted(one.invoked(), key=lambda each: each.began_at)
    changes = sorted([(each.began_at, 1) for each in runs] + [(each.at, -1) for each in runs])
    running = [sum(step for _, step in changes[: n + 1]) for n in range(len(changes))]
    assert max(running) == 2
    account = Account(seed=1)
    account.put_function("f", 0.0, init_time=Constant(0.1))
    source = SourceInTime(
        source_config(one.request, fifo=False),
        QueueRules(),
        account,
        "f",
        duration=Constant(NAP_S * SPEED),
        seed=1,
    )
    model = predict(source, [Arrival(0.0)] * 6)
    assert len(runs) == len(model.batches)
    assert model.peak_concurrency == 2
    took_s, meant_s = runs[-1].at - began, max(each.ended_at for each in model.batches)
    assert meant_s <= took_s < meant_s + 1.5 * SPEED


def test_throttled_batches_come_through(fed: dict[str, Fed]) -> None:
    """At the reserved limit the pollers are throttled and try again; nothing is lost."""
    one = fed["throttled"]
    one.world.client("lambda").put_function_concurrency(FunctionName=one.name, ReservedConcurrentExecutions=1)
    one.send(*("sleep 0.1" for _ in range(3)))
    until(one.drained)
    assert len(one.invoked()) == 3
    throttles = one.world.of(journal.FunctionThrottled, function=one.name)
    assert {(each.source, each.reason) for each in throttles} == {
        ("event source", "ReservedFunctionConcurrentInvocationLimitExceeded")
    }


def test_one_batch_of_a_group_at_a_time(fed: dict[str, Fed]) -> None:
    """The next batch of a message group begins when the one before it is deleted."""
    one = fed["ordered"]
    one.send(*(f"sleep 0.05{n}" for n in range(6)), MessageGroupId="g")
    until(one.drained)
    runs = sorted(one.invoked(), key=lambda each: each.began_at)
    assert [each.records for each in runs] == [2, 2, 2]
    assert all(earlier.at <= later.began_at for earlier, later in pairwise(runs))


def test_a_function_that_raises(fed: dict[str, Fed]) -> None:
    """The whole batch comes back, and ends in the dead-letter queue."""
    one = fed["failing"]
    one.send("fine 1", "raise x", "fine 2")
    until(lambda: one.left(one.dead_url) == 3)
    assert {each.outcome for each in one.invoked()} == {"error"}
    shown = one.world.client("lambda").get_event_source_mapping(UUID=one.mapping)
    assert shown["LastProcessingResult"] == "PROBLEM: Function call failed"


def test_disabled_and_enabled_again(fed: dict[str, Fed]) -> None:
    """A disabled mapping polls nothing; lists and tags know it."""
    one, client = fed["filters"], fed["filters"].world.client("lambda")
    assert client.update_event_source_mapping(UUID=one.mapping, Enabled=False)["State"] == "Updating"
    with pytest.raises(ClientError, match="in use") as caught:
        client.update_event_source_mapping(UUID=one.mapping, Enabled=True)
    assert caught.value.response["Error"]["Code"] == "ResourceInUseException"
    until(lambda: client.get_event_source_mapping(UUID=one.mapping)["State"] == "Disabled")
    before = len(one.invoked())
    one.send('{"code": "A"}')
    (listed,) = client.list_event_source_mappings(FunctionName=one.name)["EventSourceMappings"]
    client.tag_resource(Resource=listed["EventSourceMappingArn"], Tags={"team": "ml"})
    assert client.list_tags(Resource=listed["EventSourceMappingArn"])["Tags"] == {"team": "ml"}
    assert (len(one.invoked()), one.left()) == (before, 1)
    client.update_event_source_mapping(UUID=one.mapping, Enabled=True, BatchSize=2)
    until(one.drained)
    assert len(one.invoked()) == before + 1
    assert client.get_event_source_mapping(UUID=one.mapping)["BatchSize"] == 2


def test_what_aws_refuses(world: World) -> None:
    """In the order in which Lambda looks: arguments, function, queue, rights, visibility, another one."""
    url, arn = world.queue("refused", VisibilityTimeout="2")
    role = world.role("weak", "logs:*")
    function = world.function("refused", role)
    client = world.client("lambda")

    def refusal(**changed: Any) -> str:
        with pytest.raises(ClientError) as caught:
            client.create_event_source_mapping(**{"FunctionName": function, "EventSourceArn": arn} | changed)
        error = caught.value.response["Error"]
        return f"{error['Code']}: {error['Message']}"

    assert "if maximum batch size is greater than 10" in refusal(BatchSize=11)
    assert refusal(FunctionName="nobody").endswith("Function does not exist")
    assert "AWS.SimpleQueueService.NonExistentQueue" in refusal(EventSourceArn=f"{arn}-not")
    assert refusal().endswith("does not have permissions to call ReceiveMessage on SQS")
    allowed = document({"Effect": "Allow", "Action": "sqs:ReceiveMessage", "Resource": arn})
    world.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2], PolicyName="p", PolicyDocument=allowed
    )
    assert refusal().endswith("does not have permissions to call DeleteMessage on SQS")
    allowed = document({"Effect": "Allow", "Action": "sqs:*", "Resource": arn})
    world.client("iam").put_role_policy(
        RoleName=role.rpartition("/")[2], PolicyName="p", PolicyDocument=allowed
    )
    assert "Queue visibility timeout: 2 seconds is less than Function timeout: 3 seconds" in refusal()
    world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "18"})
    made = client.create_event_source_mapping(FunctionName=function, EventSourceArn=arn)
    assert refusal().startswith(
        f'ResourceConflictException: An event source mapping with SQS arn (" {arn} ")'
    )
    assert client.delete_event_source_mapping(UUID=made["UUID"])["State"] == "Deleting"


def test_a_mapping_made_past_the_gateway(world: World, backend: Backend) -> None:
    """A stack's mapping is taken over with its name: the backend polls no more, the gateway does."""
    url, arn = world.queue("stack")
    function = world.function("stack", world.role("stack", *RIGHTS))
    at = backend.route("lambda")
    direct = sessions.client("lambda", f"http://{at.host}:{at.port}")
    name = direct.create_event_source_mapping(FunctionName=function, EventSourceArn=arn, BatchSize=3)["UUID"]
    world.stage.await_on_loop(world.stage.event_sources.learn())
    assert direct.list_event_source_mappings(FunctionName=function)["EventSourceMappings"] == []
    direct.close()
    until(lambda: world.client("lambda").get_event_source_mapping(UUID=name)["State"] == "Enabled")
    world.client("sqs").send_message(QueueUrl=url, MessageBody="fine")
    until(lambda: bool(world.of(journal.FunctionInvoked, function=function)))
    assert world.of(journal.FunctionInvoked, function=function)[0].trigger == name


def test_timers_on_a_compressed_clock(backend: Backend) -> None:
    """A rate of a minute ticks four times a second at 240; what AWS would not take is refused."""
    with opened(backend, "compressed:240") as world:
        events = world.client("events")
        for expression in ("rate(1 minutes)", "rate(5 minute)", "cron(0 8 1 * MON *)"):
            with pytest.raises(ClientError, match="Parameter ScheduleExpression is not valid"):
                events.put_rule(Name="tick", ScheduleExpression=expression)
        assert world.stage.await_on_loop(world.stage.timers.why_not()) is None
        url, arn = world.queue("ticks")
        policy = {
            "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
            "Resource": arn,
        }  # fmt: skip
        world.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": document(policy)})
        rule = f"tick-{world.tag}"
        events.put_rule(Name=rule, ScheduleExpression="rate(1 minute)")
        events.put_targets(Rule=rule, Targets=[{"Id": "1", "Arn": arn, "Input": '{"tick": 1}'}])
        until(lambda: len(world.of(journal.TimerFired, rule=rule)) >= 3)
        role = world.role("scheduler", "sqs:SendMessage", service="scheduler.amazonaws.com")
        schedule, target = f"hourly-{world.tag}", {"Arn": arn, "RoleArn": role, "Input": '{"tick": 1}'}
        world.client("scheduler").create_schedule(
            Name=schedule,
            ScheduleExpression="rate(1 hours)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target=target,
        )
        until(lambda: [each.targets for each in world.of(journal.TimerFired, rule=schedule)] == [1])
        events.disable_rule(Name=rule)
        fired = world.of(journal.TimerFired, rule=rule)
        assert {round(later.due_at - earlier.due_at) for earlier, later in pairwise(fired)} == {60}
        assert all(each.targets == 1 and 0.0 <= each.at - each.due_at < 120.0 for each in fired)
        found = world.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert {each["Body"] for each in found} == {'{"tick": 1}'}
        time.sleep(0.5)
        assert len(world.of(journal.TimerFired, rule=rule)) == len(fired)
