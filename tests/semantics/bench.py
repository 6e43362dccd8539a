"""A user's hands on a backend for tests to read like prose: calls that must succeed, and time that passes."""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from answers import opened, sent_attributes
from subject import TICK_S, Failure, Stage

from harness.messaging.attributes import Attribute


class Bench:
    """Queues and topics of one test, by short names; a refusal is an error."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._clock = stage.subject.clock

    @property
    def can_wait(self) -> bool:
        """Tell whether the backend's clock can be put forward."""
        return self._clock.can_pass

    def queue(self, name: str, **attributes: object) -> str:
        """Make a queue; `redrive=(queue, times)` gives it a dead-letter queue."""
        given = {key: str(value) for key, value in attributes.items() if key != "redrive"}
        if "redrive" in attributes:
            dead, times = attributes["redrive"]  # type: ignore[misc]
            policy = {"deadLetterTargetArn": self._stage.queue_arn(dead), "maxReceiveCount": times}
            given["RedrivePolicy"] = json.dumps(policy)
        if name.endswith(".fifo"):
            given["FifoQueue"] = "true"
        self._make(lambda: self._stage.create_queue(name, given))
        return name

    def topic(self, name: str, *, to: Sequence[str] = (), **attributes: str) -> str:
        """Make a topic, with a raw subscription for each queue in *to*."""
        given = attributes | ({"FifoTopic": "true"} if name.endswith(".fifo") else {})
        self._make(lambda: self._stage.create_topic(name, given))
        for queue in to:
            self.subscribe(name, queue)
        return name

    def subscribe(self, topic: str, queue: str, *, raw: bool = True, **attributes: str) -> None:
        given = attributes | {"RawMessageDelivery": "true" if raw else "false"}
        arn = self._stage.queue_arn(queue)
        self._make(
            lambda: self._stage.on_topic(
                "subscribe", topic, Protocol="sqs", Endpoint=arn, Attributes=given, ReturnSubscriptionArn=True
            )
        )

    def send(self, queue: str, body: str, **parameters: Any) -> None:
        self._make(lambda: self._stage.on_queue("send_message", queue, MessageBody=body, **parameters))

    def send_batch(self, queue: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        return self._make(lambda: self._stage.on_queue("send_message_batch", queue, Entries=list(entries)))

    def publish(
        self, topic: str, body: str, attributes: Mapping[str, Attribute] | None = None, **parameters: Any
    ) -> None:
        given = parameters | ({"MessageAttributes": sent_attributes(attributes)} if attributes else {})
        self._make(lambda: self._stage.on_topic("publish", topic, Message=body, **given))

    def publish_batch(self, topic: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        given = list(entries)
        return self._make(
            lambda: self._stage.on_topic("publish_batch", topic, PublishBatchRequestEntries=given)
        )

    def receive(self, queue: str, most: int = 10, **parameters: Any) -> list[dict[str, Any]]:
        """Return one receive's messages, with all their attributes."""
        asked = {"MaxNumberOfMessages": most, "WaitTimeSeconds": 0} | parameters
        asked |= {"MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"]}
        answer = self._make(lambda: self._stage.on_queue("receive_message", queue, **asked))
        return list(answer.get("Messages", []))

    def bodies(self, queue: str, most: int = 10, **parameters: Any) -> list[str]:
        """Return the bodies of one receive, out of their envelopes."""
        return [body(each) for each in self.receive(queue, most, **parameters)]

    def drain(self, queue: str) -> list[str]:
        """Receive and delete until nothing comes; return the bodies in their order."""
        taken: list[str] = []
        while messages := self.receive(queue):
            taken += [body(each) for each in messages]
            self.delete(queue, messages)
        return taken

    def delete(self, queue: str, messages: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Delete messages that were received, in one batch; return its answer."""
        entries = [
            {"Id": str(index), "ReceiptHandle": each["ReceiptHandle"]} for index, each in enumerate(messages)
        ]
        return self._make(lambda: self._stage.on_queue("delete_message_batch", queue, Entries=entries))

    def hide(self, queue: str, message: Mapping[str, Any], seconds: int) -> None:
        """Change the visibility time-out of a message that was received."""
        handle = message["ReceiptHandle"]
        self._make(
            lambda: self._stage.on_queue(
                "change_message_visibility", queue, ReceiptHandle=handle, VisibilityTimeout=seconds
            )
        )

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self._clock.begin(self._clock.now() + seconds)
        time.sleep(self._stage.subject.lag_s)
        self._clock.end()
        self._stage.subject.reconnect()

    def _make(self, call: Any) -> dict[str, Any]:
        self._clock.begin(self._clock.now() + TICK_S)
        answer = call()
        self._clock.end()
        assert not isinstance(answer, Failure), f"{answer}\n{self._stage.story()}"
        return dict(answer)


def body(message: Mapping[str, Any]) -> str:
    """Return what was published or sent: the body, or the Message of the envelope in it."""
    envelope = opened(message["Body"])
    return message["Body"] if envelope is None else str(envelope["Message"])
