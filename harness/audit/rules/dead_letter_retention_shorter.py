"""A dead-letter queue forgets before its source does."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import QUEUE
from harness.audit.queues import dead_letter_queue, is_fifo, retention_s
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each dead-letter queue that keeps messages for less time than a queue that fills it."""
    for queue in view.of_type(QUEUE):
        dead = dead_letter_queue(view, queue)
        if dead is None or is_fifo(queue):
            continue
        kept, source = retention_s(dead), retention_s(queue)
        if kept is not None and source is not None and kept < source:
            message = (
                f"{dead.logical_id} keeps messages for {kept:g} s, its source "
                f"{queue.logical_id} for {source:g} s"
            )
            yield Found(dead, message, "MessageRetentionPeriod")


RULE = Rule(
    id="dead-letter-retention-shorter",
    title="A dead-letter queue keeps messages for less time than its source",
    severity="warning",
    why="A message keeps the time at which it was first sent: one that waited in the source for longer than "
    "the dead-letter queue keeps messages is deleted as it arrives there. Give the dead-letter queue "
    "the longer retention, 14 days at best.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html#understanding-message-retention-periods",
    check=check,
    failing="""
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: {MessageRetentionPeriod: 3600}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      MessageRetentionPeriod: 345600
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}
""",
    passing="""
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: {MessageRetentionPeriod: 1209600}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      MessageRetentionPeriod: 345600
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}
""",
)
