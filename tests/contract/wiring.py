"""Topics and queues for the messaging contract: made, wired as AWS wants it, and read."""

import json
from dataclasses import dataclass
from typing import Any

# Longer than an emulator needs to deliver; a receive returns as soon as there is something.
WAIT_S = 5
# LocalStack looks for messages that are visible again once a second.
QUIET_S = 2


@dataclass(frozen=True)
class Messaging:
    """The two clients, with what the tests do over and over."""

    sns: Any
    sqs: Any

    def topic(self, name: str, **attributes: str) -> str:
        """Make a topic (a FIFO one if its name says so) and return its ARN."""
        fifo = {"FifoTopic": "true"} if name.endswith(".fifo") else {}
        return str(self.sns.create_topic(Name=name, Attributes=fifo | attributes)["TopicArn"])

    def queue(self, name: str, **attributes: str) -> str:
        """Make a queue (a FIFO one if its name says so) and return its URL."""
        fifo = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
        return str(self.sqs.create_queue(QueueName=name, Attributes=fifo | attributes)["QueueUrl"])

    def arn(self, url: str) -> str:
        """Return a queue's ARN."""
        return str(self.attribute(url, "QueueArn"))

    def attribute(self, url: str, name: str) -> str:
        """Return one attribute of a queue."""
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])
        return str(answer["Attributes"][name])

    def wire(self, topic: str, url: str, **attributes: str) -> str:
        """Subscribe a queue whose policy lets the topic in; return the subscription's ARN."""
        arn = self.arn(url)
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        made = self.sns.subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes=attributes, ReturnSubscriptionArn=True
        )
        return str(made["SubscriptionArn"])

    def receive(self, url: str, wait_s: int = WAIT_S, **options: Any) -> list[dict[str, Any]]:
        """Return what one ReceiveMessage of up to ten messages gives."""
        answer = self.sqs.receive_message(
            QueueUrl=url,
            WaitTimeSeconds=wait_s,
            MaxNumberOfMessages=10,
            MessageAttributeNames=["All"],
            MessageSystemAttributeNames=["All"],
            **options,
        )
        return list(answer.get("Messages", []))

    def drain(self, url: str, expected: int) -> list[dict[str, Any]]:
        """Receive and delete until *expected* messages have come, or none comes; return them in order."""
        found: list[dict[str, Any]] = []
        while len(found) < expected:
            batch = self.receive(url)
            if not batch:
                break
            for message in batch:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            found += batch
        return found

    def nothing_comes(self, url: str) -> bool:
        """Tell whether a receive that waits a while stays empty."""
        return self.receive(url, QUIET_S) == []


def bodies(messages: list[dict[str, Any]]) -> list[str]:
    """Return the bodies in the order received."""
    return [message["Body"] for message in messages]


def envelopes(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return SNS's envelopes in the order received."""
    return [json.loads(message["Body"]) for message in messages]
