"""Who delivers to whom: topics and their subscribers, rules and buckets and their targets, and AWS's leave.

It holds what users asked for, judges each way by the policy at its end, and says who gets a message that is
published. Nothing is delivered here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from harness.iam import Verdict
from harness.messaging.attributes import Attribute
from harness.messaging.edges import Edge, Target, is_judged, judge
from harness.messaging.filters import Filter, compile_filter

Scope = Literal["MessageAttributes", "MessageBody"]
WEB = ("http", "https")


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription as its owner set it. `endpoint`: an ARN or a URL; `filter_policy`: JSON, "" for none."""

    arn: str
    topic: str
    protocol: str
    endpoint: str
    raw: bool = False
    filter_policy: str = ""
    scope: str = "MessageAttributes"
    confirmed: bool = True
    dead_letter: str = ""  # ARN of the queue for what cannot be delivered

    @property
    def target(self) -> str:
        """The name of the queue or function, the last part of a webhook's URL."""
        if self.protocol in WEB:
            return self.endpoint.partition("?")[0].rstrip("/").rpartition("/")[2]
        return self.endpoint.rpartition(":")[2]

    @property
    def edge(self) -> Edge | None:
        """The way that a policy decides on, None for endpoints without one."""
        if self.protocol not in ("sqs", "lambda") or not is_judged("sns", self.endpoint):
            return None
        return Edge("sns", self.topic, self.endpoint)

    def compiled(self) -> Filter | None:
        """Return its filter, None without one; raise FilterPolicyError."""
        if not self.filter_policy:
            return None
        return compile_filter(self.filter_policy, cast(Scope, self.scope))


@dataclass(frozen=True, slots=True)
class Copy:
    """A message on its way to the queue or webhook *target*, without SNS's envelope if `raw`."""

    target: str
    raw: bool


@dataclass(frozen=True, slots=True)
class FanOut:
    """Who gets a publication: `copies`. Who does not: `filtered` by their own filter, `refused` by a policy.

    `others` are subscribers that get it too but are no queues and no webhooks (functions, mailboxes).
    """

    copies: tuple[Copy, ...] = ()
    filtered: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Changed:
    """AWS now refuses to deliver along *edge*, or does no longer; *verdict* says why."""

    edge: Edge
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class _Planned:
    subscription: Subscription
    filter: Filter | None
    edge: Edge | None


class Topology:
    """All the wiring of one account. Who changes it gets back which ways opened or closed by that."""

    def __init__(self, account: str) -> None:
        self._account = account
        self._subscriptions: dict[str, Subscription] = {}
        self._plans: dict[str, tuple[_Planned, ...]] = {}  # by topic, made when it is first asked for
        self._edges: dict[tuple[str, str], tuple[Edge, ...]] = {}  # by (service, source), but for SNS
        self._targets: dict[str, Target] = {}
        self._verdicts: dict[Edge, Verdict] = {}

    # -- what there is -----

    def subscription(self, arn: str) -> Subscription | None:
        """Return the subscription with *arn*."""
        return self._subscriptions.get(arn)

    def subscriptions(self, topic: str) -> list[Subscription]:
        """Return the subscriptions to the topic with this ARN, in the order they were made."""
        return [each for each in self._subscriptions.values() if each.topic == topic]

    def along(self, edge: Edge) -> list[Subscription]:
        """Return the subscriptions that deliver along *edge*."""
        return [each for each in self._subscriptions.values() if each.edge == edge]

    def verdict(self, edge: Edge) -> Verdict | None:
        """Return what AWS says of *edge*, None where nothing delivers along it."""
        return self._verdicts.get(edge)

    def refused(self) -> list[Changed]:
        """Return every way that is closed now."""
        return [Changed(edge, verdict) for edge, verdict in self._verdicts.items() if not verdict.allowed]

    def targets(self) -> frozenset[str]:
        """Return the ARNs at the end of some way: the policies of no others matter."""
        return frozenset(edge.target for edge in self._verdicts)

    # -- what changes -----

    def tell(self, target: Target) -> list[Changed]:
        """Take in what a queue, topic or function is now."""
        self._targets[target.arn] = target
        return self._settle(edge for edge in self._verdicts if edge.target == target.arn)

    def subscribe(self, subscription: Subscription) -> list[Changed]:
        """Add *subscription* or put it in the place of the one with its ARN; its target must be known.

        Raises FilterPolicyError, and changes nothing then.
        """
        subscription.compiled()
        self._subscriptions[subscription.arn] = subscription
        self._plans.pop(subscription.topic, None)
        return self._settle([subscription.edge] if subscription.edge else [])

    def unsubscribe(self, arn: str) -> None:
        """Remove the subscription with *arn*, if there is one."""
        gone = self._subscriptions.pop(arn, None)
        if gone is not None:
            self._plans.pop(gone.topic, None)
            self._drop_idle([gone.edge])

    def forget_topic(self, topic: str) -> None:
        """Remove a topic's subscriptions, which go with it."""
        for subscription in self.subscriptions(topic):
            self.unsubscribe(subscription.arn)

    def deliver(self, service: str, source: str, targets: Iterable[str]) -> list[Changed]:
        """Let the rule or bucket *source* deliver to *targets* and to nothing else; they must be known.

        Targets that no policy is asked for are left out.
        """
        wanted = tuple(
            Edge(service, source, target) for target in dict.fromkeys(targets) if is_judged(service, target)
        )
        before = self._edges.pop((service, source), ())
        if wanted:
            self._edges[service, source] = wanted
        self._drop_idle(before)
        return self._settle(wanted)

    def _settle(self, edges: Iterable[Edge]) -> list[Changed]:
        changed = []
        for edge in list(edges):
            verdict = judge(edge, self._targets[edge.target], self._account)
            before = self._verdicts.get(edge)
            self._verdicts[edge] = verdict
            if verdict.allowed != (before is None or before.allowed):
                changed.append(Changed(edge, verdict))
        return changed

    def _drop_idle(self, edges: Iterable[Edge | None]) -> None:
        """Forget what was said of *edges* along which nothing delivers any more."""
        for edge in edges:
            if edge is not None and not self._is_used(edge):
                self._verdicts.pop(edge, None)

    def _is_used(self, edge: Edge) -> bool:
        return bool(self.along(edge)) or edge in self._edges.get((edge.service, edge.source), ())

    # -- who gets a message -----

    def fan_out(self, topic: str, attributes: Mapping[str, Attribute], body: str) -> FanOut:
        """Return who gets a message published to the topic with this ARN, and who does not and why.

        A filter is asked first: what it turns away is not refused. Subscriptions that wait for their
        confirmation get nothing.
        """
        plan = self._plans.get(topic)
        if plan is None:
            plan = self._plans[topic] = self._plan(topic)
        copies: list[Copy] = []
        filtered: list[str] = []
        refused: list[str] = []
        others: list[str] = []
        for each in plan:
            subscription = each.subscription
            if each.filter is not None and not each.filter.matches(attributes, body):
                filtered.append(subscription.target)
            elif each.edge is not None and not self._verdicts[each.edge].allowed:
                refused.append(subscription.target)
            elif subscription.protocol == "sqs" or subscription.protocol in WEB:
                copies.append(Copy(subscription.target, subscription.raw))
            else:
                others.append(subscription.target)
        return FanOut(tuple(copies), tuple(filtered), tuple(refused), tuple(others))

    def _plan(self, topic: str) -> tuple[_Planned, ...]:
        confirmed = [each for each in self.subscriptions(topic) if each.confirmed]
        return tuple(_Planned(each, each.compiled(), each.edge) for each in confirmed)
