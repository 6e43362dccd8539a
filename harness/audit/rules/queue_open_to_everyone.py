"""The policy of a queue lets everybody do something to it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import QUEUE
from harness.audit.rules._open import open_statements
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each statement that lets everybody at a queue."""
    return open_statements(view, QUEUE)


RULE = Rule(
    id="queue-open-to-everyone",
    title="A queue's policy lets everybody in",
    severity="error",
    why="Anybody with an AWS account may send to the queue, or empty it. Name the principal, or bind the "
    "statement with aws:SourceArn, aws:SourceAccount or aws:PrincipalOrgID.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
    check=check,
    failing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  JobsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Statement: [{Effect: Allow, Principal: "*", Action: "sqs:*", Resource: !GetAtt Jobs.Arn}]
""",
    passing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  JobsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: "*"
            Action: sqs:SendMessage
            Resource: !GetAtt Jobs.Arn
            Condition: {StringEquals: {aws:PrincipalAccount: !Ref AWS::AccountId}}
""",
)
