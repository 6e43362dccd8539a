"""The messaging part of one gateway: its wiring, what is published and consumed, and who gets it by HTTP.

It puts `wiring`, `messages` and `webhooks` together; each of them stands alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness import journal
from harness.aws.messages.part import Messages
from harness.aws.messages.protocols import DeliveryFaults
from harness.aws.messages.queue_metrics import QueueDatapoint
from harness.aws.query_form import name_call
from harness.aws.webhooks import Webhooks
from harness.aws.wiring import Wiring
from harness.clock import Clock
from harness.gateway.chain import Address, Exchange, Handler
from harness.gateway.fetch import Fetcher

if TYPE_CHECKING:
    from harness.scenario.messaging import Queue, Topic, Webhook


@dataclass(frozen=True, slots=True)
class Declared:
    """What a scenario says of messaging; a gateway for any client has nothing declared."""

    topics: "Sequence[Topic]" = ()
    queues: "Sequence[Queue]" = ()
    webhooks: "Sequence[Webhook]" = ()
    faults: DeliveryFaults | None = None


class MessagePlane:
    """`first` and `last` are its handlers: before all others of the stage, and after them.

    But for the constructor and the handlers, everything here is to be awaited on the gateway's loop.
    """

    def __init__(
        self,
        declared: Declared,
        clock: Clock,
        record: Callable[[journal.Record], None],
        fetcher: Fetcher,
        route: Callable[[str], Address],
        show: Callable[[QueueDatapoint], None],
        *,
        region: str,
        account: str,
    ) -> None:
        self._wiring = Wiring(record, clock.now, fetcher, route, account=account, region=region)
        self._messages = Messages(
            record,
            clock.now,
            clock,
            fetcher,
            route,
            self._wiring,
            region=region,
            account=account,
            topic_keys={topic.aws_name: topic.key for topic in declared.topics},
            queue_keys={queue.aws_name: queue.key for queue in declared.queues},
            faults=declared.faults,
            show=show,
        )
        webhooks = Webhooks(declared.webhooks, declared.topics, record, fetcher, route, region)
        self.first: list[Handler] = [self._messages.watch, webhooks.handle]
        # Named after the wiring, which tells forms from JSON by the call having no name yet.
        self.last: list[Handler] = [self._wiring.handle, name_call, self._messages.handle]

    async def learn(self) -> None:
        """Take in what the backend has already: made before, or past the gateway."""
        await self._wiring.read()

    async def deployed(self) -> None:
        """Note that all is made: a delivery that AWS would refuse is a finding from now on."""
        self._wiring.deployed()

    def heard(self, exchange: Exchange) -> None:
        """Take note of a call that is over: it may have made a service deliver."""
        self._wiring.heard(exchange)

    def fired(self, bus: str, rule: str) -> None:
        """Take note that a rule with a schedule delivered to its targets."""
        self._wiring.fired(bus, rule)

    async def sample(self) -> None:
        """Journal how full each queue is."""
        await self._messages.sample()

    async def take_inventory(self) -> None:
        """Read and remove what is left in the queues, and journal it."""
        await self._messages.take_inventory()

    async def conclude(self) -> None:
        """Make findings of what is still refused."""
        self._wiring.close()
