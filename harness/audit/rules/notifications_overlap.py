"""Two notifications of a bucket are about the same objects."""

from collections.abc import Iterator
from itertools import combinations

from harness.audit.model import Found, Rule
from harness.audit.names import BUCKET
from harness.audit.notifications import Told, told
from harness.audit.view import View


def _events_meet(first: Told, second: Told) -> bool:
    a, b = first.event.rstrip("*"), second.event.rstrip("*")
    return a.startswith(b) or b.startswith(a)


def _keys_meet(first: Told, second: Told) -> bool:
    heads = first.prefix.startswith(second.prefix) or second.prefix.startswith(first.prefix)
    tails = first.suffix.endswith(second.suffix) or second.suffix.endswith(first.suffix)
    return heads and tails


def check(view: View) -> Iterator[Found]:
    """Yield each pair of notifications of one bucket whose events and keys overlap."""
    for bucket in view.of_type(BUCKET):
        for first, second in combinations(told(bucket), 2):
            if _events_meet(first, second) and _keys_meet(first, second):
                message = (
                    f"{second.event} under {second.prefix!r} is told twice by bucket {bucket.logical_id}"
                )
                yield Found(bucket, message, second.path)


RULE = Rule(
    id="notifications-overlap",
    title="Notifications of a bucket that overlap",
    severity="error",
    why='S3 refuses the configuration: "Configurations overlap. Configurations on the same bucket cannot '
    'share a common event type" for keys that both match. Send one event to a topic, or use '
    "EventBridge.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-filtering.html",
    check=check,
    failing="""
Resources:
  First: {Type: AWS::SQS::Queue}
  Second: {Type: AWS::SQS::Queue}
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        QueueConfigurations:
          - Event: s3:ObjectCreated:*
            Queue: !GetAtt First.Arn
            Filter: {S3Key: {Rules: [{Name: prefix, Value: images/}]}}
          - Event: s3:ObjectCreated:Put
            Queue: !GetAtt Second.Arn
            Filter: {S3Key: {Rules: [{Name: prefix, Value: images/dogs/}]}}
""",
    passing="""
Resources:
  First: {Type: AWS::SQS::Queue}
  Second: {Type: AWS::SQS::Queue}
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        QueueConfigurations:
          - Event: s3:ObjectCreated:*
            Queue: !GetAtt First.Arn
            Filter: {S3Key: {Rules: [{Name: prefix, Value: images/}]}}
          - Event: s3:ObjectCreated:Put
            Queue: !GetAtt Second.Arn
            Filter: {S3Key: {Rules: [{Name: prefix, Value: labels/}]}}
""",
)
