"""The policy of a topic lets everybody do something to it."""

from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import TOPIC
from harness.audit.rules._open import open_statements
from harness.audit.view import View


def check(view: View) -> Iterator[Found]:
    """Yield each statement that lets everybody at a topic."""
    return open_statements(view, TOPIC)


RULE = Rule(
    id="topic-open-to-everyone",
    title="A topic's policy lets everybody in",
    severity="error",
    why="Anybody with an AWS account may publish to the topic, or subscribe and read what is published. Name "
    "the principal, or bind the statement with aws:SourceOwner, aws:SourceArn or aws:PrincipalOrgID.",
    source="https://docs.aws.amazon.com/sns/latest/dg/sns-security-best-practices.html",
    check=check,
    failing="""
Resources:
  Alerts: {Type: AWS::SNS::Topic}
  AlertsPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Alerts]
      PolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {AWS: "*"}, Action: "sns:*", Resource: !Ref Alerts}
""",
    passing="""
Resources:
  Alerts: {Type: AWS::SNS::Topic}
  AlertsPolicy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Ref Alerts]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {AWS: "*"}
            Action: sns:Publish
            Resource: !Ref Alerts
            Condition: {StringEquals: {AWS:SourceOwner: !Ref AWS::AccountId}}
""",
)
