"""SQS and SNS in both protocols, in one shape."""

import json

import pytest

from harness.aws.messages import wire

RECEIVED = """<?xml version="1.0"?><ReceiveMessageResponse><ReceiveMessageResult>
<Message><MessageId>m1</MessageId><ReceiptHandle>h&amp;1</ReceiptHandle><MD5OfBody>d1</MD5OfBody>
<Body>&lt;Message&gt; &#228;</Body>
<Attribute><Name>ApproximateReceiveCount</Name><Value>3</Value></Attribute></Message>
<Message><MessageId>m2</MessageId><ReceiptHandle>h2</ReceiptHandle><MD5OfBody>d2</MD5OfBody><Body></Body></Message>
</ReceiveMessageResult></ReceiveMessageResponse>"""
BATCH = (
    "<PublishBatchResult><Successful><member><Id>a</Id><MessageId>m1</MessageId></member></Successful>"
    "<Failed><member><Id>b</Id><Code>X</Code><Message>&lt;member&gt;</Message></member></Failed>"
    "</PublishBatchResult>"
)


def test_a_query_call_has_the_arguments_of_json() -> None:
    """Attributes by name, entries in order, the queue from the path where no field names it."""
    fields = {
        "Action": "SetQueueAttributes", "Attribute.1.Name": "DelaySeconds", "Attribute.1.Value": "5",
    }  # fmt: skip
    given = wire.sqs_query("SetQueueAttributes", fields, "/123456789012/q")
    assert (given["QueueUrl"], wire.attributes_of(given)) == ("/123456789012/q", {"DelaySeconds": "5"})
    batch = {f"SendMessageBatchRequestEntry.{n}.Id": str(n) for n in (1, 2)}
    entries = wire.entries_of(wire.sqs_query("SendMessageBatch", batch, ""))
    assert [one["Id"] for one in entries] == ["1", "2"]


@pytest.mark.parametrize("body", [b"", b"text", b"[1]"])
def test_what_is_no_json_object_has_no_arguments(body: bytes) -> None:
    """The backend answers for it; nothing is raised here."""
    given = wire.sqs_json(body)
    assert (given, wire.entries_of(given), wire.attributes_of(given)) == ({}, [], {})


def test_odd_entries_are_left_out() -> None:
    """Numbers are text; what is no object is no entry."""
    assert wire.entries_of({"Entries": [{"Id": 1}, "x", None]}) == [{"Id": "1"}]
    assert wire.attributes_of({"Attributes": ["x"]}) == {}


def test_received_messages_are_read_from_xml() -> None:
    """Escaped text is no element."""
    one, two = wire.sqs_answer("ReceiveMessage", RECEIVED.encode(), xml=True)["Messages"]
    assert (one["MessageId"], one["ReceiptHandle"], one["Body"]) == ("m1", "h&1", "<Message> ä")
    assert one["Attributes"] == {"ApproximateReceiveCount": "3"}
    assert (two["Body"], two["Attributes"]) == ("", {})


def test_other_answers_are_read_from_xml() -> None:
    """As far as anybody asks for them."""
    created = b"<CreateQueueResult><QueueUrl>http://x/1/q</QueueUrl></CreateQueueResult>"
    assert wire.sqs_answer("CreateQueue", created, xml=True) == {"QueueUrl": "http://x/1/q"}
    sent = b"<SendMessageResult><MessageId>m</MessageId></SendMessageResult>"
    assert wire.sqs_answer("SendMessage", sent, xml=True) == {"MessageId": "m"}
    results = "".join(
        f"<{kind}><Id>a</Id><MessageId>m</MessageId></{kind}>"
        for kind in ("SendMessageBatchResultEntry", "BatchResultErrorEntry")
    )
    assert wire.sqs_answer("SendMessageBatch", results.encode(), xml=True) == {
        "Successful": [{"Id": "a", "MessageId": "m"}]
    }
    assert wire.sqs_answer("PurgeQueue", b"<x/>", xml=True) == {}


def test_what_sns_accepted_is_told_from_what_it_did_not() -> None:
    """Both are members, of different lists."""
    assert wire.published_batch(BATCH.encode()) == {"a": "m1"}
    assert wire.published(b"<PublishResult><MessageId>m</MessageId></PublishResult>") == "m"
    assert wire.published(b"<ErrorResponse/>") == ""


def test_an_answer_is_rearranged_in_its_own_protocol() -> None:
    """Messages whole and unchanged, in another order or fewer."""
    again = wire.picked(RECEIVED.encode(), [1, 0], xml=True)
    found = wire.sqs_answer("ReceiveMessage", again, xml=True)["Messages"]
    assert [one["MessageId"] for one in found] == ["m2", "m1"]
    assert again.endswith(b"</ReceiveMessageResult></ReceiveMessageResponse>")
    assert wire.picked(b"<None/>", [], xml=True) == b"<None/>"
    body = json.dumps({"Messages": [{"MessageId": "a"}, {"MessageId": "b"}]}).encode()
    assert json.loads(wire.picked(body, [1], xml=False)) == {"Messages": [{"MessageId": "b"}]}
    assert json.loads(wire.picked(body, [], xml=False)) == {}


def test_our_own_answers_to_deletions_are_in_the_clients_protocol() -> None:
    """Of a batch, who was deleted and who was not."""
    answer = {"Successful": [{"Id": "a"}], "Failed": [{"Id": "b", "Code": "ReceiptHandleIsInvalid"}]}
    xml = wire.deleted("DeleteMessageBatch", answer, xml=True)
    assert wire.sqs_answer("DeleteMessageBatch", xml, xml=True) == {"Successful": [{"Id": "a"}]}
    assert b"<BatchResultErrorEntry><Id>b</Id><Code>ReceiptHandleIsInvalid</Code>" in xml
    assert json.loads(wire.deleted("DeleteMessageBatch", answer, xml=False)) == answer
    assert b"<DeleteMessageResponse" in wire.deleted("DeleteMessage", {}, xml=True)
