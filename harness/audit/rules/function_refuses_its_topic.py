"""A function does not let the topic in that it is subscribed to."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.rules._invoking import refused
from harness.audit.triggers import to_functions
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each way to a function whose policy does not let sns.amazonaws.com in."""
    return refused(view, to_functions(view, "topic"), "sns.amazonaws.com")


RULE = Rule(
    id="function-refuses-its-topic",
    title="A function does not let the topic in that it is subscribed to",
    severity="error",
    why="SNS is refused and tries again for hours, then drops the message; emulators invoke all the same. "
    "Add an AWS::Lambda::Permission for sns.amazonaws.com with the topic as SourceArn.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html",
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
  Orders: {Type: AWS::SNS::Topic}
  OrdersToWorker:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Orders, Protocol: lambda, Endpoint: !GetAtt Worker.Arn}
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
  Orders: {Type: AWS::SNS::Topic}
  OrdersToWorker:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Orders, Protocol: lambda, Endpoint: !GetAtt Worker.Arn}
  Permission:
    Type: AWS::Lambda::Permission
    Properties:
      FunctionName: !Ref Worker
      Action: lambda:InvokeFunction
      Principal: sns.amazonaws.com
      SourceArn: !Ref Orders
""",
)
