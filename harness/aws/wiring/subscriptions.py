"""SNS: subscriptions are kept as their owners set them; one that AWS would not serve gets nothing here.

Subscribe succeeds on AWS whatever the endpoint's policy says, also for a queue that does not exist; only the
deliveries fail (SNS guide, "Amazon SNS message delivery retries": client-side errors). So it succeeds here,
and the backend's subscription gets a filter policy that no message matches until AWS would deliver.
"""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace

from harness.aws.aws_json import Refused
from harness.aws.query_form import decode
from harness.aws.wiring.errors import query_error, query_reply
from harness.aws.wiring.subscription_attributes import (
    SCOPES,
    Fields,
    changed_by,
    check_policy,
    of_attributes,
    policy_in,
    subscription_in,
)
from harness.aws.wiring.switchboard import Switchboard
from harness.aws.wiring.xml import entries, text_of, with_entries
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply
from harness.messaging.edges import Edge
from harness.messaging.topology import WEB, Subscription

SERVICE = "sns"
# PublishBatch: 256 KiB together, each byte up to three characters in a form.
BODY_LIMIT_BYTES = 2 * 1024 * 1024
# No attribute's name has a colon (SNS guide, "Amazon SNS message attributes"), and no body has this key.
CLOSED = json.dumps({"harness:refused": ["by the policy of the endpoint"]})
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z]+)")

Operation = Callable[[Exchange, Fields], Awaitable[Reply]]


