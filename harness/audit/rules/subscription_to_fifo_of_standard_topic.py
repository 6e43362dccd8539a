"""A FIFO queue is subscribed to a standard topic."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import TOPIC
from harness.audit.queues import is_fifo
from harness.audit.triggers import to_queues
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each subscription of a FIFO queue to a topic that is not FIFO."""
    for edge, queue in to_queues(view, "topic"):
        if (
            edge.sender is not None
            and edge.sender.type == TOPIC
            and is_fifo(queue)
            and not is_fifo(edge.sender)
        ):
            message = (
                f"FIFO queue {queue.logical_id} is subscribed to standard topic {edge.sender.logical_id}"
            )
            yield Found(edge.declared, message, edge.path)


RULE = Rule(
    id="subscription-to-fifo-of-standard-topic",
    title="A FIFO queue subscribed to a standard topic",
    severity="error",
    why='SNS refuses it: "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to '
    'standard SNS topics". Make the topic FIFO, or the queue standard.',
    source="https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html",
    check=check,
    failing="""
Resources:
  Results:
    Type: AWS::SNS::Topic
  Inbox:
    Type: AWS::SQS::Queue
    Properties: {QueueName: inbox.fifo, FifoQueue: true}
  ResultsToInbox:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Results
      Protocol: sqs
      Endpoint: !GetAtt Inbox.Arn
""",
    passing="""
Resources:
  Results:
    Type: AWS::SNS::Topic
    Properties: {TopicName: results.fifo, FifoTopic: true}
  Inbox:
    Type: AWS::SQS::Queue
    Properties: {QueueName: inbox.fifo, FifoQueue: true}
  ResultsToInbox:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Results
      Protocol: sqs
      Endpoint: !GetAtt Inbox.Arn
""",
)
