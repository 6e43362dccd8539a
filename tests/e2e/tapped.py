"""A gateway whose tap and delivery faults a test can reach."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from conftest import Served, unique

from harness import journal
from harness.aws.message_plane import Declared
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.backends import Backend
from harness.clock import Clock, ClockSpec
from harness.config import Settings
from harness.messaging.account import account
from harness.messaging.statement import Account


@dataclass(frozen=True)
class Arranged:
    order: Sequence[int]
    held: Mapping[int, float]


@dataclass
class Faults:
    """Faults that a test switches on by queue: keep one deletion, reverse, or hold the first one back."""

    keep: dict[str, int] = field(default_factory=dict)
    reverse: set[str] = field(default_factory=set)
    hold: dict[str, float] = field(default_factory=dict)

    def keeps(self, queue: str, message: str, at: float) -> bool:
        left = self.keep.get(queue, 0)
        self.keep[queue] = max(left - 1, 0)
        return left > 0

    def arrange(self, queue: str, messages: Sequence[str], at: float) -> Arranged:
        order = list(range(len(messages)))
        if queue in self.reverse:
            return Arranged(order[::-1], {})
        if (held := self.hold.pop(queue, 0.0)) > 0.0:
            return Arranged(order[1:], {0: held})
        return Arranged(order, {})


class Tapped(Served):
    """A gateway with a tap; queues and topics are made through it."""

    faults: Faults

    def queue(self, **attributes: str) -> tuple[str, str]:
        """Make a queue and return its name and URL."""
        name = unique("q") + (".fifo" if attributes.get("FifoQueue") else "")
        url = self.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        return name, str(url)

    def arn(self, url: str) -> str:
        got = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        return str(got["Attributes"]["QueueArn"])

    def topic(self, *queues: tuple[str, str], raw: bool = False) -> str:
        """Make a topic whose messages those queues get; return its ARN."""
        sns, sqs = self.client("sns"), self.client("sqs")
        arn = str(sns.create_topic(Name=unique("t"))["TopicArn"])
        for _, url in queues:
            policy = {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "sns.amazonaws.com"},
                        "Action": "sqs:SendMessage",
                        "Resource": self.arn(url),
                    }
                ],
            }
            sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
            attributes = {"RawMessageDelivery": str(raw).lower()}
            sns.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=self.arn(url), Attributes=attributes)
        return arn

    def receive(self, url: str, **options: Any) -> list[dict[str, Any]]:
        options = {"MaxNumberOfMessages": 10, **options}
        got: list[dict[str, Any]] = (
            self.client("sqs").receive_message(QueueUrl=url, **options).get("Messages", [])
        )
        return got

    def delete(self, url: str, *messages: dict[str, Any]) -> dict[str, Any]:
        entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
        answer: dict[str, Any] = self.client("sqs").delete_message_batch(QueueUrl=url, Entries=entries)
        return answer

    def account(self) -> Account:
        return account(self.records)

    def sample(self) -> None:
        self.stage.await_on_loop(self.stage.messaging.sample())

    def take_inventory(self) -> list[journal.InventoryTaken]:
        self.stage.await_on_loop(self.stage.messaging.take_inventory())
        return self.of(journal.InventoryTaken)

    def about(self, kind: type[Any], queue: str) -> list[Any]:
        return [one for one in self.of(kind) if one.queue == queue]


@contextmanager
def tap(backend: Backend, speed: float = 1.0) -> Iterator[Tapped]:
    """Put a gateway before *backend*; the faults are the test's to switch on."""
    records: list[journal.Record] = []
    faults = Faults()
    stage = Stage(
        Clock(ClockSpec(speed)),
        records.append,
        backend.route,
        Settings(),
        seed=1,
        declared=Declared(faults=faults),
    )
    with Gateway(stage) as gateway:
        running = Tapped(gateway.url, stage, backend, records)
        running.faults = faults
        try:
            yield running
        finally:
            running.close()


def body(key: object) -> str:
    return json.dumps({"id": key})
