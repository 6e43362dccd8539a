"""The live pollers of one mapping: `functions.event_sources` decides, this receives, invokes and deletes."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from harness import journal
from harness.aws.aws_json import Refused
from harness.aws.event_sources.house import House, error_code
from harness.aws.event_sources.mapping import Mapping
from harness.aws.event_sources.records import event_of, message_of
from harness.aws.functions.results import Result
from harness.aws.signed_calls import SignedCalls
from harness.config import Credentials
from harness.errors import BackendError
from harness.functions.event_sources import Batch, EventSource, Message, Outcome, Want
from harness.functions.event_sources_results import failed_items
from harness.functions.event_sources_settings import EventSourceSettings
from harness.functions.outcomes import Source
from harness.gateway.fetch import FetchReply

log = logging.getLogger(__name__)

# ReceiveMessage waits on the backend, whose time is this machine's, whatever the clock of the run.
POLL_REAL_S = 20
# A call that SQS did not answer is tried again, as the SDKs do; a poll that fails waits ever longer.
ATTEMPTS = 5
FIRST_WAIT_REAL_S = 0.1
LONGEST_WAIT_REAL_S = 5.0
MOST_DELETED = 10  # DeleteMessageBatch
NOT_POLLED = "event-source-not-polled"


# Not frozen: it counts.
@dataclass(slots=True)
class _Held:
    """What is in the hands of the pollers: messages received and not yet deleted or left alone."""

    messages: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)


class Poller:
    """Polls for one *mapping* from `start()` to `stop()`, as who *credentials* are, or are *renewed* to.

    Everything here runs on the gateway's loop.
    """

    def __init__(
        self,
        house: House,
        calls: SignedCalls,
        mapping: Mapping,
        credentials: Credentials,
        renewed: Callable[[], Awaitable[Credentials]],
        settings: EventSourceSettings,
    ) -> None:
        self._house = house
        self._calls = calls
        self._mapping = mapping
        self._credentials = credentials
        self._renewed = renewed
        self._source = EventSource(mapping.config, settings, house.clock.now())
        self._held = _Held()
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._sampled = (0, 0)
        self._failures = 0

    @property
    def backlog(self) -> int:
        """How many messages are received and neither deleted nor left to come back."""
        return self._held.messages

    def start(self) -> None:
        """Begin to poll."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self, *, at_once: bool = False) -> None:
        """End: no further batch begins; those under way are waited for, unless *at_once*."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._held.messages -= len(self._source.give_up())
        tasks = tuple(self._held.tasks)
        if at_once:
            for each in tasks:
                each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- receiving -----

    async def _run(self) -> None:
        while True:
            now = self._now()
            while (batch := self._source.next_batch(now)) is not None:
                self._begin(batch)
            want = self._source.want(now)
            self._sample(now)
            if want is None:
                await self._pause(self._source.next_moment())
            else:
                await self._receive(want)

    async def _receive(self, want: Want) -> None:
        """Take in what comes within the poll; what is gathered already waits no longer than its window."""
        wait_real_s = POLL_REAL_S
        if self._source.gathered:
            left_real_s = want.wait_s / self._house.clock.speed
            wait_real_s = min(int(left_real_s), POLL_REAL_S)
            if wait_real_s < 1:
                await asyncio.sleep(max(left_real_s, 0.0))
        messages = await self._ask(want.count, wait_real_s)
        now = self._now()
        self._held.messages += len(messages)
        dropped = self._source.received(messages, now)
        if dropped:
            self._spawn(self._delete(dropped))

    async def _ask(self, count: int, wait_s: int) -> list[Message]:
        given = {
            "QueueUrl": self._mapping.queue_url,
            "MaxNumberOfMessages": count,
            "WaitTimeSeconds": wait_s,
            "MessageSystemAttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        began = self._now()
        answer = await self._call("ReceiveMessage", given, wait_s + 30.0)
        if answer is None or answer.status != 200:
            await self._failed(answer)
            return []
        self._failures = 0
        hidden_until = began + self._mapping.visibility_s * self._house.clock.speed
        found = orjson.loads(answer.body or b"{}").get("Messages") or []
        return [message_of(each, self._mapping.queue_arn, hidden_until) for each in found]

    async def _failed(self, answer: FetchReply | None) -> None:
        """Wait before the next poll, longer each time; say once why nothing is received."""
        self._failures += 1
        if answer is not None and not _is_passing(answer):
            code = error_code(answer) or str(answer.status)
            self._mapping.result = f"PROBLEM: ReceiveMessage on SQS was refused: {code}"
            if self._failures == 1:
                self._say(code)
            if answer.status == 403:
                await self._renew()
        await asyncio.sleep(_wait_real_s(self._failures))

    def _say(self, code: str) -> None:
        self._house.finding(
            NOT_POLLED,
            "warning",
            self._mapping.queue,
            f"Lambda cannot receive from the queue for {self._mapping.function}: {code}. Messages stay there "
            "until its role and the queue let it.",
            "Lambda developer guide, Using Lambda with Amazon SQS: execution role permissions",
        )

    async def _renew(self) -> None:
        """Poll as the role that the function has now: it may have been given another one."""
        try:
            self._credentials = await self._renewed()
        except (BackendError, Refused) as error:
            log.debug("no credentials for the pollers of %s: %s", self._mapping.function, error)

    async def _pause(self, until: float | None) -> None:
        """Return when a batch has ended, or at the model moment *until*."""
        self._wake.clear()
        wait_real_s = None if until is None else max(self._house.clock.real_until(until), 0.001)
        try:
            async with asyncio.timeout(wait_real_s):
                await self._wake.wait()
        except TimeoutError:
            pass

    # -- invoking -----

    def _begin(self, batch: Batch) -> None:
        self._spawn(self._work(batch))

    async def _work(self, batch: Batch) -> None:
        verdict = None
        try:
            payload = event_of(batch.messages)
            while True:
                outcome, failed = await self._invoke(batch, payload)
                verdict = self._source.ended(batch, outcome, self._now(), failed)
                self._sample(self._now())
                if verdict.retry_at is None:
                    break
                await self._until(verdict.retry_at)
            self._told(outcome, len(batch.messages), len(verdict.returned))
            self._held.messages -= len(verdict.returned)
            # The next batch need not wait until what this one leaves to delete is deleted.
            self._wake.set()
            await self._delete(verdict.delete)
        finally:
            if verdict is None or verdict.retry_at is not None:
                self._held.messages -= len(batch.messages)

    async def _invoke(self, batch: Batch, payload: bytes) -> tuple[Outcome, frozenset[str] | None]:
        mapping = self._mapping
        try:
            result: Result = await self._house.functions.invoke(
                mapping.function,
                mapping.qualifier,
                payload,
                source=Source.EVENT_SOURCE,
                trigger=mapping.uuid,
                records=len(batch.messages),
                due_at=batch.began_at,
            )
        except BackendError as error:
            log.warning("mapping %s could not invoke %s: %s", mapping.uuid, mapping.function, error)
            return Outcome.FAILED, None
        if result.status == "throttled":
            return Outcome.THROTTLED, None
        if result.status != "ok":
            return Outcome.FAILED, None
        ids = [each.id for each in batch.messages]
        return Outcome.DONE, failed_items(result.payload, ids, reports=mapping.config.reports_item_failures)

    def _told(self, outcome: Outcome, records: int, failed: int) -> None:
        """Note what the API shows of the last batch."""
        if outcome is Outcome.THROTTLED:
            self._mapping.result = "PROBLEM: Function call failed: throttled"
        elif failed == records:
            self._mapping.result = "PROBLEM: Function call failed"
        else:
            self._mapping.result = "OK"

    # -- deleting -----

    async def _delete(self, messages: Sequence[Message]) -> None:
        """Delete *messages*; those that cannot be come back when their visibility time-out is over."""
        left = len(messages)
        try:
            for start in range(0, len(messages), MOST_DELETED):
                part = messages[start : start + MOST_DELETED]
                entries = [{"Id": str(n), "ReceiptHandle": each.handle} for n, each in enumerate(part)]
                await self._call_again(
                    "DeleteMessageBatch", {"QueueUrl": self._mapping.queue_url, "Entries": entries}
                )
                left -= len(part)
                self._held.messages -= len(part)
        finally:
            self._held.messages -= left

    async def _call_again(self, operation: str, given: dict[str, Any]) -> None:
        """Call SQS, up to ATTEMPTS times where it does not answer, or with a throttle or a 5xx."""
        for attempt in range(1, ATTEMPTS + 1):
            answer = await self._call(operation, given, 60.0)
            if answer is not None and (answer.status == 200 or not _is_passing(answer)):
                if answer.status != 200:
                    log.warning("%s on %s: %s", operation, self._mapping.queue, error_code(answer))
                return
            await asyncio.sleep(_wait_real_s(attempt))

    async def _call(self, operation: str, given: dict[str, Any], timeout_s: float) -> FetchReply | None:
        """Return what SQS answers, None where nothing does."""
        try:
            return await self._calls.json(self._credentials, "sqs", operation, given, timeout_s=timeout_s)
        except BackendError as error:
            log.debug("%s on %s: %s", operation, self._mapping.queue, error)
            return None

    # -- time and the journal -----

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._held.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self._held.tasks.discard(task)
        self._wake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a batch of %s", self._mapping.uuid, exc_info=error)

    def _now(self) -> float:
        return self._house.clock.now()

    async def _until(self, model_at: float) -> None:
        await asyncio.sleep(max(self._house.clock.real_until(model_at), 0.0))

    def _sample(self, now: float) -> None:
        seen = (self._source.limit, self._source.in_flight)
        if seen != self._sampled:
            self._sampled = seen
            self._house.record(journal.EventSourceSampled(now, self._mapping.uuid, *seen))


def _is_passing(answer: FetchReply) -> bool:
    """Return whether the same call may succeed later."""
    return answer.status >= 500 or answer.status == 429 or "Throttl" in error_code(answer)


def _wait_real_s(attempt: int) -> float:
    return min(FIRST_WAIT_REAL_S * math.pow(2.0, min(attempt - 1, 16)), LONGEST_WAIT_REAL_S)
