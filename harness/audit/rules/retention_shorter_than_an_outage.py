"""A queue forgets its messages before anybody has mended what reads them."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import QUEUE
from harness.audit.queues import retention_s
from harness.audit.view import View

# AWS gives no figure: a night, and the morning after it.
OUTAGE_S = 86_400


def check(view: View) -> Iterator[Found]:
    """Yield each queue that keeps messages for less than a day."""
    for queue in view.of_type(QUEUE):
        kept = retention_s(queue)
        if kept is not None and kept < OUTAGE_S:
            message = (
                f"queue {queue.logical_id} keeps messages for {kept:g} s: an outage "
                "of its consumer longer than that loses them"
            )
            yield Found(queue, message, "MessageRetentionPeriod")


RULE = Rule(
    id="retention-shorter-than-an-outage",
    title="A queue's retention is shorter than an outage",
    severity="warning",
    why="A queue is what bridges an outage of its consumer; what is older than MessageRetentionPeriod is "
    "deleted without a trace. An outage is taken to last a day here (a night, and the morning in which "
    "somebody mends it); the default of four days spans a weekend.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-basic-architecture.html",
    check=check,
    failing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 3600}}
""",
    passing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {MessageRetentionPeriod: 345600}}
""",
)
