"""A batching window that Lambda does not take."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import number
from harness.audit.queues import is_fifo
from harness.audit.triggers import mappings
from harness.audit.view import View

MOST_S = 300


def check(view: View) -> Iterator[Found]:
    """Yield each mapping with a window above 300 s, or with any for a FIFO queue."""
    for edge, queue, _ in mappings(view):
        window = number(edge.given.get("MaximumBatchingWindowInSeconds", 0))
        if window is not None and (window > MOST_S or (window > 0 and is_fifo(queue))):
            why = "a FIFO queue has none" if is_fifo(queue) else f"at most {MOST_S} s"
            yield Found(
                edge.declared,
                f"MaximumBatchingWindowInSeconds is {window:g}; {why}",
                "MaximumBatchingWindowInSeconds",
            )


RULE = Rule(
    id="batch-window-refused",
    title="A batching window that Lambda refuses",
    severity="error",
    why='"Batching windows aren\'t supported for FIFO queues", and for standard ones they are 0 to 300 s '
    "long.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html",
    check=check,
    failing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {QueueName: jobs.fifo, FifoQueue: true}
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
      MaximumBatchingWindowInSeconds: 10
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
      MaximumBatchingWindowInSeconds: 10
""",
)
