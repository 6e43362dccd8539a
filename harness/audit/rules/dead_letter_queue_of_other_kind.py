"""A FIFO queue with a standard dead-letter queue, or the other way round."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import QUEUE
from harness.audit.queues import dead_letter_queue, is_fifo
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each queue whose dead-letter queue is of the other kind."""
    for queue in view.of_type(QUEUE):
        dead = dead_letter_queue(view, queue)
        if dead is not None and is_fifo(dead) != is_fifo(queue):
            kinds = ("a FIFO", "a standard") if is_fifo(queue) else ("a standard", "a FIFO")
            message = (
                f"{queue.logical_id} is {kinds[0]} queue, its dead-letter "
                f"queue {dead.logical_id} {kinds[1]} one"
            )
            yield Found(queue, message, "RedrivePolicy")


RULE = Rule(
    id="dead-letter-queue-of-other-kind",
    title="A dead-letter queue is of another kind than its source",
    severity="error",
    why="SQS refuses it: the dead-letter queue of a FIFO queue must be FIFO, that of a standard queue "
    "standard.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    check=check,
    failing="""
Resources:
  Dead:
    Type: AWS::SQS::Queue
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs.fifo
      FifoQueue: true
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}
""",
    passing="""
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: {QueueName: dead.fifo, FifoQueue: true}
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: jobs.fifo
      FifoQueue: true
      RedrivePolicy: {deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5}
""",
)
