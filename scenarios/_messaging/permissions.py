"""What a program may do and nothing else: one statement for each thing that it works with.

Account and region are left open in the ARNs, so that the same role serves wherever the scenario is deployed.
Batches have no actions of their own: PublishBatch is allowed by sns:Publish, DeleteMessageBatch by
sqs:DeleteMessage (SQS developer guide, "Amazon SQS API permissions").
"""

from harness.scenario import Queue, Table, Topic, allow
from harness.scenario.resources import Statement

# Who runs the programs on AWS: containers, which have the role of their task.
CONTAINERS = "ecs-tasks.amazonaws.com"


def publish(*topics: Topic) -> Statement:
    """Allow publishing to *topics*."""
    return allow("sns:Publish", on=tuple(f"arn:aws:sns:*:*:{topic.aws_name}" for topic in topics))


def consume(*queues: Queue) -> Statement:
    """Allow what a consumer of *queues* does: receive, delete, and give back what it cannot work on."""
    actions = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility")
    return allow(*actions, on=tuple(f"arn:aws:sqs:*:*:{queue.aws_name}" for queue in queues))


def remember(table: Table) -> Statement:
    """Allow writing single items and batches to *table*."""
    return allow("dynamodb:PutItem", "dynamodb:BatchWriteItem", on=f"arn:aws:dynamodb:*:*:table/{table.name}")
