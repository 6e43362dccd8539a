"""What is made, what SNS refuses, and what it delivers to whom."""

from typing import Any

import pytest
from reference_worlds import a_topic, a_world, code, send, sent, take

from harness.messaging.attributes import Attribute
from harness.messaging.reference.values import Done, Message, QueueAttributes, Refused, Sent, TopicAttributes
from harness.messaging.reference.world import World

FIFO = QueueAttributes(fifo=True)
BLUE = {"colour": Attribute("String", "blue")}


def _fan_out() -> World:
    """Topic `t` and queue `q`; FIFO topic `t.fifo` with queues `q.fifo` and `q`."""
    world = a_world()
    world.create_queue("q.fifo", FIFO, 0.0)
    a_topic(world)
    a_topic(world, "t.fifo", queues=("q.fifo", "q"))
    return world


@pytest.mark.parametrize("name", ["", "a b", "a" * 81, "a.fifo", "a.b"])
def test_the_name_of_a_queue(name: str) -> None:
    """80 characters, and `.fifo` for FIFO queues alone."""
    assert code(World().create_queue(name, QueueAttributes(), 0.0)) == "InvalidParameterValue"


@pytest.mark.parametrize("name", ["a", "a" * 76 + ".fifo", ".fifo"])
def test_the_name_of_a_fifo_queue(name: str) -> None:
    """It ends in `.fifo`, which counts, and there is something before it."""
    assert code(World().create_queue(name, FIFO, 0.0)) == "InvalidParameterValue"


def test_a_queue_can_be_made_twice_with_the_same_attributes() -> None:
    """With others it exists already (recorded on AWS)."""
    world = a_world()
    assert world.create_queue("q", QueueAttributes(), 1.0) == Done()
    assert code(world.create_queue("q", QueueAttributes(delay_s=1), 1.0)) == "QueueAlreadyExists"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"visibility_s": 43_201}, "InvalidAttributeValue"),
        ({"retention_s": 59}, "InvalidAttributeValue"),
        ({"delay_s": 901}, "InvalidAttributeValue"),
        ({"maximum_bytes": 1_048_577}, "InvalidAttributeValue"),
        ({"content_based": True}, "InvalidAttributeName"),
        ({"fifo": True}, "InvalidAttributeName"),
        ({"colour": "blue"}, "InvalidAttributeName"),
    ],
)
def test_attributes_that_sqs_refuses(changes: dict[str, Any], expected: str) -> None:
    """Ranges, what only FIFO queues have, and what does not exist."""
    assert code(a_world().set_attributes("q", changes, 0.0)) == expected


def test_attributes_are_refused_when_a_queue_is_made_as_well() -> None:
    """The same ranges, and the same dead-letter rules."""
    assert code(World().create_queue("q", QueueAttributes(delay_s=-1), 0.0)) == "InvalidAttributeValue"


@pytest.mark.parametrize(
    ("name", "fifo"), [("", False), ("a b", False), ("a" * 257, False), ("a.fifo", False), ("a", True)]
)
def test_the_name_of_a_topic(name: str, fifo: bool) -> None:
    """256 characters, and `.fifo` for FIFO topics alone."""
    assert code(World().create_topic(name, TopicAttributes(fifo=fifo), 0.0)) == "InvalidParameter"


def test_a_topic_can_be_made_twice_with_the_same_attributes() -> None:
    """As a queue can."""
    world = World()
    attributes = TopicAttributes(fifo=True)
    assert world.create_topic("t.fifo", attributes, 0.0) == Done()
    assert world.create_topic("t.fifo", attributes, 0.0) == Done()
    other = TopicAttributes(fifo=True, content_based=True)
    assert code(world.create_topic("t.fifo", other, 0.0)) == "InvalidParameter"


def test_a_subscription_can_be_made_twice_with_the_same_attributes() -> None:
    """With others it exists already."""
    world = _fan_out()
    assert world.subscribe("t", "q", 0.0) == Done()
    assert code(world.subscribe("t", "q", 0.0, raw=True)) == "InvalidParameter"


