"""Asynchronous invocations: which event is tried when, and when it is given up.

Source: Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation" and
"Configuring error handling settings for Lambda asynchronous invocations". Not in here: that Lambda reads its
queue more slowly when it is long, and that it may deliver an event twice.
"""

from dataclasses import dataclass
from enum import StrEnum
from heapq import heappop, heappush

from harness.errors import ScenarioError
from harness.functions.metrics import Metrics
from harness.functions.samples import Metric
from harness.functions.settings import FunctionSettings

# Guide: "a one-minute wait between the first two attempts, and two minutes between the second and third".
RETRY_AFTER_S = (60.0, 120.0)
MOST_ATTEMPTS = 1 + len(RETRY_AFTER_S)
# Guide: "exponentially from 1 second after the first attempt to a maximum of 5 minutes".
FIRST_BACKOFF_S = 1.0
LONGEST_BACKOFF_S = 300.0
# PutFunctionEventInvokeConfig: MaximumEventAgeInSeconds, 60 to 21,600.
LONGEST_AGE_S = 21_600.0


class How(StrEnum):
    """How an event ended."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"  # its attempts are used up, or its function takes no invocations at all
    EXPIRED = "expired"  # older than MaximumEventAgeInSeconds


@dataclass(frozen=True, slots=True)
class Ended:
    """An event that Lambda is done with after `attempts` that ran."""

    event_id: str
    at: float
    accepted_at: float
    how: How
    attempts: int

    @property
    def condition(self) -> str:
        """What the record for a destination calls it (guide, "Invocation record": requestContext)."""
        known = {How.FAILED: "RetriesExhausted", How.EXPIRED: "EventAgeExceeded", How.SUCCEEDED: "Success"}
        return known[self.how]


@dataclass(slots=True)
class _Event:
    accepted_at: float
    max_attempts: int
    max_age_s: float
    function: str
    qualifier: str
    attempts: int = 0
    backoff_s: float = FIRST_BACKOFF_S
    is_under_way: bool = False


class Events:
    """The events that Lambda holds for functions. Moments must not run back.

    `due` hands out what is to be invoked now; of each the outcome must be told, by `succeeded`, `failed` or
    `throttled`, which return an `Ended` where nothing more comes of it.
    """

    def __init__(self, settings: FunctionSettings | None = None, *, metrics: Metrics | None = None) -> None:
        self._factor = (settings or FunctionSettings()).throttle_retry_factor
        self._metrics = metrics
        self._events: dict[str, _Event] = {}
        self._agenda: list[tuple[float, int, str]] = []
        self._entries = 0

    def __len__(self) -> int:
        return len(self._events)

    def accept(
        self,
        event_id: str,
        now: float,
        *,
        max_attempts: int = MOST_ATTEMPTS,
        max_age_s: float = LONGEST_AGE_S,
        function: str = "",
        qualifier: str = "",
    ) -> None:
        """Queue an event to be invoked at once; *max_attempts* is 1 and MaximumRetryAttempts.

        *function* and *qualifier* are for the metrics. Raises ScenarioError where the event is queued already
        or the number of attempts is not 1 to 3.
        """
        if event_id in self._events:
            raise ScenarioError(f"Event {event_id!r} is queued already; give each event an id of its own")
        if not 1 <= max_attempts <= MOST_ATTEMPTS:
            raise ScenarioError(
                f"Event {event_id!r}: {max_attempts} attempts; Lambda makes 1 to {MOST_ATTEMPTS}"
            )
        event = self._events[event_id] = _Event(now, max_attempts, max_age_s, function, qualifier)
        self._put(event_id, now)
        self._count(Metric.EVENTS_RECEIVED, event, now, 1.0)

    def next_due(self) -> float | None:
        """Return when the next event is to be invoked, None where none waits."""
        return self._agenda[0][0] if self._agenda else None

    def due(self, now: float) -> list[tuple[str, int]]:
        """Return the events to invoke by *now*, each with the number of its attempt, from 1."""
        found = []
        while self._agenda and self._agenda[0][0] <= now:
            event_id = heappop(self._agenda)[2]
            event = self._events[event_id]
            event.is_under_way = True
            self._count(Metric.EVENT_AGE, event, now, (now - event.accepted_at) * 1e3)
            found.append((event_id, event.attempts + 1))
        return found

    def succeeded(self, event_id: str, now: float) -> Ended:
        """End the event: the function returned."""
        event = self._back(event_id)
        event.attempts += 1
        return self._end(event_id, How.SUCCEEDED, now)

    def failed(self, event_id: str, now: float) -> Ended | None:
        """Note that the function returned an error; try again in a minute or two, or end the event."""
        event = self._back(event_id)
        event.attempts += 1
        event.backoff_s = FIRST_BACKOFF_S
        if event.attempts >= event.max_attempts:
            return self._end(event_id, How.FAILED, now)
        return self._again(event_id, event, now + RETRY_AFTER_S[event.attempts - 1], now)

    def throttled(self, event_id: str, now: float, *, stopped: bool = False) -> Ended | None:
        """Note a throttle or a system error, which is no attempt; try again after a growing wait.

        *stopped*: the function's reserved concurrency is 0. Guide, "Configuring reserved concurrency": then
        events go to the dead-letter queue or the on-failure destination at once, "without any retries".
        """
        event = self._back(event_id)
        if stopped:
            return self._end(event_id, How.FAILED, now)
        wait_s = event.backoff_s
        event.backoff_s = min(wait_s * self._factor, LONGEST_BACKOFF_S)
        return self._again(event_id, event, now + wait_s, now)

    def _again(self, event_id: str, event: _Event, at: float, now: float) -> Ended | None:
        """Wait until *at*; an event that would be too old by then is given up now.

        AWS does not say when it looks at the age of an event that waits.
        """
        if at - event.accepted_at > event.max_age_s:
            return self._end(event_id, How.EXPIRED, now)
        self._put(event_id, at)
        return None

    def _back(self, event_id: str) -> _Event:
        event = self._events.get(event_id)
        if event is None or not event.is_under_way:
            raise ScenarioError(f"Event {event_id!r} is not under way; `due` hands out what is")
        event.is_under_way = False
        return event

    def _end(self, event_id: str, how: How, now: float) -> Ended:
        event = self._events.pop(event_id)
        if how is not How.SUCCEEDED:
            self._count(Metric.EVENTS_DROPPED, event, now, 1.0)
        return Ended(event_id, now, event.accepted_at, how, event.attempts)

    def _put(self, event_id: str, at: float) -> None:
        self._entries += 1
        heappush(self._agenda, (at, self._entries, event_id))

    def _count(self, metric: Metric, event: _Event, now: float, value: float) -> None:
        if self._metrics is not None and event.function:
            self._metrics.add(metric, event.function, event.qualifier, now, value)
