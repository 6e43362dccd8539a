"""A rule or schedule sends to a FIFO queue that tells copies by an id that the sender does not give."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import switch
from harness.audit.queues import is_fifo
from harness.audit.triggers import to_queues
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each target that is a FIFO queue without content-based deduplication."""
    for edge, queue in to_queues(view, "rule", "schedule"):
        if is_fifo(queue) and switch(queue.properties.get("ContentBasedDeduplication", False)) is False:
            message = (
                f"{edge.declared.logical_id} sends to {queue.logical_id}, "
                "which wants a MessageDeduplicationId"
            )
            yield Found(queue, message, "ContentBasedDeduplication")


RULE = Rule(
    id="fifo-target-without-deduplication",
    title="A FIFO target without content-based deduplication",
    severity="error",
    why='EventBridge gives no MessageDeduplicationId: "If you choose an SQS FIFO queue, the queue must have '
    'content-based deduplication enabled."',
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-targets.html",
    check=check,
    failing="""
Resources:
  Jobs:
    Type: AWS::SQS::Queue
    Properties: {QueueName: jobs.fifo, FifoQueue: true}
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: rate(1 day)
      Targets:
        - Id: jobs
          Arn: !GetAtt Jobs.Arn
          SqsParameters: {MessageGroupId: nightly}
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
