"""The wiring as a part of the gateway: one handler, and what the tap asks of it."""

from collections.abc import Callable, Mapping

from harness import journal
from harness.aws.wiring.buckets import Buckets
from harness.aws.wiring.functions import Functions
from harness.aws.wiring.queues import Queues
from harness.aws.wiring.root import Root
from harness.aws.wiring.rules import Rules
from harness.aws.wiring.subscriptions import Subscriptions
from harness.aws.wiring.switchboard import Switchboard
from harness.gateway.chain import Address, Exchange, Handler, Outcome
from harness.gateway.fetch import Fetcher
from harness.iam.actions import Call
from harness.messaging.attributes import Attribute
from harness.messaging.topology import FanOut, Topology


class Wiring:
    """Watches the calls that wire services to each other and lets the backend have what AWS would honour.

    *record* journals, *now* says the model seconds since the run began. Everything but the constructor is to
    be called on the gateway's loop.
    """

    def __init__(
        self,
        record: Callable[[journal.Record], None],
        now: Callable[[], float],
        fetcher: Fetcher,
        route: Callable[[str], Address],
        *,
        account: str,
        region: str,
    ) -> None:
        self._board = Switchboard(record, now, fetcher, route, Root(fetcher, route, region, account))
        subscriptions, rules, buckets = Subscriptions(self._board), Rules(self._board), Buckets(self._board)
        self._sources = (subscriptions, rules, buckets)
        self._rules = rules
        self._causes: dict[str, Callable[[Exchange, Call], None]] = {
            "s3": buckets.heard,
            "events": rules.heard,
        }
        self._handlers: dict[str, Handler] = {
            "sns": subscriptions.handle,
            "sqs": Queues(self._board).handle,
            "events": rules.handle,
            "s3": buckets.handle,
            "lambda": Functions(self._board).handle,
        }

    @property
    def topology(self) -> Topology:
        """Who delivers to whom, for who looks but does not touch."""
        return self._board.topology

    def handle(self, exchange: Exchange) -> Outcome:
        """Return what to do with *exchange*; calls of other services cost one look into a table."""
        handler = self._handlers.get(exchange.service)
        return None if handler is None else handler(exchange)

    def fan_out(self, topic_arn: str, attributes: Mapping[str, Attribute], body: str) -> FanOut:
        """Return who gets what is published to the topic; a refused delivery becomes a finding, once."""
        found = self.topology.fan_out(topic_arn, attributes, body)
        reached = {*(copy.target for copy in found.copies), *found.others}
        for each in self.topology.subscriptions(topic_arn) if reached or found.refused else ():
            if each.edge is not None and each.target in found.refused:
                self._board.met(each.edge)
            elif each.edge is not None and each.target in reached:
                self._board.deliveries.made(each.edge)
        return found

    def fired(self, bus: str, rule: str) -> None:
        """Take note that a rule with a schedule delivered to its targets, which no call causes."""
        self._rules.fired(bus, rule)

    def heard(self, exchange: Exchange) -> None:
        """Take note of a call that is over and was judged: it may have made S3 or EventBridge deliver."""
        cause = self._causes.get(exchange.service)
        if cause is not None and 200 <= exchange.status < 300 and isinstance(exchange.call, Call):
            cause(exchange, exchange.call)

    async def read(self) -> None:
        """Take in what the backend has and the gateway did not see: made by a stack, or before the run."""
        for target in sorted(self.topology.targets()):
            async with self._board.lock:
                await self._board.relearn(target)
        for source in self._sources:
            await source.read()

    def deployed(self) -> None:
        """Note that everything is made: what AWS refuses from now on is an error finding at once."""
        self._board.deployed()

    def close(self) -> None:
        """Make findings of what is still refused, for a run that never said that it was deployed.

        And journal how often each delivery came.
        """
        self._board.tell_refused()
        self._board.deliveries.conclude()
