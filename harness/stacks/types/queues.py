"""AWS::SQS: queues, and the policies that are put on them."""

import json
from collections.abc import Iterable
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Refused, Seen, Surroundings
from harness.stacks.plain import gone_is_fine
from harness.stacks.shaping import as_tags, as_text, document
from harness.stacks.tags import read_tags, retag

# Properties of AWS::SQS::Queue that are attributes of the API, by the same name.
_ATTRIBUTES = (
    "ContentBasedDeduplication",
    "DeduplicationScope",
    "DelaySeconds",
    "FifoThroughputLimit",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "VisibilityTimeout",
)
_RENAMED = {
    "MessageRetentionPeriod": "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds": "ReceiveMessageWaitTimeSeconds",
    "FifoQueue": "FifoQueue",
}
_JSON = ("RedrivePolicy", "RedriveAllowPolicy")
_NUMBERS = (
    "DelaySeconds",
    "KmsDataKeyReusePeriodSeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
)
_TRUTHS = ("ContentBasedDeduplication", "FifoQueue", "SqsManagedSseEnabled")
# SQS API reference, SetQueueAttributes: what each is where it is not given.
DEFAULTS: dict[str, Any] = {
    "DelaySeconds": 0,
    "MaximumMessageSize": 1_048_576,
    "MessageRetentionPeriod": 345_600,
    "ReceiveMessageWaitTimeSeconds": 0,
    "VisibilityTimeout": 30,
    "ContentBasedDeduplication": False,
    "RedrivePolicy": "",
    "RedriveAllowPolicy": "",
    "KmsMasterKeyId": "",
}


def _attributes(properties: Properties) -> dict[str, str]:
    sent = {
        name: as_text(value).strip('"')
        for name, value in properties.items()
        if name in _ATTRIBUTES or name in _RENAMED
    }
    return {name: text for name, text in sent.items() if not (name == "FifoQueue" and text != "true")}


def _make(where: Surroundings, properties: Properties) -> Made:
    tags = {tag["Key"]: tag["Value"] for tag in as_tags(properties.get("Tags"))}
    answer = where.call(
        "sqs",
        "create_queue",
        QueueName=properties["QueueName"],
        Attributes=_attributes(properties),
        **({"tags": tags} if tags else {}),
    )
    return Made(answer["QueueUrl"])


def _read(where: Surroundings, url: str, _properties: Properties) -> Seen | None:
    answer = gone_is_fine(
        lambda: where.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    )
    if answer is None:
        return None
    told = answer["Attributes"]
    name = told["QueueArn"].rpartition(":")[2]
    properties: dict[str, Any] = {"QueueName": name}
    properties |= {key: int(told[key]) for key in _NUMBERS if key in told}
    properties |= {key: told[key] == "true" for key in _TRUTHS if key in told}
    properties |= {key: document(told[key]) for key in _JSON if told.get(key)}
    properties |= {
        key: told[key] for key in _ATTRIBUTES if told.get(key) and key not in (*_NUMBERS, *_TRUTHS, *_JSON)
    }
    if tags := read_tags(where, "sqs", url):
        properties["Tags"] = tags
    return Seen(properties, {"Arn": told["QueueArn"], "QueueName": name, "QueueUrl": url})


def _change(where: Surroundings, url: str, before: Properties, after: Properties) -> None:
    had, wanted = _attributes(before), _attributes(after)
    for name in had.keys() - wanted.keys():
        wanted[name] = as_text(DEFAULTS.get(name, ""))
    changed = {name: text for name, text in wanted.items() if had.get(name) != text}
    if changed:
        where.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=changed)
    retag(where, "sqs", url, before, after)


def _remove(where: Surroundings, url: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("sqs", "delete_queue", QueueUrl=url))


def _listed(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for url in where.pages("sqs", "list_queues", "QueueUrls"):
        yield url, {}


# -- policies -----


def queue_policy(where: Surroundings, url: str) -> Any:
    """Return the policy of a queue as a value, None where it has none or is not there."""
    try:
        answer = where.call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["Policy"])
    except Refused as refused:
        if refused.says_gone:
            return None
        raise
    text = answer.get("Attributes", {}).get("Policy")
    return json.loads(text) if text else None


def _put_policy(where: Surroundings, properties: Properties) -> Made:
    text = as_text(properties["PolicyDocument"])
    for url in properties["Queues"]:
        where.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": text})
    return Made(str(properties["Queues"][0]))


def _read_policy(where: Surroundings, url: str, properties: Properties) -> Seen | None:
    urls = list(properties.get("Queues") or [url])
    found = [queue_policy(where, each) for each in urls]
    if None in found or not found:
        return None
    return Seen({"Queues": urls, "PolicyDocument": found[0]}, {"Id": url})


def _change_policy(where: Surroundings, _url: str, before: Properties, after: Properties) -> None:
    left = [url for url in before["Queues"] if url not in after["Queues"]]
    _drop_policy(where, left)
    _put_policy(where, after)


def _remove_policy(where: Surroundings, _url: str, properties: Properties) -> None:
    _drop_policy(where, properties["Queues"])


def _drop_policy(where: Surroundings, urls: Iterable[str]) -> None:
    for url in urls:
        sent = {"QueueUrl": url, "Attributes": {"Policy": ""}}
        gone_is_fine(lambda sent=sent: where.call("sqs", "set_queue_attributes", **sent))  # type: ignore[misc]


def _listed_policies(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for url, _ in _listed(where):
        if queue_policy(where, url) is not None:
            yield url, {"Queues": [url]}


KINDS = (
    Kind("AWS::SQS::Queue", "sqs", _make, _read, _remove, _change, listed=_listed),
    Kind(
        "AWS::SQS::QueuePolicy",
        "sqs",
        _put_policy,
        _read_policy,
        _remove_policy,
        _change_policy,
        listed=_listed_policies,
        twins=("Queues",),
    ),
)