class Subscriptions:
    """Answers SNS's calls that make, change and show wiring; `handle` is its handler."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._topology = board.topology
        self._closed: set[str] = set()  # ARNs of subscriptions whose valve is shut
        self._touched: set[str] = set()  # whose filter in the backend may be other than their owner's
        self._waiting: set[str] = set()  # topics with an endpoint that had not confirmed when last looked at
        self._operations: dict[bytes, Operation] = {
            b"Subscribe": self._subscribe,
            b"Unsubscribe": self._unsubscribe,
            b"ConfirmSubscription": self._confirm,
            b"SetSubscriptionAttributes": self._set,
            b"GetSubscriptionAttributes": self._get,
            b"CreateTopic": self._change_topic,
            b"SetTopicAttributes": self._change_topic,
            b"AddPermission": self._change_topic,
            b"RemovePermission": self._change_topic,
            b"DeleteTopic": self._delete_topic,
        }
        too_long = Refused("InvalidParameter", "Invalid parameter: Message too long")
        self._read = ReadBody(self._answer, BODY_LIMIT_BYTES, query_reply(too_long))
        board.movers[SERVICE] = self.move

    def handle(self, exchange: Exchange) -> Outcome:
        """Read the body of *exchange*, where SNS has the operation."""
        return self._read

    def _answer(self, exchange: Exchange) -> Outcome:
        body = exchange.body or exchange.query.encode()
        found = _ACTION.search(body)
        if found is None:
            return None
        exchange.operation = found[1].decode()
        operation = self._operations.get(found[1])
        if operation is not None:
            return self._carry_out(exchange, operation, decode(body))
        if self._waiting and found[1] in (b"Publish", b"PublishBatch"):
            return self._settle_first(decode(body).get("TopicArn", ""))
        return None

    async def _settle_first(self, topic: str) -> None:
        """Let a publication go on once it is known whether the endpoints that had to confirm did so.

        They do it by the address in the message that asks them to, which is the emulator's own.
        """
        if topic in self._waiting:
            await self.settle(topic)

    async def _carry_out(self, exchange: Exchange, operation: Operation, fields: Fields) -> Reply:
        try:
            return await operation(exchange, fields)
        except Refused as error:
            return query_error(exchange, error)

    # -- subscriptions -----

    async def _subscribe(self, exchange: Exchange, fields: Fields) -> Reply:
        wanted, given = subscription_in(fields)
        self._check_not_other(wanted, given)
        answer = await self._board.repeat(exchange)
        if answer.status == 200:
            async with self._board.lock:
                await self._add(wanted, text_of(answer.body, "SubscriptionArn"))
        return answer.as_reply()

    def _check_not_other(self, wanted: Subscription, given: Fields) -> None:
        """Refuse what would be a second subscription of the same endpoint with other attributes."""
        for known in self._topology.subscriptions(wanted.topic):
            same = (known.protocol, known.endpoint) == (wanted.protocol, wanted.endpoint)
            if same and given and replace(wanted, arn=known.arn, confirmed=known.confirmed) != known:
                raise Refused(
                    "InvalidParameter",
                    "Invalid parameter: Attributes Reason: Subscription already exists with different "
                    "attributes",
                )

    async def _add(self, wanted: Subscription, arn: str) -> None:
        known = [
            each
            for each in self._topology.subscriptions(wanted.topic)
            if (each.protocol, each.endpoint) == (wanted.protocol, wanted.endpoint)
        ]
        if known:
            return  # SNS gave the ARN of the one there is
        waits = not arn.startswith("arn:") or await self._waits(wanted.protocol, arn)
        made = replace(wanted, arn=_placeholder(wanted) if waits else arn, confirmed=not waits)
        await self.adopt(made)

    async def adopt(self, subscription: Subscription) -> None:
        """Take in a subscription that is in the backend."""
        edge = subscription.edge
        if edge is not None:
            self._board.joined(await self._board.learn(edge.target))
        if not subscription.confirmed and subscription.protocol in WEB:
            self._waiting.add(subscription.topic)
        changes = self._topology.subscribe(subscription)
        await self._board.apply(changes)
        if edge is not None and not changes:
            await self.move(edge)  # one more along a way that was refused before

    async def _waits(self, protocol: str, arn: str) -> bool:
        """Return whether the endpoint has yet to confirm; queues and functions need not."""
        if protocol in ("sqs", "lambda", "firehose", "sms", "application"):
            return False
        answer = await self._board.root.query("GetSubscriptionAttributes", {"SubscriptionArn": arn})
        return answer.status == 200 and entries(answer.body).get("PendingConfirmation") == "true"

    async def read(self) -> None:
        """Take in the subscriptions that were not made through the gateway."""
        for member in await self._board.root.members("ListSubscriptions", {}):
            await self._known(member["SubscriptionArn"])

    async def _unsubscribe(self, exchange: Exchange, fields: Fields) -> Reply:
        answer = await self._board.repeat(exchange)
        if answer.status == 200:
            self._forget(fields.get("SubscriptionArn", ""))
        return answer.as_reply()

    def _forget(self, arn: str) -> None:
        self._topology.unsubscribe(arn)
        self._closed.discard(arn)
        self._touched.discard(arn)

    async def _confirm(self, exchange: Exchange, fields: Fields) -> Reply:
        answer = await self._board.repeat(exchange)
        if answer.status == 200:
            await self.settle(fields.get("TopicArn", ""))
        return answer.as_reply()

    async def settle(self, topic: str) -> None:
        """Look in the backend which endpoints have confirmed by now."""
        members = await self._board.root.members("ListSubscriptionsByTopic", {"TopicArn": topic})
        listed = {(each["Protocol"], each["Endpoint"]): each["SubscriptionArn"] for each in members}
        async with self._board.lock:
            for waiting in [each for each in self._topology.subscriptions(topic) if not each.confirmed]:
                arn = listed.get((waiting.protocol, waiting.endpoint), "")
                if arn.startswith("arn:") and not await self._waits(waiting.protocol, arn):
                    self._topology.unsubscribe(waiting.arn)
                    await self.adopt(replace(waiting, arn=arn, confirmed=True))
            if all(each.confirmed for each in self._topology.subscriptions(topic)):
                self._waiting.discard(topic)

    async def _set(self, exchange: Exchange, fields: Fields) -> Reply:
        arn = fields.get("SubscriptionArn", "")
        known = await self._known(arn)
        wanted = changed_by(fields, known or Subscription(arn, "", "", ""))
        answer = await self._board.repeat(exchange)
        if answer.status == 200 and known is not None:
            async with self._board.lock:
                self._topology.subscribe(wanted)
                # The owner's new filter has just opened the valve.
                if arn in self._closed and fields.get("AttributeName") == "FilterPolicy":
                    await self._close(wanted)
        return answer.as_reply()

    async def _known(self, arn: str) -> Subscription | None:
        """Return the subscription with *arn*, looked up in the backend where it was not made through here."""
        if self._topology.subscription(arn) is None and arn.startswith("arn:"):
            answer = await self._board.root.query("GetSubscriptionAttributes", {"SubscriptionArn": arn})
            if answer.status == 200:
                async with self._board.lock:
                    await self.adopt(of_attributes(entries(answer.body)))
        return self._topology.subscription(arn)

    async def _get(self, exchange: Exchange, fields: Fields) -> Reply:
        """Answer with the owner's own filter in place of the one that shuts the valve."""
        answer = await self._board.repeat(exchange)
        own = self._topology.subscription(fields.get("SubscriptionArn", ""))
        if answer.status != 200 or own is None or own.arn not in self._touched:
            return answer.as_reply()
        scope = own.scope if own.filter_policy or own.scope != SCOPES[0] else None
        changes = {"FilterPolicy": own.filter_policy or None, "FilterPolicyScope": scope}
        return answer.as_reply(body=with_entries(answer.body, changes))

    # -- valves -----

    async def move(self, edge: Edge) -> None:
        """Shut or open the valve of every subscription along *edge*, as AWS would deliver or not."""
        verdict = self._topology.verdict(edge)
        for each in self._topology.along(edge):
            if verdict is not None and not verdict.allowed:
                await self._close(each)
            elif each.arn in self._closed:
                self._closed.discard(each.arn)
                await self._filter(each, each.filter_policy or "{}")

    async def _close(self, subscription: Subscription) -> None:
        self._closed.add(subscription.arn)
        self._touched.add(subscription.arn)
        if subscription.dead_letter:
            self._board.dead_letters(subscription.arn, subscription.dead_letter)
        await self._filter(subscription, CLOSED)

    async def _filter(self, subscription: Subscription, text: str) -> None:
        answer = await self._board.root.query(
            "SetSubscriptionAttributes",
            {
                "SubscriptionArn": subscription.arn,
                "AttributeName": "FilterPolicy",
                "AttributeValue": text,
            },
        )
        if answer.status != 200 and subscription.edge is not None:
            self._board.not_enforced(subscription.edge, answer)

    # -- topics -----

    async def _change_topic(self, exchange: Exchange, fields: Fields) -> Reply:
        check_policy(policy_in(fields))
        answer = await self._board.repeat(exchange)
        if answer.status == 200:
            arn = fields.get("TopicArn") or text_of(answer.body, "TopicArn")
            async with self._board.lock:
                await self._board.relearn(arn)
        return answer.as_reply()

    async def _delete_topic(self, exchange: Exchange, fields: Fields) -> Reply:
        answer = await self._board.repeat(exchange)
        if answer.status == 200:
            arn = fields.get("TopicArn", "")
            async with self._board.lock:
                for each in self._topology.subscriptions(arn):
                    self._forget(each.arn)
                await self._board.relearn(arn)
        return answer.as_reply()


def _placeholder(wanted: Subscription) -> str:
    """Return what to know a subscription by that has no ARN until it is confirmed."""
    return f"pending:{wanted.topic}:{wanted.endpoint}"
