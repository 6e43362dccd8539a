"""One queue feeds several consumers, each of which gets a part of the messages."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import QUEUE
from harness.audit.queues import consumers, worked_on
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each queue that feeds more than one function, or one and the workers of a service."""
    for queue in view.of_type(QUEUE):
        readers = {each.function.logical_id for each in consumers(view, queue)}
        # Two services that run the same task share its work, as a queue is meant to.
        readers |= {
            str(one.properties["TaskDefinition"]) for one in worked_on(view).get(queue.logical_id, ())
        }
        if len(readers) > 1:
            told = ", ".join(sorted(readers))
            yield Found(queue, f"queue {queue.logical_id} feeds {told}: each message goes to one of them")


RULE = Rule(
    id="one-queue-many-consumers",
    title="One queue for several consumers",
    severity="error",
    why="A message of a queue goes to one consumer, and the first that takes it deletes it; a filter of a "
    "mapping deletes what it does not match. Who needs every message needs a queue of its own, "
    "subscribed to a topic.",
    source="https://docs.aws.amazon.com/sns/latest/dg/sns-sqs-as-subscriber.html",
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
  Archive:
    Type: AWS::Lambda::Function
    Properties:
      Role: arn:aws:iam::000000000000:role/archive
      Handler: app.handler
      Runtime: python3.12
      Code: {S3Bucket: code, S3Key: archive.zip}
  JobsToArchive:
    Type: AWS::Lambda::EventSourceMapping
    Properties: {EventSourceArn: !GetAtt Jobs.Arn, FunctionName: !Ref Archive}
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
""",
)
