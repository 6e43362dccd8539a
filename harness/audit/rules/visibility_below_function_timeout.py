"""A message is seen again while the function still works on it."""

from collections.abc import Iterator

from harness.audit.functions import timeout_s
from harness.audit.model import Found, Rule
from harness.audit.queues import fed, visibility_s
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each mapping of a queue whose visibility timeout is below the function's timeout."""
    for _, queue, function in fed(view):
        seen_again, runs = visibility_s(queue), timeout_s(function)
        if seen_again is not None and runs is not None and seen_again < runs:
            message = (
                f"queue {queue.logical_id} shows a message again after {seen_again:g} s, function "
                f"{function.logical_id} may take {runs:g} s"
            )
            yield Found(queue, message, "VisibilityTimeout")


RULE = Rule(
    id="visibility-below-function-timeout",
    title="The visibility timeout is below the function's timeout",
    severity="error",
    why='Lambda refuses the mapping: "Queue visibility timeout: 30 seconds is less than Function timeout: '
    "60 seconds\"; emulators take it, and messages are worked on twice. Six times the function's timeout "
    "is advised.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    check=check,
    failing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 30}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Timeout: 60
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
""",
    passing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 360}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Timeout: 60
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
""",
)