def test_subscriptions_that_sns_refuses() -> None:
    """No such topic, no such queue, a FIFO queue to a standard topic, a filter policy that is none."""
    world = _fan_out()
    assert code(world.subscribe("x", "q", 0.0)) == "NotFound"
    assert code(world.subscribe("t", "x", 0.0)) == "InvalidParameter"
    # SNS says it twice.
    assert world.subscribe("t", "q.fifo", 0.0) == Refused(
        "InvalidParameter",
        "Invalid parameter: Invalid parameter: Endpoint Reason: "
        "FIFO SQS Queues can not be subscribed to standard SNS topics",
    )
    answer = world.subscribe("t", "q", 0.0, filter_policy={"a": []})
    reason = "Invalid parameter: Attributes Reason: FilterPolicy: Empty arrays are not allowed"
    assert answer == Refused("InvalidParameter", reason)


@pytest.mark.parametrize(
    ("topic", "message", "expected"),
    [
        ("x", Message("a"), "NotFound"),
        ("t", Message(""), "InvalidParameter"),
        ("t", Message("a" * 262_145), "InvalidParameter"),
        ("t", Message("a" * 262_144, BLUE), "InvalidParameter"),
        ("t", Message("a", deduplication="d"), "InvalidParameter"),
        ("t", Message("a", {"n": Attribute("Text", "a")}), "ParameterValueInvalid"),
        ("t.fifo", Message("a"), "InvalidParameter"),
    ],
)
def test_publications_that_sns_refuses(topic: str, message: Message, expected: str) -> None:
    """256 KB attributes included; what a FIFO topic needs, a standard topic has no use for."""
    world = _fan_out()
    assert code(world.publish(topic, message, 0.0)) == expected


def test_a_fifo_topic_without_deduplication_by_content_wants_an_id() -> None:
    """One of the two."""
    world = World()
    world.create_topic("t.fifo", TopicAttributes(fifo=True), 0.0)
    assert code(world.publish("t.fifo", Message("a", group="g"), 0.0)) == "InvalidParameter"
    assert isinstance(world.publish("t.fifo", Message("a", group="g", deduplication="d"), 0.0), Sent)


def test_arrays_and_groups_are_right_for_sns() -> None:
    """String.Array is a type of SNS's, and standard topics take a group for fair queues."""
    world = _fan_out()
    message = Message("a" * 200_000, {"n": Attribute("String.Array", '["a"]')}, group="g")
    assert isinstance(world.publish("t", message, 0.0), Sent)


def test_every_subscriber_gets_a_copy() -> None:
    """Fan-out: as many copies as there are queues, each on its own."""
    world = a_world()
    world.create_queue("r", QueueAttributes(), 0.0)
    a_topic(world, queues=("q", "r"))
    copies = sent(world.publish("t", Message("a"), 0.0)).copies
    assert set(copies) == {"q", "r"}
    (receipt,), _ = take(world, 1.0, copies["q"])
    world.delete("q", receipt, 2.0)
    assert world.receivable("r", 2.0).sure == {copies["r"]}


def test_a_topic_keeps_nothing() -> None:
    """What was published before the subscription is not delivered, nor is it kept anywhere."""
    world = a_world()
    a_topic(world, queues=())
    assert sent(world.publish("t", Message("a"), 0.0)).copies == {}
    world.subscribe("t", "q", 1.0)
    assert world.receivable("q", 2.0).any_of == frozenset()


def test_filter_policies_of_both_scopes() -> None:
    """By the attributes, or by the body."""
    world = a_world()
    world.create_queue("r", QueueAttributes(), 0.0)
    a_topic(world, queues=(), raw=True)
    world.subscribe("t", "q", 0.0, filter_policy={"colour": ["blue"]})
    world.subscribe("t", "r", 0.0, filter_policy='{"colour": ["blue"]}', scope="MessageBody")
    assert set(sent(world.publish("t", Message("a", BLUE), 0.0)).copies) == {"q"}
    assert set(sent(world.publish("t", Message('{"colour": "blue"}'), 0.0)).copies) == {"r"}
    assert set(sent(world.publish("t", Message("a"), 0.0)).copies) == set()


def test_delivery_may_take_a_moment() -> None:
    """Until then the message may come and need not."""
    world = World(delivery_s=2.0)
    world.create_queue("q", QueueAttributes(), 0.0)
    a_topic(world)
    copy = sent(world.publish("t", Message("a"), 0.0)).copies["q"]
    assert world.receivable("q", 1.9).any_of == {copy}
    assert world.receivable("q", 1.9).sure == frozenset()
    assert world.receivable("q", 2.0).sure == {copy}


