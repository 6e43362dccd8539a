"""A queue or topic is encrypted with a key whose policy does not let the writing service use it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import KEY
from harness.audit.permissions import lets_in
from harness.audit.plain import members
from harness.audit.triggers import to_queues, to_topics
from harness.audit.view import View
from harness.templates.model import Resource

SERVICES = {"topic": "sns.amazonaws.com", "bucket": "s3.amazonaws.com", "rule": "events.amazonaws.com"}
ACTIONS = ("kms:GenerateDataKey", "kms:Decrypt")


def _key(view: View, one: Resource) -> Resource | None:
    """Return the key of the template that encrypts *one*, by its id, ARN or alias."""
    given = one.properties.get("KmsMasterKeyId")
    for alias in view.of_type("AWS::KMS::Alias"):
        if given and alias.properties.get("AliasName") == given:
            given = alias.properties.get("TargetKeyId")
    return view.find(given, KEY)


def check(view: View) -> Iterator[Found]:
    """Yield each queue or topic whose key, of the same template, shuts out the service that writes there."""
    for edge, one in (*to_queues(view, "topic", "bucket", "rule"), *to_topics(view, "bucket", "rule")):
        key = _key(view, one)
        if key is None:
            continue
        service, policy = SERVICES[edge.kind], members(key.properties.get("KeyPolicy"))
        lacking = [
            a
            for a in ACTIONS
            if not lets_in([policy], service, a, view.arn(key), edge.source_arn, view.account)
        ]
        if lacking:
            message = (
                f"{service} writes to {one.logical_id} and may not "
                f"{' and '.join(lacking)} with key {key.logical_id}"
            )
            yield Found(key, message, "KeyPolicy")


RULE = Rule(
    id="key-policy-shuts-services-out",
    title="A key's policy shuts the service out that writes",
    severity="error",
    why="SNS, S3 and EventBridge encrypt what they write under their own name: without kms:GenerateDataKey "
    "and kms:Decrypt for the service in the key's policy nothing is delivered.",
    source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html#compatibility-with-aws-services",
    check=check,
    failing="""
Resources:
  Results:
    Type: AWS::SNS::Topic
  Inbox:
    Type: AWS::SQS::Queue
    Properties: {KmsMasterKeyId: !Ref Key}
  ResultsToInbox:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Results
      Protocol: sqs
      Endpoint: !GetAtt Inbox.Arn
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - {Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: "kms:*", Resource: "*"}
""",
    passing="""
Resources:
  Results:
    Type: AWS::SNS::Topic
  Inbox:
    Type: AWS::SQS::Queue
    Properties: {KmsMasterKeyId: !Ref Key}
  ResultsToInbox:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Results
      Protocol: sqs
      Endpoint: !GetAtt Inbox.Arn
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - {Effect: Allow, Principal: {AWS: !Ref AWS::AccountId}, Action: "kms:*", Resource: "*"}
          - Effect: Allow
            Principal: {Service: sns.amazonaws.com}
            Action: ["kms:GenerateDataKey*", kms:Decrypt]
            Resource: "*"
""",
)
