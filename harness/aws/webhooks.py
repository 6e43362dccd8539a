"""HTTP endpoints that subscribe to topics, played by the rehearsal: they confirm, answer and count.

SNS developer guide, "Sending Amazon SNS messages to HTTP/HTTPS endpoints": a subscriber is asked once to
confirm by the token it is sent; then each notification is a POST that it answers 2xx, or SNS tries again.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson

from harness import journal
from harness.config import ACCESS_KEY
from harness.gateway.chain import Address, Exchange, Outcome, ReadBody, Reply
from harness.gateway.fetch import Fetcher

if TYPE_CHECKING:
    from harness.scenario.messaging import Topic, Webhook

PREFIX = "/_harness/webhooks/"
# A notification holds a message of at most 256 KiB, escaped as JSON (SNS quotas).
LIMIT_BYTES = 2 * 1024 * 1024
_TOO_LARGE = Reply(413, b"A notification is no longer than that.")
_TAKEN = Reply(200)


class Webhooks:
    """Answers at `PREFIX` + name for each of *webhooks*; *keys* are found in the bodies of messages as the
    topics declare them."""

    def __init__(
        self,
        webhooks: "Sequence[Webhook]",
        topics: "Sequence[Topic]",
        record: Callable[[journal.Record], None],
        fetcher: Fetcher,
        route: Callable[[str], Address],
        region: str,
    ) -> None:
        self._left_to_refuse = {webhook.name: webhook.refuses for webhook in webhooks}
        self._keys = {topic.aws_name: topic.key for topic in topics}
        self._record = record
        self._fetcher = fetcher
        self._route = route
        self._region = region

    def handle(self, exchange: Exchange) -> Outcome:
        """Take what SNS posts to a webhook; leave every other request alone."""
        if not exchange.path.startswith(PREFIX):
            return None
        exchange.service, exchange.operation = "webhook", exchange.path[len(PREFIX) :]
        if exchange.operation not in self._left_to_refuse:
            return Reply(404, f"There is no webhook {exchange.operation!r}.".encode())
        return ReadBody(self._take, LIMIT_BYTES, _TOO_LARGE)

    def _take(self, exchange: Exchange) -> Outcome:
        kind = (exchange.header(b"x-amz-sns-message-type") or b"").decode()
        if (exchange.header(b"x-amz-sns-rawdelivery") or b"").lower() == b"true":
            return self._notified(exchange, self._of_headers(exchange))
        try:
            message = orjson.loads(exchange.body)
        except orjson.JSONDecodeError:
            return Reply(400, b"A notification is JSON unless its delivery is raw.")
        if (kind or message.get("Type")) == "SubscriptionConfirmation":
            return self._confirm(message)
        return self._notified(exchange, message)

    def _of_headers(self, exchange: Exchange) -> dict[str, Any]:
        """Return what a raw delivery says of its message outside of the body."""
        return {
            "MessageId": (exchange.header(b"x-amz-sns-message-id") or b"").decode(),
            "TopicArn": (exchange.header(b"x-amz-sns-topic-arn") or b"").decode(),
            "Message": exchange.body.decode("utf-8", "replace"),
        }

    def _notified(self, exchange: Exchange, message: Mapping[str, Any]) -> Reply:
        name = exchange.operation
        if self._left_to_refuse[name]:
            self._left_to_refuse[name] -= 1
            return Reply(500, b"This webhook refuses its first notifications, as declared.")
        at, publication = exchange.received_at, str(message.get("MessageId", ""))
        topic = str(message.get("TopicArn", "")).rpartition(":")[2]
        key = key_in(str(message.get("Message", "")), self._keys.get(topic, ""))
        self._record(journal.MessageReceived(at, name, publication, publication, 1, key, "sns"))
        self._record(journal.MessageEnded(at, name, publication, publication, "delivered", key, "sns"))
        return _TAKEN

    async def _confirm(self, message: Mapping[str, Any]) -> Outcome:
        """Confirm as a subscriber does, by the token."""
        fields = {
            "Action": "ConfirmSubscription",
            "Version": "2010-03-31",
            "TopicArn": str(message.get("TopicArn", "")),
            "Token": str(message.get("Token", "")),
        }
        scope = f"{ACCESS_KEY}/20000101/{self._region}/sns/aws4_request"
        headers = [
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
        ]
        body = urlencode(fields).encode()
        answer = await self._fetcher.fetch(self._route("sns"), "POST", "/", headers=headers, body=body)
        return _TAKEN if answer.status == 200 else Reply(502, b"The confirmation was refused: " + answer.body)


def key_in(body: str, member: str) -> str:
    """Return the *member* of a JSON *body* as text, empty where it has none."""
    if not member:
        return ""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    found = value.get(member) if isinstance(value, dict) else None
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
