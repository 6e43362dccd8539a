"""The event that a function gets of a queue: Lambda developer guide, "Using Lambda with Amazon SQS"."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from harness.functions.event_sources import Message


def message_of(received: Mapping[str, Any], queue_arn: str, hidden_until: float) -> Message:
    """Return a message of ReceiveMessage's JSON answer with its record of the event."""
    record = record_of(received, queue_arn)
    attributes = record["attributes"]
    return Message(
        id=record["messageId"],
        body=record["body"],
        size=len(orjson.dumps(record)),
        group=str(attributes.get("MessageGroupId", "")),
        hidden_until=hidden_until,
        record=record,
        handle=record["receiptHandle"],
    )


def record_of(received: Mapping[str, Any], queue_arn: str) -> dict[str, Any]:
    """Return the record of the event for one message of ReceiveMessage's JSON answer."""
    record: dict[str, Any] = {
        "messageId": received["MessageId"],
        "receiptHandle": received["ReceiptHandle"],
        "body": received.get("Body", ""),
        "attributes": dict(received.get("Attributes") or {}),
        "messageAttributes": {
            name: _attribute(value) for name, value in (received.get("MessageAttributes") or {}).items()
        },
        "md5OfBody": received.get("MD5OfBody", ""),
    }
    if received.get("MD5OfMessageAttributes"):
        record["md5OfMessageAttributes"] = received["MD5OfMessageAttributes"]
    return record | {
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": queue_arn.split(":")[3],
    }


def event_of(messages: Sequence[Message]) -> bytes:
    """Return the payload of the invocation with *messages*."""
    return orjson.dumps({"Records": [each.record for each in messages]})


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "StringValue" in value:
        found["stringValue"] = value["StringValue"]
    if "BinaryValue" in value:
        found["binaryValue"] = value["BinaryValue"]  # base64 in both forms
    return found | {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value.get("DataType", "String"),
    }
