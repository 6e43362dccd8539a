"""The steps of a history of SNS and SQS as values, and as the plain tables that `differences.toml` holds.

Queues and topics have short names of the history's own ("jobs", "news"); a receipt is counted from the latest
that its queue gave (0), and -1 is one that nobody was ever given.
"""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import Any

from harness.messaging.attributes import Attribute

NOBODYS = -1


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent or published; `id` names it within a batch."""

    body: str = "a"
    id: str = ""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    delay: int | None = None
    group: str | None = None
    dedup: str | None = None
    subject: str | None = None
    # as much filling is added to the body as makes it this long
    bytes: int = 0

    @property
    def text(self) -> str:
        """The whole body."""
        return self.body + "." * (self.bytes - len(self.body.encode()))


@dataclass(frozen=True, slots=True)
class CreateQueue:
    queue: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    # the dead-letter queue and maxReceiveCount
    dead_letter: str | None = None
    after: int = 1


@dataclass(frozen=True, slots=True)
class CreateTopic:
    topic: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Subscribe:
    topic: str
    queue: str
    raw: bool = False
    # the JSON text of a filter policy
    filter: str | None = None
    scope: str | None = None


@dataclass(frozen=True, slots=True)
class Publish:
    topic: str
    message: Message = Message()


@dataclass(frozen=True, slots=True)
class PublishBatch:
    topic: str
    messages: Sequence[Message] = ()


@dataclass(frozen=True, slots=True)
class Send:
    queue: str
    message: Message = Message()


@dataclass(frozen=True, slots=True)
class SendBatch:
    queue: str
    messages: Sequence[Message] = ()


@dataclass(frozen=True, slots=True)
class Receive:
    queue: str
    most: int = 10
    visibility: int | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    queue: str
    receipt: int = 0


@dataclass(frozen=True, slots=True)
class DeleteBatch:
    queue: str
    receipts: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class ChangeVisibility:
    queue: str
    receipt: int = 0
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Pass:
    """Time passes, and nobody does anything."""

    seconds: int = 1


@dataclass(frozen=True, slots=True)
class Purge:
    queue: str


@dataclass(frozen=True, slots=True)
class SetAttributes:
    queue: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Count:
    """The three approximate counts are read, long after anything was sent: they are at rest."""

    queue: str


Step = (
    CreateQueue | CreateTopic | Subscribe | Publish | PublishBatch | Send | SendBatch | Receive | Delete
    | DeleteBatch | ChangeVisibility | Pass | Purge | SetAttributes | Count
)  # fmt: skip
KINDS = {
    kind.__name__: kind
    for kind in (
        CreateQueue, CreateTopic, Subscribe, Publish, PublishBatch, Send, SendBatch, Receive, Delete,
        DeleteBatch, ChangeVisibility, Pass, Purge, SetAttributes, Count,
    )
}  # fmt: skip


def as_table(step: Step | Message) -> dict[str, Any]:
    """Return *step* as a plain table: its kind under `do`, and what differs from the defaults."""
    table: dict[str, Any] = {} if isinstance(step, Message) else {"do": type(step).__name__}
    for each in fields(step):
        value = getattr(step, each.name)
        default = each.default_factory() if each.default_factory is not MISSING else each.default
        if value != default or each.default is MISSING is each.default_factory:
            table[each.name] = _plain(value)
    return table


def as_step(table: Mapping[str, Any]) -> Step:
    """Return the step of a plain table; raises KeyError or TypeError for one that names nothing known."""
    kind = KINDS[table["do"]]
    values = {name: value for name, value in table.items() if name != "do"}
    if "message" in values:
        values["message"] = _message(values["message"])
    if "messages" in values:
        values["messages"] = tuple(_message(each) for each in values["messages"])
    if "receipts" in values:
        values["receipts"] = tuple(values["receipts"])
    step: Step = kind(**values)
    return step


def _plain(value: Any) -> Any:
    if isinstance(value, Message):
        return as_table(value)
    if isinstance(value, Attribute):
        held = value.value
        return [value.data_type, held] if isinstance(held, str) else [value.data_type, list(held)]
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value


def _message(table: Mapping[str, Any]) -> Message:
    attributes = {name: _attribute(*pair) for name, pair in table.get("attributes", {}).items()}
    return Message(**{**table, "attributes": attributes})


def _attribute(data_type: str, value: str | list[int]) -> Attribute:
    return Attribute(data_type, value if isinstance(value, str) else bytes(value))
