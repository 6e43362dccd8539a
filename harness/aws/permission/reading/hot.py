"""The calls that come by the thousand, read without a model: invocations, messages, objects.

Each function returns None for what is not exactly the plain form; the models then have the word.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

import orjson

from harness.gateway.chain import Exchange
from harness.iam.actions import Call

Hot = Callable[[Exchange], Call | None]

# Equal requests become one Call: what follows keeps its answers by it.
_KEPT = 16_384
_calls: dict[tuple[str, str], Call] = {}


def _call(service: str, operation: str, name: str, value: str) -> Call:
    key = (operation, value)
    found = _calls.get(key)
    if found is None or found.service != service:
        if len(_calls) >= _KEPT:
            _calls.clear()
        found = _calls[key] = Call(service, operation, {name: value})
    return found


def _is_form(exchange: Exchange) -> bool:
    kind = exchange.header(b"content-type") or b""
    return kind.lower().startswith(b"application/x-www-form-urlencoded")


# -- sagemaker-runtime: all stands in the path, but for two headers that bring a condition ------

_INVOCATIONS = re.compile(r"/endpoints/([^/]+)/invocations")
_TELLING = (b"\r\nx-amzn-sagemaker-target-model:", b"\r\nx-amzn-sagemaker-inference-component:")


def is_invocation(exchange: Exchange) -> bool:
    """Return whether *exchange* is an InvokeEndpoint, whatever its headers."""
    return exchange.method == "POST" and _INVOCATIONS.fullmatch(exchange.path) is not None


def invocation(exchange: Exchange) -> Call | None:
    """Return the InvokeEndpoint that *exchange* is in its plain form."""
    found = _INVOCATIONS.fullmatch(exchange.path)
    if found is None or exchange.method != "POST":
        return None
    lower = exchange.head.lower()
    if any(name in lower for name in _TELLING):
        return None
    name = found[1]
    if "%2" in name:  # a slash, to whoever decodes before splitting
        return None
    return _call("sagemaker", "InvokeEndpoint", "EndpointName", unquote(name) if "%" in name else name)


# -- sqs: JSON 1.0, of which only the queue decides ------

_ON_MESSAGES = frozenset({"SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"})
_ON_MESSAGES |= {f"{operation}Batch" for operation in _ON_MESSAGES}


# Some look for the queue's name behind the last slash of a URL, some behind that of its path.
_QUEUE_URL = re.compile(r"(?:https?://[^/?#\\\s]*)?[A-Za-z0-9/._-]*")


def is_plain_queue(url: str) -> bool:
    """Return whether all who read *url* find the same queue: it has no query, and no dots for folders."""
    return _QUEUE_URL.fullmatch(url) is not None and "/." not in url


def queue_call(exchange: Exchange) -> Call | None:
    """Return the call on messages that *exchange* is in JSON."""
    operation = exchange.operation
    if (
        operation not in _ON_MESSAGES
        or exchange.query
        or _is_form(exchange)
        or exchange.header(b"x-amz-target") != b"AmazonSQS." + operation.encode()
    ):
        return None
    try:
        given = orjson.loads(exchange.body)
    except orjson.JSONDecodeError:
        return None
    url = given.get("QueueUrl") if isinstance(given, dict) else None
    if not isinstance(url, str):
        return None
    known = _calls.get((operation, url))
    if known is not None and known.service == "sqs":
        return known
    return _call("sqs", operation, "QueueUrl", url) if is_plain_queue(url) else None


# -- sns: a form, of which only the topic decides ------

_PUBLISHED = {b"Publish": "Publish", b"PublishBatch": "PublishBatch"}


def publication(exchange: Exchange) -> Call | None:
    """Return the Publish or PublishBatch to a topic that *exchange* is."""
    action = topic = None
    if not _is_form(exchange):
        return None
    for field in exchange.body.split(b"&"):
        name, _, value = field.partition(b"=")
        if name == b"TopicArn" and topic is None:
            topic = value
        elif name == b"Action" and action is None:
            action = _PUBLISHED.get(value)
        elif b"%" in name or name in _OTHERWISE:  # said twice, in disguise, or to no topic
            return None
    if exchange.query or action is None or topic is None or exchange.header(b"x-amz-target") is not None:
        return None
    return _call("sns", action, "TopicArn", unquote_to_bytes(topic).decode("utf-8", "replace"))


_OTHERWISE = frozenset({b"TopicArn", b"Action", b"TargetArn", b"PhoneNumber"})


# -- lambda: the path again, but for a qualifier in the query ------

_INVOKED = re.compile(r"/2015-03-31/functions/([^/]+)/invocations")


def is_invoke(exchange: Exchange) -> bool:
    """Return whether *exchange* is a function's Invoke, with a qualifier or without."""
    return exchange.method == "POST" and _INVOKED.fullmatch(exchange.path) is not None


