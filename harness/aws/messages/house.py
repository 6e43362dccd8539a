"""What the parts of the tap share."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness import journal
from harness.aws.messages.protocols import DeliveryFaults, Wiring
from harness.aws.messages.queues import Queues, SqsCalls
from harness.aws.messages.tallies import Tallies
from harness.aws.messages.wire import Fields
from harness.gateway.chain import Address, Exchange
from harness.gateway.fetch import Fetcher, FetchReply
from harness.messaging.correlation import Correlation


@dataclass(frozen=True, slots=True)
class Call:
    """One call to SQS: its arguments in the shape of JSON 1.0, and whether it came in the query protocol."""

    exchange: Exchange
    operation: str
    url: str
    queue: str
    given: Fields
    xml: bool


class House:
    """The journal, the backend and all that is known of messages so far. `now` is in model seconds.

    `counted`: the inventory has been taken; what is emptied afterwards is no loss.
    """

    def __init__(
        self,
        record: Callable[[journal.Record], None],
        now: Callable[[], float],
        fetcher: Fetcher,
        route: Callable[[str], Address],
        wiring: Wiring,
        faults: DeliveryFaults | None,
        state: Correlation,
        region: str,
        account: str,
    ) -> None:
        self.record = record
        self.now = now
        self.wiring = wiring
        self.faults = faults
        self.state = state
        self.calls = SqsCalls(fetcher, route, region)
        self.queues = Queues(record, state)
        self.tallies = Tallies()
        self.counted = False
        self._fetcher = fetcher
        self._account = account
        self._route = route

    def emptied(self, queue: str, at: float, consumer: str = "") -> None:
        """Journal the end of all that was in *queue*: *consumer* purged it, or it is no longer there."""
        found = self.state.purged(queue)
        if self.counted:
            return
        for copy in found:
            self.record(
                journal.MessageEnded(at, queue, copy.message, copy.publication, "purged", copy.key, consumer)
            )

    def note(self, url_or_name: str, attributes: Mapping[str, Any]) -> None:
        """Note that a queue is made, or set; emulators find it by account and name, whatever the host."""
        url = url_or_name if "/" in url_or_name else f"http://queue/{self._account}/{url_or_name}"
        self.queues.note(url, attributes)

    async def fetch_call(self, call: Call) -> FetchReply:
        """Return what the backend answers to *call*; a queue that it answers for is one that there is."""
        reply = await self.fetch(call.exchange)
        if reply.status == 200:
            self.queues.see(call.url, call.exchange.received_at)
        return reply

    async def fetch(self, exchange: Exchange) -> FetchReply:
        """Return what the backend answers to the client's own request, its bytes unchanged."""
        return await self._fetcher.fetch_exchange(self._route(exchange.service), exchange)
