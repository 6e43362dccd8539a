"""Steps that put messages into queues, directly or through a topic."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from answers import Copy, Remark, check_sent, sent_attributes
from ground import Answer, Ground, compare
from steps import Message, Publish, PublishBatch, Send, SendBatch
from subject import Failure

from harness.messaging.reference import values as model

PUBLISH = "SNS API reference, Publish"


class Sending:
    """What producers do."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def send(self, step: Send) -> Iterator[Remark]:
        ground, now = self._ground, self._ground.moment()
        told = sending(step.message) | {"MessageBody": step.message.text}
        expected = ground.world.send(
            step.queue, modelled_message(step.message), now, delay_s=step.message.delay
        )
        answer = ground.ask(
            "SendMessage", now, expected, lambda: ground.stage.on_queue("send_message", step.queue, **told)
        )
        yield from compare("SendMessage", expected, answer)
        yield from self._sent(step.queue, step.message, expected, answer, now)

    def send_batch(self, step: SendBatch) -> Iterator[Remark]:
        ground, now, messages = self._ground, self._ground.moment(), named(step.messages)
        entries = [sending(each) | {"Id": each.id, "MessageBody": each.text} for each in messages]
        expected = ground.world.send_batch(
            step.queue,
            [modelled_message(each) for each in messages],
            now,
            delays_s=[each.delay for each in messages],
            ids=[each.id for each in messages],
        )
        answer = ground.ask(
            "SendMessageBatch",
            now,
            expected,
            lambda: ground.stage.on_queue("send_message_batch", step.queue, Entries=entries),
        )
        if isinstance(expected, model.Refused) or answer is None or isinstance(answer, Failure):
            yield from compare("SendMessageBatch", expected, answer)
            return
        for message, wanted in zip(messages, expected, strict=True):
            got = entry(answer, message.id)
            yield from compare("SendMessageBatch entry", wanted, got)
            yield from self._sent(step.queue, message, wanted, got, now)

    def _sent(
        self, queue: str, message: Message, expected: object, answer: Answer | None, now: float
    ) -> Iterator[Remark]:
        if not isinstance(expected, model.Sent) or answer is None or isinstance(answer, Failure):
            return
        ground, fifo = self._ground, self._ground.fifo.get(queue, False)
        yield from check_sent(answer, message.text, message.attributes, fifo=fifo)
        if expected.duplicate_of is not None:
            return
        copy, dedup = expected.copies.get(queue, expected.message), message.dedup
        if fifo:
            dedup = ground.dedup(queue, message)
            ground.note_id(queue, dedup, now, copy)
        ground.copies[answer["MessageId"]] = Copy(
            copy,
            message.text,
            message.attributes,
            now,
            group=message.group,
            dedup=dedup,
            sequence=answer.get("SequenceNumber"),
        )

    def publish(self, step: Publish) -> Iterator[Remark]:
        ground, now = self._ground, self._ground.moment()
        expected = ground.world.publish(step.topic, modelled_message(step.message), now)
        told = publishing(step.message)
        answer = ground.ask(
            "Publish", now, expected, lambda: ground.stage.on_topic("publish", step.topic, **told)
        )
        yield from compare("Publish", expected, answer)
        yield from self._published(step.topic, step.message, expected, answer, now)

    def publish_batch(self, step: PublishBatch) -> Iterator[Remark]:
        ground, now, messages = self._ground, self._ground.moment(), named(step.messages)
        entries = [publishing(each) | {"Id": each.id} for each in messages]
        expected = ground.world.publish_batch(
            step.topic,
            [modelled_message(each) for each in messages],
            now,
            ids=[each.id for each in messages],
        )
        answer = ground.ask(
            "PublishBatch",
            now,
            expected,
            lambda: ground.stage.on_topic("publish_batch", step.topic, PublishBatchRequestEntries=entries),
        )
        if isinstance(expected, model.Refused) or answer is None or isinstance(answer, Failure):
            yield from compare("PublishBatch", expected, answer)
            return
        for message, wanted in zip(messages, expected, strict=True):
            got = entry(answer, message.id)
            yield from compare("PublishBatch entry", wanted, got)
            yield from self._published(step.topic, message, wanted, got, now)

    def _published(
        self, topic: str, message: Message, expected: object, answer: Answer | None, now: float
    ) -> Iterator[Remark]:
        if not isinstance(expected, model.Sent) or answer is None or isinstance(answer, Failure):
            return
        ground, fifo = self._ground, self._ground.fifo.get(topic, False)
        dedup = ground.dedup(topic, message) if fifo else None
        if fifo:
            ground.note_id(topic, dedup, now, "")
            if not str(answer.get("SequenceNumber", "")).isdigit():
                sentence = "Publish to a FIFO topic answers no SequenceNumber"
                yield Remark("publish: SequenceNumber", sentence, f"{PUBLISH}, SequenceNumber")
        for queue, copy in expected.copies.items():
            if ground.fifo.get(queue):
                ground.note_id(queue, dedup, now, copy)
            made = Copy(
                copy,
                message.text,
                message.attributes,
                now,
                group=message.group,
                dedup=dedup,
                topic_arn=ground.stage.topic_arn(topic),
                publication=answer["MessageId"],
                subject=message.subject,
                raw=ground.raw.get((topic, queue), False),
            )
            ground.unseen.setdefault(queue, []).append(made)


def entry(answer: Mapping[str, Any], id_: str) -> Answer:
    """Return what a batch answered about one of its entries."""
    for each in answer.get("Successful", []):
        if each["Id"] == id_:
            return dict(each)
    for each in answer.get("Failed", []):
        if each["Id"] == id_:
            return Failure(each.get("Code", ""), each.get("Message", ""))
    return Failure("(nothing)", "the entry is neither among the successful nor among the failed")


def named(messages: Sequence[Message]) -> list[Message]:
    """Return *messages* with an id each, its index where it has none."""
    return [replace(each, id=each.id or str(index)) for index, each in enumerate(messages)]


def modelled_message(message: Message) -> model.Message:
    return model.Message(message.text, message.attributes, message.group, message.dedup)


def sending(message: Message) -> dict[str, Any]:
    """Return the parameters of SendMessage and of its batch's entries, without the body and the id."""
    return present(
        MessageAttributes=sent_attributes(message.attributes) or None,
        DelaySeconds=message.delay,
        MessageGroupId=message.group,
        MessageDeduplicationId=message.dedup,
    )


def publishing(message: Message) -> dict[str, Any]:
    """Return the parameters of Publish and of its batch's entries, without the id."""
    return present(
        Message=message.text,
        MessageAttributes=sent_attributes(message.attributes) or None,
        Subject=message.subject,
        MessageGroupId=message.group,
        MessageDeduplicationId=message.dedup,
    )


def present(**parameters: Any) -> dict[str, Any]:
    return {name: value for name, value in parameters.items() if value is not None}
