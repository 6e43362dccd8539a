"""A subscription filters by attributes that the sender never gives."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import TOPIC
from harness.audit.plain import listed, members, text
from harness.audit.triggers import edges, to_topics
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each subscription by attributes to a topic that a bucket, a rule or an alarm publishes to."""
    senders: dict[str, str] = {}
    for way, topic in to_topics(view, "bucket", "rule"):
        senders.setdefault(topic.logical_id, way.declared.logical_id)
    for alarm in view.of_type("AWS::CloudWatch::Alarm"):
        for each in listed(alarm.properties.get("AlarmActions")):
            found = view.find(each, TOPIC)
            if found is not None:
                senders.setdefault(found.logical_id, alarm.logical_id)
    for edge in edges(view):
        if edge.kind != "topic" or edge.sender is None or edge.sender.logical_id not in senders:
            continue
        scope = text(members(edge.given).get("FilterPolicyScope")) or "MessageAttributes"
        if members(members(edge.given).get("FilterPolicy")) and scope == "MessageAttributes":
            sender = senders[edge.sender.logical_id]
            message = (
                f"{sender} publishes without attributes, and the filter policy "
                "looks at attributes: nothing matches"
            )
            yield Found(edge.declared, message, f"{edge.path}.FilterPolicy".lstrip("."))


RULE = Rule(
    id="filter-on-missing-attributes",
    title="A filter policy on the wrong scope",
    severity="error",
    why="What S3, EventBridge and CloudWatch publish has no message attributes: what the filter asks for is "
    "in the body. A policy of scope MessageAttributes (the default) then matches nothing, and SNS drops "
    "every message. Set FilterPolicyScope: MessageBody.",
    source="https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering-scope.html",
    check=check,
    failing="""
Resources:
  Results:
    Type: AWS::SNS::Topic
  Inbox:
    Type: AWS::SQS::Queue
  ResultsToInbox:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Results
      Protocol: sqs
      Endpoint: !GetAtt Inbox.Arn
      FilterPolicy: {source: [aws.sagemaker]}
  Failures:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [aws.sagemaker]}
      Targets: [{Id: results, Arn: !Ref Results}]
""",
    passing="""
Resources:
  Results:
    Type: AWS::SNS::Topic
  Inbox:
    Type: AWS::SQS::Queue
  ResultsToInbox:
    Type: AWS::SNS::Subscription
    Properties:
      TopicArn: !Ref Results
      Protocol: sqs
      Endpoint: !GetAtt Inbox.Arn
      FilterPolicyScope: MessageBody
      FilterPolicy: {source: [aws.sagemaker]}
  Failures:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [aws.sagemaker]}
      Targets: [{Id: results, Arn: !Ref Results}]
""",
)
