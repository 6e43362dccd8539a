"""What declared things name: naming a queue in a function's environment is enough to have it made."""

from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from harness.scenario.functions import EventSource, Function, QualifiedFunction
from harness.scenario.messaging import Queue, Subscription, Topic
from harness.scenario.triggers import HttpApi, Notification, Rule, Timer

T = TypeVar("T")


def everything(things: Iterable[Any]) -> list[Any]:
    """Return *things* with all that they name, and what that names in turn; each object once, in order."""
    found: dict[int, Any] = {}
    waiting = list(things)
    while waiting:
        one = waiting.pop(0)
        if id(one) not in found:
            found[id(one)] = one
            waiting += named_by(one)
    return list(found.values())


def of_type(things: Iterable[Any], kind: type[T]) -> list[T]:
    """Return those of *things* that are of *kind*, equal ones once."""
    return list(dict.fromkeys(one for one in things if isinstance(one, kind)))


def named_by(one: Any) -> Iterator[Any]:
    """Yield the declared things that *one* names itself."""
    match one:
        case Function():
            beside = (one.on_failure, one.on_success, one.dead_letter)
            named = [one.role, *one.environment.values(), *one.invoked_by, *beside]
            yield from (each for each in named if each is not None and not isinstance(each, str))
        case QualifiedFunction():
            yield one.function
        case EventSource():
            yield from (one.queue, one.function)
        case Timer() | Rule():
            yield from one.targets
        case Notification():
            yield from (one.bucket, one.target)
        case HttpApi():
            yield one.function
        case Subscription():
            yield one.topic
            if not isinstance(one.endpoint, str):
                yield one.endpoint
        case Topic() | Queue():
            yield from one.accepts
        case _:
            return
