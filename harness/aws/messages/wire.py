"""Calls to SQS and SNS, and their answers, in one shape whichever protocol they came in: that of JSON 1.0.

Only the members that the tap reads are there. XML is searched by regular expressions for the few elements
wanted: their text is escaped, so that a tag inside a message is none here.
"""

import re
from collections.abc import Callable, Mapping
from html import unescape
from typing import Any, TypeAlias

import orjson

from harness.aws.query_form import entries

Fields: TypeAlias = Mapping[str, Any]

_MESSAGE = re.compile(r"<Message>(.*?)</Message>", re.DOTALL)
_ATTRIBUTE = re.compile(
    r"<Attribute>\s*<Name>([^<]*)</Name>\s*<Value>([^<]*)</Value>\s*</Attribute>", re.DOTALL
)
_SENT = re.compile(r"<(SendMessageBatchResultEntry|member)>(.*?)</\1>", re.DOTALL)
_DONE = re.compile(r"<DeleteMessageBatchResultEntry>(.*?)</DeleteMessageBatchResultEntry>", re.DOTALL)
_FAILED = re.compile(r"<Failed>.*?</Failed>", re.DOTALL)


def text_of(xml: str, tag: str) -> str:
    """Return the text of the first element *tag* in *xml*, "" where there is none."""
    begin = xml.find(f"<{tag}>")
    if begin < 0:
        return ""
    begin += len(tag) + 2
    text = xml[begin : xml.index("</", begin)]
    return unescape(text) if "&" in text else text


# -- SQS: what was asked -----


def sqs_json(body: bytes) -> Fields:
    """Return the arguments of a JSON 1.0 call, none where the body is no JSON object."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def sqs_query(operation: str, fields: Mapping[str, str], path: str) -> Fields:
    """Return the arguments of a query call of *operation* as JSON 1.0 has them."""
    given: dict[str, Any] = dict(fields)
    given.setdefault("QueueUrl", path)
    given["Attributes"] = {
        one.get("Name", ""): one.get("Value", "")
        for one in entries(fields, "Attribute.", "Attributes.entry.")
    }
    if operation.endswith("Batch"):
        given["Entries"] = entries(fields, f"{operation}RequestEntry.", "Entries.member.")
    return given


def entries_of(given: Fields) -> list[dict[str, str]]:
    """Return the entries of a batch, each with its values as text; what is no entry is left out."""
    found = given.get("Entries")
    if not isinstance(found, list):
        return []
    return [{name: str(value) for name, value in one.items()} for one in found if isinstance(one, dict)]


def attributes_of(given: Fields) -> Fields:
    """Return the attributes that a queue is given."""
    found = given.get("Attributes")
    return found if isinstance(found, dict) else {}


# -- SQS: what was answered -----


def sqs_answer(operation: str, body: bytes, *, xml: bool) -> Fields:
    """Return the successful answer to *operation* in the shape of JSON 1.0."""
    if not xml:
        return sqs_json(body)
    read = _FROM_XML.get(operation)
    return read(body.decode("utf-8", "replace")) if read else {}


def _messages(text: str) -> Fields:
    return {"Messages": [_message(found[1]) for found in _MESSAGE.finditer(text)]}


def _message(xml: str) -> Fields:
    names = ("MessageId", "ReceiptHandle", "MD5OfBody", "Body")
    attributes = {unescape(name): unescape(value) for name, value in _ATTRIBUTE.findall(xml)}
    return {name: text_of(xml, name) for name in names} | {"Attributes": attributes}


def _sent(text: str) -> Fields:
    return {"MessageId": text_of(text, "MessageId")}


def _sent_batch(text: str) -> Fields:
    found = [one[1] for one in _SENT.findall(_FAILED.sub("", text))]
    return {"Successful": [{"Id": text_of(x, "Id"), "MessageId": text_of(x, "MessageId")} for x in found]}


def _deleted_batch(text: str) -> Fields:
    return {"Successful": [{"Id": text_of(one, "Id")} for one in _DONE.findall(text)]}


def _created(text: str) -> Fields:
    return {"QueueUrl": text_of(text, "QueueUrl")}


_FROM_XML: dict[str, Callable[[str], Fields]] = {
    "CreateQueue": _created,
    "ReceiveMessage": _messages,
    "SendMessage": _sent,
    "SendMessageBatch": _sent_batch,
    "DeleteMessageBatch": _deleted_batch,
}


def published(body: bytes) -> str:
    """Return the MessageId that SNS answers to Publish."""
    return text_of(body.decode("utf-8", "replace"), "MessageId")


def published_batch(body: bytes) -> dict[str, str]:
    """Return entry id -> MessageId of those that SNS accepted of a PublishBatch."""
    answer = _sent_batch(body.decode("utf-8", "replace"))
    return {one["Id"]: one["MessageId"] for one in answer["Successful"]}


# -- SQS: answers of our own making -----


def picked(body: bytes, order: "list[int]", *, xml: bool) -> bytes:
    """Return the answer to ReceiveMessage in *body* with the messages of the indexes in *order* alone."""
    if not xml:
        answer = dict(sqs_json(body))
        messages = answer.pop("Messages", [])
        if order:
            answer["Messages"] = [messages[index] for index in order]
        return orjson.dumps(answer)
    text = body.decode("utf-8", "replace")
    found = list(_MESSAGE.finditer(text))
    if not found:
        return body
    chosen = "".join(found[index][0] for index in order)
    return (text[: found[0].start()] + chosen + text[found[-1].end() :]).encode()


_NAMESPACE = 'xmlns="http://queue.amazonaws.com/doc/2012-11-05/"'
_METADATA = "<ResponseMetadata><RequestId>00000000-0000-0000-0000-000000000000</RequestId></ResponseMetadata>"


def deleted(operation: str, answer: Fields, *, xml: bool) -> bytes:
    """Return the body that says what *answer* does: all of DeleteMessage, or who of a DeleteMessageBatch."""
    if not xml:
        return orjson.dumps(answer)
    result = "".join(
        f"<DeleteMessageBatchResultEntry><Id>{one['Id']}</Id></DeleteMessageBatchResultEntry>"
        for one in answer.get("Successful", ())
    ) + "".join(
        f"<BatchResultErrorEntry><Id>{one['Id']}</Id><Code>{one.get('Code', '')}</Code>"
        f"<Message>{one.get('Message', '')}</Message><SenderFault>true</SenderFault></BatchResultErrorEntry>"
        for one in answer.get("Failed", ())
    )
    inner = f"<{operation}Result>{result}</{operation}Result>" if operation.endswith("Batch") else ""
    return (
        f'<?xml version="1.0"?><{operation}Response {_NAMESPACE}>{inner}{_METADATA}</{operation}Response>'
    ).encode()
