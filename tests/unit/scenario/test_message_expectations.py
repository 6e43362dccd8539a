"""Questions about messages: the figure, and the sentence that a newcomer reads when it is not met."""

import pytest

from harness import journal as j
from harness.errors import ScenarioError
from harness.scenario.expectations import messages as ask
from harness.scenario.expectations.expectation import Measured, Question
from harness.scenario.messaging import Queue, Topic, Webhook

REQUESTS, DONE = Topic("requests"), Topic("done")
WORK = Queue("work", dead_letter=Queue("work-dead"))
ANSWERS, HOOK = Queue("answers"), Webhook("hook")
COUNTED = [j.InventoryTaken(1_000.0, name, 0, 0) for name in ("work", "work-dead", "answers")]
DECLARED = [
    j.QueueDeclared(0.0, "work", 400.0, "work-dead", 2),
    j.QueueDeclared(0.0, "work-dead", 400.0),
    j.QueueDeclared(0.0, "answers", 400.0),
]
NO_POLICY = "the policy of queue work has no statement that allows sns.amazonaws.com"


def asked(question: Question, *records: j.Record) -> Measured:
    """Return what *question* measures in a run with *records* whose queues were counted."""
    return question.measure([*DECLARED, *records, *COUNTED])


def published(
    name: str, *copies: str, topic: str = "requests", at: float = 700.0, **more: object
) -> j.Record:
    """Return a publication; its key is its name."""
    given = {"key": name, **more}
    return j.MessagePublished(at, at - 0.5, name, topic, list(copies), **given)  # type: ignore[arg-type]


def received(queue: str, name: str, at: float = 710.0, key: str = "") -> j.Record:
    return j.MessageReceived(at, queue, f"{name}@{queue}", name, 1, key or name)


def ended(queue: str, name: str, how: str = "deleted") -> j.Record:
    return j.MessageEnded(720.0, queue, f"{name}@{queue}", name, how, name)


def found(queue: str, name: str, message: str = "", key: str = "") -> j.Record:
    return j.MessageFound(1_000.0, queue, message or f"{name}@{queue}", name, 0, key or name)


def refusal(allowed: bool = False) -> j.Record:
    arns = ("arn:aws:sns:us-east-1:123456789012:requests", "arn:aws:sqs:us-east-1:123456789012:work")
    return j.DeliveryRefused(1.0, *arns, "sns", NO_POLICY, allowed)


# -- to topics -----


def test_publications_are_counted_at_their_topic_or_queue() -> None:
    """Without repeats; where nobody published there is nothing to measure."""
    repeat = published("a", deduplicated=True)
    assert asked(ask.published(REQUESTS), published("a", "work"), repeat) == (
        1,
        "1 message accepted by requests",
    )
    sent = published("m", "work", topic="", queue="work")
    assert asked(ask.published(WORK), sent, published("a", "work"))[0] == 1
    assert asked(ask.published(REQUESTS)) == (None, "No message was published to requests")


def test_a_topic_without_subscribers_reaches_nobody() -> None:
    """The sentence says which topic and why; a function that subscribes is somebody."""
    value, why = asked(ask.undelivered(REQUESTS), published("a"), published("b"))
    assert (value, why) == (2, "2 of 2 messages to requests reached nobody: the topic has no subscriber")
    assert asked(ask.undelivered(REQUESTS), published("a", "work"), published("b", others=["scorer"]))[0] == 0
    assert asked(ask.undelivered(REQUESTS))[0] is None


def test_a_refusal_is_quoted_with_its_reason() -> None:
    """Which policy lacks what; a wiring that was mended is no reason."""
    value, why = asked(ask.undelivered(REQUESTS), refusal(), refusal(True), published("a", refused=["work"]))
    assert value == 1
    assert why.endswith(f"reached nobody: work refused ({NO_POLICY})")


def test_filters_that_match_nothing_are_the_reason() -> None:
    """The ids say which messages."""
    _, why = asked(ask.undelivered(REQUESTS), *(published(name, filtered=["work"]) for name in "abcde"))
    assert why.endswith("no subscription's filter policy matches (a, b, c and 2 more)")


# -- at queues -----


def test_what_became_of_a_queues_messages() -> None:
    """Each question counts its own end, and tells the others."""
    records = [published(name, "work") for name in "abcd"]
    records += [received("work", name) for name in "abc"] + [ended("work", "a"), found("work", "d")]
    records += [found("work-dead", "b", "b@work")]
    assert asked(ask.delivered(WORK), *records)[0] == 3
    assert asked(ask.processed(WORK), *records) == (
        1,
        "1 of 4 messages for work received and deleted; the rest: 1 dead-lettered, 1 lost, 1 still there",
    )
    assert asked(ask.dead_lettered(WORK), *records)[1].startswith(
        "1 of 4 messages for work moved to the dead-letter queue (b@work); the rest:"
    )
    assert asked(ask.still_there(WORK), *records)[0] == 1
    assert asked(ask.lost(WORK), *records) == (
        1,
        "1 of 4 messages for work lost: 1 gone without a trace (c@work)",
    )


def test_nothing_is_measured_where_nothing_was_meant_to_come() -> None:
    """An expectation of zero losses is not met by silence."""
    filtered = published("a", filtered=["work"])
    for question in (ask.processed(WORK), ask.lost(WORK), ask.delivered(HOOK)):
        assert asked(question)[0] is None
    assert asked(ask.lost(WORK), filtered) == (
        None,
        "No message was meant for work; 1 did not match its filter policy",
    )