def invoke(exchange: Exchange) -> Call | None:
    """Return the Invoke of an unqualified function that *exchange* is."""
    found = _INVOKED.fullmatch(exchange.path)
    if found is None or exchange.method != "POST" or exchange.query or "%2" in found[1]:
        return None
    return _call("lambda", "Invoke", "FunctionName", unquote(found[1]))


# -- cloudwatch: of metrics only their namespace decides ------

_PUT_METRICS = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
_NAMESPACE = b"\x69Namespace"  # CBOR: a text of nine bytes
_PIECES = b"\x7f"
_SHORT, _LONG = range(0x60, 0x78), 0x78


def metrics(exchange: Exchange) -> Call | None:
    """Return the PutMetricData in CBOR that *exchange* is, unless it is compressed or says more than one."""
    body = exchange.body
    if exchange.path != _PUT_METRICS or exchange.header(b"x-amz-target") is not None:
        return None
    # A text in pieces begins with _PIECES: by it, and by a longer way to tell a length, the name could be
    # there once more.
    if body.count(_NAMESPACE) != 1 or body.count(_NAMESPACE[1:]) != 1 or _PIECES in body:
        return None
    if not (exchange.header(b"content-type") or b"").lower().startswith(b"application/cbor"):
        return None
    at = body.index(_NAMESPACE) + len(_NAMESPACE)
    if at < len(body) and body[at] in _SHORT:
        text = body[at + 1 : at + 1 + body[at] - 0x60]
    elif at + 1 < len(body) and body[at] == _LONG:
        text = body[at + 2 : at + 2 + body[at + 1]]
    else:
        return None
    return _call("monitoring", "PutMetricData", "Namespace", text.decode("utf-8", "replace"))


# -- s3: reading an object, or writing one with nothing but its bytes ------

_OBJECTS: Mapping[str, str] = {
    "GET": "GetObject",
    "HEAD": "HeadObject",
    "DELETE": "DeleteObject",
    "PUT": "PutObject",
}
_HOST = re.compile(rb"\r\nhost:[ \t]*(?:\[[0-9a-f:]+\]|127\.0\.0\.1|localhost)(?::[0-9]+)?[ \t]*\r\n")
# Headers of objects that bring conditions or further actions; dates, hashes and checksums bring none.
_OF_OBJECTS = re.compile(
    rb"\r\n(?:x-amz-(?:copy|acl|grant|tagging|server-side|storage|website|object-lock|bypass|metadata-directive|"
    rb"object-ownership|object-attributes|write-offset|rename|mfa)|if-)"
)


def object_call(exchange: Exchange) -> Call | None:
    """Return the call on an object that *exchange* is in its plain form, by a path and not a host name."""
    operation = _OBJECTS.get(exchange.method)
    bucket, _, key = exchange.path[1:].partition("/")
    if exchange.query or operation is None or not bucket or not key:
        return None
    lower = exchange.head.lower()
    if not _HOST.search(lower) or _OF_OBJECTS.search(lower):
        return None
    members: dict[str, Any] = {"Bucket": unquote(bucket), "Key": unquote(key)}
    return Call("s3", operation, members)


HOT: Mapping[str, Hot] = {
    "sagemaker": invocation,
    "sqs": queue_call,
    "sns": publication,
    "s3": object_call,
    "lambda": invoke,
    "monitoring": metrics,
}
# Whose head says everything; and services whose POSTs never do.
HEAD_ONLY: Mapping[str, Callable[[Exchange], object]] = {
    "sagemaker": is_invocation,
    "lambda": is_invoke,
    "s3": object_call,
}
BODY_ALWAYS = frozenset({"sqs", "sns", "dynamodb", "logs", "firehose", "monitoring"})
