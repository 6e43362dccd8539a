"""A bucket tells a topic of its objects, and the topic's policy does not let S3 publish to it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.rules._delivery import refused
from harness.audit.triggers import to_topics
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each notification to a topic that S3 may not publish to."""
    return refused(view, to_topics(view, "bucket"), "s3.amazonaws.com", "sns:Publish")


RULE = Rule(
    id="topic-refuses-its-bucket",
    title="A topic does not let the bucket in that notifies it",
    severity="error",
    why="S3 tests the destination when the configuration is put and refuses it: a topic's policy of its own "
    "lets in its owner alone. Allow sns:Publish to s3.amazonaws.com with aws:SourceArn of the bucket and "
    "aws:SourceAccount of its owner.",
    source="https://docs.aws.amazon.com/AmazonS3/latest/userguide/ways-to-add-notification-config-to-bucket.html",
    check=check,
    failing="""
Resources:
  Arrived: {Type: AWS::SNS::Topic}
  Uploads:
    Type: AWS::S3::Bucket
    Properties:
      NotificationConfiguration:
        TopicConfigurations: [{Event: "s3:ObjectCreated:*", Topic: !Ref Arrived}]
""",
    passing="""
Resources:
  Arrived: {Type: AWS::SNS::Topic}
  ArrivedPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Arrived]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: s3.amazonaws.com}
            Action: sns:Publish
            Resource: !Ref Arrived
            Condition:
              ArnLike: {aws:SourceArn: "arn:aws:s3:::uploads-of-ours"}
              StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}
  Uploads:
    Type: AWS::S3::Bucket
    DependsOn: ArrivedPolicy
    Properties:
      BucketName: uploads-of-ours
      NotificationConfiguration:
        TopicConfigurations: [{Event: "s3:ObjectCreated:*", Topic: !Ref Arrived}]
""",
)
