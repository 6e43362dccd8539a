"""Queues of a template: settings as SQS takes them, who reads them, and which are dead-letter queues."""

from collections.abc import Iterator

from harness.audit.names import QUEUE, ROLE
from harness.audit.permissions import Invoked, may, policies_of
from harness.audit.plain import inside, listed, members, number, switch, text
from harness.audit.triggers import Edge, mappings
from harness.audit.view import View, per_view
from harness.templates.model import Resource

# CreateQueue: what an attribute is where nobody sets it, seconds.
VISIBILITY_S, RETENTION_S = 30.0, 345_600.0


def visibility_s(queue: Resource) -> float | None:
    """Return the visibility timeout, None where it is not known."""
    return number(queue.properties.get("VisibilityTimeout", VISIBILITY_S))


def retention_s(queue: Resource) -> float | None:
    """Return how long the queue keeps messages, None where it is not known."""
    return number(queue.properties.get("MessageRetentionPeriod", RETENTION_S))


def is_fifo(one: Resource) -> bool:
    """Return whether a queue or topic is FIFO."""
    given = one.properties.get("FifoQueue", one.properties.get("FifoTopic"))
    return switch(given) is True


def dead_letter_queue(view: View, queue: Resource) -> Resource | None:
    """Return the dead-letter queue of *queue*, None where it has none or it is not in the template."""
    return view.find(inside(queue.properties, "RedrivePolicy.deadLetterTargetArn"), QUEUE)


def max_receive_count(queue: Resource) -> float | None:
    """Return maxReceiveCount, None without a RedrivePolicy or where it is not known."""
    return number(inside(queue.properties, "RedrivePolicy.maxReceiveCount"))


def has_dead_letter_queue(queue: Resource) -> bool:
    """Return whether *queue* has a dead-letter queue, in the template or elsewhere."""
    return bool(members(queue.properties.get("RedrivePolicy")).get("deadLetterTargetArn"))


@per_view
def dead_letter_queues(view: View) -> frozenset[str]:
    """Return the logical ids of the queues that others, subscriptions and functions leave failures in."""
    arns: list[object] = []
    for one in view.resources.values():
        given = one.properties
        arns += [
            inside(given, "RedrivePolicy.deadLetterTargetArn"),
            inside(given, "DeadLetterConfig.TargetArn"),
            inside(given, "DestinationConfig.OnFailure.Destination"),
            inside(given, "Target.DeadLetterConfig.Arn"),
        ]
        arns += [inside(each, "DeadLetterConfig.Arn") for each in listed(given.get("Targets"))]
    found = (view.find(arn, QUEUE) for arn in arns)
    return frozenset(one.logical_id for one in found if one is not None)


def fed(view: View) -> Iterator[tuple[Edge, Resource, Resource]]:
    """Yield each mapping of a queue of the template to a function of the template, with both."""
    for edge, queue, called in mappings(view):
        if called is not None:
            yield edge, queue, called.function


def consumers(view: View, queue: Resource) -> list[Invoked]:
    """Return the functions that are fed from *queue*."""
    return [called for _, each, called in mappings(view) if called is not None and each == queue]


@per_view
def worked_on(view: View) -> dict[str, list[Resource]]:
    """Return, by queue, the services of ECS whose tasks' role may receive from it: endless workers."""
    found: dict[str, list[Resource]] = {}
    for service in view.of_type("AWS::ECS::Service"):
        task = view.find(service.properties.get("TaskDefinition"), "AWS::ECS::TaskDefinition")
        role = view.find(text(task.properties.get("TaskRoleArn")), ROLE) if task is not None else None
        for queue in view.of_type(QUEUE) if role is not None else ():
            by = [each.document for each in policies_of(view, queue)]
            if role is not None and may(view, role, "sqs:ReceiveMessage", view.arn(queue), by=by):
                found.setdefault(queue.logical_id, []).append(service)
    return found
