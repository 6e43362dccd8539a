"""A rule or schedule sends to a FIFO queue and names no message group."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import inside
from harness.audit.queues import is_fifo
from harness.audit.triggers import to_queues
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each target that is a FIFO queue without a MessageGroupId."""
    for edge, queue in to_queues(view, "rule", "schedule"):
        if is_fifo(queue) and not inside(edge.given, "SqsParameters.MessageGroupId"):
            message = (
                f"{edge.declared.logical_id} sends to FIFO queue {queue.logical_id} without a MessageGroupId"
            )
            yield Found(edge.declared, message, f"{edge.path}.SqsParameters")


RULE = Rule(
    id="fifo-target-without-group",
    title="A FIFO queue gets messages without a group",
    severity="error",
    why="A message to a FIFO queue needs a MessageGroupId, and the sender is refused without one "
    "(MissingParameter). Give the target SqsParameters with a MessageGroupId.",
    source="https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_SqsParameters.html",
    check=check,
    failing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {QueueName: jobs.fifo, FifoQueue: true, ContentBasedDeduplication: true}
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets:
        - Id: jobs
          Arn: !GetAtt Jobs.Arn
""",
    passing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {QueueName: jobs.fifo, FifoQueue: true, ContentBasedDeduplication: true}
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets:
        - Id: jobs
          Arn: !GetAtt Jobs.Arn
          SqsParameters: {MessageGroupId: nightly}
""",
)
