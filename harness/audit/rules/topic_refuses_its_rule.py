"""A rule of EventBridge sends to a topic whose policy does not let EventBridge publish to it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.rules._delivery import refused
from harness.audit.triggers import to_topics
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each target of a rule that is a topic which EventBridge may not publish to without a role."""
    ways = ((edge, topic) for edge, topic in to_topics(view, "rule") if not edge.given.get("RoleArn"))
    return refused(view, ways, "events.amazonaws.com", "sns:Publish")


RULE = Rule(
    id="topic-refuses-its-rule",
    title="A topic does not let the EventBridge rule in that sends to it",
    severity="error",
    why="The console writes the topic's policy, a template does not: EventBridge counts a "
    "FailedInvocation and the event is gone. Allow sns:Publish to events.amazonaws.com in an "
    "AWS::SNS::TopicPolicy.",
    source="https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html#eb-sns-permissions",
    check=check,
    failing="""
Resources:
  Alerts: {Type: AWS::SNS::Topic}
  Failures:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [aws.sagemaker]}
      Targets: [{Id: alerts, Arn: !Ref Alerts}]
""",
    passing="""
Resources:
  Alerts: {Type: AWS::SNS::Topic}
  Failures:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [aws.sagemaker]}
      Targets: [{Id: alerts, Arn: !Ref Alerts}]
  AlertsPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Alerts]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {Service: events.amazonaws.com}
            Action: sns:Publish
            Resource: !Ref Alerts
""",
)
