"""What SQS takes and refuses of messages and batches, and what a delay does."""

from typing import Any

import pytest
from reference_worlds import a_world, code, send, sent, take

from harness.messaging.attributes import Attribute
from harness.messaging.reference.limits import size_of
from harness.messaging.reference.values import Counts, Message, Refused, Sent

TEXT = Attribute("String", "a")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (Message(""), "MissingParameter"),
        (Message("a\x00b"), "InvalidMessageContents"),
        (Message("a\ud800b"), "InvalidMessageContents"),
        (Message("a" * 1_048_577), "InvalidParameterValue"),
        (Message("a" * 1_048_576, {"n": TEXT}), "InvalidParameterValue"),
        (Message("a", {f"n{number}": TEXT for number in range(11)}), "InvalidParameterValue"),
        (Message("a", {"AWS.n": TEXT}), "InvalidParameterValue"),
        (Message("a", {"amazon.n": TEXT}), "InvalidParameterValue"),
        (Message("a", {".n": TEXT}), "InvalidParameterValue"),
        (Message("a", {"n.": TEXT}), "InvalidParameterValue"),
        (Message("a", {"n..n": TEXT}), "InvalidParameterValue"),
        (Message("a", {"n n": TEXT}), "InvalidParameterValue"),
        (Message("a", {"n": Attribute("Text", "a")}), "InvalidParameterValue"),
        (Message("a", {"n": Attribute("String", "")}), "InvalidParameterValue"),
        (Message("a", {"n": Attribute("Binary", "a")}), "InvalidParameterValue"),
        (Message("a", {"n": Attribute("Number", "many")}), "InvalidParameterValue"),
        (Message("a", {"n": Attribute("Number", "NaN")}), "InvalidParameterValue"),
        (Message("a", group="g" * 129), "InvalidParameterValue"),
        (Message("a", deduplication="d"), "InvalidParameterValue"),
    ],
)
def test_a_message_is_refused(message: Message, expected: str) -> None:
    """One limit each, with the code that SQS answers."""
    assert code(a_world().send("q", message, 0.0)) == expected


@pytest.mark.parametrize(
    "message",
    [
        Message("a" * 1_048_576),
        Message("\t\n\r \ud7ff\ue000\ufffd\U0010ffff"),
        Message("a", {f"n{number}": TEXT for number in range(10)}),
        Message("a", {"n.n-n_1": Attribute("String.label", "a"), "m": Attribute("Binary.png", b"a")}),
        Message("a", {"n": Attribute("Number.float", "-1.5e3")}),
        Message("a", group="g"),
    ],
)
def test_a_message_within_the_limits_is_taken(message: Message) -> None:
    """The limits themselves are allowed; a standard queue takes a group as well (fair queues)."""
    assert isinstance(a_world().send("q", message, 0.0), Sent)


def test_name_type_and_value_of_an_attribute_count() -> None:
    """All in bytes, not in characters."""
    message = Message("ä", {"name": Attribute("String", "äb"), "b": Attribute("Binary", b"xyz")})
    assert size_of(message) == 2 + (4 + 6 + 3) + (1 + 6 + 3)


def test_the_limit_of_the_queue_goes_before_that_of_sqs() -> None:
    """MaximumMessageSize; recorded words on AWS."""
    answer = a_world(maximum_bytes=1_024).send("q", Message("a" * 1_025), 0.0)
    assert isinstance(answer, Refused)
    assert answer.reason.endswith("Reason: Message must be shorter than 1024 bytes.")


@pytest.mark.parametrize("delay", [-1, 901])
def test_a_delay_is_at_most_fifteen_minutes(delay: int) -> None:
    """0 to 900 seconds."""
    assert code(a_world().send("q", Message("a"), 0.0, delay_s=delay)) == "InvalidParameterValue"


def test_fifo_queues_want_a_group_and_a_deduplication_id() -> None:
    """Without the group a parameter is missing; the id may come from the content."""
    world = a_world(fifo=True)
    assert code(world.send("q.fifo", Message("a"), 0.0)) == "MissingParameter"
    assert isinstance(world.send("q.fifo", Message("a", group="g"), 0.0), Sent)
    world.set_attributes("q.fifo", {"content_based": False}, 0.0)
    assert code(world.send("q.fifo", Message("b", group="g"), 0.0)) == "InvalidParameterValue"
    assert isinstance(world.send("q.fifo", Message("b", group="g", deduplication="d"), 0.0), Sent)


