"""SQS: a queue's policy, its making and its end change who may deliver to it."""

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson

from harness.aws.aws_json import Refused
from harness.aws.query_form import decode
from harness.aws.query_form import entries as numbered
from harness.aws.wiring.errors import SQS_NAMESPACE, json_error, query_error, query_reply
from harness.aws.wiring.switchboard import Switchboard
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply
from harness.gateway.fetch import FetchReply
from harness.iam import MalformedPolicyError, parse

SERVICE = "sqs"
OPERATIONS = frozenset(
    {"CreateQueue", "SetQueueAttributes", "DeleteQueue", "AddPermission", "RemovePermission"}
)
# SendMessageBatch carries 1 MiB, each byte up to three characters in a form.
BODY_LIMIT_BYTES = 4 * 1024 * 1024
# SetQueueAttributes, API reference.
ATTRIBUTES = frozenset(
    {
        "ContentBasedDeduplication",
        "DeduplicationScope",
        "DelaySeconds",
        "FifoQueue",
        "FifoThroughputLimit",
        "KmsDataKeyReusePeriodSeconds",
        "KmsMasterKeyId",
        "MaximumMessageSize",
        "MessageRetentionPeriod",
        "Policy",
        "ReceiveMessageWaitTimeSeconds",
        "RedriveAllowPolicy",
        "RedrivePolicy",
        "SqsManagedSseEnabled",
        "VisibilityTimeout",
    }
)
_ACTION = re.compile(rb"(?:^|&)Action=([A-Za-z]+)")


class Queues:
    """Watches SQS's calls that change a queue, in both of its protocols; `handle` is its handler."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        too_long = Refused("InvalidParameterValue", "One or more parameters are invalid. Reason: too long.")
        self._read = ReadBody(self._answer, BODY_LIMIT_BYTES, query_reply(too_long, SQS_NAMESPACE))

    def handle(self, exchange: Exchange) -> Outcome:
        """Read the body of *exchange* when it may change a queue; in the query form that is in the body."""
        known = exchange.operation in OPERATIONS or exchange.operation == "POST"
        return self._read if known else None

    def _answer(self, exchange: Exchange) -> Outcome:
        if exchange.operation in OPERATIONS:
            return self._carry_out(exchange, _json_fields(exchange.body), as_json=True)
        found = _ACTION.search(exchange.body)
        if found is None:
            return None
        exchange.operation = found[1].decode()
        if exchange.operation not in OPERATIONS:
            return None
        return self._carry_out(exchange, _query_fields(exchange), as_json=False)

    async def _carry_out(self, exchange: Exchange, given: Mapping[str, Any], *, as_json: bool) -> Reply:
        try:
            _check(given.get("Attributes"))
        except Refused as error:
            if as_json:
                return json_error(exchange, error, "1.0")
            return query_error(exchange, error, SQS_NAMESPACE)
        async with self._board.lock:
            arn = self._arn(given)
            answer = await self._keeping_policy(exchange, arn, given)
            if answer.status == 200:
                attributes = given.get("Attributes")
                if isinstance(attributes, dict) and "Policy" in attributes:
                    self._board.root.remember(arn, str(attributes["Policy"]))
                await self._board.relearn(arn)
        return answer.as_reply()

    async def _keeping_policy(self, exchange: Exchange, arn: str, given: Mapping[str, Any]) -> FetchReply:
        """Return what the backend answers. Attributes that are not given stay as they are.

        moto 5.2.5 drops the policy then, which would look as if the way had been shut.
        """
        root, attributes = self._board.root, given.get("Attributes")
        sets = exchange.operation == "SetQueueAttributes" and isinstance(attributes, dict)
        policy = await root.queue_policy(arn) if sets and "Policy" not in (attributes or {}) else ""
        answer = await self._board.repeat(exchange)
        if policy and answer.status == 200 and not await root.queue_policy(arn):
            restored = {"QueueUrl": root.queue_url(arn), "Attributes": {"Policy": policy}}
            await root.json(SERVICE, "SetQueueAttributes", restored)
        return answer

    def _arn(self, given: Mapping[str, Any]) -> str:
        root = self._board.root
        if "QueueName" in given:
            return f"arn:aws:sqs:{root.region}:{root.account}:{given['QueueName']}"
        *_, account, name = ("", *urlsplit(str(given.get("QueueUrl", ""))).path.split("/"))
        owner = account if re.fullmatch(r"\d{12}", account) else root.account
        return f"arn:aws:sqs:{root.region}:{owner}:{name}"


def _json_fields(body: bytes) -> Mapping[str, Any]:
    """Return what a JSON call gives; what is no JSON object is the backend's to refuse."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def _query_fields(exchange: Exchange) -> Mapping[str, Any]:
    """Return what a form gives; old clients post it to the queue's own path."""
    fields = decode(exchange.body)
    given: dict[str, Any] = {name: fields[name] for name in ("QueueName", "QueueUrl") if name in fields}
    if not given:
        given["QueueUrl"] = exchange.path
    given["Attributes"] = {
        each.get("Name", ""): each.get("Value", "") for each in numbered(fields, "Attribute.")
    }
    return given


def _check(attributes: Any) -> None:
    """Raise SQS's refusal of *attributes* of CreateQueue and SetQueueAttributes."""
    if not isinstance(attributes, dict):
        return
    for name, value in attributes.items():
        if name not in ATTRIBUTES:
            raise Refused("InvalidAttributeName", f"Unknown Attribute {name}.")
        if name == "Policy" and value:
            try:
                parse(str(value))
            except MalformedPolicyError as error:
                raise Refused("InvalidAttributeValue", "Invalid value for the parameter Policy.") from error
        if name == "RedrivePolicy" and value:
            _check_redrive(str(value))


def _check_redrive(text: str) -> None:
    why = _redrive_fault(text)
    if why:
        raise Refused(
            "InvalidParameterValue", f"Value {text} for parameter RedrivePolicy is invalid. Reason: {why}"
        )


def _redrive_fault(text: str) -> str:
    """Return what is wrong with a redrive policy: SQS guide, maxReceiveCount is 1 to 1,000."""
    try:
        found = json.loads(text)
    except ValueError:
        return "Redrive policy is not a valid JSON map."
    if not isinstance(found, dict):
        return "Redrive policy is not a valid JSON map."
    for name in ("deadLetterTargetArn", "maxReceiveCount"):
        if name not in found:
            return f"Redrive policy does not contain mandatory attribute: {name}."
    try:
        count = int(found["maxReceiveCount"])
    except (TypeError, ValueError):
        count = 0
    return "" if 1 <= count <= 1000 else "Invalid value for maxReceiveCount."