def test_raw_delivery_discards_more_than_ten_attributes() -> None:
    """A client-side error; in an envelope they fit. SNS itself takes them."""
    many = Message("a", {f"n{number}": Attribute("String", "a") for number in range(11)})
    for raw, delivered in ((True, False), (False, True)):
        world = a_world()
        a_topic(world, raw=raw)
        assert bool(sent(world.publish("t", many, 0.0)).copies) is delivered


def test_what_a_queue_does_not_take_is_not_delivered() -> None:
    """Its MaximumMessageSize goes for SNS as well."""
    world = a_world(maximum_bytes=1_024)
    a_topic(world)
    assert sent(world.publish("t", Message("a" * 1_025), 0.0)).copies == {}


def test_a_fifo_topic_passes_on_group_and_order() -> None:
    """To a FIFO queue without de-duplication of its own: the topic's id goes along; a standard queue gets
    no group."""
    world = _fan_out()
    first, second = (sent(world.publish("t.fifo", Message(each, group="g"), 0.0)).copies for each in "ab")
    assert world.receivable("q.fifo", 0.0).ordered == ((first["q.fifo"], second["q.fifo"]),)
    assert world.receivable("q", 0.0).any_of == {first["q"], second["q"]}
    assert take(world, 0.0, second["q.fifo"], queue="q.fifo")[1] == ["forbidden order"]


def test_a_fifo_topic_removes_duplicates_itself() -> None:
    """Within five minutes, for all its subscribers, the standard queue too."""
    world = _fan_out()
    first = sent(world.publish("t.fifo", Message("a", group="g"), 0.0))
    again = sent(world.publish("t.fifo", Message("a", group="g"), 299.0))
    assert (again.duplicate_of, again.copies) == (first.message, {})
    assert set(sent(world.publish("t.fifo", Message("a", group="g"), 300.0)).copies) == {"q", "q.fifo"}


def test_just_at_the_end_of_the_topics_interval_either_is_right() -> None:
    """The copies may be there or not."""
    world = World(tolerance_s=1.0)
    world.create_queue("q", QueueAttributes(), 0.0)
    a_topic(world, "t.fifo")
    world.publish("t.fifo", Message("a", group="g"), 0.0)
    again = sent(world.publish("t.fifo", Message("a", group="g"), 300.5))
    assert again.copies["q"] in world.receivable("q", 302.0).any_of
    assert again.copies["q"] not in world.receivable("q", 302.0).sure


def test_the_queue_remembers_the_topics_id() -> None:
    """A direct send with the same id is a duplicate, and the other way round."""
    world = _fan_out()
    world.publish("t.fifo", Message("a", group="g", deduplication="d"), 0.0)
    direct = sent(world.send("q.fifo", Message("b", group="g", deduplication="d"), 1.0))
    assert direct.duplicate_of == "m1@q.fifo"
    world.send("q.fifo", Message("c", group="g", deduplication="e"), 2.0)
    published = sent(world.publish("t.fifo", Message("c", group="g", deduplication="e"), 3.0))
    assert set(published.copies) == {"q"}


def test_a_batch_of_publications() -> None:
    """Each with its own result; too many, too long or without their group they fail together."""
    world = _fan_out()
    answers = world.publish_batch("t", [Message("a"), Message("")], 0.0)
    assert isinstance(answers, list)
    assert [isinstance(each, Sent) for each in answers] == [True, False]
    assert code(world.publish_batch("x", [Message("a")], 0.0)) == "NotFound"
    assert code(world.publish_batch("t", [Message("a")] * 11, 0.0)) == "TooManyEntriesInBatchRequest"
    assert code(world.publish_batch("t", [Message("a" * 131_073)] * 2, 0.0)) == "BatchRequestTooLong"
    assert code(world.publish_batch("t.fifo", [Message("a")], 0.0)) == "InvalidParameter"


def test_a_queue_sends_to_itself_and_a_topic_to_many() -> None:
    """Push and pull: what SQS has waits to be asked for, what SNS has is pushed at once."""
    world = _fan_out()
    send(world, "a")
    world.publish("t", Message("b"), 0.0)
    assert world.counts("q", 100.0).visible == 2
