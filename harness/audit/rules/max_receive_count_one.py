"""A message goes to the dead-letter queue after one failure."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import QUEUE
from harness.audit.queues import max_receive_count
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each queue with maxReceiveCount 1."""
    for queue in view.of_type(QUEUE):
        if max_receive_count(queue) == 1:
            message = f"queue {queue.logical_id} gives a message up after one receive"
            yield Found(queue, message, "RedrivePolicy.maxReceiveCount")


RULE = Rule(
    id="max-receive-count-one",
    title="maxReceiveCount is 1",
    severity="warning",
    why="One receive is no proof that a message is bad: a worker that was stopped, a throttled function or a "
    'look into the console counts as well, and good messages end in the dead-letter queue. "Set the '
    'maxReceiveCount to a value high enough"; for a function as consumer it is at least 5.',
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html#policies-for-dead-letter-queues",
    check=check,
    failing="""
Resources:
  Dead: {Type: AWS::SQS::Queue}
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1}}
""",
    passing="""
Resources:
  Dead: {Type: AWS::SQS::Queue}
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}}
""",
)