def test_refused_and_expired_messages_are_lost() -> None:
    """For whoever waits for them; each kind is said apart."""
    records = [refusal(), published("a", refused=["work"]), published("b", "work", at=100.0)]
    value, why = asked(ask.lost(WORK), *records)
    assert value == 2
    assert why == (
        f"2 of 2 messages for work lost: 1 refused ({NO_POLICY}); 1 older than the retention of 400 s (b)"
    )
    assert asked(ask.processed(WORK), *records)[1].endswith(f"; 1 refused ({NO_POLICY})")
    kept = asked(ask.lost(WORK), published("c", "work"), ended("work", "c"))
    assert kept == (0, "0 of 1 message for work lost: each has its end")


def test_losses_are_unknown_where_nobody_counted() -> None:
    """A run that was cut off before its inventory."""
    value, why = ask.lost(WORK).measure([*DECLARED, published("a", "work")])
    assert (value, why) == (None, "Nobody counted what was left in work, so nobody knows what is lost")


def test_duplicates_were_processed_more_than_once() -> None:
    """Received twice alone is a redelivery."""
    twice = [published("a", "work"), received("work", "a"), received("work", "a")]
    assert asked(ask.duplicates(WORK), *twice)[0] is None
    value, why = asked(ask.duplicates(WORK), *twice, ended("work", "a"), ended("work", "a"))
    assert value == 1
    assert why == (
        "1 message of work processed twice (a@work); 1 receives were not the first of their message"
    )


def test_messages_of_others_are_delivered_wrongly() -> None:
    """Published, and no subscription puts them there."""
    records = [published("a", "work"), published("b", "answers", filtered=["work"]), received("work", "b")]
    value, why = asked(ask.wrongly_delivered(WORK), *records)
    assert value == 1
    assert why == "1 message came to work wrongly (b@work); 1 message meant for it, 1 filtered out"
    assert asked(ask.wrongly_delivered(WORK))[0] is None


def test_order_is_that_of_one_sender_and_group() -> None:
    """Whoever comes after a younger one is late; others' messages do not count."""
    rows = [("a", "g", 701.0), ("b", "g", 702.0), ("c", "g", 703.0), ("d", "h", 700.0)]
    records = [published(name, "work", group=group, at=at) for name, group, at in rows]
    value, why = asked(ask.out_of_order(WORK), *records, *(received("work", name) for name in "bacd"))
    assert (value, why) == (1, "1 of 4 messages to work came after a younger one (a@work)")
    assert asked(ask.out_of_order(WORK))[0] is None


# -- from question to answer -----


def exchange(*answers: tuple[str, str]) -> list[j.Record]:
    """Return three requests, and answers as (publication, key) found in the queue of answers."""
    records = [published(key, "work", at=700.0) for key in "abc"]
    for name, key in answers:
        records += [published(name, "answers", topic="done", at=705.0), found("answers", name, key=key)]
    return records


def test_each_key_is_answered_once() -> None:
    """Those without an answer are named, and those with two."""
    records = exchange(("1", "a"), ("2", "b"), ("3", "b"))
    value, why = asked(ask.answered(REQUESTS, ANSWERS), *records)
    assert value == pytest.approx(1 / 3)
    assert why == "1 of 3 keys of requests are in answers exactly once; 1 are not there (c)"
    assert asked(ask.answered_twice(REQUESTS, ANSWERS), *records) == (
        1,
        "1 of 3 keys answered twice in answers (b)",
    )


def test_messages_without_keys_cannot_be_answered() -> None:
    """The sentence says what a key is."""
    for question in (ask.answered(REQUESTS, ANSWERS), ask.answered_twice(REQUESTS, ANSWERS)):
        value, why = asked(question, published("a", key=""), published("", "answers"))
        assert (value, why) == (
            None,
            "No message with a key ('id' in a JSON body) was published to requests",
        )


def test_the_way_from_request_to_answer_takes_its_time() -> None:
    """From the moment it was due to the publication of the answer; one without a key answers nothing."""
    question = ask.end_to_end(REQUESTS, ANSWERS, 0.5)
    others = [found("answers", "", "event", key="b"), j.MessageFound(1.0, "answers", "no key", "", 0)]
    assert asked(question, *exchange(("1", "a")), *others) == (
        5.5,
        "over 1 answered messages to requests",
    )
    assert asked(question, *exchange())[0] is None
    with pytest.raises(ScenarioError, match="quantile is 99"):
        ask.end_to_end(REQUESTS, ANSWERS, 99)


# -- over time -----


def test_depth_and_age_are_the_most_that_was_seen() -> None:
    """Of a queue that nobody looked at nothing is known."""
    rows = [(3, 2, 1, 9.0), (1, 0, 0, None)]
    samples = [j.QueueSampled(1.0, "work", *row) for row in rows]
    assert asked(ask.deepest(WORK), *samples)[0] == 6
    assert asked(ask.oldest_age(WORK), *samples)[0] == 9.0
    assert asked(ask.deepest(WORK))[0] is None
    assert asked(ask.oldest_age(WORK))[0] is None


def test_a_queue_that_was_empty_at_every_look_had_no_age() -> None:
    """It had messages, and each was gone within the second."""
    empty = j.QueueSampled(1.0, "work", 0, 0, 0)
    assert asked(ask.oldest_age(WORK), empty, published("a", "work"))[0] == 0.0
    assert asked(ask.oldest_age(WORK), empty)[0] is None


def test_the_same_records_are_accounted_for_once() -> None:
    """A list that grew is looked at again."""
    records = [*DECLARED, published("a", "work")]
    assert [ask.published(REQUESTS).measure(records)[0] for _ in range(2)] == [1, 1]
    records.append(published("b", "work"))
    assert ask.published(REQUESTS).measure(records)[0] == 2
