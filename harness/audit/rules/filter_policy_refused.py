"""A subscription's filter policy that SNS does not take."""

import json
from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.plain import members, text
from harness.audit.triggers import edges
from harness.audit.view import View
from harness.messaging.filters import FilterPolicyError, compile_filter


def check(view: View) -> Iterator[Found]:
    """Yield each subscription whose FilterPolicy SNS refuses in its scope."""
    for edge in edges(view):
        policy = members(members(edge.given).get("FilterPolicy")) if edge.kind == "topic" else {}
        if not policy:
            continue
        scope = text(edge.given.get("FilterPolicyScope")) or "MessageAttributes"
        try:
            compile_filter(
                json.loads(json.dumps(dict(policy))),
                "MessageBody" if scope == "MessageBody" else "MessageAttributes",
            )
        except FilterPolicyError as error:
            yield Found(
                edge.declared,
                f"SNS refuses the filter policy of scope {scope}: {error}",
                f"{edge.path}.FilterPolicy".lstrip("."),
            )


RULE = Rule(
    id="filter-policy-refused",
    title="A filter policy that SNS refuses",
    severity="error",
    why="A policy with nested names is one of the message body: under FilterPolicyScope MessageAttributes, "
    "the default, SNS refuses it, as it does operators and values that it does not know.",
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
      FilterPolicy: {order: {state: [paid]}}
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
      FilterPolicy: {order: {state: [paid]}}
""",
)
