"""AWS::SNS: topics, their policies and subscriptions."""

from collections.abc import Iterable
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Refused, Seen, Surroundings, known_as
from harness.stacks.plain import gone_is_fine
from harness.stacks.shaping import as_tags, as_text, document
from harness.stacks.tags import read_tags, retag

# Properties that are attributes of the API, by the same name.
_TOPIC = (
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DataProtectionPolicy",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
)
_SUBSCRIPTION = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "ReplayPolicy",
    "SubscriptionRoleArn",
)
_JSON = ("DeliveryPolicy", "FilterPolicy", "RedrivePolicy", "ReplayPolicy", "ArchivePolicy")
_TRUTHS = ("ContentBasedDeduplication", "FifoTopic", "RawMessageDelivery")


def _attributes(properties: Properties, names: Iterable[str]) -> dict[str, str]:
    found = {name: as_text(properties[name]) for name in names if name in properties}
    return {name: text for name, text in found.items() if not (name == "FifoTopic" and text != "true")}


def _back(told: Properties, names: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {name: told[name] for name in names if told.get(name)}
    found |= {name: str(found[name]).lower() == "true" for name in _TRUTHS if name in found}
    return found | {name: document(found[name]) for name in _JSON if name in found}


def _make(where: Surroundings, properties: Properties) -> Made:
    tags = as_tags(properties.get("Tags"))
    arn = where.call(
        "sns",
        "create_topic",
        Name=properties["TopicName"],
        Attributes=_attributes(properties, _TOPIC),
        **({"Tags": tags} if tags else {}),
    )["TopicArn"]
    for inline in properties.get("Subscription") or ():
        given = {"Protocol": inline["Protocol"], "Endpoint": inline["Endpoint"]}
        with known_as(arn):
            where.call("sns", "subscribe", TopicArn=arn, **given)
    return Made(arn)


def _read(where: Surroundings, arn: str, properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("sns", "get_topic_attributes", TopicArn=arn))
    if answer is None:
        return None
    name = arn.rpartition(":")[2]
    found = {"TopicName": name, **_back(answer["Attributes"], _TOPIC)}
    if properties.get("Subscription"):
        found["Subscription"] = [
            {"Endpoint": each["Endpoint"], "Protocol": each["Protocol"]}
            for each in where.pages("sns", "list_subscriptions_by_topic", "Subscriptions", TopicArn=arn)
        ]
    if tags := read_tags(where, "sns", arn):
        found["Tags"] = tags
    return Seen(found, {"TopicArn": arn, "TopicName": name})


def _change(where: Surroundings, arn: str, before: Properties, after: Properties) -> None:
    had, wanted = _attributes(before, _TOPIC), _attributes(after, _TOPIC)
    for name in sorted(had.keys() | wanted.keys()):
        if had.get(name) != wanted.get(name):
            given = {"AttributeName": name, "AttributeValue": wanted.get(name, "")}
            where.call("sns", "set_topic_attributes", TopicArn=arn, **given)
    known = before.get("Subscription") or ()
    for inline in after.get("Subscription") or ():
        if inline not in known:
            given = {"Protocol": inline["Protocol"], "Endpoint": inline["Endpoint"]}
            where.call("sns", "subscribe", TopicArn=arn, **given)
    retag(where, "sns", arn, before, after)


def _remove(where: Surroundings, arn: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("sns", "delete_topic", TopicArn=arn))


def _listed(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for topic in where.pages("sns", "list_topics", "Topics"):
        yield topic["TopicArn"], {}


# -- subscriptions -----


def _subscribe(where: Surroundings, properties: Properties) -> Made:
    answer = where.call(
        "sns",
        "subscribe",
        TopicArn=properties["TopicArn"],
        Protocol=properties["Protocol"],
        Attributes=_attributes(properties, _SUBSCRIPTION),
        ReturnSubscriptionArn=True,
        **({"Endpoint": properties["Endpoint"]} if "Endpoint" in properties else {}),
    )
    return Made(answer["SubscriptionArn"])


def _read_subscription(where: Surroundings, arn: str, _properties: Properties) -> Seen | None:
    try:
        told = where.call("sns", "get_subscription_attributes", SubscriptionArn=arn)["Attributes"]
    except Refused as refused:
        if refused.says_gone:
            return None
        raise
    found = {name: told[name] for name in ("TopicArn", "Protocol", "Endpoint") if name in told}
    return Seen(found | _back(told, _SUBSCRIPTION), {"Arn": arn})


def _change_subscription(where: Surroundings, arn: str, before: Properties, after: Properties) -> None:
    had, wanted = _attributes(before, _SUBSCRIPTION), _attributes(after, _SUBSCRIPTION)
    for name in sorted(had.keys() | wanted.keys()):
        if had.get(name) != wanted.get(name):
            otherwise = "false" if name == "RawMessageDelivery" else "{}"
            given = {"AttributeName": name, "AttributeValue": wanted.get(name, otherwise)}
            where.call("sns", "set_subscription_attributes", SubscriptionArn=arn, **given)


def _unsubscribe(where: Surroundings, arn: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("sns", "unsubscribe", SubscriptionArn=arn))


def _listed_subscriptions(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("sns", "list_subscriptions", "Subscriptions"):
        if each["SubscriptionArn"].startswith("arn:"):  # others wait for their confirmation
            yield each["SubscriptionArn"], {}


# -- policies -----


def _set_policy(where: Surroundings, arn: str, policy: Any) -> None:
    where.call(
        "sns",
        "set_topic_attributes",
        TopicArn=arn,
        AttributeName="Policy",
        AttributeValue=as_text(policy),
    )


def default_policy(where: Surroundings, arn: str) -> dict[str, Any]:
    """Return the policy that SNS gives to a new topic: its owner's account may do all but own it."""
    actions = (
        "GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic Subscribe "
        "ListSubscriptionsByTopic Publish"
    )
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions.split()],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": where.account}},
    }
    return {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}


def _put_policy(where: Surroundings, properties: Properties) -> Made:
    for arn in properties["Topics"]:
        _set_policy(where, arn, properties["PolicyDocument"])
    return Made(str(properties["Topics"][0]))


def _read_policy(where: Surroundings, arn: str, properties: Properties) -> Seen | None:
    topics = list(properties.get("Topics") or [arn])
    found = []
    for each in topics:
        answer = gone_is_fine(lambda each=each: where.call("sns", "get_topic_attributes", TopicArn=each))  # type: ignore[misc]
        policy = document((answer or {}).get("Attributes", {}).get("Policy", ""))
        if not policy or policy.get("Id") == "__default_policy_ID":
            return None
        found.append(policy)
    return Seen({"Topics": topics, "PolicyDocument": found[0]}, {"Id": arn})


def _change_policy(where: Surroundings, _arn: str, before: Properties, after: Properties) -> None:
    _reset(where, [arn for arn in before["Topics"] if arn not in after["Topics"]])
    _put_policy(where, after)


def _remove_policy(where: Surroundings, _arn: str, properties: Properties) -> None:
    _reset(where, properties["Topics"])


def _reset(where: Surroundings, topics: Iterable[str]) -> None:
    for arn in topics:
        gone_is_fine(lambda arn=arn: _set_policy(where, arn, default_policy(where, arn)))  # type: ignore[misc]


def _listed_policies(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for arn, _ in _listed(where):
        if _read_policy(where, arn, {}) is not None:
            yield arn, {"Topics": [arn]}


KINDS = (
    Kind("AWS::SNS::Topic", "sns", _make, _read, _remove, _change, listed=_listed),
    Kind(
        "AWS::SNS::Subscription",
        "sns",
        _subscribe,
        _read_subscription,
        _unsubscribe,
        _change_subscription,
        listed=_listed_subscriptions,
        twins=("TopicArn", "Protocol", "Endpoint"),
    ),
    Kind(
        "AWS::SNS::TopicPolicy",
        "sns",
        _put_policy,
        _read_policy,
        _remove_policy,
        _change_policy,
        listed=_listed_policies,
        twins=("Topics",),
    ),
)
