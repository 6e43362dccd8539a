"""How expectations on messages say what they found: counts, the first ids, and why AWS delivers nothing."""

from collections.abc import Sequence

from harness.journal import MessagePublished
from harness.messaging.statement import (
    DEAD_LETTERED,
    EXPIRED,
    LOST,
    PROCESSED,
    PURGED,
    STILL_THERE,
    Account,
    Copy,
    Target,
)
from harness.scenario.expectations.expectation import Measured
from harness.scenario.messaging import Queue, Topic, Webhook

NAMED = 3  # ids that a sentence names
END_WORDS = {
    PROCESSED: "processed",
    DEAD_LETTERED: "dead-lettered",
    EXPIRED: "expired",
    PURGED: "purged",
    STILL_THERE: "still there",
    LOST: "lost",
}


def aws_name(one: Topic | Queue | Webhook) -> str:
    """Return what the journal calls it."""
    return one.name if isinstance(one, Webhook) else one.aws_name


def messages(count: int) -> str:
    """Return the number of messages in words."""
    return f"{count} message" if count == 1 else f"{count} messages"


def named(names: Sequence[str]) -> str:
    """Return the first of *names* in brackets, and how many more there are."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f" ({', '.join(names[:NAMED])}{more})" if names else ""


def names_of(copies: Sequence[Copy]) -> str:
    """Return the ids of the first of *copies* in brackets."""
    return named([copy.name for copy in copies])


def not_there(keys: Sequence[str]) -> str:
    """Return what is said of *keys* without an answer."""
    return f"; {len(keys)} are not there{named(keys)}" if keys else ""


def nothing_published(name: str) -> Measured:
    """Return the answer about a topic or queue to which nobody sent."""
    return None, f"No message was published to {name}"


def nothing_expected(target: Target) -> Measured:
    """Return the answer about a queue or webhook for which there was no message."""
    filtered = f"; {target.filtered} did not match its filter policy" if target.filtered else ""
    return None, f"No message was meant for {target.name}{filtered}"


def no_keys(source: Topic | Queue) -> Measured:
    """Return the answer about messages that say not which work they are about."""
    name = aws_name(source)
    return None, f"No message with a key ({source.key!r} in a JSON body) was published to {name}"


def why_nobody(found: Account, topic: str, lonely: Sequence[MessagePublished]) -> str:
    """Return why the messages *lonely* to *topic* have no copies."""
    if not lonely:
        return ""
    refused = sorted({name for one in lonely for name in one.refused})
    if refused:
        return f": {', '.join(refused)} refused{reasons(found, *refused, source=topic)}"
    if any(one.filtered for one in lonely):
        return f": no subscription's filter policy matches{named([one.publication for one in lonely])}"
    return ": the topic has no subscriber"


def reasons(found: Account, *targets: str, source: str = "") -> str:
    """Return, in brackets, why AWS would not deliver to *targets*, each reason once."""
    reasons = dict.fromkeys(
        one.reason
        for one in found.refusals
        if not one.allowed
        and _last_of(one.target) in targets
        and (not source or _last_of(one.source) == source)
    )
    return f" ({'; '.join(reasons)})" if reasons else ""


def _last_of(arn: str) -> str:
    return arn.rpartition(":")[2]
