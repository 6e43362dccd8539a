"""Which publication a received message is of, and how old the oldest in a queue is."""

import json

from harness.messaging.correlation import Copy, Correlation, Publication, QueueRules

RULES = QueueRules(retention_s=100.0, visibility_s=30.0, dead_letter="dead", max_receive_count=2)


def publish(
    state: Correlation, name: str, *targets: tuple[str, bool], at: float = 0.0, key: str = "k"
) -> None:
    """Note a publication whose body's digest is `digest of` its first letter."""
    state.published(Publication(name, at, key, "id", f"digest of {name[0]}"), targets)


def envelope(name: str) -> str:
    """Return a notification of that publication."""
    return json.dumps({"Type": "Notification", "MessageId": name, "Message": '{"id": "inner"}'})


def see(state: Correlation, queue: str, message: str, body: str = "", digest: str = "") -> Copy:
    """Return the copy of a message as the tap finds it."""
    found = state.find(queue, message, body, digest)
    return found or state.stranger(queue, message, body, digest, 50.0)


def test_a_message_sent_to_the_queue_is_known_by_its_id() -> None:
    """SQS answered that id when it was sent."""
    state = Correlation()
    publish(state, "m", ("q", False))
    copy = see(state, "q", "m", "body")
    assert (copy.publication, copy.message, copy.key, copy.expected) == ("m", "m", "k", True)
    assert state.knows("m")
    assert not state.knows("n")


def test_a_notification_is_known_by_its_envelope() -> None:
    """In each queue it is a copy of its own; seen again, the same one."""
    state = Correlation()
    publish(state, "p", ("q", False), ("r", False))
    first, second = (see(state, queue, f"in {queue}", envelope("p")) for queue in "qr")
    assert first is not second
    assert first.publication == second.publication == "p"
    assert see(state, "q", "in q", "anything") is first


def test_raw_messages_are_matched_by_body_in_their_order() -> None:
    """Two alike: the first published is taken to be the first received; a third is a stranger."""
    state = Correlation()
    publish(state, "a1", ("q", True))
    publish(state, "a2", ("q", True))
    names = [see(state, "q", message, "x", "digest of a").publication for message in ("m1", "m2")]
    assert names == ["a1", "a2"]
    third = see(state, "q", "m3", "x", "digest of a")
    assert (third.publication, third.expected) == ("a2", False)


def test_a_raw_message_that_was_purged_is_not_matched() -> None:
    """What went with the purge cannot come."""
    state = Correlation()
    publish(state, "a1", ("q", True))
    assert [copy.publication for copy in state.purged("q")] == ["a1"]
    publish(state, "a2", ("q", True), at=5.0)
    assert see(state, "q", "m", "x", "digest of a").publication == "a2"
    assert state.purged("empty") == []


def test_what_was_published_elsewhere_comes_wrongly() -> None:
    """Its publication is known, and no rule brings it here; of S3's events nothing is known."""
    state = Correlation()
    publish(state, "p", ("q", False))
    wrong, event = see(state, "r", "m", envelope("p")), see(state, "r", "n", '{"id": "e"}')
    assert (wrong.publication, wrong.expected, wrong.key) == ("p", False, "k")
    assert (event.publication, event.expected, event.key, event.sent_at) == ("", False, "e", 50.0)
    assert see(state, "r", "o", envelope("unknown")).publication == "unknown"


def test_a_queue_has_a_key_of_its_own() -> None:
    """Read from the body where it is another member than the topic's."""
    state = Correlation({"q": "number"})
    publish(state, "p", ("q", False))
    assert see(state, "q", "m", '{"id": "k", "number": 5, "Type": "x"}').key == "5"


def test_receives_are_counted_as_sqs_says_or_by_us() -> None:
    """ApproximateReceiveCount is only there when the consumer asks for it."""
    state = Correlation()
    publish(state, "m", ("q", False))
    copy = see(state, "q", "m")
    assert [state.received(copy, f"h{count}", 1.0, count) for count in (0, 0, 7)] == [1, 2, 7]
    assert state.held("q", "h0") is copy
    state.deleted(copy, "h0")
    assert state.held("q", "h0") is None
    assert state.held("q", "h7") is copy


def test_what_is_in_flight_was_received_and_has_not_ended() -> None:
    """Those whose last handle makes them visible again."""
    state = Correlation()
    for name in "abc":
        publish(state, name, ("q", False))
    for name in "ab":
        state.received(see(state, "q", name), f"handle {name}", 1.0)
    state.deleted(see(state, "q", "a"), "handle a")
    assert [copy.handle for copy in state.in_flight("q")] == ["handle b"]


def test_the_oldest_is_the_first_that_is_still_there() -> None:
    """Deleted ones are passed over; an empty queue has no age."""
    state = Correlation()
    publish(state, "a", ("q", False), at=1.0)
    publish(state, "b", ("q", False), at=4.0)
    assert state.oldest_s("q", 10.0) == 9.0
    state.deleted(see(state, "q", "a"), "h")
    assert state.oldest_s("q", 10.0) == 6.0
    state.deleted(see(state, "q", "b"), "h")
    assert state.oldest_s("q", 10.0) is None
    assert state.oldest_s("unknown", 10.0) is None


def test_a_message_that_comes_again_has_its_age_again() -> None:
    """Its deletion was answered and not made."""
    state = Correlation()
    publish(state, "a", ("q", False), at=1.0)
    copy = see(state, "q", "a")
    state.deleted(copy, "h")
    state.received(copy, "h2", 5.0)
    assert state.oldest_s("q", 10.0) == 9.0
    state.deleted(copy, "h2", gone=False)
    assert state.oldest_s("q", 10.0) == 9.0


def test_expired_messages_have_no_age() -> None:
    """The queue has dropped them: retention."""
    state = Correlation()
    state.rules["q"] = RULES
    publish(state, "a", ("q", False), at=1.0)
    assert state.oldest_s("q", 101.0) == 100.0
    assert state.oldest_s("q", 101.5) is None


def test_a_spent_message_counts_in_the_dead_letter_queue() -> None:
    """Received as often as allowed and visible again: its age goes on there, seen or not."""
    state = Correlation()
    state.rules["q"] = RULES
    publish(state, "a", ("q", False), at=1.0)
    copy = see(state, "q", "a")
    for at in (2.0, 40.0):
        state.received(copy, "h", at)
    assert (state.oldest_s("q", 69.0), state.oldest_s("dead", 69.0)) == (68.0, None)
    assert (state.oldest_s("q", 71.0), state.oldest_s("dead", 71.0)) == (None, 70.0)
    moved = see(state, "dead", "a")
    assert (moved.publication, moved.queue, moved.receives) == ("a", "dead", 2)


def test_a_message_keeps_its_id_on_its_way_to_the_dead_letter_queue() -> None:
    """Seen there, it is the same publication, and no longer in the first queue."""
    state = Correlation()
    publish(state, "p", ("q", True), at=1.0)
    see(state, "q", "m", "x", "digest of p")
    moved = see(state, "dead", "m", "x", "digest of p")
    assert (moved.publication, moved.expected) == ("p", True)
    assert state.oldest_s("q", 5.0) is None
    assert state.oldest_s("dead", 5.0) == 4.0
