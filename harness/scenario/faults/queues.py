"""Which queue a delivery fault is about, by value or by name; FIFO queues are none of theirs."""

from harness.errors import ScenarioError
from harness.scenario.messaging import FIFO_ENDING, Queue


def queue_name(queue: Queue | str | None) -> str:
    """Return the AWS name of *queue*, empty where all queues are meant."""
    if queue is None:
        return ""
    return queue.aws_name if isinstance(queue, Queue) else queue


def check_not_fifo(what: str, queue: Queue | str | None) -> None:
    """Raise ScenarioError for a FIFO queue: SQS delivers there once and in order (SQS developer guide,
    "Amazon SQS FIFO queues"), so a rehearsal that did otherwise would not be AWS."""
    name = queue_name(queue)
    if name.endswith(FIFO_ENDING):
        raise ScenarioError(
            f"{what} of {name!r}: SQS delivers from a FIFO queue exactly once and in order; name a standard "
            "queue"
        )


def of_queue(queue: Queue | str | None) -> str:
    """Return which queue is meant, for people."""
    return f"queue {queue_name(queue)}" if queue is not None else "every standard queue"
