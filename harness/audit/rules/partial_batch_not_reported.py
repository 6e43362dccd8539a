"""One bad message brings its whole batch back."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import listed, number
from harness.audit.queues import fed
from harness.audit.view import View

REPORT = "ReportBatchItemFailures"


def check(view: View) -> Iterator[Found]:
    """Yield each mapping of batches whose function cannot say which messages failed."""
    for edge, queue, function in fed(view):
        size = number(edge.given.get("BatchSize", 10))
        if size is not None and size > 1 and REPORT not in listed(edge.given.get("FunctionResponseTypes")):
            message = (
                f"one failure in a batch of {queue.logical_id} brings up to {size:g} "
                f"messages back to {function.logical_id}"
            )
            yield Found(edge.declared, message, "FunctionResponseTypes")


RULE = Rule(
    id="partial-batch-not-reported",
    title="A batch without partial responses",
    severity="note",
    why="By default a function that raises brings the whole batch back: what was done is done again, and "
    "good messages end in the dead-letter queue with the bad one. Set FunctionResponseTypes: "
    "[ReportBatchItemFailures] and return batchItemFailures.",
    source="https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html",
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
      FunctionResponseTypes: [ReportBatchItemFailures]
""",
)
