"""The name of a FIFO queue or topic does not end in .fifo, or that of a standard one does."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import QUEUE, TOPIC
from harness.audit.plain import text
from harness.audit.queues import is_fifo
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each queue or topic whose given name does not go with its kind."""
    for one in view.of_type(QUEUE, TOPIC):
        path = "QueueName" if one.type == QUEUE else "TopicName"
        name = text(one.properties.get(path))
        if name and path != one.generated_name and name.endswith(".fifo") != is_fifo(one):
            kind = "is FIFO" if is_fifo(one) else "is not FIFO"
            yield Found(one, f"{one.logical_id} {kind}, and its name is {name!r}", path)


RULE = Rule(
    id="fifo-name-without-ending",
    title="A FIFO name and kind that do not go together",
    severity="error",
    why='SQS and SNS refuse it: "The name of a FIFO queue can only include alphanumeric characters, '
    'hyphens, or underscores, must end with .fifo suffix", and no other may.',
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html",
    check=check,
    failing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs, FifoQueue: true}}
""",
    passing="""
Resources:
  Jobs: {Type: AWS::SQS::Queue, Properties: {QueueName: jobs.fifo, FifoQueue: true}}
""",
)
