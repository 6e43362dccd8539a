"""What must be true of each answer by itself: digests, attributes, moments, numbers, the envelope of SNS."""

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from subject import TOLERANCE_S

from harness.messaging.attributes import Attribute

MESSAGE_METADATA = "SQS guide, Amazon SQS message metadata"
RECEIVE_MESSAGE = "SQS API reference, ReceiveMessage"
SEND_MESSAGE = "SQS API reference, SendMessage"
ENVELOPE = "SNS guide, HTTP/HTTPS notification JSON format"
ENVELOPE_FIELDS = (
    "Type",
    "MessageId",
    "TopicArn",
    "Message",
    "Timestamp",
    "SignatureVersion",
    "Signature",
    "SigningCertURL",
    "UnsubscribeURL",
)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that a subject does otherwise than AWS documents: a stable name, a sentence and the page."""

    rule: str
    sentence: str
    source: str
    severity: str = "forbidden"


@dataclass(slots=True)
class Copy:
    """One message that must be, or was, in a queue: what a receive of it must show."""

    id: str
    text: str
    attributes: Mapping[str, Attribute]
    sent_at: float
    group: str | None = None
    dedup: str | None = None
    sequence: str | None = None
    # of a copy that SNS made: the topic, the publication's MessageId and whether there is an envelope
    topic_arn: str | None = None
    publication: str | None = None
    subject: str | None = None
    raw: bool = True
    # by queue: a dead-letter queue may count anew
    first_received_at: dict[str, float] = field(default_factory=dict)

    def is_in(self, message: Mapping[str, Any]) -> bool:
        """Tell whether *message*, as ReceiveMessage gave it, can be this copy, by body or envelope."""
        if self.raw:
            return bool(message["Body"] == self.text)
        envelope = opened(message["Body"])
        return envelope is not None and envelope.get("MessageId") == self.publication


def check_sent(
    answer: Mapping[str, Any], text: str, attributes: Mapping[str, Attribute], *, fifo: bool
) -> Iterator[Remark]:
    """Check the digests and the number that SendMessage, or an entry of its batch, answers."""
    if str(answer.get("SequenceNumber", "")).isdigit() is not fifo:
        number = answer.get("SequenceNumber")
        yield Remark("send: SequenceNumber", f"SequenceNumber is {number}", f"{SEND_MESSAGE}, SequenceNumber")
    if answer.get("MD5OfMessageBody") != digest(text):
        yield Remark(
            "send: body digest", f"MD5OfMessageBody is {answer.get('MD5OfMessageBody')}", SEND_MESSAGE
        )
    wanted = md5_of_attributes(attributes) if attributes else None
    if answer.get("MD5OfMessageAttributes") != wanted:
        told = answer.get("MD5OfMessageAttributes")
        yield Remark(
            "send: attributes digest", f"MD5OfMessageAttributes is {told}, not {wanted}", SEND_MESSAGE
        )


def check_received(
    message: Mapping[str, Any], copy: Copy, queue: str, at_epoch: float, *, fifo: bool
) -> Iterator[Remark]:
    """Check one message of ReceiveMessage, asked for with all its attributes, against the copy it is."""
    if message.get("MD5OfBody") != digest(message["Body"]):
        yield Remark("receive: body digest", f"MD5OfBody is {message.get('MD5OfBody')}", RECEIVE_MESSAGE)
    if copy.raw:
        yield from _check_raw(message, copy)
    else:
        yield from _check_envelope(message, copy, at_epoch)
    yield from _check_moments(message["Attributes"], copy, queue, at_epoch)
    if fifo:
        yield from _check_fifo(message["Attributes"], copy)


def _check_raw(message: Mapping[str, Any], copy: Copy) -> Iterator[Remark]:
    if message["Body"] != copy.text:
        yield Remark("receive: body", f"the body is {message['Body']!r}, not {copy.text!r}", RECEIVE_MESSAGE)
    told = received_attributes(message)
    if told != copy.attributes:
        sentence = f"the message attributes are {told}, not {dict(copy.attributes)}"
        yield Remark("receive: attributes", sentence, RECEIVE_MESSAGE)
    wanted = md5_of_attributes(copy.attributes) if copy.attributes else None
    if message.get("MD5OfMessageAttributes") != wanted:
        sentence = f"MD5OfMessageAttributes is {message.get('MD5OfMessageAttributes')}, not {wanted}"
        yield Remark("receive: attributes digest", sentence, RECEIVE_MESSAGE)


def _check_envelope(message: Mapping[str, Any], copy: Copy, at_epoch: float) -> Iterator[Remark]:
    envelope = opened(message["Body"]) or {}
    missing = [name for name in ENVELOPE_FIELDS if name not in envelope]
    if missing:
        yield Remark("envelope: fields", f"the envelope has no {', '.join(missing)}", ENVELOPE)
    wanted = {"Type": "Notification", "TopicArn": copy.topic_arn, "Message": copy.text}
    wanted["Subject"] = copy.subject
    for name, value in wanted.items():
        if envelope.get(name) != value:
            sentence = f"{name} in the envelope is {envelope.get(name)!r}, not {value!r}"
            yield Remark(f"envelope: {name}", sentence, ENVELOPE)
    told = {
        name: (each.get("Type"), each.get("Value"))
        for name, each in envelope.get("MessageAttributes", {}).items()
    }
    expected = {name: in_envelope(each) for name, each in copy.attributes.items()}
    if told != expected:
        sentence = f"MessageAttributes in the envelope are {told}, not {expected}"
        yield Remark("envelope: MessageAttributes", sentence, ENVELOPE)
    if message.get("MessageAttributes"):
        sentence = "a message in an envelope has message attributes of its own"
        yield Remark("envelope: SQS attributes", sentence, "SNS guide, Amazon SNS raw message delivery")


def _check_moments(told: Mapping[str, str], copy: Copy, queue: str, at_epoch: float) -> Iterator[Remark]:
    sent_at = int(told.get("SentTimestamp", 0)) / 1000 - at_epoch
    if abs(sent_at - copy.sent_at) > TOLERANCE_S:
        sentence = f"SentTimestamp is {sent_at - copy.sent_at:+.3f} s off"
        yield Remark("receive: SentTimestamp", sentence, RECEIVE_MESSAGE)
    first_at = int(told.get("ApproximateFirstReceiveTimestamp", 0)) / 1000 - at_epoch
    off = first_at - copy.first_received_at[queue]
    if abs(off) > TOLERANCE_S and len(copy.first_received_at) == 1:
        sentence = f"ApproximateFirstReceiveTimestamp is {off:+.3f} s off"
        yield Remark("receive: ApproximateFirstReceiveTimestamp", sentence, RECEIVE_MESSAGE)
    if not told.get("SenderId"):
        yield Remark("receive: SenderId", "there is no SenderId", RECEIVE_MESSAGE)


def _check_fifo(told: Mapping[str, str], copy: Copy) -> Iterator[Remark]:
    wanted = {"MessageGroupId": copy.group, "MessageDeduplicationId": copy.dedup}
    for name, value in wanted.items():
        if told.get(name) != value:
            sentence = f"{name} is {told.get(name)!r}, not {value!r}"
            yield Remark(f"receive: {name}", sentence, RECEIVE_MESSAGE)
    number = told.get("SequenceNumber")
    if not number or not number.isdigit():
        yield Remark("receive: SequenceNumber", f"SequenceNumber is {number!r}", RECEIVE_MESSAGE)
    elif copy.sequence and number != copy.sequence and len(copy.first_received_at) == 1:
        sentence = f"SequenceNumber is {number}, and SendMessage had answered {copy.sequence}"
        yield Remark("receive: SequenceNumber", sentence, RECEIVE_MESSAGE)


def opened(body: str) -> dict[str, Any] | None:
    """Return the SNS envelope in *body*, or None when there is none."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    return found if isinstance(found, dict) and "TopicArn" in found else None


