"""A queue or topic is encrypted with a key that the service which writes to it may not use."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import text
from harness.audit.triggers import to_queues, to_topics
from harness.audit.view import View

MANAGED = ("alias/aws/sqs", "alias/aws/sns")


def check(view: View) -> Iterator[Found]:
    """Yield each queue or topic that AWS's own key for it encrypts and that another service writes to."""
    for edge, one in (*to_queues(view, "topic", "bucket", "rule"), *to_topics(view, "bucket", "rule")):
        key = text(one.properties.get("KmsMasterKeyId"))
        if key.endswith(MANAGED):
            message = (
                f"{edge.declared.logical_id} writes to {one.logical_id}, which {key} "
                "encrypts: the sender may not use that key"
            )
            yield Found(one, message, "KmsMasterKeyId")


RULE = Rule(
    id="managed-key-shuts-services-out",
    title="AWS's managed key shuts other services out",
    severity="error",
    why="The policies of alias/aws/sqs and alias/aws/sns let the account's principals use them, not "
    "services, and nobody can change them: SNS, S3 and EventBridge cannot write. Use a key of your own "
    "whose policy allows kms:GenerateDataKey and kms:Decrypt to the service, or SQS's own encryption.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#compatibility-with-aws-services",
    check=check,
    failing="""
Resources:
  Results:
    Type: AWS::SNS::Topic
  Inbox:
    Type: AWS::SQS::Queue
    Properties: {KmsMasterKeyId: alias/aws/sqs}
  ResultsToInbox:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Results
      Protocol: sqs
      Endpoint: !GetAtt Inbox.Arn
""",
    passing="""
Resources:
  Results:
    Type: AWS::SNS::Topic
  Inbox:
    Type: AWS::SQS::Queue
    Properties: {SqsManagedSseEnabled: true}
  ResultsToInbox:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Results
      Protocol: sqs
      Endpoint: !GetAtt Inbox.Arn
""",
)
