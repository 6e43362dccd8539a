"""How full the queues are, asked of the backend every second, and shown by CloudWatch every minute."""

import asyncio
from collections.abc import Callable

from harness import journal
from harness.aws.messages.house import House
from harness.aws.messages.queue_metrics import QueueDatapoint, datapoints
from harness.aws.messages.queues import QueueGone
from harness.errors import BackendError

MINUTE_S = 60.0
# A backend that is busy with messages answers late; the next sample is due in a second.
SAMPLE_TIMEOUT_S = 5.0


class Sampler:
    """Journals a QueueSampled for each queue; *show* takes a minute's datapoints to CloudWatch."""

    def __init__(
        self,
        house: House,
        epoch_s: Callable[[float], float],
        show: Callable[[QueueDatapoint], None] | None,
    ) -> None:
        self._house = house
        self._epoch_s = epoch_s
        self._show = show
        self._minute: float | None = None

    async def sample(self) -> list[journal.QueueSampled]:
        """Return and journal one sample of every known queue; a queue that gives no answer has none."""
        urls = dict(self._house.queues.urls)
        found = await asyncio.gather(*(self._look(name, url) for name, url in urls.items()))
        samples = [one for one in found if one is not None]
        for one in samples:
            self._house.record(one)
        self._each_minute(samples)
        return samples

    async def _look(self, name: str, url: str) -> journal.QueueSampled | None:
        try:
            answer = await self._house.calls.ask(
                "GetQueueAttributes",
                {"QueueUrl": url, "AttributeNames": ["All"]},
                timeout_s=SAMPLE_TIMEOUT_S,
            )
        except QueueGone:
            self._gone(name)
            return None
        except BackendError:
            return None
        attributes = answer.get("Attributes")
        if not attributes:
            return None
        now = self._house.now()
        self._house.queues.declare(url, attributes, now)
        visible, in_flight, delayed = counts(attributes)
        empty = visible + in_flight + delayed == 0
        oldest_s = None if empty else self._house.state.oldest_s(name, now)
        return journal.QueueSampled(now, name, visible, in_flight, delayed, oldest_s)

    def _gone(self, name: str) -> None:
        """A queue that was there has been deleted with all that was in it."""
        if name in self._house.state.rules:
            self._house.emptied(name, self._house.now())
            self._house.queues.forget(name)

    def _each_minute(self, samples: list[journal.QueueSampled]) -> None:
        if self._show is None or not samples:
            return
        minute = self._epoch_s(samples[-1].at) // MINUTE_S * MINUTE_S
        if self._minute is not None and minute > self._minute:
            for sample in samples:
                tally = self._house.tallies.take(sample.queue)
                for point in datapoints(sample, tally, self._minute):
                    self._show(point)
        self._minute = minute


def counts(attributes: dict[str, str]) -> tuple[int, int, int]:
    """Return how many messages are visible, in flight and delayed, as GetQueueAttributes says."""
    ending = ("", "NotVisible", "Delayed")
    found = [int(attributes.get(f"ApproximateNumberOfMessages{end}", 0)) for end in ending]
    return found[0], found[1], found[2]
