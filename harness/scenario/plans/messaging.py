"""The AWS calls that make topics, queues, subscriptions and tables, and those that remove them."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from harness.scenario.calls import Call, FromAnswer
from harness.scenario.functions import Function, QualifiedFunction
from harness.scenario.messaging import Queue, Subscription, Table, Topic, Webhook
from harness.scenario.resources import Bucket
from harness.scenario.rows import attributes
from harness.scenario.spec import Scenario

# BatchWriteItem: 25 requests and 16 MB a call, which rows of 400 KB at most keep below.
ROWS_A_CALL = 25


def messaging(scenario: Scenario, account: str, region: str, webhooks_url: str) -> Iterator[Call]:
    """Yield the calls that make what sends and keeps messages, dead-letter queues first.

    *webhooks_url* is where the rehearsal's webhooks answer, each at its own name below it. Functions
    subscribe when they are there (`triggers_plan`).
    """
    for table in scenario.tables:
        yield _table(table)
        yield from _rows(table)
    for topic in scenario.topics:
        yield Call("sns", "create_topic", _topic(topic, account, region), _what(topic))
    for queue in dead_letters_first(scenario.queues):
        arguments = {"QueueName": queue.aws_name, "Attributes": queue_attributes(queue, account, region)}
        yield Call("sqs", "create_queue", arguments, _what(queue))
    for subscription in scenario.subscriptions:
        if isinstance(subscription.endpoint, Function | QualifiedFunction):
            continue
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
    topics = [one.arn(region, account) for one in queue.accepts if isinstance(one, Topic)]
    buckets = [one for one in queue.accepts if isinstance(one, Bucket)]
    arn = queue.arn(region, account)
    statements = [_letting_in("sns", "sqs:SendMessage", arn, topics)] if topics else []
    statements += [_letting_in_buckets("sqs:SendMessage", arn, buckets, account)] if buckets else []
    return {"Version": "2012-10-17", "Statement": statements}


def topic_policy(topic: Topic, account: str, region: str) -> dict[str, Any]:
    """Return the policy document of a topic that accepts buckets: its owner's access, and theirs.

    Source: S3 user guide, "Granting permissions to publish event notification messages"; the owner's
    statement is what SNS gives a topic by itself.
    """
    arn = topic.arn(region, account)
    owner = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["sns:Publish", "sns:Subscribe", "sns:GetTopicAttributes"],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
    }
    buckets = _letting_in_buckets("sns:Publish", arn, topic.accepts, account)
    return {"Version": "2012-10-17", "Statement": [owner, buckets]}


def _letting_in(service: str, action: str, arn: str, sources: Sequence[str]) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": action,
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": list(sources)}},
    }


def _letting_in_buckets(action: str, arn: str, buckets: Sequence[Bucket], account: str) -> dict[str, Any]:
    """Return the statement for *buckets*, whose ARNs name no account."""
    statement = _letting_in("s3", action, arn, [bucket.arn() for bucket in buckets])
    statement["Condition"]["StringEquals"] = {"aws:SourceAccount": account}
    return statement


def _what(one: Topic | Queue) -> str:
    return f"{type(one).__name__.lower()} {one.aws_name}"


def _topic(topic: Topic, account: str, region: str) -> dict[str, Any]:
    attributes: dict[str, str] = {}
    if topic.fifo:
        by_content = str(topic.content_based_deduplication).lower()
        attributes |= {"FifoTopic": "true", "ContentBasedDeduplication": by_content}
    if topic.accepts:
        attributes["Policy"] = json.dumps(topic_policy(topic, account, region))
    return {"Name": topic.aws_name} | ({"Attributes": attributes} if attributes else {})


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
    assert isinstance(one.endpoint, Queue)  # functions subscribe later
    return "sqs", one.endpoint.arn(region, account)


def _table(table: Table) -> Call:
    arguments = {
        "TableName": table.name,
        "KeySchema": [{"AttributeName": table.key, "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": table.key, "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    }
    return Call("dynamodb", "create_table", arguments, f"table {table.name}")


def _rows(table: Table) -> Iterator[Call]:
    """Yield the calls that put what is in *table* from the beginning: BatchWriteItem, 25 rows at a time."""
    for first in range(0, len(table.items), ROWS_A_CALL):
        rows = table.items[first : first + ROWS_A_CALL]
        requests = [{"PutRequest": {"Item": attributes(row)}} for row in rows]
        what = f"items {first} to {first + len(rows) - 1} of table {table.name}"
        yield Call("dynamodb", "batch_write_item", {"RequestItems": {table.name: requests}}, what)
