"""A topic that nobody is subscribed to."""

import json
from collections.abc import Iterator

from harness.audit.model import Found, Rule
from harness.audit.names import TOPIC
from harness.audit.triggers import edges
from harness.audit.view import View
from harness.templates.model import token


def check(view: View) -> Iterator[Found]:
    """Yield each topic without a subscription; one that the stack gives out may have others elsewhere."""
    heard = {
        edge.sender.logical_id for edge in edges(view) if edge.kind == "topic" and edge.sender is not None
    }
    given_out = json.dumps(dict(view.template.outputs), default=str)
    for topic in view.of_type(TOPIC):
        names = (view.arn(topic), token(topic.logical_id, "Ref"), token(topic.logical_id, "TopicArn"))
        if topic.logical_id not in heard and not any(name in given_out for name in names):
            yield Found(topic, f"nobody is subscribed to topic {topic.logical_id}: what is published is lost")


RULE = Rule(
    id="topic-without-subscription",
    title="A topic without a subscription",
    severity="warning",
    why="SNS keeps nothing: a message published to a topic without subscriptions is taken with a "
    "MessageId and is gone. Subscribe a queue, or give the topic's ARN out for others to subscribe.",
    source="https://docs.aws.amazon.com/sns/latest/dg/welcome.html",
    check=check,
    failing="""
Resources:
  Progress: {Type: AWS::SNS::Topic}
""",
    passing="""
Resources:
  Progress:
    Type: AWS::SNS::Topic
    Properties: {Subscription: [{Protocol: email, Endpoint: team@example.com}]}
""",
)