def received_attributes(message: Mapping[str, Any]) -> dict[str, Attribute]:
    """Return the message attributes of *message* as ReceiveMessage gave it."""
    return {
        name: Attribute(each["DataType"], each.get("StringValue", each.get("BinaryValue", "")))
        for name, each in message.get("MessageAttributes", {}).items()
    }


def sent_attributes(attributes: Mapping[str, Attribute]) -> dict[str, dict[str, Any]]:
    """Return *attributes* as boto3 takes them."""
    return {
        name: {
            "DataType": each.data_type,
            "StringValue" if isinstance(each.value, str) else "BinaryValue": each.value,
        }
        for name, each in attributes.items()
    }


def in_envelope(attribute: Attribute) -> tuple[str, str]:
    """Return type and value as the envelope has them: binary ones in base 64."""
    from base64 import b64encode

    value = attribute.value
    return attribute.data_type, value if isinstance(value, str) else b64encode(value).decode()


def digest(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def md5_of_attributes(attributes: Mapping[str, Attribute]) -> str:
    """Return the digest of message attributes (SQS guide, "Calculating the MD5 message digest")."""
    summed = hashlib.md5()
    for name in sorted(attributes):
        attribute = attributes[name]
        for part in (name.encode(), attribute.data_type.encode()):
            summed.update(struct.pack("!I", len(part)) + part)
        value = attribute.value
        held = value.encode() if isinstance(value, str) else value
        kind = b"\x01" if isinstance(value, str) else b"\x02"
        summed.update(kind + struct.pack("!I", len(held)) + held)
    return summed.hexdigest()
