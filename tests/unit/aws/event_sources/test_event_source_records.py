"""The event that a function gets of a queue, member by member."""

import json
from typing import Any

from harness.aws.event_sources.mapping import Mapping
from harness.aws.event_sources.records import event_of, message_of
from harness.functions.event_sources_arguments import source_config

ARN = "arn:aws:sqs:eu-west-1:123456789012:jobs.fifo"
RECEIVED: dict[str, Any] = {
    "MessageId": "m-1",
    "ReceiptHandle": "handle",
    "MD5OfBody": "0cc175b9",
    "Body": '{"id": 1}',
    "Attributes": {
        "SenderId": "AIDA", "SentTimestamp": "1", "ApproximateReceiveCount": "2",
        "ApproximateFirstReceiveTimestamp": "3", "MessageGroupId": "g", "SequenceNumber": "18",
    },
    "MD5OfMessageAttributes": "aa11",
    "MessageAttributes": {
        "kind": {"DataType": "String", "StringValue": "x"},
        "raw": {"DataType": "Binary", "BinaryValue": "AAE="},
    },
}  # fmt: skip


def test_record() -> None:
    """As the guide's example has it, with the message attributes in their small letters."""
    message = message_of(RECEIVED, ARN, 30.0)
    (record,) = json.loads(event_of([message]))["Records"]
    assert record == {
        "messageId": "m-1",
        "receiptHandle": "handle",
        "body": '{"id": 1}',
        "attributes": RECEIVED["Attributes"],
        "messageAttributes": {
            "kind": {
                "stringValue": "x",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            },
            "raw": {
                "binaryValue": "AAE=",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "Binary",
            },
        },
        "md5OfBody": "0cc175b9",
        "md5OfMessageAttributes": "aa11",
        "eventSource": "aws:sqs",
        "eventSourceARN": ARN,
        "awsRegion": "eu-west-1",
    }


def test_message() -> None:
    """What the pollers know of it: its group, its size in the event, when it is seen again."""
    message = message_of(RECEIVED, ARN, 30.0)
    assert (message.id, message.group, message.handle, message.hidden_until) == ("m-1", "g", "handle", 30.0)
    assert message.size == len(event_of([message])) - len('{"Records":[]}')


def test_a_plain_message() -> None:
    """One without attributes has empty objects, not nothing."""
    plain = {"MessageId": "m", "ReceiptHandle": "h", "Body": "text", "MD5OfBody": "x"}
    (record,) = json.loads(event_of([message_of(plain, ARN, 0.0)]))["Records"]
    assert (record["attributes"], record["messageAttributes"]) == ({}, {})
    assert "md5OfMessageAttributes" not in record


def mapping(**given: Any) -> Mapping:
    return Mapping(
        uuid="u", queue_arn=ARN, queue_url="http://q", function="f", qualifier="", function_arn="arn:f",
        role="arn:r", given=given, config=source_config(given, fifo=False), visibility_s=30.0, enabled=True,
        modified_epoch_s=12.5,
    )  # fmt: skip


def test_a_mapping_as_the_api_shows_it() -> None:
    """With the defaults of what was left out, and without members that were not set."""
    assert mapping().shown("eu-west-1", "123456789012") == {
        "UUID": "u",
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "EventSourceArn": ARN,
        "FunctionArn": "arn:f",
        "LastModified": 12.5,
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
        "FunctionResponseTypes": [],
        "EventSourceMappingArn": "arn:aws:lambda:eu-west-1:123456789012:event-source-mapping:u",
    }


def test_what_was_set_is_shown() -> None:
    """ScalingConfig and the like come back as they were given."""
    shown = mapping(ScalingConfig={"MaximumConcurrency": 2}, BatchSize=3).shown("eu-west-1", "1")
    assert (shown["ScalingConfig"], shown["BatchSize"]) == ({"MaximumConcurrency": 2}, 3)
