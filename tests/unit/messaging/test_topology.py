"""Who delivers to whom, which ways AWS keeps shut, and who gets a message."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.iam import parse
from harness.messaging.attributes import Attribute
from harness.messaging.edges import Edge, Target
from harness.messaging.filters import FilterPolicyError
from harness.messaging.topology import Changed, Copy, FanOut, Subscription, Topology

ACCOUNT = "123456789012"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alerts"
OTHER = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
BUCKET = "arn:aws:s3:::inputs"


def queue_arn(name: str) -> str:
    return f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"


QUEUE = queue_arn("orders")
EDGE = Edge("sns", TOPIC, QUEUE)


def target(arn: str = QUEUE, *, source: str = TOPIC, **changes: Any) -> Target:
    """Return a queue that lets *source* in."""
    service = {"sns": "sns", "s3": "s3", "events": "events"}[source.split(":")[2]]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    return Target(arn, parse({"Version": "2012-10-17", "Statement": statement}), **changes)


def subscription(endpoint: str = QUEUE, **changes: Any) -> Subscription:
    arn = f"{TOPIC}:{endpoint.rpartition(':')[2].rpartition('/')[2]}"
    given: dict[str, Any] = {"arn": arn, "topic": TOPIC, "protocol": "sqs", "endpoint": endpoint}
    return Subscription(**given | changes)


def topology(*targets: Target) -> Topology:
    made = Topology(ACCOUNT)
    for each in targets:
        made.tell(each)
    return made


def allowed(changes: list[Changed]) -> list[tuple[Edge, bool]]:
    return [(each.edge, each.verdict.allowed) for each in changes]


# -- which ways are open -----


def test_a_way_that_is_open_changes_nothing() -> None:
    """Promise: only refusals and their end are told."""
    made = topology(target())
    assert made.subscribe(subscription()) == []
    assert made.refused() == []
    verdict = made.verdict(EDGE)
    assert verdict is not None
    assert verdict.allowed


def test_a_way_opens_and_shuts_with_the_policy() -> None:
    """Promise: each change of a verdict is told once."""
    made = topology(Target(QUEUE))
    assert allowed(made.subscribe(subscription())) == [(EDGE, False)]
    assert made.tell(Target(QUEUE)) == []
    assert allowed(made.tell(target())) == [(EDGE, True)]
    assert made.tell(target()) == []
    assert allowed(made.tell(target(source=OTHER))) == [(EDGE, False)]
    assert [each.edge for each in made.refused()] == [EDGE]


def test_a_queue_that_is_gone_shuts_its_ways() -> None:
    """Promise: nothing is delivered to what does not exist, and the reason says so."""
    made = topology(target())
    made.subscribe(subscription())
    [change] = made.tell(Target(QUEUE, exists=False))
    assert change.verdict.reason == "queue orders does not exist"


def test_a_policy_changes_only_the_ways_that_end_there() -> None:
    """Promise: other queues keep their verdicts."""
    there = queue_arn("there")
    made = topology(Target(QUEUE), Target(there))
    made.subscribe(subscription())
    made.subscribe(subscription(there))
    assert allowed(made.tell(target(there))) == [(Edge("sns", TOPIC, there), True)]


def test_ways_of_every_service_are_judged() -> None:
    """Promise: a bucket and a rule need leave of their own."""
    rule = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/scored"
    made = topology(target(source=BUCKET))
    assert made.deliver("s3", BUCKET, [QUEUE]) == []
    assert allowed(made.deliver("events", rule, [QUEUE])) == [(Edge("events", rule, QUEUE), False)]
    assert made.targets() == {QUEUE}


def test_what_no_policy_decides_is_no_way() -> None:
    """Promise: targets of other kinds are delivered to without a judgement."""
    made = topology()
    stream = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/scores"
    assert made.deliver("events", "arn:aws:events:::rule/x", [stream, "no arn"]) == []
    assert made.subscribe(subscription("https://example.com/hook", protocol="https")) == []
    assert made.subscribe(subscription(stream, protocol="firehose")) == []
    assert made.targets() == frozenset()


def test_a_source_that_delivers_elsewhere_now() -> None:
    """Promise: the last word of a source counts, and what it left is no longer judged."""
    there = queue_arn("there")
    made = topology(Target(QUEUE), Target(there))
    made.deliver("s3", BUCKET, [QUEUE, QUEUE])
    made.deliver("s3", BUCKET, [there])
    assert made.targets() == {there}
    assert made.verdict(Edge("s3", BUCKET, QUEUE)) is None
    made.deliver("s3", BUCKET, [])
    assert made.targets() == frozenset()


def test_a_way_lives_as_long_as_something_uses_it() -> None:
    """Promise: a second subscription of the same queue keeps its way."""
    made = topology(target())
    made.subscribe(subscription(arn="one"))
    made.subscribe(subscription(arn="two"))
    assert [each.arn for each in made.along(EDGE)] == ["one", "two"]
    made.unsubscribe("one")
    assert made.targets() == {QUEUE}
    made.unsubscribe("two")
    made.unsubscribe("two")
    assert made.targets() == frozenset()


def test_a_topic_takes_its_subscriptions_with_it() -> None:
    """Promise: those of other topics stay."""
    made = topology(target(), target(queue_arn("there")))
    made.subscribe(subscription())
    made.subscribe(subscription(queue_arn("there"), topic=OTHER, arn="kept"))
    made.forget_topic(TOPIC)
    assert made.subscriptions(TOPIC) == []
    assert made.subscription("kept") is not None


# -- who gets a message -----


def test_everybody_subscribed_gets_a_copy() -> None:
    """Promise: queues and webhooks by name, with or without SNS's envelope; others apart."""
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:score"
    permission = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "lambda:InvokeFunction",
        "Resource": function,
    }
    made = topology(target(), Target(function, parse({"Statement": permission})))
    made.subscribe(subscription(raw=True))
    made.subscribe(subscription("http://127.0.0.1:80/_hooks/hook/?a=b", protocol="http", arn="hook"))
    made.subscribe(subscription(function, protocol="lambda"))
    made.subscribe(subscription("ann@example.com", protocol="email"))
    assert made.fan_out(TOPIC, {}, "one") == FanOut(
        (Copy("orders", True), Copy("hook", False)), others=("score", "ann@example.com")
    )
    assert made.fan_out(OTHER, {}, "one") == FanOut()


