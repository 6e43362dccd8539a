"""What became of messages: the account that expectations and the summary count, and queues by the second.

A queue to which nothing came has nothing to measure; of several each that has is counted.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from harness.journal import MessagePublished, QueueSampled
from harness.thresholds.found import Counted, Found, Measured, Nothing
from harness.thresholds.measures.run import Follow, Following, Run, Tags, about, counted, values

if TYPE_CHECKING:
    from harness.messaging.statement import Account, Target

_COPIES = ("copies", "refused", "filtered", "wrongly_delivered", "unexplained", "dead_letters")


def _published(tags: Tags) -> Follow:
    def each(one: MessagePublished) -> Iterator[float]:
        if not one.deduplicated and all(getattr(one, tag) == name for tag, name in tags.items()):
            yield 1.0

    return each


def _sampled(of: Callable[[QueueSampled], float | None]) -> Following:
    def follow(tags: Tags) -> Follow:
        def each(one: QueueSampled) -> Iterator[float]:
            value = of(one)
            if value is not None and tags.get("queue", one.queue) == one.queue:
                yield value

        return each

    return Following((QueueSampled,), follow)


def _depth(one: QueueSampled) -> int:
    return one.visible + one.in_flight + one.delayed


PUBLISHED = Following((MessagePublished,), _published)
# Nobody can say how old the oldest message of an empty queue is: it has none, so it is not old.
QUEUE_AGE = _sampled(lambda one: one.oldest_s if _depth(one) else one.oldest_s or 0.0)
QUEUE_DEPTH = _sampled(_depth)


def published(run: Run, tags: Tags) -> Found:
    """Return how many messages were accepted."""
    found = run.each(PUBLISHED, tags)
    if not found:
        return Nothing(f"No message was published{about(tags)}")
    return counted(run, f"{len(found)} messages accepted{about(tags)}", found)


def queue_age(run: Run, tags: Tags) -> Found:
    """Return how old the oldest message was, each time that somebody looked."""
    return _looked_at(run, tags, QUEUE_AGE, "how old its messages were")


def queue_depth(run: Run, tags: Tags) -> Found:
    """Return how many messages there were, each time that somebody looked."""
    return _looked_at(run, tags, QUEUE_DEPTH, "how full it was")


def _looked_at(run: Run, tags: Tags, following: Following, what: str) -> Found:
    found = run.each(following, tags)
    return values(f"looked at {len(found)} times{about(tags)}", found, f"No queue{about(tags)} told {what}")


# -- the account -----


def _account(run: Run) -> "Account":
    from harness.scenario.expectations.messages import account_of

    return account_of(run.records)


def _is_named(target: "Target", tags: Tags) -> bool:
    kind = "queue" if target.is_queue else "webhook"
    return all(tag == kind and name == target.name for tag, name in tags.items())


def lost(run: Run, tags: Tags) -> Found:
    """Return how many messages are lost; nothing as soon as nobody knows it of one queue."""
    from harness.scenario.expectations.messages import lost_of

    return _of_each(run, tags, lost_of, lambda target: bool(target.copies or target.refused), "came")


def duplicates(run: Run, tags: Tags) -> Found:
    """Return how many messages were processed more than once, of queues that somebody worked on."""
    from harness.scenario.expectations.messages import duplicates_of

    return _of_each(
        run,
        tags,
        duplicates_of,
        lambda target: any(one.deletions for one in target.everything),
        "was processed",
    )


def undelivered(run: Run, tags: Tags) -> Found:
    """Return how many messages reached nobody, of every topic to which somebody published."""
    from harness.scenario.expectations.messages import undelivered_of

    found = _account(run)
    topics = dict.fromkeys(one.topic for one in found.published if one.topic and not one.deduplicated)
    named = [topic for topic in topics if tags.get("topic", topic) == topic]
    if not named:
        return Nothing(f"No message was published to a topic{about(tags)}")
    answers = [undelivered_of(found, topic) for topic in named]
    return Counted("; ".join(said for _, said in answers), sum(n or 0 for n, _ in answers), run.span_s)


def _of_each(
    run: Run,
    tags: Tags,
    measure: "Callable[[Account, str], Measured]",
    concerns: "Callable[[Target], bool]",
    what: str,
) -> Found:
    """Return the sum of *measure* over the queues and webhooks that *tags* name and that it *concerns*."""
    found = _account(run)
    named = [target for target in found.targets.values() if _is_named(target, tags) and concerns(target)]
    answers = [measure(found, target.name) for target in named]
    unknown = [said for value, said in answers if value is None]
    if unknown or not answers:
        return Nothing("; ".join(unknown) or f"No message of a queue or webhook{about(tags)} {what}")
    total = sum(value for value, _ in answers if value is not None)
    return Counted("; ".join(said for _, said in answers), total, run.span_s)


def counter(key: str) -> Callable[[Run, Tags], Found]:
    """Return the measure of *key* of the summary's account of messages, by queue and webhook."""

    def measure(run: Run, tags: Tags) -> Found:
        rows = _rows(run, tags)
        if not rows:
            return Nothing(f"No message came to a queue or webhook{about(tags)}")
        found = [(name, row[key]) for name, row in rows.items()]
        told = ", ".join(f"{name} {count}" for name, count in found if count) or "none"
        return counted(run, f"{key.replace('_', ' ')}: {told}", [count for _, count in found])

    return measure


def _rows(run: Run, tags: Tags) -> Mapping[str, Mapping[str, Any]]:
    """Return the summary's rows of the queues and webhooks that *tags* name and to which something came."""
    rows = run.part("messages", "by_target")
    return {
        name: row
        for name, row in rows.items()
        if all((tag, named) == (row["kind"], name) for tag, named in tags.items())
        and any(row.get(key) for key in _COPIES)
    }


def delivery_time(run: Run, tags: Tags) -> Found:
    """Return the seconds to the first receive of each message."""
    return _since_due(run, tags, lambda target: target.first_receive_s(), "received")


def processing_time(run: Run, tags: Tags) -> Found:
    """Return the seconds to the deletion of each message."""
    return _since_due(run, tags, lambda target: target.deletion_s(), "processed")


def _since_due(run: Run, tags: Tags, of: "Callable[[Target], list[float]]", what: str) -> Found:
    named = [target for target in _account(run).targets.values() if _is_named(target, tags)]
    found = [value for target in named for value in of(target)]
    return values(f"over {len(found)} messages{about(tags)}", found, f"No message{about(tags)} was {what}")
