"""A rule of EventBridge sends to a queue whose policy does not let EventBridge write to it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.rules._delivery import refused
from harness.audit.triggers import to_queues
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each target of a rule that is a queue which EventBridge may not write to; one with a role may."""
    ways = ((edge, queue) for edge, queue in to_queues(view, "rule") if not edge.given.get("RoleArn"))
    return refused(view, ways, "events.amazonaws.com", "sqs:SendMessage")


RULE = Rule(
    id="queue-refuses-its-rule",
    title="A queue does not let the EventBridge rule in that sends to it",
    severity="error",
    why="EventBridge counts a FailedInvocation and the event is gone. Allow sqs:SendMessage to "
    "events.amazonaws.com with aws:SourceArn of the rule.",
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html",
    check=check,
    failing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets: [{Id: jobs, Arn: !GetAtt Jobs.Arn}]
""",
    passing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue}
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets: [{Id: jobs, Arn: !GetAtt Jobs.Arn}]
  JobsPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Jobs]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Jobs.Arn
            Condition: {ArnEquals: {aws:SourceArn: !GetAtt Nightly.Arn}}
""",
)
