"""A batch of more than ten messages without a window to gather it in."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import number
from harness.audit.queues import is_fifo
from harness.audit.triggers import mappings
from harness.audit.view import View

WITHOUT_WINDOW = 10


def check(view: View) -> Iterator[Found]:
    """Yield each mapping of a queue with a BatchSize above 10 and no batching window."""
    for edge, queue, _ in mappings(view):
        size = number(edge.given.get("BatchSize", 10))
        window = number(edge.given.get("MaximumBatchingWindowInSeconds", 0))
        if (
            size is not None
            and size > WITHOUT_WINDOW
            and window is not None
            and window < 1
            and not is_fifo(queue)
        ):
            message = f"BatchSize {size:g} needs MaximumBatchingWindowInSeconds of 1 or more"
            yield Found(edge.declared, message, "BatchSize")


RULE = Rule(
    id="batch-without-window",
    title="A batch size above 10 without a batching window",
    severity="error",
    why='CreateEventSourceMapping refuses it: "When you set BatchSize to a value greater than 10, you must '
    'set MaximumBatchingWindowInSeconds to at least 1."',
    source="https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html",
    check=check,
    failing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
      BatchSize: 50
""",
    passing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
  Worker:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/worker
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
      BatchSize: 50
      MaximumBatchingWindowInSeconds: 5
""",
)
