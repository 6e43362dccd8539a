"""What is published to topics and sent to queues: asked of the backend, journalled once it is accepted."""

import asyncio
import math
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import md5
from typing import Any

from harness import journal
from harness.aws.messages import wire
from harness.aws.messages.house import Call, House
from harness.aws.query_form import decode, entries
from harness.gateway.chain import Exchange, Reply
from harness.messaging.attributes import Attribute
from harness.messaging.correlation import DEFAULT_KEY, Publication
from harness.messaging.envelope import for_sqs, key_of
from harness.messaging.repeats import Repeats, token_of

DUE_AT = b"x-harness-due-at"
# A message may reach a consumer before the answer to its publication has been read here.
PUBLICATION_TIMEOUT_S = 1.0


class Sending:
    """Publish, PublishBatch, SendMessage and SendMessageBatch."""

    def __init__(self, house: House, topic_keys: Mapping[str, str], queue_keys: Mapping[str, str]) -> None:
        self._house = house
        self._topic_keys = topic_keys
        self._queue_keys = queue_keys
        self._repeats = Repeats()
        self._under_way: set[asyncio.Future[None]] = set()

    async def settled(self) -> bool:
        """Wait until every publication that is under way now has been answered; return whether any was."""
        if not self._under_way:
            return False
        await asyncio.wait(set(self._under_way), timeout=PUBLICATION_TIMEOUT_S)
        return True

    # -- SQS -----

    async def send(self, call: Call) -> Reply:
        """Send one message."""
        with self._publishing():
            reply = await self._house.fetch_call(call)
            if reply.status == 200:
                answer = wire.sqs_answer(call.operation, reply.body, xml=call.xml)
                self._sent(call, call.given, str(answer.get("MessageId", "")))
        return reply.as_reply()

    async def send_batch(self, call: Call) -> Reply:
        """Send up to ten messages; those that the queue did not take were not sent."""
        with self._publishing():
            reply = await self._house.fetch_call(call)
            if reply.status == 200:
                answer = wire.sqs_answer(call.operation, reply.body, xml=call.xml)
                given = {one.get("Id", ""): one for one in wire.entries_of(call.given)}
                for one in answer.get("Successful", ()):
                    self._sent(call, given.get(one.get("Id"), {}), one.get("MessageId", ""))
        return reply.as_reply()

    def _sent(self, call: Call, given: wire.Fields, message: str) -> None:
        body = str(given.get("MessageBody", ""))
        group = str(given.get("MessageGroupId", ""))
        queue, at = call.queue, call.exchange.received_at
        member = self._queue_keys.get(queue, DEFAULT_KEY)
        data = body.encode()
        publication = Publication(message, at, key_of(body, member), member, digest_of(data))
        repeat = self._is_repeat(
            queue, publication.id, body, str(given.get("MessageDeduplicationId", "")), group, at
        )
        size = len(data)
        if not repeat:
            self._house.state.published(publication, [(queue, False)])
            self._house.tallies.of(queue).add_sent(size)
        self._house.record(
            journal.MessagePublished(
                at,
                due_at_of(call.exchange),
                message,
                "",
                [] if repeat else [queue],
                deduplicated=repeat,
                key=publication.key,
                group=group,
                body_bytes=size,
                sender=call.exchange.access_key,
                queue=queue,
            )
        )

    # -- SNS -----

    async def publish(self, exchange: Exchange) -> Reply:
        """Publish one message to a topic."""
        fields = decode(exchange.body)
        with self._publishing():
            reply = await self._house.fetch(exchange)
            if reply.status == 200:
                self._published(exchange, _topic_of(fields), fields, wire.published(reply.body))
        return reply.as_reply()

    async def publish_batch(self, exchange: Exchange) -> Reply:
        """Publish up to ten messages; those that SNS did not take were not published."""
        fields = decode(exchange.body)
        with self._publishing():
            reply = await self._house.fetch(exchange)
            if reply.status == 200:
                accepted = wire.published_batch(reply.body)
                for one in entries(fields, "PublishBatchRequestEntries.member."):
                    if (message := accepted.get(one.get("Id", ""))) is not None:
                        self._published(exchange, _topic_of(fields), one, message)
        return reply.as_reply()

    def _published(self, exchange: Exchange, arn: str, given: Mapping[str, str], message: str) -> None:
        if not arn.startswith("arn:") or ":endpoint/" in arn:
            return  # a text message, or one to a phone's application: no topic
        body = for_sqs(given.get("Message", ""), given.get("MessageStructure", ""))
        group = given.get("MessageGroupId", "")
        topic, at = arn.rpartition(":")[2], exchange.received_at
        member = self._topic_keys.get(topic, DEFAULT_KEY)
        data = body.encode()
        publication = Publication(message, at, key_of(body, member), member, digest_of(data))
        size = len(data)
        repeat = self._is_repeat(topic, message, body, given.get("MessageDeduplicationId", ""), group, at)
        spread = None if repeat else self._house.wiring.fan_out(arn, attributes_of(given), body)
        copies = spread.copies if spread else ()
        if spread:
            self._house.state.published(publication, [(copy.target, copy.raw) for copy in copies])
        for copy in copies:
            self._house.tallies.of(copy.target).add_sent(size)
        self._house.record(
            journal.MessagePublished(
                at,
                due_at_of(exchange),
                message,
                topic,
                [copy.target for copy in copies],
                list(spread.filtered) if spread else [],
                list(spread.refused) if spread else [],
                repeat,
                publication.key,
                group,
                size,
                exchange.access_key,
                others=list(spread.others) if spread else [],
            )
        )

    # -- both -----

    def _is_repeat(self, where: str, message: str, body: str, given: str, group: str, at: float) -> bool:
        if not where.endswith(".fifo"):
            return False
        by_group = self._house.queues.dedups_by_group(where)
        repeated = self._repeats.is_repeat(where, token_of(body, given, group, by_group=by_group), at)
        return repeated or self._house.state.knows(message)

    @contextmanager
    def _publishing(self) -> Iterator[None]:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._under_way.add(done)
        try:
            yield
        finally:
            self._under_way.discard(done)
            done.set_result(None)


def digest_of(body: bytes) -> str:
    """Return MD5OfBody."""
    return md5(body, usedforsecurity=False).hexdigest()


def due_at_of(exchange: Exchange) -> float:
    """Return the model second at which the sender should have made the call, as it says itself."""
    said = exchange.header(DUE_AT)
    if said is None:
        return exchange.received_at
    try:
        due_at = float(said)
    except ValueError:
        return exchange.received_at
    return due_at if math.isfinite(due_at) else exchange.received_at


def attributes_of(given: Mapping[str, str]) -> dict[str, Attribute]:
    """Return the message attributes among the fields of a Publish or of one of its batch entries."""
    found: dict[str, Attribute] = {}
    for one in entries(given, "MessageAttributes.entry."):
        kind = one.get("Value.DataType", "")
        value: Any = one.get("Value.StringValue", "")
        if kind.startswith("Binary"):
            try:
                value = b64decode(one.get("Value.BinaryValue", ""))
            except NotBase64:
                value = b""
        found[one.get("Name", "")] = Attribute(kind, value)
    return found


def _topic_of(fields: Mapping[str, str]) -> str:
    return fields.get("TopicArn") or fields.get("TargetArn", "")
