"""What has been gone for a while is forgotten; what may still come, or is still there, is not."""

import json
from collections.abc import Sized

import pytest

from harness.messaging.ages import Ages
from harness.messaging.correlation import FORGOTTEN_AFTER_S, Copy, Correlation, Publication, QueueRules

LATER = FORGOTTEN_AFTER_S + 1.0


def publish(state: Correlation, name: str, *queues: str, at: float = 0.0, raw: bool = False) -> None:
    """Note a publication of a body that no other has."""
    publication = Publication(name, at, f"key of {name}", "id", f"digest of {name}")
    state.published(publication, [(queue, raw) for queue in queues])


def receive(
    state: Correlation, queue: str, name: str, at: float, handle: str = "", *, raw: bool = False
) -> Copy:
    """Return the copy of that publication, received from *queue* under a handle; *raw*: by its body alone."""
    envelope = json.dumps({"Type": "Notification", "MessageId": name})
    message, body = f"{name} in {queue}", "x" if raw else envelope
    digest = f"digest of {name}"
    copy = state.find(queue, message, body, digest) or state.stranger(queue, message, body, digest, at)
    state.received(copy, handle or message, at)
    return copy


def consume(state: Correlation, queue: str, name: str, at: float, *, raw: bool = False) -> Copy:
    """Receive and delete."""
    copy = receive(state, queue, name, at, raw=raw)
    state.deleted(copy, f"{name} in {queue}")
    return copy


def pass_to(state: Correlation, at: float) -> None:
    """Let something else happen at that moment."""
    publish(state, f"at {at}", "elsewhere", at=at)


def held(state: Correlation) -> int:
    """Return how much there is in all that *state* keeps."""
    kept = [*vars(state).values(), *vars(state.ages).values()]
    parts = [part for one in kept if isinstance(one, dict) for part in one.values()]
    return sum(len(one) for one in (*kept, *parts) if isinstance(one, Sized) and not isinstance(one, str))


@pytest.mark.parametrize("raw", [False, True])
def test_an_hour_needs_no_more_than_its_first_half(raw: bool) -> None:
    """Ten messages a second, each deleted a second later, to two queues and to nobody."""
    state, sizes = Correlation(), []
    for number in range(36_000):
        at = number / 10.0
        publish(state, str(number), *(() if number % 10 == 0 else ("q", "r")), at=at, raw=raw)
        if number >= 10 and (number - 10) % 10:
            for queue in "qr":
                consume(state, queue, str(number - 10), at, raw=raw)
                state.oldest_s(queue, at)
        if number in (18_000, 35_999):
            sizes.append(held(state))
    assert sizes[1] == pytest.approx(sizes[0], rel=0.01)


def test_what_comes_again_soon_is_the_same() -> None:
    """A deleted message that SQS hands out once more; a moment before it would be forgotten."""
    state = Correlation()
    publish(state, "p", "q")
    copy = consume(state, "q", "p", 1.0)
    pass_to(state, FORGOTTEN_AFTER_S + 0.5)
    assert receive(state, "q", "p", FORGOTTEN_AFTER_S + 0.6) is copy
    assert copy.receives == 2


def test_what_comes_again_much_later_is_known_by_its_envelope_alone() -> None:
    """A stranger of the publication that it names; that one was published is no longer known."""
    state = Correlation()
    publish(state, "p", "q")
    copy = consume(state, "q", "p", 1.0)
    assert state.knows("p")
    pass_to(state, 1.0 + FORGOTTEN_AFTER_S)
    assert not state.knows("p")
    assert list(state.copies_in("q")) == []
    again = receive(state, "q", "p", LATER + 1.0)
    assert again is not copy
    assert (again.publication, again.expected) == ("p", False)
    consume(state, "q", "p", LATER + 2.0)
    pass_to(state, 3 * LATER)  # nobody takes the stranger for the first one, which was forgotten before
    assert list(state.copies_in("q")) == []


