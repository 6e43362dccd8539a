"""Message accounting as a part of the gateway: the tap, the sampler and the inventory over one state."""

from collections.abc import Callable, Mapping

from harness import journal
from harness.aws.messages.house import House
from harness.aws.messages.inventory import LIMIT_REAL_S, Inventory
from harness.aws.messages.protocols import DeliveryFaults, Wiring
from harness.aws.messages.queue_metrics import QueueDatapoint
from harness.aws.messages.sampler import Sampler
from harness.aws.messages.tap import Tap
from harness.clock import Calendar
from harness.gateway.chain import Address, Exchange, Outcome
from harness.gateway.fetch import Fetcher
from harness.messaging.correlation import Correlation


class Messages:
    """Sees every message that goes through the gateway. Everything here runs on the gateway's loop.

    *topic_keys* and *queue_keys* name, by AWS name, the member of a body that is a message's key ("id" for
    those that are not in them). *show* takes CloudWatch's datapoints, none are made without it.
    """

    def __init__(
        self,
        record: Callable[[journal.Record], None],
        now: Callable[[], float],
        calendar: Calendar,
        fetcher: Fetcher,
        route: Callable[[str], Address],
        wiring: Wiring,
        *,
        region: str,
        account: str,
        topic_keys: Mapping[str, str],
        queue_keys: Mapping[str, str],
        faults: DeliveryFaults | None = None,
        show: Callable[[QueueDatapoint], None] | None = None,
    ) -> None:
        self.state = Correlation(queue_keys)
        house = House(record, now, fetcher, route, wiring, faults, self.state, region, account)
        self._tap = Tap(house, topic_keys, queue_keys)
        self._sampler = Sampler(house, calendar.epoch_s, show)
        self._inventory = Inventory(house, self._tap.consuming)

    def watch(self, exchange: Exchange) -> Outcome:
        """Note which queues are made; a handler that never answers, to come before those that do."""
        return self._tap.watch(exchange)

    def handle(self, exchange: Exchange) -> Outcome:
        """Take the calls that move messages; the handler that comes last before calls are forwarded."""
        return self._tap.handle(exchange)

    async def sample(self) -> list[journal.QueueSampled]:
        """Journal and return how full each queue is; to be awaited every second of this machine."""
        return await self._sampler.sample()

    async def take_inventory(self, *, at_most_real_s: float = LIMIT_REAL_S) -> list[journal.InventoryTaken]:
        """Read and remove all that is in the queues, once consumers have ended and before teardown."""
        return await self._inventory.take(at_most_real_s=at_most_real_s)
