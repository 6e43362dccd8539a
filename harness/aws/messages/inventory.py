"""All that is still in the queues when a run is over: read, told to the journal and removed."""

import asyncio
from collections.abc import Sequence
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
    (else reading would move messages), and what is in flight is made visible by its last receipt handle.
    """

    def __init__(self, house: House, consuming: Consuming) -> None:
        self._house = house
        self._consuming = consuming

    async def take(self, *, at_most_real_s: float = LIMIT_REAL_S) -> list[journal.InventoryTaken]:
        """Return what was found in each queue; journal it, and a finding where that is not what SQS says.

        Ends after *at_most_real_s* seconds even if a queue is not empty by then.
        """
        end_at = perf_counter() + at_most_real_s
        there = await self._each([self._is_there(url) for url in self._house.queues.urls.values()])
        known = self._house.queues.urls.items()
        urls = {name: url for (name, url), is_there in zip(known, there, strict=True) if is_there}
        await self._each([self._keep_messages(url) for url in urls.values()])
        await self._each([self._make_visible(name, url) for name, url in urls.items()])
        taken = await self._each([self._read(name, url, end_at) for name, url in urls.items()])
        self._house.counted = True
        return [one for one in taken if one is not None]

    @staticmethod
    async def _each(work: "Sequence[Any]") -> list[Any]:
        return list(await asyncio.gather(*work))

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
            return True  # nobody knows; `_read` says so
        self._house.queues.declare(url, answer.get("Attributes") or {}, self._house.now())
        return True

    async def _keep_messages(self, url: str) -> None:
        await self._ask("SetQueueAttributes", url, Attributes={"RedrivePolicy": ""})

    async def _make_visible(self, name: str, url: str) -> None:
        handles = dict.fromkeys((copy.handle for copy in self._house.state.in_flight(name)), 0)
        try:
            await self._house.calls.hide(url, handles)
        except (BackendError, QueueGone):
            return

    async def _read(self, name: str, url: str, end_at: float) -> journal.InventoryTaken | None:
        attributes = await self._attributes(url)
        if attributes is None:
            self._disagree(name, "The backend did not say what is in it, so nobody knows what was lost.")
            return None
        visible, in_flight, delayed = counts(attributes)
        said, found = visible + in_flight + delayed, 0
        while True:
            got = await self._read_some(name, url)
            found += got
            if got:
                continue
            left = await self._attributes(url)
            visible, in_flight, delayed = counts(left) if left else (0, 0, 0)
            if visible + in_flight == 0 or perf_counter() >= end_at:
                break
            await asyncio.sleep(PAUSE_S)
        taken = journal.InventoryTaken(self._house.now(), name, found, said)
        self._house.record(taken)
        if found + delayed != said:
            self._disagree(name, _difference(taken, visible + in_flight, delayed))
        return taken

    async def _read_some(self, name: str, url: str) -> int:
        """Read and remove up to ten messages; return how many there were."""
        answer = await self._ask(
            "ReceiveMessage",
            url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=0,
            VisibilityTimeout=HIDDEN_S,
            AttributeNames=["All"],
        )
        messages = answer.get("Messages") or []
        for one in messages:
            copy = await self._consuming.identify(name, one)
            self._found(name, copy, one)
        if messages:
            entries = [
                {"Id": str(number), "ReceiptHandle": one["ReceiptHandle"]}
                for number, one in enumerate(messages)
            ]
            await self._ask("DeleteMessageBatch", url, Entries=entries)
        return len(messages)

    def _found(self, name: str, copy: Copy, given: dict[str, Any]) -> None:
        now = self._house.now()
        hidden_until = copy.received_at + self._house.state.rules_of(name).visibility_s
        in_flight = copy.receives > 0 and not copy.ended and hidden_until > now
        # Received by the inventory itself once, which is no consumer.
        received = max(int((given.get("Attributes") or {}).get("ApproximateReceiveCount", 1)) - 1, 0)
        self._house.record(
            journal.MessageFound(now, name, copy.message, copy.publication, received, copy.key, in_flight)
        )

    async def _attributes(self, url: str) -> dict[str, str] | None:
        answer = await self._ask("GetQueueAttributes", url, AttributeNames=["All"])
        found: dict[str, str] | None = answer.get("Attributes")
        return found

    async def _ask(self, operation: str, url: str, **arguments: Any) -> dict[str, Any]:
        """Return the answer, {} from a backend that gives none: the inventory says what it could not read."""
        try:
            return await self._house.calls.ask(operation, {"QueueUrl": url, **arguments})
        except (BackendError, QueueGone):
            return {}

    def _disagree(self, name: str, why: str) -> None:
        now, source = self._house.now(), "SQS API reference, GetQueueAttributes"
        self._house.record(journal.Finding(now, "inventory-disagrees", "error", f"queue {name}", why, source))


def _difference(taken: journal.InventoryTaken, hidden: int, delayed: int) -> str:
    more = f"; {hidden} more are held by somebody and did not come back in time" if hidden else ""
    late = f"; {delayed} are delayed and cannot be read yet" if delayed else ""
    return (
        f"SQS said that {taken.said} messages were in it, and {taken.found} were found{late}{more}: "
        "what this run says of lost messages is not sure."
    )
