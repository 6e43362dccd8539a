"""What a receive may give, and what is said of one that gives something else."""

import base64
import json
from typing import Any

import pytest
from reference_worlds import a_topic, a_world, code, rules, send, sent, take

from harness.messaging.attributes import Attribute
from harness.messaging.reference.values import Counts, Given, Message, Offer, QueueAttributes, Refused
from harness.messaging.reference.world import World


@pytest.mark.parametrize(
    "wrong", [{"most": 0}, {"most": 11}, {"visibility_s": -1}, {"visibility_s": 43_201}, {"wait_s": 21}]
)
def test_parameters_out_of_range_are_refused(wrong: dict[str, int]) -> None:
    """1 to 10 messages, 12 hours, 20 seconds."""
    assert code(a_world().receive("q", 0.0, **wrong)) == "InvalidParameterValue"


def test_any_of_the_visible_messages_may_come() -> None:
    """Best-effort order: a standard queue may give any of them, in any order, and none."""
    world = a_world()
    copies = {send(world, "a"), send(world, "b"), send(world, "c")}
    assert world.receive("q", 0.0, most=2) == Offer(frozenset(copies), (), frozenset(copies), 2)
    assert take(world, 0.0)[1] == []
    assert take(world, 0.0, *sorted(copies, reverse=True))[1] == []


def test_a_received_message_is_hidden_for_its_visibility_timeout() -> None:
    """The queue's, or the call's; then it may come again."""
    world = a_world(visibility_s=30)
    first, second = send(world, "a"), send(world, "b")
    take(world, 0.0, first)
    take(world, 0.0, second, visibility_s=5)
    assert world.counts("q", 4.9) == Counts(0, 2, 0)
    assert world.receivable("q", 5.0).any_of == {second}
    assert world.receivable("q", 30.0).any_of == {first, second}


def test_a_duplicate_while_in_flight_is_unusual_in_a_standard_queue() -> None:
    """At-least-once delivery allows it on rare occasions."""
    world = a_world()
    copy = send(world, "a")
    take(world, 0.0, copy)
    assert take(world, 29.9, copy)[1] == ["unusual visibility"]


def test_for_a_minute_after_a_change_either_visibility_timeout_may_be_in_force() -> None:
    """ "SetQueueAttributes": 60 seconds; afterwards only the new one."""
    world = a_world(visibility_s=30)
    copy = send(world, "a")
    world.set_attributes("q", {"visibility_s": 10}, 0.0)
    take(world, 1.0, copy)
    offer = world.receivable("q", 11.0)
    assert (offer.any_of, offer.sure) == ({copy}, frozenset())
    take(world, 100.0, copy)
    assert world.receivable("q", 110.0).sure == {copy}


def test_moments_within_the_tolerance_are_open() -> None:
    """It may come a little early, it may be missing a little late."""
    world = a_world(tolerance_s=1.0, visibility_s=30)
    copy = send(world, "a", -1.0)
    take(world, 0.0, copy)
    assert world.receivable("q", 28.9).any_of == frozenset()
    for moment in (29.0, 30.9):
        offer = world.receivable("q", moment)
        assert (offer.any_of, offer.sure) == ({copy}, frozenset())
    assert world.receivable("q", 31.0).sure == {copy}


def test_a_message_expires_when_its_retention_period_is_over() -> None:
    """Visible or in flight; one that comes afterwards is forbidden."""
    world = a_world(retention_s=60)
    first, second = send(world, "a"), send(world, "b")
    take(world, 50.0, second)
    assert world.receivable("q", 59.9).sure == {first}
    assert world.receivable("q", 60.0).any_of == frozenset()
    account = world.account("q", 60.0)
    assert (account.expired, account.counts) == (2, Counts(0, 0, 0))
    assert take(world, 61.0, first)[1] == ["forbidden expired"]


def test_a_shorter_retention_period_is_for_old_messages_too() -> None:
    """It takes up to 15 minutes: until then the message may be gone or not."""
    world = a_world(retention_s=10_000)
    copy = send(world, "a")
    world.set_attributes("q", {"retention_s": 60}, 100.0)
    assert world.receivable("q", 100.0) == Offer(frozenset({copy}), (), frozenset(), 10)
    assert world.receivable("q", 1_000.0).any_of == frozenset()


