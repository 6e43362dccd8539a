"""Topics, queues, subscriptions and webhooks: what each one is, checked when it is built.

Attributes carry AWS's names and limits (SNS and SQS API references, CreateTopic, CreateQueue, Subscribe).
What the plan of a scenario makes of them is `messaging_plan.py`'s matter.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from harness.errors import ScenarioError
from harness.messaging.filters import FilterPolicyError, compile_filter
from harness.scenario.rows import check_rows

if TYPE_CHECKING:
    from harness.scenario.functions import Function, QualifiedFunction
    from harness.scenario.resources import Bucket

FilterScope = Literal["MessageAttributes", "MessageBody"]

# CreateQueue: 80 characters, the ending of a FIFO queue among them. CreateTopic: 256.
_NAME = re.compile(r"[A-Za-z0-9_-]+")
QUEUE_NAME_CHARACTERS = 80
TOPIC_NAME_CHARACTERS = 256
FIFO_ENDING = ".fifo"

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Topic:
    """An SNS topic. `key` names the member of a JSON message body that says which piece of work it is about:
    what happens twice for one key is a duplicate by effect, whatever ids its messages have. `accepts` are the
    buckets whose notifications its policy lets in."""

    name: str
    fifo: bool = False
    content_based_deduplication: bool = False
    key: str = "id"
    accepts: "Sequence[Bucket]" = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "accepts", tuple(self.accepts))
        _check_name("Topic", self.name, TOPIC_NAME_CHARACTERS, fifo=self.fifo)
        _check_deduplication("Topic", self)

    @property
    def aws_name(self) -> str:
        """The name AWS has for it: that of a FIFO topic ends in `.fifo`."""
        return self.name + (FIFO_ENDING if self.fifo else "")

    def arn(self, region: str, account: str) -> str:
        """Return its ARN."""
        return f"arn:aws:sns:{region}:{account}:{self.aws_name}"


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue.

    `accepts` are the topics and buckets whose messages its policy lets in: without one, AWS delivers nothing.
    `policy` is a whole policy document in their place. `dead_letter` gets what was received
    `max_receive_count` times and not deleted. `key` is as a `Topic` has it.
    """

    name: str
    visibility_timeout_s: int = 30
    retention_s: int = 4 * DAY_S
    delay_s: int = 0
    receive_wait_s: int = 0
    maximum_message_bytes: int = 1_048_576
    fifo: bool = False
    content_based_deduplication: bool = False
    dead_letter: "Queue | None" = None
    max_receive_count: int = 5
    accepts: "Sequence[Topic | Bucket]" = ()
    policy: Mapping[str, Any] | None = field(default=None, hash=False)
    key: str = "id"

    def __post_init__(self) -> None:
        who = f"Queue {self.name!r}"
        _check_name("Queue", self.name, QUEUE_NAME_CHARACTERS, fifo=self.fifo)
        _check_deduplication("Queue", self)
        # SetQueueAttributes: the ranges of the attributes.
        for label, least, most in (
            ("visibility_timeout_s", 0, 43_200),
            ("retention_s", 60, 14 * DAY_S),
            ("delay_s", 0, 900),
            ("receive_wait_s", 0, 20),
            ("maximum_message_bytes", 1_024, 1_048_576),
            ("max_receive_count", 1, 1_000),
        ):
            value = getattr(self, label)
            if not least <= value <= most:
                raise ScenarioError(f"{who}: {label} is {value}; SQS takes {least} to {most}")
        if self.dead_letter is not None and self.dead_letter.fifo != self.fifo:
            kind = "a FIFO queue" if self.fifo else "a standard queue"
            raise ScenarioError(f"{who}: dead_letter must be {kind} as well, SQS refuses another kind")
        object.__setattr__(self, "accepts", tuple(self.accepts))
        if self.accepts and self.policy is not None:
            raise ScenarioError(f"{who}: accepts and policy are both given; a queue has one policy")

    @property
    def aws_name(self) -> str:
        """The name AWS has for it: that of a FIFO queue ends in `.fifo`."""
        return self.name + (FIFO_ENDING if self.fifo else "")

    def arn(self, region: str, account: str) -> str:
        """Return its ARN."""
        return f"arn:aws:sqs:{region}:{account}:{self.aws_name}"


@dataclass(frozen=True, slots=True)
class Webhook:
    """An HTTP endpoint that subscribes to a topic; the rehearsal plays it, confirms and counts.

    The first `refuses` notifications it gets are answered 500, the rest 200: what SNS makes of that is its
    own matter.
    """

    name: str
    refuses: int = 0

    def __post_init__(self) -> None:
        _check_name("Webhook", self.name, QUEUE_NAME_CHARACTERS, fifo=False)
        if self.refuses < 0:
            raise ScenarioError(f"Webhook {self.name!r}: refuses is {self.refuses}; give 0 or more")


@dataclass(frozen=True, slots=True)
class Subscription:
    """*endpoint* gets what is published to *topic* and matches `filter_policy` (everything without one).

    `endpoint` may also be an ARN, for a queue that the scenario does not make. A function must be
    `invoked_by` the topic.
    """

    topic: Topic
    endpoint: "Queue | Webhook | Function | QualifiedFunction | str"
    raw: bool = False
    filter_policy: Mapping[str, Any] | None = field(default=None, hash=False)
    filter_scope: FilterScope = "MessageAttributes"

    def __post_init__(self) -> None:
        if self.filter_policy is not None:
            try:
                json.dumps(self.filter_policy)
            except (TypeError, ValueError) as error:
                raise ScenarioError(f"{self.label}: filter_policy is no JSON value ({error})") from error
            try:
                compile_filter(self.filter_policy, self.filter_scope)
            except FilterPolicyError as error:
                raise ScenarioError(f"{self.label}: SNS refuses its filter_policy: {error}") from error

    @property
    def label(self) -> str:
        """What messages and calls name it by."""
        end = self.endpoint if isinstance(self.endpoint, str) else self.endpoint.name
        return f"subscription of {end} to {self.topic.name}"


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table with one string key, billed by request, and the *items* that are in it from the
    beginning: rows of plain Python values, each with the key."""

    name: str
    key: str = "id"
    items: Sequence[Mapping[str, Any]] = field(default=(), hash=False, repr=False)

    def __post_init__(self) -> None:
        _check_name("Table", self.name, 255, fifo=False)
        object.__setattr__(self, "items", tuple(self.items))
        check_rows(f"Table {self.name!r}", self.key, self.items)

    def arn(self, region: str, account: str) -> str:
        """Return its ARN."""
        return f"arn:aws:dynamodb:{region}:{account}:table/{self.name}"


Messaging: TypeAlias = Topic | Queue | Webhook | Subscription


def _check_name(what: str, name: str, most: int, *, fifo: bool) -> None:
    taken = len(FIFO_ENDING) if fifo else 0
    if not _NAME.fullmatch(name) or len(name) + taken > most:
        hint = "; '.fifo' is added where fifo=True" if fifo or name.endswith(FIFO_ENDING) else ""
        allowed = f"1 to {most - taken} letters, digits, hyphens and underscores"
        raise ScenarioError(f"{what} {name!r}: a name has {allowed}{hint}")


def _check_deduplication(what: str, one: Topic | Queue) -> None:
    if one.content_based_deduplication and not one.fifo:
        raise ScenarioError(f"{what} {one.name!r}: content_based_deduplication needs fifo=True")
