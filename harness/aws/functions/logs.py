"""The logs of functions and jobs, written to CloudWatch Logs under their role, as AWS writes them.

Lambda developer guide, "Sending Lambda function logs to CloudWatch Logs": the group is made where it is
missing and the role may; without permission nothing is written, and the function runs all the same.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

import orjson

from harness.aws.signed_calls import SignedCalls
from harness.config import Credentials
from harness.errors import HarnessError
from harness.gateway.fetch import FetchReply

log = logging.getLogger(__name__)

# Lines wait this long for others to come along, real seconds.
FLUSH_AFTER_S = 0.5
# PutLogEvents: 10,000 events and 1,048,576 bytes, 26 more for each event.
MOST_EVENTS = 10_000
MOST_BYTES = 1_000_000
EVENT_BYTES = 26


class Logged(Protocol):
    """Whose log it is: a function, a job."""

    @property
    def name(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def log_group(self) -> str: ...


L = TypeVar("L", bound=Logged)


@dataclass(slots=True)
class _Stream(Generic[L]):
    """What waits to be written to one log stream."""

    of: L
    name: str
    events: list[dict[str, Any]] = field(default_factory=list)
    made: bool = False
    over: bool = False


class LogWriter(Generic[L]):
    """Takes lines by `write`, sends them in batches; `flush` sends what is left."""

    def __init__(self, calls: SignedCalls, credentials: Callable[[L], Awaitable[Credentials]]) -> None:
        self._calls = calls
        self._credentials = credentials
        self._streams: dict[str, _Stream[L]] = {}
        self._waiting: dict[str, None] = {}
        self._denied: set[tuple[str, str]] = set()  # role and group
        self._task: asyncio.Task[None] | None = None
        self._sending = asyncio.Lock()
        self._closed = False

    def write(self, of: L, stream: str, lines: list[str], epoch_s: float) -> None:
        """Have *lines* written to *stream* of the log group of *of*, soon."""
        if self._closed or (of.role, of.log_group) in self._denied:
            return
        found = self._streams.setdefault(stream, _Stream(of, stream))
        stamp = int(epoch_s * 1000)
        found.events += [{"timestamp": stamp, "message": line} for line in lines if line]
        self._waiting[stream] = None
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._later())

    def over(self, stream: str) -> None:
        """Note that nothing more will be written to *stream*."""
        found = self._streams.get(stream)
        if found is not None and stream not in self._waiting:
            del self._streams[stream]
        elif found is not None:
            found.over = True

    async def flush(self) -> None:
        """Write what waits."""
        async with self._sending:
            while self._waiting:
                stream = self._streams[next(iter(self._waiting))]
                del self._waiting[stream.name]
                if stream.over:
                    del self._streams[stream.name]
                try:
                    await self._send(stream)
                except HarnessError as error:
                    log.warning("the log of %s was not written: %s", stream.of.name, error)

    async def close(self) -> None:
        """Write what waits, and nothing any more. Safe to call twice."""
        self._closed = True
        if self._task is not None:
            self._task.cancel()
        await self.flush()

    async def _later(self) -> None:
        await asyncio.sleep(FLUSH_AFTER_S)
        await self.flush()

    async def _send(self, stream: _Stream[L]) -> None:
        events, stream.events = stream.events, []
        who = await self._credentials(stream.of)
        if not stream.made and not await self._make(who, stream):
            self._denied.add((stream.of.role, stream.of.log_group))
            return
        stream.made = True
        for batch in _batches(events):
            given = {**_where(stream), "logEvents": batch}
            answer = await self._calls.json(who, "logs", "PutLogEvents", given)
            if answer.status != 200:
                self._denied.add((stream.of.role, stream.of.log_group))
                return

    async def _make(self, who: Credentials, stream: _Stream[L]) -> bool:
        """Make the log stream, and its group where that is missing; return whether it is there."""
        answer = await self._calls.json(who, "logs", "CreateLogStream", _where(stream))
        if _error(answer) == "ResourceNotFoundException":
            given = {"logGroupName": stream.of.log_group}
            made = await self._calls.json(who, "logs", "CreateLogGroup", given)
            if made.status != 200 and _error(made) != "ResourceAlreadyExistsException":
                return False
            answer = await self._calls.json(who, "logs", "CreateLogStream", _where(stream))
        return answer.status == 200 or _error(answer) == "ResourceAlreadyExistsException"


def _where(stream: _Stream[Any]) -> dict[str, str]:
    return {"logGroupName": stream.of.log_group, "logStreamName": stream.name}


def _error(answer: FetchReply) -> str:
    if answer.status == 200:
        return ""
    try:
        kind = str(orjson.loads(answer.body).get("__type", ""))
    except (orjson.JSONDecodeError, AttributeError):
        kind = answer.header("x-amzn-errortype") or ""
    return kind.rpartition("#")[2].partition(":")[0]


def _batches(events: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return *events* in parts that PutLogEvents takes."""
    found: list[list[dict[str, Any]]] = [[]]
    size = 0
    for event in events:
        bytes_here = len(event["message"].encode()) + EVENT_BYTES
        if len(found[-1]) == MOST_EVENTS or size + bytes_here > MOST_BYTES:
            found.append([])
            size = 0
        found[-1].append(event)
        size += bytes_here
    return [batch for batch in found if batch]