def test_what_came_again_is_kept_until_it_goes_for_good() -> None:
    """Its time begins anew, however often it went."""
    state = Correlation()
    publish(state, "p", "q", "r")
    copy = consume(state, "q", "p", 1.0)
    receive(state, "q", "p", 500.0, "second")
    pass_to(state, LATER + 500.0)
    assert list(state.copies_in("q")) == [copy]
    state.deleted(copy, "second")
    state.deleted(copy, "second")
    pass_to(state, 2 * LATER + 498.0)
    assert list(state.copies_in("q")) == [copy]
    pass_to(state, 2 * LATER + 499.0)
    assert list(state.copies_in("q")) == []
    assert state.knows("p")  # it waits in the other queue, and only one of two copies has gone


def test_a_publication_is_known_as_long_as_a_copy_waits() -> None:
    """However slow the other queue's consumer is, it gets what was published."""
    state = Correlation()
    publish(state, "p", "q", "r", raw=True)
    consume(state, "q", "p", 1.0, raw=True)
    pass_to(state, 5 * LATER)
    late = receive(state, "r", "p", 5 * LATER + 1.0, raw=True)
    assert (late.expected, late.key, late.sent_at) == (True, "key of p", 0.0)
    state.deleted(late, "p in r")
    pass_to(state, 7 * LATER)
    assert not state.knows("p")


def test_a_body_published_again_is_still_known_by_its_digest() -> None:
    """What is forgotten is the first one, not the one that came after it."""
    state = Correlation()
    state.published(Publication("one", 0.0, "k", "id", "same"), [("q", True)])
    first = state.find("q", "m1", "x", "same")
    assert first is not None
    state.received(first, "h", 1.0)
    state.deleted(first, "h")
    state.published(Publication("two", 600.0, "k", "id", "same"), [("q", True)])
    pass_to(state, 600.0 + LATER)
    assert not state.knows("one")
    assert state.stranger("r", "m2", "x", "same", 2_000.0).publication == "two"


def test_every_handle_is_forgotten_with_its_copy() -> None:
    """Also those of earlier receives, which nobody deleted with."""
    state = Correlation()
    publish(state, "p", "q")
    for at, handle in ((1.0, "first"), (40.0, "second"), (80.0, "third")):
        copy = receive(state, "q", "p", at, handle)
    assert copy.earlier == ("first", "second")
    state.deleted(copy, "second")
    assert state.held("q", "first") is copy
    pass_to(state, 80.0 + LATER)
    assert [state.held("q", handle) for handle in ("first", "second", "third")] == [None] * 3


def test_a_message_that_moved_is_forgotten_where_it_was() -> None:
    """In the dead-letter queue it is found as long as it is there."""
    state = Correlation()
    state.rules["q"] = QueueRules(visibility_s=30.0, dead_letter="dead", max_receive_count=1)
    publish(state, "p", "q")
    receive(state, "q", "p", 1.0)
    assert state.oldest_s("q", 40.0) is None
    pass_to(state, 2 * LATER)
    assert list(state.copies_in("q")) == []
    (moved,) = state.copies_in("dead")
    assert state.find("dead", "p in q", "x", "") is moved
    assert state.knows("p")


def test_what_expired_or_was_purged_is_forgotten() -> None:
    """Nobody had seen it."""
    state = Correlation()
    state.rules["q"] = QueueRules(retention_s=100.0)
    publish(state, "expired", "q", raw=True)
    publish(state, "purged", "r", raw=True)
    assert state.oldest_s("q", 101.0) is None
    assert [copy.publication for copy in state.purged("r")] == ["purged"]
    pass_to(state, LATER)
    assert not state.knows("expired")
    assert not state.knows("purged")
    assert ("q", "digest of expired") not in state._raw
    assert state.stranger("r", "m", "x", "digest of purged", LATER).publication == ""


class Here:
    """A copy in a queue."""

    def __init__(self, sent_at: float) -> None:
        self.queue, self.sent_at, self.gone = "q", sent_at, False


def test_one_that_stays_does_not_hold_up_those_behind_it() -> None:
    """The oldest of a queue is always told; what went behind it is let go of all the same."""
    ages: Ages[Here] = Ages()
    first = Here(0.0)
    ages.add(first)
    for number in range(1, 20_000):
        ages.add(one := Here(float(number)))
        one.gone = number % 4 > 0 or number < 19_000
    assert ages.oldest("q") is first
    (heap,) = ages._heaps.values()
    assert len(heap) < 2_100
    first.gone = True
    second = ages.oldest("q")
    assert second is not None
    assert second.sent_at == 19_000.0
