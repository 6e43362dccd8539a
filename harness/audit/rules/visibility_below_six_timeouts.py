"""A queue that feeds a function leaves no room for what waits and is throttled."""

from collections.abc import Iterator

from harness.audit.functions import timeout_s
from harness.audit.model import Found, Rule
from harness.audit.plain import number
from harness.audit.queues import fed, visibility_s
from harness.audit.view import View

TIMES = 6


def check(view: View) -> Iterator[Found]:
    """Yield each mapping of a queue whose visibility timeout is below six times the function's."""
    for edge, queue, function in fed(view):
        seen_again, runs = visibility_s(queue), timeout_s(function)
        window = number(edge.given.get("MaximumBatchingWindowInSeconds", 0)) or 0.0
        if seen_again is None or runs is None or not runs <= seen_again < TIMES * runs + window:
            continue
        message = (
            f"queue {queue.logical_id} shows a message again after {seen_again:g} s; with function "
            f"{function.logical_id} it should be {TIMES * runs + window:g} s"
        )
        yield Found(queue, message, "VisibilityTimeout")


RULE = Rule(
    id="visibility-below-six-timeouts",
    title="The visibility timeout is below six times the function's timeout",
    severity="warning",
    why="Lambda tries a batch again while the function is throttled; a message that is seen again meanwhile "
    "is worked on twice and comes nearer to its maxReceiveCount. Set at least six times the function's "
    "timeout, plus MaximumBatchingWindowInSeconds.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    check=check,
    failing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {VisibilityTimeout: 60}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Timeout: 30
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
    Properties: {VisibilityTimeout: 185}
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Timeout: 30
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
      MaximumBatchingWindowInSeconds: 5
""",
)
