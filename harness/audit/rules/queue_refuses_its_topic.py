"""A queue is subscribed to a topic, and its policy does not let SNS write to it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.rules._delivery import refused
from harness.audit.triggers import to_queues
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each subscription of a queue that SNS may not write to."""
    return refused(view, to_queues(view, "topic"), "sns.amazonaws.com", "sqs:SendMessage")


RULE = Rule(
    id="queue-refuses-its-topic",
    title="A subscribed queue does not let its topic in",
    severity="error",
    why="SNS drops what it cannot deliver, and says so to nobody; emulators deliver all the same. Allow "
    "sqs:SendMessage to sns.amazonaws.com with aws:SourceArn of the topic in an AWS::SQS::QueuePolicy.",
    source="https://docs.aws.amazon.com/sns/latest/dg/subscribe-sqs-queue-to-sns-topic.html",
    check=check,
    failing="""
Resources:
  Orders: {Type: AWS::SNS::Topic}
  Inbox: {Type: AWS::SQS::Queue}
  OrdersToInbox:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Orders, Protocol: sqs, Endpoint: !GetAtt Inbox.Arn}
""",
    passing="""
Resources:
  Orders: {Type: AWS::SNS::Topic}
  Inbox: {Type: AWS::SQS::Queue}
  OrdersToInbox:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Orders, Protocol: sqs, Endpoint: !GetAtt Inbox.Arn}
  InboxPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Inbox]
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Inbox.Arn
            Condition: {ArnEquals: {aws:SourceArn: !Ref Orders}}
""",
)
