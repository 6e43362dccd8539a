"""What a message body says: the SNS envelope around it, and the key of the work it is about."""

import re

import orjson

# The envelope of a notification: SNS developer guide, "HTTP/HTTPS notification JSON format" (the same for
# SQS). In the `Message` member quotes are escaped, so that this finds no name inside it.
_MESSAGE_ID = re.compile(r'"MessageId"\s*:\s*"([^"\\]+)"')
_NOTIFICATION = re.compile(r'"Type"\s*:\s*"Notification"')


def publication_of(body: str) -> str:
    """Return the MessageId in *body* if it looks like a notification of SNS, else "".

    It looks no further than it must: who asks compares the id with those that were published.
    """
    if not body.startswith("{") or _NOTIFICATION.search(body) is None:
        return ""
    found = _MESSAGE_ID.search(body)
    return found[1] if found else ""


def key_of(body: str, member: str) -> str:
    """Return the string or number in *member* of a JSON object, as text; "" where there is none.

    Of a notification of SNS, the message in it is looked at.
    """
    value = _object(body)
    inner = value.get("Message")
    if value.get("Type") == "Notification" and isinstance(inner, str):
        value = _object(inner)
    key = value.get(member)
    if isinstance(key, str):
        return key
    return "" if isinstance(key, bool) or not isinstance(key, int | float) else str(key)


def for_sqs(message: str, structure: str) -> str:
    """Return what of a published *message* is sent to queues: SNS API reference, Publish, MessageStructure.

    With "json" the message has one text a protocol, under the protocol's name or "default".
    """
    if structure != "json":
        return message
    texts = _object(message)
    text = texts.get("sqs", texts.get("default", message))
    return text if isinstance(text, str) else message


def _object(text: str) -> dict[str, object]:
    """Return the JSON object in *text*, an empty one where it is none."""
    if not text.lstrip().startswith("{"):
        return {}
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
