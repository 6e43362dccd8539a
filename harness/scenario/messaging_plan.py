"""The AWS calls that make topics, queues, subscriptions and tables, and those that remove them."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from harness.scenario.calls import Call, FromAnswer
from harness.scenario.messaging import Queue, Subscription, Table, Topic, Webhook
from harness.scenario.spec import Scenario


def messaging(scenario: Scenario, account: str, region: str, webhooks_url: str) -> Iterator[Call]:
    """Yield the calls that make what sends and keeps messages, dead-letter queues first.

    *webhooks_url* is where the rehearsal's webhooks answer, each at its own name below it.
    """
    for table in scenario.tables:
        yield _table(table)
    for topic in scenario.topics:
        yield Call("sns", "create_topic", _topic(topic), _what(topic))
    for queue in dead_letters_first(scenario.queues):
        arguments = {"QueueName": queue.aws_name, "Attributes": queue_attributes(queue, account, region)}
        yield Call("sqs", "create_queue", arguments, _what(queue))
    for subscription in scenario.subscriptions:
        yield _subscription(subscription, account, region, webhooks_url)


def unsubscribing(scenario: Scenario, account: str, region: str) -> Iterator[Call]:
    """Yield the calls that remove topics, queues and tables; a topic's subscriptions go with it."""
    for topic in scenario.topics:
        yield Call("sns", "delete_topic", {"TopicArn": topic.arn(region, account)}, _what(topic))
    for queue in reversed(dead_letters_first(scenario.queues)):
        yield Call("sqs", "get_queue_url", {"QueueName": queue.aws_name}, f"address of {_what(queue)}")
        address = FromAnswer(f"address of {_what(queue)}", "QueueUrl")
        yield Call("sqs", "delete_queue", {"QueueUrl": address}, _what(queue))
    for table in scenario.tables:
        yield Call("dynamodb", "delete_table", {"TableName": table.name}, f"table {table.name}")


def dead_letters_first(queues: Sequence[Queue]) -> list[Queue]:
    """Return *queues* so that each comes after its dead-letter queue, whose ARN it names."""
    ordered: list[Queue] = []

    def add(queue: Queue) -> None:
        if queue.dead_letter is not None:
            add(queue.dead_letter)
        if queue not in ordered:
            ordered.append(queue)

    for queue in queues:
        add(queue)
    return ordered


def queue_attributes(queue: Queue, account: str, region: str) -> dict[str, str]:
    """Return what CreateQueue is given: every attribute that a `Queue` decides, as SQS writes them."""
    attributes = {
        "VisibilityTimeout": str(queue.visibility_timeout_s),
        "MessageRetentionPeriod": str(queue.retention_s),
        "DelaySeconds": str(queue.delay_s),
        "ReceiveMessageWaitTimeSeconds": str(queue.receive_wait_s),
        "MaximumMessageSize": str(queue.maximum_message_bytes),
    }
    if queue.fifo:
        attributes["FifoQueue"] = "true"
        attributes["ContentBasedDeduplication"] = str(queue.content_based_deduplication).lower()
    if queue.dead_letter is not None:
        redrive = {
            "deadLetterTargetArn": queue.dead_letter.arn(region, account),
            "maxReceiveCount": queue.max_receive_count,
        }
        attributes["RedrivePolicy"] = json.dumps(redrive)
    if policy := queue_policy(queue, account, region):
        attributes["Policy"] = json.dumps(policy)
    return attributes


def queue_policy(queue: Queue, account: str, region: str) -> dict[str, Any] | None:
    """Return the queue's policy document, None without one.

    A topic is let in as the SNS guide has it ("Fanout to Amazon SQS queues"): by the service's principal and
    the topic's ARN.
    """
    if queue.policy is not None:
        return dict(queue.policy)
    if not queue.accepts:
        return None
    topics = [topic.arn(region, account) for topic in queue.accepts]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue.arn(region, account),
        "Condition": {"ArnEquals": {"aws:SourceArn": topics}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _what(one: Topic | Queue) -> str:
    return f"{type(one).__name__.lower()} {one.aws_name}"


def _topic(topic: Topic) -> dict[str, Any]:
    if not topic.fifo:
        return {"Name": topic.aws_name}
    by_content = str(topic.content_based_deduplication).lower()
    return {
        "Name": topic.aws_name,
        "Attributes": {"FifoTopic": "true", "ContentBasedDeduplication": by_content},
    }


def _subscription(one: Subscription, account: str, region: str, webhooks_url: str) -> Call:
    attributes: dict[str, str] = {}
    if one.raw:
        attributes["RawMessageDelivery"] = "true"
    if one.filter_policy is not None:
        attributes["FilterPolicyScope"] = one.filter_scope
        attributes["FilterPolicy"] = json.dumps(one.filter_policy)
    protocol, endpoint = _end(one, account, region, webhooks_url)
    arguments = {
        "TopicArn": one.topic.arn(region, account),
        "Protocol": protocol,
        "Endpoint": endpoint,
        "ReturnSubscriptionArn": True,
        **({"Attributes": attributes} if attributes else {}),
    }
    return Call("sns", "subscribe", arguments, one.label)


def _end(one: Subscription, account: str, region: str, webhooks_url: str) -> tuple[str, str]:
    if isinstance(one.endpoint, Webhook):
        return "http", f"{webhooks_url}/{one.endpoint.name}"
    if isinstance(one.endpoint, str):
        return one.endpoint.split(":")[2], one.endpoint
    return "sqs", one.endpoint.arn(region, account)


def _table(table: Table) -> Call:
    arguments = {
        "TableName": table.name,
        "KeySchema": [{"AttributeName": table.key, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": table.key, "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    return Call("dynamodb", "create_table", arguments, f"table {table.name}")