def test_a_missing_group_has_two_names() -> None:
    """AWS's documents name both codes, so that an emulator may answer either, and no other."""
    refused = a_world(fifo=True).send("q.fifo", Message("a"), 0.0)
    assert isinstance(refused, Refused)
    assert {refused.code, *refused.or_codes} == {"MissingParameter", "InvalidParameterValue"}


def test_a_message_of_a_fifo_queue_has_no_delay_of_its_own() -> None:
    """Only the queue has one."""
    world = a_world(fifo=True)
    assert code(world.send("q.fifo", Message("a", group="g"), 0.0, delay_s=2)) == "InvalidParameterValue"
    assert isinstance(world.send("q.fifo", Message("a", group="g"), 0.0, delay_s=0), Sent)


def test_a_queue_that_does_not_exist() -> None:
    """Every call about it is refused with the same code, and boto3's other name for it is known."""
    world = a_world()
    answers: list[Any] = [
        world.send("x", Message("a"), 0.0),
        world.send_batch("x", [Message("a")], 0.0),
        world.receive("x", 0.0),
        world.delete("x", "r", 0.0),
        world.delete_batch("x", ["r"], 0.0),
        world.change_visibility("x", "r", 1, 0.0),
        world.change_visibility_batch("x", [("r", 1)], 0.0),
        world.purge("x", 0.0),
        world.set_attributes("x", {}, 0.0),
    ]
    assert {code(each) for each in answers} == {"AWS.SimpleQueueService.NonExistentQueue"}
    assert answers[0].allows("QueueDoesNotExist")
    assert not answers[0].allows("InvalidParameterValue")


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        ([], "EmptyBatchRequest"),
        ([f"{number}" for number in range(11)], "TooManyEntriesInBatchRequest"),
        (["a", "a"], "BatchEntryIdsNotDistinct"),
        (["a b"], "InvalidBatchEntryId"),
        (["a" * 81], "InvalidBatchEntryId"),
    ],
)
def test_a_batch_is_refused_as_a_whole(ids: list[str], expected: str) -> None:
    """Its size and its ids, in every kind of batch."""
    world = a_world()
    answers: list[Any] = [
        world.send_batch("q", [Message("a")] * len(ids), 0.0, ids=ids),
        world.delete_batch("q", ["r"] * len(ids), 0.0, ids=ids),
        world.change_visibility_batch("q", [("r", 1)] * len(ids), 0.0, ids=ids),
    ]
    assert {code(each) for each in answers} == {f"AWS.SimpleQueueService.{expected}"}


def test_the_messages_of_a_batch_share_a_mebibyte() -> None:
    """Each is within the limit, together they are not."""
    world = a_world()
    half = Message("a" * 524_288)
    assert isinstance(world.send_batch("q", [half, half], 0.0), list)
    answer = world.send_batch("q", [half, half, Message("a")], 0.0)
    assert code(answer) == "AWS.SimpleQueueService.BatchRequestTooLong"


def test_one_entry_may_fail_alone() -> None:
    """Each entry has its own result, its own delay too."""
    world = a_world()
    answers = world.send_batch(
        "q", [Message("a"), Message("b\x00"), Message("c")], 0.0, delays_s=[None, None, 5]
    )
    assert isinstance(answers, list)
    assert [isinstance(each, Sent) for each in answers] == [True, False, True]
    assert world.counts("q", 0.0) == Counts(1, 0, 1)


def test_a_fifo_batch_without_a_group_fails_as_a_whole() -> None:
    """Recorded on AWS, where the code differs from that of a single message."""
    world = a_world(fifo=True)
    answer = world.send_batch("q.fifo", [Message("a", group="g"), Message("b")], 0.0)
    assert code(answer) == "InvalidParameterValue"
    assert world.counts("q.fifo", 0.0) == Counts(0, 0, 0)


