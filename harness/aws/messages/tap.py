"""The tap: sees every message that clients send, receive and delete, and forwards their calls unchanged."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from harness.aws.messages import wire
from harness.aws.messages.consuming import Consuming
from harness.aws.messages.house import Call, House
from harness.aws.messages.queues import queue_name
from harness.aws.messages.sending import Sending
from harness.aws.query_form import decode
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply

# SQS and SNS take 1 MiB and 256 KiB; written as JSON or percent-encoded they may be several times as long.
LIMIT_BYTES = 8 * 1024 * 1024
_TOO_LARGE = Reply(413, b"A call to SQS or SNS is not as long as that.")

# Those whose operation only the body tells are called by their HTTP method.
_MAKING = frozenset({"CreateQueue", "SetQueueAttributes", "POST"})

Work: TypeAlias = Callable[[Call], Awaitable[Reply]]


class Tap:
    """`watch` is a handler that never answers, for calls that others answer; `handle` comes last before
    calls are forwarded, and `name_call` before it.

    A message whose call failed is not published; of a batch, those that failed are not.
    """

    def __init__(self, house: House, topic_keys: Mapping[str, str], queue_keys: Mapping[str, str]) -> None:
        self._house = house
        sending = Sending(house, topic_keys, queue_keys)
        self.consuming = Consuming(house, sending)
        self._sns = {"Publish": sending.publish, "PublishBatch": sending.publish_batch}
        self._sqs: dict[str, Work] = {
            "SendMessage": sending.send,
            "SendMessageBatch": sending.send_batch,
            "ReceiveMessage": self.consuming.receive,
            "DeleteMessage": self.consuming.delete,
            "DeleteMessageBatch": self.consuming.delete_batch,
            "PurgeQueue": self.consuming.purge,
        }

    def watch(self, exchange: Exchange) -> Outcome:
        """Note which queues are made, and with which attributes."""
        if exchange.service == "sqs" and exchange.operation in _MAKING:
            return ReadBody(self._note, LIMIT_BYTES, _TOO_LARGE)
        return None

    def _note(self, exchange: Exchange) -> Outcome:
        operation, given, _ = _arguments(exchange)
        if operation in ("CreateQueue", "SetQueueAttributes"):
            url = given.get("QueueName") or given.get("QueueUrl", "")
            self._house.note(str(url), wire.attributes_of(given))
        return None

    def handle(self, exchange: Exchange) -> Outcome:
        """Take a call to SQS or SNS that moves messages; leave all others alone."""
        service = exchange.service
        if service == "sqs" and exchange.operation in self._sqs:
            return ReadBody(self._take_sqs, LIMIT_BYTES, _TOO_LARGE)
        if service == "sns" and exchange.operation in self._sns and exchange.method == "POST":
            return ReadBody(self._take_sns, LIMIT_BYTES, _TOO_LARGE)
        return None

    def _take_sns(self, exchange: Exchange) -> Outcome:
        return self._sns[exchange.operation](exchange)

    def _take_sqs(self, exchange: Exchange) -> Outcome:
        operation, given, xml = _arguments(exchange)
        url = str(given.get("QueueUrl", ""))
        return self._sqs[operation](Call(exchange, operation, url, queue_name(url), given, xml))


def _arguments(exchange: Exchange) -> tuple[str, wire.Fields, bool]:
    """Return the operation of a call to SQS, what it is given, and whether that came as a form."""
    if exchange.header(b"x-amz-target") is not None:
        return exchange.operation, wire.sqs_json(exchange.body), False
    fields = decode(exchange.body or exchange.query.encode())
    operation = fields.get("Action", exchange.operation)
    return operation, wire.sqs_query(operation, fields, exchange.path), True
