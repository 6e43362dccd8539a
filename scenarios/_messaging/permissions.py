"""What a program may do and nothing else: one statement for each thing that it works with.

Batches have no actions of their own: PublishBatch is allowed by sns:Publish, DeleteMessageBatch by
sqs:DeleteMessage (SQS developer guide, "Amazon SQS API permissions").
"""

from harness.scenario import Queue, Statement, Table, Topic, allow

# Who runs the programs on AWS: containers, which have the role of their task.
CONTAINERS = "ecs-tasks.amazonaws.com"


def publish(*topics: Topic) -> Statement:
    """Allow publishing to *topics*."""
    return allow("sns:Publish", on=topics)


def receive(*queues: Queue) -> Statement:
    """Allow looking at what is in *queues*, and no more."""
    return allow("sqs:ReceiveMessage", on=queues)


def consume(*queues: Queue) -> Statement:
    """Allow what a consumer of *queues* does: receive and delete."""
    return allow("sqs:ReceiveMessage", "sqs:DeleteMessage", on=queues)


def give_back(*queues: Queue) -> Statement:
    """Allow making what was received from *queues* visible again at once."""
    return allow("sqs:ChangeMessageVisibility", on=queues)


def remember(table: Table) -> Statement:
    """Allow writing single items and batches to *table*."""
    return allow("dynamodb:PutItem", "dynamodb:BatchWriteItem", on=table)
