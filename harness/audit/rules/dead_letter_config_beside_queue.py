"""A function fed by a queue keeps failures where they never come."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import inside
from harness.audit.queues import fed, has_dead_letter_queue
from harness.audit.triggers import to_functions
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each function with a dead-letter target that only queues without one feed."""
    others = {
        called.function.logical_id for _, called in to_functions(view, "topic", "bucket", "rule", "schedule")
    }
    for _, queue, function in fed(view):
        kept = inside(function.properties, "DeadLetterConfig.TargetArn")
        if kept and function.logical_id not in others and not has_dead_letter_queue(queue):
            message = (
                f"{function.logical_id} is fed by {queue.logical_id}: its own "
                "dead-letter target never gets a message"
            )
            yield Found(function, message, "DeadLetterConfig")


RULE = Rule(
    id="dead-letter-config-beside-queue",
    title="A dead-letter target on the function, not on its queue",
    severity="warning",
    why="A function's DeadLetterConfig is for asynchronous invocations; from a queue Lambda invokes it "
    "synchronously, and failed messages go back to the queue. The dead-letter queue must be the "
    "queue's.",
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
      DeadLetterConfig: {TargetArn: !GetAtt Dead.Arn}
      Code: {S3Bucket: code, S3Key: worker.zip}
  JobsToWorker:
    Type: AWS::Lambda::EventSourceMapping
    Properties:
      EventSourceArn: !GetAtt Jobs.Arn
      FunctionName: !Ref Worker
  Dead: {Type: AWS::SQS::Queue}
""",
    passing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}}
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
  Dead: {Type: AWS::SQS::Queue}
""",
)
