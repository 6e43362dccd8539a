"""A bucket tells a FIFO queue or topic of its objects."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.queues import is_fifo
from harness.audit.triggers import to_queues, to_topics
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each notification to a FIFO queue or topic."""
    for edge, one in (*to_queues(view, "bucket"), *to_topics(view, "bucket")):
        if is_fifo(one):
            yield Found(
                edge.declared,
                f"bucket {edge.declared.logical_id} notifies {one.logical_id}, which is FIFO",
                edge.path,
            )


RULE = Rule(
    id="notification-to-fifo",
    title="A bucket notifies a FIFO queue or topic",
    severity="error",
    why="S3 refuses the configuration: \"Amazon Simple Queue Service FIFO queues aren't supported as an "
    'Amazon S3 event notification destination." Send the events through EventBridge instead.',
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html",
    check=check,
    failing="""
Resources:
  Arrived:
    Type: AWS::SQS::Queue
    Properties: {QueueName: arrived.fifo, FifoQueue: true}
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        QueueConfigurations: [{Event: "s3:ObjectCreated:*", Queue: !GetAtt Arrived.Arn}]
""",
    passing="""
Resources:
  Arrived:
    Type: AWS::SQS::Queue
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        QueueConfigurations: [{Event: "s3:ObjectCreated:*", Queue: !GetAtt Arrived.Arn}]
""",
)
