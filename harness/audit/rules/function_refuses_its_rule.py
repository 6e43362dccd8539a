"""A function does not let the EventBridge rule in that invokes it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.rules._invoking import refused
from harness.audit.triggers import to_functions
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each way to a function whose policy does not let events.amazonaws.com in."""
    return refused(view, to_functions(view, "rule"), "events.amazonaws.com")


RULE = Rule(
    id="function-refuses-its-rule",
    title="A function does not let the EventBridge rule in that invokes it",
    severity="error",
    why="EventBridge counts a FailedInvocation and nothing runs; emulators invoke all the same. Add an "
    "AWS::Lambda::Permission for events.amazonaws.com with the rule as SourceArn.",
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html",
    check=check,
    failing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets: [{Id: worker, Arn: !GetAtt Worker.Arn}]
""",
    passing="""
Resources:
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets: [{Id: worker, Arn: !GetAtt Worker.Arn}]
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Worker
      Action: lambda:InvokeFunction
      Principal: events.amazonaws.com
      SourceArn: !GetAtt Nightly.Arn
""",
)
