"""A batch size that Lambda does not take."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import number
from harness.audit.queues import is_fifo
from harness.audit.triggers import mappings
from harness.audit.view import View

MOST, FIFO_MOST = 10_000, 10


def check(view: View) -> Iterator[Found]:
    """Yield each mapping of a queue whose BatchSize is below 1, or above 10,000 (10 for FIFO)."""
    for edge, queue, _ in mappings(view):
        size = number(edge.given.get("BatchSize", 10))
        most = FIFO_MOST if is_fifo(queue) else MOST
        if size is not None and not 1 <= size <= most:
            kind = "FIFO queue" if is_fifo(queue) else "queue"
            yield Found(
                edge.declared,
                f"BatchSize {size:g} for {kind} {queue.logical_id}; Lambda takes 1 to {most:,}",
                "BatchSize",
            )


RULE = Rule(
    id="batch-size-out-of-range",
    title="A batch size that Lambda refuses",
    severity="error",
    why="CreateEventSourceMapping takes 1 to 10,000 messages for a standard queue and 1 to 10 for a FIFO "
    "queue.",
    source="https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html",
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
      BatchSize: 100
""",
    passing="""
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
      BatchSize: 10
""",
)
