"""The calls that make topics, queues and subscriptions: AWS's names, in an order that works."""

import json
from typing import Any

from harness.scenario import Queue, Scenario, Subscription, Table, Topic, Webhook
from harness.scenario.calls import Call
from harness.scenario.expectations.expectation import result
from harness.scenario.plans.messaging import messaging, queue_policy, unsubscribing

REGION, ACCOUNT, HOOKS = "eu-central-1", "123456789012", "http://127.0.0.1:1/webhooks"
TOPIC = Topic("events", fifo=True, content_based_deduplication=True)
DEAD = Queue("dead", fifo=True)
WORK = Queue("work", fifo=True, dead_letter=DEAD, max_receive_count=3, accepts=[TOPIC])
OTHER = Topic("plain")


def scenario(*resources: Any) -> Scenario:
    return Scenario("s", "", resources, [result("p", "done").at_least(1)])


def made(*resources: Any) -> dict[str, Call]:
    return {call.what: call for call in messaging(scenario(*resources), ACCOUNT, REGION, HOOKS)}


def test_a_queue_comes_after_its_dead_letter_queue() -> None:
    """Its redrive policy names the other's ARN."""
    calls = list(made(WORK))
    assert calls == ["topic events.fifo", "queue dead.fifo", "queue work.fifo"]


def test_a_queue_is_made_as_declared() -> None:
    """Attributes are text, as SQS wants them; redrive and policy are JSON."""
    attributes = made(WORK)["queue work.fifo"].arguments["Attributes"]
    assert attributes["VisibilityTimeout"] == "30"
    assert attributes["MessageRetentionPeriod"] == "345600"
    assert attributes["FifoQueue"] == "true"
    assert attributes["ContentBasedDeduplication"] == "false"
    assert json.loads(attributes["RedrivePolicy"]) == {
        "deadLetterTargetArn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead.fifo",
        "maxReceiveCount": 3,
    }
    statement = json.loads(attributes["Policy"])["Statement"][0]
    assert statement["Condition"] == {
        "ArnEquals": {"aws:SourceArn": [f"arn:aws:sns:{REGION}:{ACCOUNT}:events.fifo"]}
    }
    assert statement["Resource"] == f"arn:aws:sqs:{REGION}:{ACCOUNT}:work.fifo"


def test_a_standard_queue_says_nothing_of_fifo() -> None:
    """SQS refuses FifoQueue=false."""
    attributes = made(Queue("q"))["queue q"].arguments["Attributes"]
    assert not {"FifoQueue", "ContentBasedDeduplication", "RedrivePolicy", "Policy"} & set(attributes)


def test_a_policy_of_the_users_own_is_taken_as_it_is() -> None:
    """Even one that lets nobody in."""
    assert queue_policy(Queue("q", policy={"Statement": []}), ACCOUNT, REGION) == {"Statement": []}
    assert queue_policy(Queue("q"), ACCOUNT, REGION) is None


def test_topics_are_made_with_their_kind() -> None:
    """A standard topic takes no attributes."""
    calls = made(TOPIC, OTHER)
    assert calls["topic events.fifo"].arguments["Attributes"] == {
        "FifoTopic": "true",
        "ContentBasedDeduplication": "true",
    }
    assert calls["topic plain"].arguments == {"Name": "plain"}


def test_subscriptions_name_both_ends() -> None:
    """Queues by ARN, webhooks by address, what is not ours by the ARN given."""
    foreign = "arn:aws:lambda:eu-central-1:1:function:f"
    calls = made(
        Subscription(OTHER, Queue("q"), raw=True, filter_policy={"kind": ["a"]}, filter_scope="MessageBody"),
        Subscription(OTHER, Webhook("hook")),
        Subscription(OTHER, foreign),
    )
    to_queue = calls["subscription of q to plain"].arguments
    assert (to_queue["Protocol"], to_queue["Endpoint"]) == ("sqs", f"arn:aws:sqs:{REGION}:{ACCOUNT}:q")
    assert to_queue["Attributes"] == {
        "RawMessageDelivery": "true",
        "FilterPolicyScope": "MessageBody",
        "FilterPolicy": '{"kind": ["a"]}',
    }
    to_hook = calls["subscription of hook to plain"].arguments
    assert (to_hook["Protocol"], to_hook["Endpoint"]) == ("http", f"{HOOKS}/hook")
    assert "Attributes" not in to_hook
    assert calls[f"subscription of {foreign} to plain"].arguments["Protocol"] == "lambda"


def test_a_table_has_one_text_key_and_is_paid_by_request() -> None:
    """Nothing to provision, nothing to pay while it rests."""
    arguments = made(Table("claims", key="request"))["table claims"].arguments
    assert arguments["KeySchema"] == [{"AttributeName": "request", "KeyType": "HASH"}]
    assert arguments["BillingMode"] == "PAY_PER_REQUEST"


def test_everything_is_removed_a_queue_before_its_dead_letter_queue() -> None:
    """A queue's address is asked for first: SQS deletes by address."""
    one = scenario(WORK, Table("claims"))
    calls = list(unsubscribing(one, ACCOUNT, REGION))
    assert [call.method for call in calls] == [
        "delete_topic",
        "get_queue_url",
        "delete_queue",
        "get_queue_url",
        "delete_queue",
        "delete_table",
    ]
    assert [c.arguments["QueueName"] for c in calls if c.method == "get_queue_url"] == [
        "work.fifo",
        "dead.fifo",
    ]
    filled = calls[2].filled({"address of queue work.fifo": {"QueueUrl": "http://u"}})
    assert filled == {"QueueUrl": "http://u"}
