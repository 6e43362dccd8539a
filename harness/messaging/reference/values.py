"""What goes into the model of SNS and SQS and what comes out of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from harness.messaging.attributes import Attribute


@dataclass(frozen=True, slots=True)
class Redrive:
    """A redrive policy: what was received *most* times and comes up again goes to the queue *dead_letter*."""

    dead_letter: str
    most: int


@dataclass(frozen=True, slots=True)
class QueueAttributes:
    """The attributes of a queue with AWS's defaults (SQS API reference, CreateQueue)."""

    visibility_s: int = 30
    retention_s: int = 345_600
    delay_s: int = 0
    maximum_bytes: int = 1_048_576
    redrive: Redrive | None = None
    fifo: bool = False
    content_based: bool = False


@dataclass(frozen=True, slots=True)
class TopicAttributes:
    """The attributes of a topic (SNS API reference, CreateTopic)."""

    fifo: bool = False
    content_based: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """What a client sends or publishes: `group` and `deduplication` are the FIFO ids."""

    body: str
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    group: str | None = None
    deduplication: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """The call succeeds. With `certain=False` AWS leaves open whether it had an effect (or whether it is
    refused, within the tolerance of a moment); `reason` says why."""

    certain: bool = True
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """The call, or the entry of a batch, is refused.

    `code` is the error code of the query protocol, which boto3 shows; `or_codes` are others that AWS's
    documents name for the same thing.
    """

    code: str
    reason: str
    or_codes: tuple[str, ...] = ()

    def allows(self, code: str) -> bool:
        """Return True when *code* is one that AWS may answer here."""
        return code == self.code or code in self.or_codes


@dataclass(frozen=True, slots=True)
class Sent:
    """The call succeeds: `message` is the model's id of the publication, `copies` what it became, by queue.

    A copy's id is what `took` takes as `Given.message`. For a direct send it is `message` itself.
    `duplicate_of` names the message within whose de-duplication interval this came: then there are no copies.
    """

    message: str
    copies: Mapping[str, str]
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """What one ReceiveMessage may give at this moment.

    `any_of`: copies that may come in any order (standard queue; empty for FIFO). `ordered`: for each unlocked
    group of a FIFO queue the copies that may come, in the order in which they must. `sure`: those of them
    that are certainly there. At most `at_most` in all; none at all is always allowed on short polling.
    """

    any_of: frozenset[str]
    ordered: tuple[tuple[str, ...], ...]
    sure: frozenset[str]
    at_most: int


@dataclass(frozen=True, slots=True)
class Given:
    """One message that the subject really returned. What is None is not compared.

    `message` is the model's id of the copy; None for one that the test cannot place. `receipt` is the
    subject's own handle. `body` is the SQS body, an envelope where delivery is not raw. `group`: the system
    attribute MessageGroupId.
    """

    message: str | None
    receipt: str
    body: str | None = None
    attributes: Mapping[str, Attribute] | None = None
    receive_count: int | None = None
    group: str | None = None


Severity: TypeAlias = Literal["forbidden", "unusual"]


@dataclass(frozen=True, slots=True)
class Difference:
    """Something the subject did that AWS does not.

    `forbidden`: AWS's documents exclude it. `unusual`: they allow it, or do not say, and hardly anyone sees
    it on AWS (a duplicate while the message is in flight). `rule` is a short stable name to count by,
    `sentence` says what happened, `source` the page.
    """

    severity: Severity
    rule: str
    sentence: str
    source: str
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """How many messages a queue holds, as the model has it; `unsure` more may or may not be there."""

    visible: int
    in_flight: int
    delayed: int
    unsure: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """Where all copies that were ever put in a queue are: their sum is `sent`.

    `moved_in` counts those that came by redrive, `moved_out` those that left by it.
    """

    sent: int
    moved_in: int
    deleted: int
    expired: int
    purged: int
    moved_out: int
    counts: Counts

    @property
    def balanced(self) -> bool:
        """True when what came in is what went out plus what is there."""
        there = self.counts.visible + self.counts.in_flight + self.counts.delayed + self.counts.unsure
        return self.sent + self.moved_in == self.deleted + self.expired + self.purged + self.moved_out + there
