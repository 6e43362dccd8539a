"""A bucket tells a queue of its objects, and the queue's policy does not let S3 write to it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.rules._delivery import refused
from harness.audit.triggers import to_queues
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each notification to a queue that S3 may not write to."""
    return refused(view, to_queues(view, "bucket"), "s3.amazonaws.com", "sqs:SendMessage")


RULE = Rule(
    id="queue-refuses-its-bucket",
    title="A queue does not let the bucket in that notifies it",
    severity="error",
    why='S3 tests the destination when the configuration is put and refuses it: "Unable to validate the '
    'following destination configurations". Allow sqs:SendMessage to s3.amazonaws.com with aws:SourceArn of '
    "the bucket and aws:SourceAccount of its owner.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html",
    check=check,
    failing="""
Resources:
  Arrived: {Type: AWS::SQS::Queue}
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        QueueConfigurations: [{Event: "s3:ObjectCreated:*", Queue: !GetAtt Arrived.Arn}]
""",
    passing="""
Resources:
  Arrived: {Type: AWS::SQS::Queue}
  ArrivedPolicy:
    Type: AWS::SQS::QueuePolicy
    Properties:
      Queues: [!Ref Arrived]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: s3.amazonaws.com}
            Action: sqs:SendMessage
            Resource: !GetAtt Arrived.Arn
            Condition:
              ArnLike: {aws:SourceArn: "arn:aws:s3:::uploads-of-ours"}
              StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}
  Uploads:
    Type: AWS::S3::Bucket
    DependsOn: ArrivedPolicy
    Properties:
      BucketName: uploads-of-ours
      NotificationConfiguration:
        QueueConfigurations: [{Event: "s3:ObjectCreated:*", Queue: !GetAtt Arrived.Arn}]
""",
)
