"""What sends to what: subscriptions, notifications, rules, schedules, mappings and APIs, all in one form."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from harness.audit.names import BUCKET, QUEUE, RULE, TOPIC
from harness.audit.permissions import Invoked, invoked
from harness.audit.plain import inside, listed, members, text
from harness.audit.view import View, per_view
from harness.templates.model import Resource

Kind = Literal["topic", "bucket", "rule", "schedule", "api", "mapping"]

SUBSCRIPTION, MAPPING = "AWS::SNS::Subscription", "AWS::Lambda::EventSourceMapping"
SCHEDULE = "AWS::Scheduler::Schedule"
# A bucket's configurations: CloudFormation template reference, AWS::S3::Bucket NotificationConfiguration.
_NOTIFIED = (
    ("LambdaConfigurations", "Function"),
    ("QueueConfigurations", "Queue"),
    ("TopicConfigurations", "Topic"),
)


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a sender to a receiver. `declared` at `path` in the template; `target` is an ARN.

    `sender` is the resource that sends, None where the template has it not; `source_arn` its ARN. `given` has
    the settings of this way: the subscription's, the rule's target's, the mapping's.
    """

    kind: Kind
    declared: Resource
    path: str
    sender: Resource | None
    source_arn: str
    target: str
    given: Any


@per_view
def edges(view: View) -> tuple[Edge, ...]:
    """Return all ways in the template."""
    return (*_topics(view), *_buckets(view), *_rules(view), *_schedules(view), *_mappings(view), *_apis(view))


def to_queues(view: View, *kinds: Kind) -> Iterator[tuple[Edge, Resource]]:
    """Yield the ways of *kinds* that end in a queue of the template, each with it."""
    for edge in edges(view):
        queue = view.find(edge.target, QUEUE) if edge.kind in kinds else None
        if queue is not None:
            yield edge, queue


def to_topics(view: View, *kinds: Kind) -> Iterator[tuple[Edge, Resource]]:
    """Yield the ways of *kinds* that end in a topic of the template, each with it."""
    for edge in edges(view):
        topic = view.find(edge.target, TOPIC) if edge.kind in kinds else None
        if topic is not None:
            yield edge, topic


def to_functions(view: View, *kinds: Kind) -> Iterator[tuple[Edge, Invoked]]:
    """Yield the ways of *kinds* that end in a function of the template, each with it."""
    for edge in edges(view):
        called = invoked(view, edge.target) if edge.kind in kinds else None
        if called is not None:
            yield edge, called


def mappings(view: View) -> Iterator[tuple[Edge, Resource, Invoked | None]]:
    """Yield the event source mappings of queues of the template, with the queue and the function."""
    for edge, queue in ((e, e.sender) for e in edges(view) if e.kind == "mapping"):
        if queue is not None and queue.type == QUEUE:
            yield edge, queue, invoked(view, edge.target)


def _topics(view: View) -> Iterator[Edge]:
    for one in view.of_type(SUBSCRIPTION):
        arn = text(one.properties.get("TopicArn"))
        yield Edge(
            "topic", one, "", view.find(arn, TOPIC), arn, text(one.properties.get("Endpoint")), one.properties
        )
    for topic in view.of_type(TOPIC):
        for at, each in enumerate(listed(topic.properties.get("Subscription"))):
            given = members(each)
            path = f"Subscription[{at}]"
            yield Edge("topic", topic, path, topic, view.arn(topic), text(given.get("Endpoint")), given)


def _buckets(view: View) -> Iterator[Edge]:
    for bucket in view.of_type(BUCKET):
        for member, target in _NOTIFIED:
            path = f"NotificationConfiguration.{member}"
            for at, each in enumerate(listed(inside(bucket.properties, path))):
                given, arn = members(each), view.arn(bucket)
                yield Edge("bucket", bucket, f"{path}[{at}]", bucket, arn, text(given.get(target)), given)


def _rules(view: View) -> Iterator[Edge]:
    for rule in view.of_type(RULE):
        for at, each in enumerate(listed(rule.properties.get("Targets"))):
            given = members(each)
            yield Edge("rule", rule, f"Targets[{at}]", rule, view.arn(rule), text(given.get("Arn")), given)


def _schedules(view: View) -> Iterator[Edge]:
    for one in view.of_type(SCHEDULE):
        given = members(one.properties.get("Target"))
        yield Edge("schedule", one, "Target", one, "", text(given.get("Arn")), given)


def _mappings(view: View) -> Iterator[Edge]:
    for one in view.of_type(MAPPING):
        arn, function = text(one.properties.get("EventSourceArn")), text(one.properties.get("FunctionName"))
        yield Edge("mapping", one, "", view.find(arn), arn, function, one.properties)


def _apis(view: View) -> Iterator[Edge]:
    for one in view.of_type("AWS::ApiGateway::Method"):
        given = members(one.properties.get("Integration"))
        api = text(one.properties.get("RestApiId"))
        yield Edge("api", one, "Integration.Uri", None, api, _function_in(text(given.get("Uri"))), given)
    for one in view.of_type("AWS::ApiGatewayV2::Integration"):
        uri = text(one.properties.get("IntegrationUri"))
        api = text(one.properties.get("ApiId"))
        yield Edge("api", one, "IntegrationUri", None, api, _function_in(uri), one.properties)


def _function_in(uri: str) -> str:
    """Return the function's ARN in *uri*: arn:aws:apigateway:REGION:lambda:path/.../ARN/invocations."""
    inner = uri.rpartition("functions/")[2] if "functions/" in uri else uri
    return inner.removesuffix("/invocations")
