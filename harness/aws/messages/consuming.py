"""What consumers receive and delete, and what is purged: asked of the backend and journalled."""

import contextlib
import math
from collections.abc import Sequence
from typing import Any

from harness import journal
from harness.aws.messages import wire
from harness.aws.messages.house import Call, House
from harness.aws.messages.queues import JSON_1_0
from harness.aws.messages.sending import Sending
from harness.errors import BackendError
from harness.gateway.chain import Reply
from harness.messaging.correlation import Copy


class Consuming:
    """ReceiveMessage, DeleteMessage, DeleteMessageBatch and PurgeQueue."""

    def __init__(self, house: House, sending: Sending) -> None:
        self._house = house
        self._sending = sending
        # Who deleted from which queue with success: a deletion is only kept from the backend for one that it
        # would have allowed.
        self._allowed: set[tuple[str, str]] = set()

    # -- receive -----

    async def receive(self, call: Call) -> Reply:
        """Hand out what the backend has, as far as no fault delays it or changes its order."""
        reply = await self._house.fetch_call(call)
        if reply.status != 200:
            return reply.as_reply()
        messages = wire.sqs_answer(call.operation, reply.body, xml=call.xml).get("Messages") or []
        if not messages:
            self._house.tallies.of(call.queue).empty_receives += 1
            return reply.as_reply()
        if call.exchange.ended_at:
            await self._give_back(call, messages)
            return reply.as_reply()
        order = await self._arranged(call, messages)
        for index in order:
            await self._received(call, messages[index])
        if order == list(range(len(messages))):
            return reply.as_reply()
        return reply.as_reply(body=wire.picked(reply.body, order, xml=call.xml))

    async def _give_back(self, call: Call, messages: Sequence[wire.Fields]) -> None:
        """Make *messages* visible again: their consumer has gone, and emulators do not notice that it has."""
        with contextlib.suppress(BackendError):
            await self._house.calls.hide(call.url, {one["ReceiptHandle"]: 0 for one in messages})

    async def _arranged(self, call: Call, messages: Sequence[wire.Fields]) -> list[int]:
        """Return the indexes of *messages* to hand out, having hidden those that faults hold back."""
        faults = self._house.faults
        if faults is None:
            return list(range(len(messages)))
        ids = [one["MessageId"] for one in messages]
        arrangement = faults.arrange(call.queue, ids, self._house.now())
        if arrangement.held:
            hidden = {messages[i]["ReceiptHandle"]: math.ceil(s) for i, s in arrangement.held.items()}
            await self._house.calls.hide(call.url, hidden)
        return list(arrangement.order)

    async def _received(self, call: Call, given: wire.Fields) -> None:
        copy = await self.identify(call.queue, given)
        now = self._house.now()
        said = (given.get("Attributes") or {}).get("ApproximateReceiveCount", 0)
        count = self._house.state.received(copy, given["ReceiptHandle"], now, int(said))
        self._house.tallies.of(call.queue).received += 1
        if call.exchange.reset_at_answer:
            return  # hidden as if it were received, and lost on its way
        self._house.record(
            journal.MessageReceived(
                now,
                call.queue,
                copy.message,
                copy.publication,
                count,
                copy.key,
                call.exchange.access_key,
            )
        )

    async def identify(self, queue: str, given: wire.Fields) -> Copy:
        """Return which copy a received message is; one that was not published here is a stranger."""
        message, body, digest = given["MessageId"], given.get("Body", ""), given.get("MD5OfBody", "")
        state = self._house.state
        copy = state.find(queue, message, body, digest)
        if copy is None and await self._sending.settled():
            copy = state.find(queue, message, body, digest)
        return copy or state.stranger(queue, message, body, digest, self._house.now())

    # -- delete -----

    async def delete(self, call: Call) -> Reply:
        """Delete one message, unless a fault has it come again."""
        handle = str(call.given.get("ReceiptHandle", ""))
        copy = self._house.state.held(call.queue, handle)
        if copy is not None and self._keeps(call, copy):
            await self._come_again(call, {handle: copy})
            return _our_reply(call, {})
        reply = await self._house.fetch_call(call)
        if reply.status == 200:
            self._deleted(call, handle, copy)
        return reply.as_reply()

    async def delete_batch(self, call: Call) -> Reply:
        """Delete up to ten messages; those that the queue refuses have not ended."""
        given = {one.get("Id", ""): one.get("ReceiptHandle", "") for one in wire.entries_of(call.given)}
        copies = {name: self._house.state.held(call.queue, handle) for name, handle in given.items()}
        kept = {name: copy for name, copy in copies.items() if copy is not None and self._keeps(call, copy)}
        if kept:
            return await self._delete_the_rest(call, given, copies, kept)
        reply = await self._house.fetch_call(call)
        if reply.status == 200:
            answer = wire.sqs_answer(call.operation, reply.body, xml=call.xml)
            self._deleted_of(call, answer, given, copies)
        return reply.as_reply()

    async def _delete_the_rest(
        self, call: Call, given: dict[str, str], copies: dict[str, Copy | None], kept: dict[str, Copy]
    ) -> Reply:
        """Delete those of a batch that are not *kept*: its signature covers all, so we ask ourselves."""
        rest = [{"Id": name, "ReceiptHandle": handle} for name, handle in given.items() if name not in kept]
        answer: dict[str, Any] = {}
        if rest:
            answer = await self._house.calls.ask(
                "DeleteMessageBatch", {"QueueUrl": call.url, "Entries": rest}
            )
            self._deleted_of(call, answer, given, copies)
        await self._come_again(call, {given[name]: copy for name, copy in kept.items()})
        done = {one["Id"] for one in answer.get("Successful", ())} | set(kept)
        merged = {"Successful": [{"Id": name} for name in given if name in done]}
        return _our_reply(call, merged | {"Failed": answer.get("Failed", [])})

    def _keeps(self, call: Call, copy: Copy) -> bool:
        faults, who = self._house.faults, (call.exchange.access_key, call.queue)
        if faults is None or who not in self._allowed:
            return False
        return faults.keeps(call.queue, copy.message, call.exchange.received_at)

    async def _come_again(self, call: Call, kept: dict[str, Copy]) -> None:
        for handle, copy in kept.items():
            self._house.state.deleted(copy, handle, gone=False)
            self._end(call, copy)
        await self._house.calls.hide(call.url, dict.fromkeys(kept, 0))

    def _deleted_of(
        self, call: Call, answer: wire.Fields, given: dict[str, str], copies: dict[str, Copy | None]
    ) -> None:
        for one in answer.get("Successful", ()):
            name = one.get("Id", "")
            self._deleted(call, given.get(name, ""), copies.get(name))

    def _deleted(self, call: Call, handle: str, copy: Copy | None) -> None:
        self._allowed.add((call.exchange.access_key, call.queue))
        self._house.tallies.of(call.queue).deleted += 1
        if copy is not None:
            self._house.state.deleted(copy, handle)
            self._end(call, copy)

    def _end(self, call: Call, copy: Copy) -> None:
        self._house.record(
            journal.MessageEnded(
                call.exchange.received_at,
                call.queue,
                copy.message,
                copy.publication,
                "deleted",
                copy.key,
                call.exchange.access_key,
            )
        )

    # -- purge -----

    async def purge(self, call: Call) -> Reply:
        """Empty a queue."""
        reply = await self._house.fetch_call(call)
        if reply.status == 200:
            self._house.emptied(call.queue, call.exchange.received_at, call.exchange.access_key)
        return reply.as_reply()


def _our_reply(call: Call, answer: dict[str, Any]) -> Reply:
    kind = "text/xml" if call.xml else JSON_1_0
    return Reply(200, wire.deleted(call.operation, answer, xml=call.xml), (("Content-Type", kind),))
