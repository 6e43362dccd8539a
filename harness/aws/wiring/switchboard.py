"""What all parts of the wiring share: the topology, the journal of refusals, and the order of changes."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from harness import journal
from harness.aws.wiring.deliveries import Deliveries
from harness.aws.wiring.root import Root
from harness.gateway.chain import Address, Exchange
from harness.gateway.fetch import Fetcher, FetchReply
from harness.iam import Verdict
from harness.iam.reasons import resource_words
from harness.messaging.edges import Edge, Target
from harness.messaging.topology import Changed, Topology

# Opens or closes the valve of one way in the backend.
Mover = Callable[[Edge], Awaitable[None]]

REFUSED = "delivery-refused"
NOT_ENFORCED = "delivery-not-enforced"
NOT_COVERED = "delivery-not-covered"


class Switchboard:
    """Keeps the topology true and the backend's valves as it says. Everything here runs on one loop.

    Whoever changes the topology holds `lock`: a change of one policy may move valves of other services.
    """

    def __init__(
        self,
        record: Callable[[journal.Record], None],
        now: Callable[[], float],
        fetcher: Fetcher,
        route: Callable[[str], Address],
        root: Root,
    ) -> None:
        self._record = record
        self._now = now
        self._fetcher = fetcher
        self._route = route
        self.root = root
        self.topology = Topology(root.account)
        self.deliveries = Deliveries(record, now, self.topology, root.account)
        self.lock = asyncio.Lock()
        self.movers: dict[str, Mover] = {}
        self._told: set[Edge] = set()  # refused, with its finding
        self._said: set[tuple[str, str]] = set()  # (rule, resource) of the other findings
        self._deployed = False

    async def repeat(self, exchange: Exchange) -> FetchReply:
        """Return what the backend answers to the client's own request, its bytes unchanged."""
        return await self._fetcher.fetch_exchange(self._route(exchange.service), exchange)

    # -- what is at the end of a way -----

    async def learn(self, arn: str) -> Target:
        """Return what is at *arn* now, read from the backend: it may have been made without the gateway."""
        target = await self.root.target(arn)
        if target.exists:
            self.deliveries.holds(arn, self.root.policies.get(arn, ""))
        await self.apply(self.topology.tell(target))
        return target

    async def relearn(self, arn: str) -> None:
        """Take in that the resource at *arn* was changed, if anything delivers to it, and move the valves."""
        if arn in self.topology.targets():
            self.joined(await self.learn(arn))

    async def apply(self, changes: Iterable[Changed]) -> None:
        """Journal *changes* and move their valves."""
        for change in changes:
            self._journal(change.edge, change.verdict)
            await self.movers[change.edge.service](change.edge)

    def joined(self, target: Target) -> None:
        """Say what is not covered of a target that something delivers to."""
        if not target.key:
            return
        self.finding(
            NOT_COVERED,
            "error",
            target.arn,
            f"{resource_words(target.arn)} is encrypted with the KMS key {target.key}: a service delivers to "
            "it only when the key's policy allows that service kms:GenerateDataKey and kms:Decrypt, which a "
            "key of AWS's own (alias/aws/sqs) never does. The policies of keys are not judged here.",
            "Amazon SQS Developer Guide, Key management: compatibility between event sources from AWS "
            "services and encrypted queues",
        )

    def dead_letters(self, who: str, queue: str) -> None:
        """Say that what is refused along *who* would end in *queue* on AWS, and does not here."""
        self.finding(
            NOT_COVERED,
            "error",
            who,
            "AWS does not deliver here and puts what it could not deliver into the dead-letter queue "
            f"{queue}, which gets nothing in this rehearsal.",
            "Amazon SNS Developer Guide, Amazon SNS dead-letter queues; Amazon EventBridge User Guide, Using "
            "dead-letter queues",
        )

    # -- what the journal hears -----

    def _journal(self, edge: Edge, verdict: Verdict) -> None:
        self._record(
            journal.DeliveryRefused(
                self._now(), edge.source, edge.target, edge.service, verdict.reason, allowed=verdict.allowed
            )
        )
        if verdict.allowed:
            self._told.discard(edge)
        elif self._deployed:
            self._tell(edge, verdict)

    def deployed(self) -> None:
        """Everything is made: what is refused now, or becomes refused, is a finding.

        Not before: a subscription may well be made before the policy that it needs.
        """
        self._deployed = True
        self.tell_refused()

    def tell_refused(self) -> None:
        """Make a finding of every way that is closed now and has none."""
        for change in self.topology.refused():
            self._tell(change.edge, change.verdict)

    def met(self, edge: Edge) -> None:
        """Note that something should have been delivered along *edge*; if it is refused that is a finding."""
        verdict = self.topology.verdict(edge)
        if verdict is not None and not verdict.allowed:
            self._tell(edge, verdict)

    def _tell(self, edge: Edge, verdict: Verdict) -> None:
        if edge not in self._told:
            self._told.add(edge)
            message = f"AWS delivers nothing from {edge.source} to {edge.target}: {verdict.reason}."
            self._record(journal.Finding(self._now(), REFUSED, "error", edge.target, message, edge.page))

    def delivered(self, edge: Edge) -> None:
        """Note that AWS delivered along *edge*; what comes to a topic goes on to its subscribers.

        Not to those with a filter: what another service publishes is not seen here.
        """
        verdict = self.topology.verdict(edge)
        if verdict is None or not verdict.allowed:
            return
        self.deliveries.made(edge)
        for each in self.topology.subscriptions(edge.target):
            if each.edge is not None and each.confirmed and not each.filter_policy:
                self.deliveries.made(each.edge)

    def not_enforced(self, edge: Edge, answer: FetchReply) -> None:
        """Say that the backend did not let a valve be moved, so that it does other than AWS would."""
        verdict = self.topology.verdict(edge)
        wanted = "let through" if verdict is not None and verdict.allowed else "refused"
        said = answer.body[:160].decode("utf-8", "replace")
        self.finding(
            NOT_ENFORCED,
            "error",
            edge.target,
            f"Deliveries from {edge.source} should now be {wanted} as on AWS, and the backend did not take "
            f"the change ({answer.status}: {said}).",
        )

    def finding(self, rule: str, severity: str, resource: str, message: str, source: str = "") -> None:
        """Journal something about *resource*, once."""
        if (rule, resource) not in self._said:
            self._said.add((rule, resource))
            self._record(journal.Finding(self._now(), rule, severity, resource, message, source))