def test_a_message_after_its_deletion() -> None:
    """Unusual in a standard queue (a server was away), forbidden in a FIFO queue; then it is there again."""
    standard, fifo = a_world(), a_world(fifo=True)
    for world, queue, copy, expected in (
        (standard, "q", send(standard, "a"), "unusual after-delete"),
        (fifo, "q.fifo", send(fifo, "a", group="g"), "forbidden after-delete"),
    ):
        (receipt,), _ = take(world, 0.0, copy, queue=queue)
        world.delete(queue, receipt, 1.0)
        assert take(world, 2.0, copy, queue=queue)[1] == [expected]
        assert world.account(queue, 2.0).balanced
        assert world.counts(queue, 2.0).in_flight == 1


def test_more_than_asked_for() -> None:
    """At most MaxNumberOfMessages."""
    world = a_world()
    copies = [send(world, "a"), send(world, "b")]
    assert take(world, 0.0, *copies, most=1)[1] == ["forbidden too-many"]


def test_the_same_message_twice_in_one_answer() -> None:
    """Unusual in a standard queue, forbidden in a FIFO queue."""
    standard, fifo = a_world(), a_world(fifo=True)
    one, other = send(standard, "a"), send(fifo, "a", group="g")
    assert take(standard, 0.0, one, one)[1] == ["unusual twice-in-one-answer"]
    assert take(fifo, 0.0, other, other, queue="q.fifo")[1] == ["forbidden twice-in-one-answer"]


@pytest.mark.parametrize("unknown", [None, "m99"])
def test_a_message_that_nobody_sent(unknown: str | None) -> None:
    """Filtered out, or of another queue: it must not come, and its receipt does no harm."""
    world = a_world()
    assert rules(world.took("q", [Given(unknown, "r")], 0.0)) == ["forbidden unknown-message"]
    assert code(world.delete("q", "r", 1.0)) == "ReceiptHandleIsInvalid"


def test_an_empty_long_poll() -> None:
    """A short poll may miss messages, a long one asks all servers; an empty queue is no matter."""
    world = a_world()
    assert take(world, 0.0, wait_s=5)[1] == []
    send(world, "a")
    assert take(world, 0.0)[1] == []
    assert take(world, 0.0, wait_s=5)[1] == ["unusual empty-long-poll"]


def test_a_receipt_handle_is_new_each_time() -> None:
    """One that was given before is forbidden."""
    world = a_world()
    copy = send(world, "a")
    world.took("q", [Given(copy, "r")], 0.0)
    assert rules(world.took("q", [Given(copy, "r")], 30.0)) == ["forbidden receipt"]


def test_receive_counts() -> None:
    """Each receive counts one; what is not asked for is not compared."""
    world = a_world()
    copy = send(world, "a")
    assert world.took("q", [Given(copy, "r1", receive_count=1)], 0.0) == ()
    assert rules(world.took("q", [Given(copy, "r2", receive_count=3)], 30.0)) == ["unusual receive-count"]


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"body": "b"}, "forbidden body"),
        ({"attributes": {}}, "forbidden attributes"),
        ({"group": "h"}, "forbidden group"),
    ],
)
def test_a_message_comes_as_it_was_sent(wrong: dict[str, Any], expected: str) -> None:
    """Body, attributes and group."""
    world = a_world(fifo=True)
    attributes = {"n": Attribute("String", "x")}
    copy = sent(world.send("q.fifo", Message("a", attributes, group="g"), 0.0)).message
    right = {"body": "a", "attributes": attributes, "group": "g"}
    assert world.took("q.fifo", [Given(copy, "r1", **right)], 0.0) == ()
    assert rules(world.took("q.fifo", [Given(copy, "r2", **(right | wrong))], 30.0)) == [expected]