def test_a_filter_is_asked_before_the_policy() -> None:
    """Promise: what a filter turns away is filtered, not refused."""
    made = topology(Target(QUEUE))
    made.subscribe(subscription(filter_policy='{"kind": ["alarm"]}'))
    alarm = {"kind": Attribute("String", "alarm")}
    assert made.fan_out(TOPIC, {}, "{}") == FanOut(filtered=("orders",))
    assert made.fan_out(TOPIC, alarm, "{}") == FanOut(refused=("orders",))
    made.tell(target())
    assert made.fan_out(TOPIC, alarm, "{}").copies == (Copy("orders", False),)


def test_a_filter_of_the_body() -> None:
    """Promise: the scope that the subscription has is the one that is used."""
    made = topology(target())
    made.subscribe(subscription(filter_policy='{"kind": ["alarm"]}', scope="MessageBody"))
    assert made.fan_out(TOPIC, {}, '{"kind": "alarm"}').copies == (Copy("orders", False),)
    assert made.fan_out(TOPIC, {}, "no JSON").filtered == ("orders",)


def test_a_subscription_that_is_changed_takes_effect() -> None:
    """Promise: the next message meets the new filter."""
    made = topology(target())
    made.subscribe(subscription())
    assert made.fan_out(TOPIC, {}, "one").copies
    made.subscribe(subscription(filter_policy='{"kind": ["alarm"]}'))
    assert made.fan_out(TOPIC, {}, "two").filtered == ("orders",)


def test_a_malformed_filter_changes_nothing() -> None:
    """Promise: the subscription stays as it was."""
    made = topology(target())
    made.subscribe(subscription())
    with pytest.raises(FilterPolicyError):
        made.subscribe(subscription(filter_policy="{"))
    assert made.fan_out(TOPIC, {}, "one").copies == (Copy("orders", False),)


def test_an_endpoint_that_has_not_confirmed_gets_nothing() -> None:
    """Promise: it gets copies once its subscription is there as confirmed."""
    made = topology()
    hook = subscription("http://127.0.0.1/hook", protocol="http", arn="waiting", confirmed=False)
    made.subscribe(hook)
    assert made.fan_out(TOPIC, {}, "one") == FanOut()
    made.unsubscribe("waiting")
    made.subscribe(subscription("http://127.0.0.1/hook", protocol="http", arn="there"))
    assert made.fan_out(TOPIC, {}, "two").copies == (Copy("hook", False),)


NAMES = ("a", "b", "c")
STEPS = st.lists(
    st.tuples(st.sampled_from(["open", "shut", "gone", "subscribe", "unsubscribe"]), st.sampled_from(NAMES)),
    max_size=30,
)


@given(STEPS)
def test_what_is_told_adds_up_to_what_is(steps: list[tuple[str, str]]) -> None:
    """Promise: whoever follows the changes knows at any time which subscribed queues get nothing."""
    made = topology(*(Target(queue_arn(name)) for name in NAMES))
    shut: set[str] = set()
    open_queues: set[str] = set()
    subscribed: set[str] = set()
    for step, name in steps:
        arn = queue_arn(name)
        changes: list[Changed] = []
        if step == "subscribe":
            subscribed.add(name)
            changes = made.subscribe(subscription(arn))
        elif step == "unsubscribe":
            subscribed.discard(name)
            made.unsubscribe(subscription(arn).arn)
            shut.discard(arn)
        else:
            found = target(arn) if step == "open" else Target(arn, exists=step == "shut")
            (open_queues.add if step == "open" else open_queues.discard)(name)
            changes = made.tell(found)
        for change in changes:
            assert (change.edge.target in shut) is change.verdict.allowed
            (shut.discard if change.verdict.allowed else shut.add)(change.edge.target)
        spread = made.fan_out(TOPIC, {}, "one")
        assert {copy.target for copy in spread.copies} == subscribed & open_queues
        assert set(spread.refused) == subscribed - open_queues == {arn.rpartition(":")[2] for arn in shut}
