"""Worlds for the tests of the reference model, with the calls that nearly every test makes."""

from itertools import count
from typing import Any

from harness.messaging.reference.values import (
    Difference,
    Done,
    Given,
    Message,
    QueueAttributes,
    Refused,
    Sent,
    TopicAttributes,
)
from harness.messaging.reference.world import World

_NUMBERS = count(1)


def a_world(fifo: bool = False, *, tolerance_s: float = 0.0, **attributes: Any) -> World:
    """A world whose queue `q` (`q.fifo`) has *attributes*."""
    world = World(tolerance_s=tolerance_s)
    wanted = QueueAttributes(fifo=fifo, content_based=fifo, **attributes)
    assert world.create_queue("q.fifo" if fifo else "q", wanted, 0.0) == Done()
    return world


def a_topic(world: World, name: str = "t", *, queues: tuple[str, ...] = ("q",), **options: Any) -> None:
    """A topic of *world* to which *queues* are subscribed."""
    fifo = name.endswith(".fifo")
    assert world.create_topic(name, TopicAttributes(fifo=fifo, content_based=fifo), 0.0) == Done()
    for queue in queues:
        assert world.subscribe(name, queue, 0.0, **options) == Done()


def sent(answer: Sent | Refused) -> Sent:
    """The answer, which is no refusal."""
    assert isinstance(answer, Sent), answer
    return answer


def send(world: World, body: str, now: float = 0.0, *, group: str | None = None, **options: Any) -> str:
    """Send to `q`, or to `q.fifo` where there is a group; return the copy's id."""
    queue = "q" if group is None else "q.fifo"
    return sent(world.send(queue, Message(body, group=group), now, **options)).copies[queue]


def take(
    world: World, now: float, *copies: str, queue: str = "q", **options: Any
) -> tuple[list[str], list[str]]:
    """Let the subject return *copies*; return the receipts and the rules that were broken."""
    receipts = [f"r{next(_NUMBERS)}" for _ in copies]
    given = [Given(copy, receipt) for copy, receipt in zip(copies, receipts, strict=True)]
    return receipts, rules(world.took(queue, given, now, **options))


def rules(differences: tuple[Difference, ...]) -> list[str]:
    """What was broken, with how much it matters in front; each has its page, and says which message it is."""
    for each in differences:
        assert each.source.startswith(("SQS guide, ", "SQS API reference, "))
        assert each.sentence.startswith("Queue ")
        if each.rule not in ("too-many", "empty-long-poll", "unknown-message"):
            assert each.message is not None
            assert each.message in each.sentence
    return [f"{each.severity} {each.rule}" for each in differences]


def code(answer: Any) -> str:
    """The error code of a refusal."""
    assert isinstance(answer, Refused), answer
    return answer.code
