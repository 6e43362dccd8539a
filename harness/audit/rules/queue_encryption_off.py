"""A queue's encryption at rest is switched off."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import QUEUE
from harness.audit.plain import switch
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each queue that gives SQS's own encryption up and has no key instead."""
    for queue in view.of_type(QUEUE):
        off = switch(queue.properties.get("SqsManagedSseEnabled", True)) is False
        if off and not queue.properties.get("KmsMasterKeyId"):
            yield Found(queue, f"queue {queue.logical_id} keeps messages unencrypted", "SqsManagedSseEnabled")


RULE = Rule(
    id="queue-encryption-off",
    title="A queue without encryption",
    severity="warning",
    why="SQS encrypts every new queue with a key of its own; SqsManagedSseEnabled: false without a "
    "KmsMasterKeyId takes that away. Leave the property out.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html",
    check=check,
    failing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {SqsManagedSseEnabled: false}}
""",
    passing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue}
""",
)