def test_a_delayed_message_cannot_be_received() -> None:
    """The message's own delay goes before the queue's; when it comes early, AWS's rule is named."""
    world = a_world(delay_s=10)
    first, second = send(world, "a"), send(world, "b", delay_s=2)
    assert world.receivable("q", 1.9).any_of == frozenset()
    assert world.receivable("q", 2.0).any_of == {second}
    assert world.counts("q", 2.0) == Counts(1, 0, 1)
    assert take(world, 9.9, first)[1] == ["forbidden delay"]
    assert take(world, 10.0, second)[1] == []


def test_a_new_delay_of_a_standard_queue_is_for_new_messages() -> None:
    """And for a minute after the change either value may be in force."""
    world = a_world(delay_s=10)
    old = send(world, "a")
    world.set_attributes("q", {"delay_s": 100}, 1.0)
    new = send(world, "b", 1.0)
    assert world.receivable("q", 10.0).sure == {old}
    assert world.receivable("q", 11.0).any_of == {old, new}
    assert world.receivable("q", 11.0).sure == {old}
    assert world.receivable("q", 101.0).sure == {old, new}


def test_a_new_delay_of_a_fifo_queue_is_for_all_messages() -> None:
    """It is retroactive: the message may come at the old moment, as the change takes time, or at the new."""
    world = a_world(fifo=True, delay_s=10)
    copy = send(world, "a", group="g")
    world.set_attributes("q.fifo", {"delay_s": 100}, 1.0)
    assert world.receivable("q.fifo", 10.0) == world.receivable("q.fifo", 99.0)
    assert world.receivable("q.fifo", 10.0).sure == frozenset()
    assert world.receivable("q.fifo", 100.0).sure == {copy}


def test_a_new_delay_just_when_the_old_one_ends() -> None:
    """The message may not have been visible yet: then the new delay is its own, and it need not come."""
    world = a_world(fifo=True, delay_s=10, tolerance_s=0.5)
    send(world, "a", group="g")
    world.set_attributes("q.fifo", {"delay_s": 100}, 10.2)
    assert world.receivable("q.fifo", 50.0).sure == frozenset()


def test_another_change_leaves_the_delays_alone() -> None:
    """Nor does a new delay touch what can be seen already."""
    world = a_world(fifo=True)
    copy = send(world, "a", group="g")
    world.set_attributes("q.fifo", {"visibility_s": 5}, 1.0)
    world.set_attributes("q.fifo", {"delay_s": 5}, 1.0)
    assert world.receivable("q.fifo", 1.0).sure == {copy}


def test_within_five_minutes_a_duplicate_is_accepted_and_not_delivered() -> None:
    """By content or by id, whatever the group, and also after the first was deleted."""
    world = a_world(fifo=True)
    first = sent(world.send("q.fifo", Message("a", group="g"), 0.0))
    (receipt,), _ = take(world, 1.0, first.message, queue="q.fifo")
    world.delete("q.fifo", receipt, 2.0)
    again = sent(world.send("q.fifo", Message("a", group="h"), 299.9))
    assert (again.duplicate_of, again.copies) == (first.message, {})
    assert world.counts("q.fifo", 299.9) == Counts(0, 0, 0)
    assert sent(world.send("q.fifo", Message("a", group="g"), 300.0)).duplicate_of is None


def test_attributes_are_no_content() -> None:
    """The hash is that of the body alone."""
    world = a_world(fifo=True)
    world.send("q.fifo", Message("a", group="g"), 0.0)
    again = sent(world.send("q.fifo", Message("a", {"n": TEXT}, group="g"), 1.0))
    assert again.duplicate_of is not None


def test_an_own_id_goes_before_the_content() -> None:
    """Two ids, two messages of the same body."""
    world = a_world(fifo=True)
    world.send("q.fifo", Message("a", group="g"), 0.0)
    again = sent(world.send("q.fifo", Message("a", group="g", deduplication="x"), 1.0))
    assert again.duplicate_of is None


def test_just_at_the_end_of_the_interval_either_is_right() -> None:
    """The copy may be there or not: it may come, and it need not."""
    world = a_world(fifo=True, tolerance_s=1.0)
    world.send("q.fifo", Message("a", group="g"), 0.0)
    again = sent(world.send("q.fifo", Message("a", group="h"), 300.5))
    offer = world.receivable("q.fifo", 302.0)
    assert (again.message,) in offer.ordered
    assert again.message not in offer.sure
    assert world.counts("q.fifo", 302.0).unsure == 1
