"""All that is still in the queues when a run is over: read, and told to the journal."""

import asyncio
from collections.abc import Mapping
from time import perf_counter
from typing import Any

from harness import journal
from harness.aws.messages.consuming import Consuming
from harness.aws.messages.house import House
from harness.aws.messages.queues import QueueGone, queue_name
from harness.aws.messages.sampler import counts
from harness.errors import BackendError
from harness.messaging.correlation import Copy

LIMIT_REAL_S = 30.0
# Between two looks at a queue that says it has messages and gives none: those that a consumer holds, of whom
# the tap has no receipt handle, come back when their visibility time-out has passed.
PAUSE_S = 0.1
# What was received for the inventory must not come back while it goes on.
HIDDEN_S = 600


class Inventory:
    """Reads every known queue to its end, dead-letter queues too. Consumers must have ended before.

    It asks the backend directly, so that none of it counts as consumption. Redrive policies are removed first
    (else reading would move messages), and what is in flight is made visible by its last receipt handle. What
    it read stays hidden, or is deleted: the queues are of no use afterwards.
    """

    def __init__(self, house: House, consuming: Consuming) -> None:
        self._house = house
        self._consuming = consuming

    async def take(self, *, at_most_real_s: float = LIMIT_REAL_S) -> list[journal.InventoryTaken]:
        """Return what was found in each queue; journal it, and a finding where that is not what SQS says.

        Ends after *at_most_real_s* seconds even if a queue is not empty by then.
        """
        end_at = perf_counter() + at_most_real_s
        known = list(self._house.queues.urls.values())
        there = await asyncio.gather(*(self._is_there(url) for url in known))
        queues = [
            _Reading(self._house, self._consuming, url)
            for url, is_there in zip(known, there, strict=True)
            if is_there
        ]
        await asyncio.gather(*(queue.keep_messages() for queue in queues))
        taken = await asyncio.gather(*(queue.read(end_at) for queue in queues))
        self._house.counted = True
        return [one for one in taken if one is not None]

    async def _is_there(self, url: str) -> bool:
        """Return whether there is such a queue, and note its rules while it has them all."""
        try:
            answer = await self._house.calls.ask(
                "GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["All"]}
            )
        except QueueGone:
            self._house.emptied(queue_name(url), self._house.now())
            return False
        except BackendError:
            return True  # nobody knows; `_Reading` says so
        self._house.queues.declare(url, answer.get("Attributes") or {}, self._house.now())
        return True


class _Reading:
    """One queue and what was found in it."""

    def __init__(self, house: House, consuming: Consuming, url: str) -> None:
        self._house = house
        self._consuming = consuming
        self._url = url
        self._name = queue_name(url)
        self._found: set[Copy] = set()
        self._removed = 0

    async def keep_messages(self) -> None:
        """Let no message leave for the dead-letter queue by being read."""
        await self._ask("SetQueueAttributes", Attributes={"RedrivePolicy": ""})

    async def read(self, end_at: float) -> journal.InventoryTaken | None:
        """Read until the queue is empty, or until *end_at* on perf_counter()."""
        before = await self._counts()
        if before is None:
            self._disagree("The backend did not say what is in it, so nobody knows what was lost.")
            return None
        rules = self._house.state.rules_of(self._name)
        await self._make_visible(since=self._house.now() - rules.visibility_s)
        delayed = left = 0
        asked_all = False
        while True:
            if await self._read_some():
                continue
            visible, in_flight, delayed = await self._counts() or (0, 0, 0)
            left = visible + in_flight - (len(self._found) - self._removed)
            if left <= 0 or perf_counter() >= end_at:
                break
            if not asked_all:  # hidden for longer than the queue's own time-out
                await self._make_visible()
            asked_all = True
            await asyncio.sleep(PAUSE_S)
        taken = journal.InventoryTaken(self._house.now(), self._name, len(self._found), sum(before))
        self._house.record(taken)
        if taken.found + delayed != taken.said:
            self._disagree(_difference(taken, left, delayed))
        return taken

    async def _make_visible(self, since: float = 0.0) -> None:
        """Make visible what consumers got *since* and have not deleted."""
        copies = [one for one in self._house.state.in_flight(self._name) if one not in self._found]
        handles = {copy.handle: 0 for copy in copies if copy.received_at >= since}
        try:
            await self._house.calls.hide(self._url, handles)
        except (BackendError, QueueGone):
            return

    async def _read_some(self) -> int:
        """Read up to ten messages; return how many there were."""
        answer = await self._ask(
            "ReceiveMessage",
            MaxNumberOfMessages=10,
            WaitTimeSeconds=0,
            VisibilityTimeout=HIDDEN_S,
            AttributeNames=["All"],
        )
        messages = answer.get("Messages") or []
        for one in messages:
            copy = await self._consuming.identify(self._name, one)
            if copy not in self._found:
                self._found.add(copy)
                self._tell(copy, one)
        # In a FIFO queue a message that is hidden holds up those behind it in its group.
        if messages and self._name.endswith(".fifo"):
            handles = [one["ReceiptHandle"] for one in messages]
            entries = [{"Id": str(n), "ReceiptHandle": handle} for n, handle in enumerate(handles)]
            await self._ask("DeleteMessageBatch", Entries=entries)
            self._removed += len(messages)
        return len(messages)

    def _tell(self, copy: Copy, given: Mapping[str, Any]) -> None:
        now = self._house.now()
        hidden_until = copy.received_at + self._house.state.rules_of(self._name).visibility_s
        in_flight = copy.receives > 0 and not copy.ended and hidden_until > now
        # Received by the inventory itself once, which is no consumer.
        received = max(int((given.get("Attributes") or {}).get("ApproximateReceiveCount", 1)) - 1, 0)
        self._house.record(
            journal.MessageFound(
                now, self._name, copy.message, copy.publication, received, copy.key, in_flight
            )
        )

    async def _counts(self) -> tuple[int, int, int] | None:
        answer = await self._ask("GetQueueAttributes", AttributeNames=["All"])
        found = answer.get("Attributes")
        return counts(found) if found else None

    async def _ask(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer, {} from a backend that gives none: the inventory says what it could not read."""
        try:
            return await self._house.calls.ask(operation, {"QueueUrl": self._url, **arguments})
        except (BackendError, QueueGone):
            return {}

    def _disagree(self, why: str) -> None:
        now, source = self._house.now(), "SQS API reference, GetQueueAttributes"
        self._house.record(
            journal.Finding(now, "inventory-disagrees", "error", f"queue {self._name}", why, source)
        )


def _difference(taken: journal.InventoryTaken, hidden: int, delayed: int) -> str:
    more = f"; {hidden} more are held by somebody and did not come back in time" if hidden > 0 else ""
    late = f"; {delayed} are delayed and cannot be read yet" if delayed else ""
    return (
        f"SQS said that {taken.said} messages were in it, and {taken.found} were found{late}{more}: "
        "what this run says of lost messages is not sure."
    )
