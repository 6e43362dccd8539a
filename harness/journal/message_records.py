"""What happened to messages: published, seen by a consumer, ended; how deep queues were; what was refused.

A *copy* is one message in one queue (or at one webhook): a publication to a topic with three subscribers has
three. `publication` is the id that says which publication a copy is of: SNS's MessageId, or SQS's where the
message was sent to the queue itself; empty where it is not known (an event that S3 sent, say). Queues and
topics are named as AWS names them (with `.fifo`).
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MessagePublished:
    """A message was accepted by SNS or SQS. `at` is when the call arrived, `due_at` when it should have been
    made (the same where nobody said).

    `copies` are the queues and webhooks that must get it, by AWS's rules: subscribed, filter matched, policy
    allows. `filtered` are those whose filter it does not match, `refused` those whose policy refuses it.
    `deduplicated`: a FIFO topic or queue had it within the last five minutes, so it has no copies.
    `topic` is empty for a message that was sent to `queue` itself. `others` are subscribers of the topic that
    get it too, but are no queues and no webhooks: functions, mailboxes.
    """

    at: float
    due_at: float
    publication: str
    topic: str
    copies: list[str]
    filtered: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    deduplicated: bool = False
    key: str = ""
    group: str = ""
    body_bytes: int = 0
    sender: str = ""
    queue: str = ""
    others: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A consumer got a copy. `message` is SQS's MessageId, `received` its ApproximateReceiveCount.

    `consumer` is the access key that asked. `webhook` deliveries are received and ended in one.
    """

    at: float
    queue: str
    message: str
    publication: str
    received: int
    key: str = ""
    consumer: str = ""


@dataclass(frozen=True, slots=True)
class MessageEnded:
    """A copy came to its end: `how` is `deleted` by its consumer, `delivered` to a webhook, or `purged`."""

    at: float
    queue: str
    message: str
    publication: str
    how: str
    key: str = ""
    consumer: str = ""


@dataclass(frozen=True, slots=True)
class MessageFound:
    """At the end of the run, before teardown, this copy was still in its queue."""

    at: float
    queue: str
    message: str
    publication: str
    received: int
    key: str = ""
    in_flight: bool = False


@dataclass(frozen=True, slots=True)
class QueueDeclared:
    """What a queue is, as its attributes say: needed to know when its messages expire and where they go."""

    at: float
    queue: str
    retention_s: float
    dead_letter: str = ""
    max_receive_count: int = 0


@dataclass(frozen=True, slots=True)
class QueueSampled:
    """How full a queue was: AWS's three counts, and the age of its oldest message that is not deleted.

    `oldest_s` is None where that is not known or the queue is empty.
    """

    at: float
    queue: str
    visible: int
    in_flight: int
    delayed: int
    oldest_s: float | None = None


@dataclass(frozen=True, slots=True)
class InventoryTaken:
    """All that was still in *queue* has been read: `found` copies; `said` is what the backend counted."""

    at: float
    queue: str
    found: int
    said: int


@dataclass(frozen=True, slots=True)
class DeliveryRefused:
    """AWS would not deliver from *source* to *target* (ARNs); `reason` says which policy lacks or denies it.

    `allowed` turns true when the wiring was mended later on: deliveries go through from then on.
    """

    at: float
    source: str
    target: str
    service: str
    reason: str
    allowed: bool = False


@dataclass(frozen=True, slots=True)
class ProgramChanged:
    """A process of a program was started, ended by itself, was killed, frozen, thawed, or asked to stop."""

    at: float
    program: str
    rank: int
    what: str
    exit_code: int | None = None
    detail: str = ""
