"""A queue that something works on for ever, without a place for what cannot be worked on."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import QUEUE
from harness.audit.queues import dead_letter_queues, fed, has_dead_letter_queue, worked_on
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each queue that feeds a function or a service's workers and has no dead-letter queue."""
    readers = {queue.logical_id: f"function {function.logical_id}" for _, queue, function in fed(view)}
    for logical_id, services in worked_on(view).items():
        readers.setdefault(logical_id, f"service {services[0].logical_id}")
    for queue in view.of_type(QUEUE):
        reader = readers.get(queue.logical_id)
        if reader and not has_dead_letter_queue(queue) and queue.logical_id not in dead_letter_queues(view):
            message = f"queue {queue.logical_id} feeds {reader} and has no dead-letter queue"
            yield Found(queue, message, "RedrivePolicy")


RULE = Rule(
    id="queue-without-dead-letter-queue",
    title="A queue that is worked on has no dead-letter queue",
    severity="warning",
    why="A message that always fails comes back after each visibility timeout until its retention ends, "
    "takes capacity all that time, and is then deleted unseen. Give the queue a RedrivePolicy.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
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
  Dead: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 1209600}}
""",
)