def _wrapped(**changes: Any) -> dict[str, Any]:
    binary = base64.b64encode(b"x").decode()
    return {
        "Type": "Notification",
        "MessageId": "any",
        "TopicArn": "arn:aws:sns:eu-west-1:123456789012:t",
        "Message": "a",
        "MessageAttributes": {
            "n": {"Type": "Number", "Value": "1"}, "b": {"Type": "Binary", "Value": binary},
        },
        **changes,
    }  # fmt: skip


def _published(raw: bool) -> tuple[World, str]:
    world = a_world()
    a_topic(world, raw=raw)
    attributes = {"n": Attribute("Number", "1"), "b": Attribute("Binary", b"x")}
    return world, sent(world.publish("t", Message("a", attributes), 0.0)).copies["q"]


def test_sns_wraps_a_message_in_an_envelope() -> None:
    """The SQS message itself then has no attributes."""
    world, copy = _published(raw=False)
    assert world.took("q", [Given(copy, "r", body=json.dumps(_wrapped()), attributes={})], 0.0) == ()


@pytest.mark.parametrize(
    "body",
    [
        "a",
        "[]",
        json.dumps(_wrapped(Type="SubscriptionConfirmation")),
        json.dumps(_wrapped(Message="b")),
        json.dumps(_wrapped(TopicArn="arn:aws:sns:eu-west-1:123456789012:other")),
        json.dumps(_wrapped(MessageAttributes={})),
    ],
)
def test_an_envelope_that_is_wrong(body: str) -> None:
    """No envelope, or one with something else in it."""
    world, copy = _published(raw=False)
    assert rules(world.took("q", [Given(copy, "r", body=body)], 0.0)) == ["forbidden body"]


def test_raw_delivery_has_neither_envelope_nor_changes() -> None:
    """The body is the message, its attributes are attributes of the SQS message."""
    world, copy = _published(raw=True)
    attributes = {"n": Attribute("Number", "1"), "b": Attribute("Binary", b"x")}
    assert world.took("q", [Given(copy, "r1", body="a", attributes=attributes)], 0.0) == ()
    broken = rules(world.took("q", [Given(copy, "r2", body=json.dumps(_wrapped()))], 30.0))
    assert broken == ["forbidden body"]


def test_what_must_come_and_does_not_is_lost() -> None:
    """Only what is certainly there and visible."""
    world = a_world()
    lost, hidden = send(world, "a"), send(world, "b")
    take(world, 0.0, hidden)
    (difference,) = world.missing("q", 1.0)
    assert (difference.rule, difference.message) == ("lost", lost)
    assert "never came" in difference.sentence
    assert world.missing("nowhere", 1.0) == ()


def _full(queue: str, fifo: bool) -> Offer | Refused:
    world = World(in_flight_limit=1)
    world.create_queue(queue, QueueAttributes(fifo=fifo, content_based=fifo), 0.0)
    first = sent(world.send(queue, Message("a", group="g"), 0.0))
    world.send(queue, Message("b", group="h"), 0.0)
    assert world.receivable(queue, 0.0).at_most == 1
    take(world, 0.0, first.message, queue=queue)
    return world.receive(queue, 1.0)


def test_so_many_may_be_in_flight_and_no_more() -> None:
    """A standard queue answers OverLimit, a FIFO queue gives nothing and no error."""
    refused = _full("q", fifo=False)
    assert isinstance(refused, Refused)
    assert refused.allows("OverLimit")
    assert _full("q.fifo", fifo=True) == Offer(frozenset(), (), frozenset(), 0)


def test_nothing_ever_happens_in_an_empty_world() -> None:
    """There is no next moment."""
    assert World().next_moment(0.0) is None


def test_the_next_moment_is_when_something_can_be_seen_or_ends() -> None:
    """The delay, the visibility time-out, the retention period."""
    world = a_world(delay_s=5, visibility_s=10, retention_s=60)
    copy = send(world, "a")
    assert world.next_moment(0.0) == 5.0
    world.took("q", [Given(copy, "r")], 6.0)
    assert world.next_moment(6.0) == 16.0
    assert world.next_moment(16.0) == 60.0
