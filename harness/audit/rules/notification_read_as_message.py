"""Code reads an event as if another service had sent it."""

from collections.abc import Iterator

from harness.audit.code import codes
from harness.audit.model import Found, Rule
from harness.audit.triggers import Kind, to_functions
from harness.audit.view import View

KINDS: tuple[Kind, ...] = ("topic", "bucket", "rule", "schedule", "api", "mapping")


def check(view: View) -> Iterator[Found]:
    """Yield each function whose code reads records of SNS where SQS feeds it, or the other way round."""
    for logical_id, code in codes(view).items():
        function = view.resources[logical_id]
        kinds = {each.kind for each, called in to_functions(view, *KINDS) if called.function == function}
        if kinds == {"mapping"} and "Sns" in code.read_keys and "body" not in code.read_keys:
            message = f"{logical_id} reads record['Sns'], and a queue feeds it: its records have a body"
            yield Found(function, message, "Code")
        elif kinds == {"topic"} and "body" in code.read_keys and "Sns" not in code.read_keys:
            message = f"{logical_id} reads record['body'], and a topic calls it: its records have Sns.Message"
            yield Found(function, message, "Code")


RULE = Rule(
    id="notification-read-as-message",
    title="Records of one service read as another's",
    severity="error",
    why="A record from a queue has body, one from a topic Sns with Message in it, one from a bucket s3: "
    "reading the wrong member raises KeyError for every event.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html",
    check=check,
    failing="""
Resources:
  Orders: {Type: AWS::SNS::Topic}
  OrdersToWorker:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Orders, Protocol: lambda, Endpoint: !GetAtt Worker.Arn}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          import json

          def handler(event, context):
              for record in event["Records"]:
                  print(json.loads(record["body"]))
""",
    passing="""
Resources:
  Orders: {Type: AWS::SNS::Topic}
  OrdersToWorker:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Orders, Protocol: lambda, Endpoint: !GetAtt Worker.Arn}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: index.handler
      Runtime: python3.12
      Code:
        ZipFile: |
          import json

          def handler(event, context):
              for record in event["Records"]:
                  print(json.loads(record["Sns"]["Message"]))
""",
)
