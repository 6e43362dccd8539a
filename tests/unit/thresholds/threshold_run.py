"""A run in a few records, and what a threshold finds of it."""

import re
from collections.abc import Sequence
from typing import Any

from harness import journal as j
from harness.thresholds import catalogue, judge, parse

FIRST = j.RunStarted(0.0, "tiny", "corrected", "", "wall", 1, 1.79e9, "embedded", {}, {}, "harness run tiny")
PLAYED = j.RunStarted(0.0, "tiny", "corrected", "", "virtual", 1, 1.79e9, "none", {}, {}, "harness simulate")
RANKER = "endpoint/ranker/variant/A"


def judged(text: str, *records: j.Record, first: j.RunStarted = FIRST, at: float = 100.0) -> j.Expectation:
    """Return the threshold *text* judged over a run of *records*."""
    (found,) = judge([parse(text)], [first, *records], None, at)
    return found


def value_of(metric: str, *records: j.Record, first: j.RunStarted = FIRST) -> float | None:
    """Return what is measured of *metric*, with its tags and aggregation, in a run of *records*."""
    return judged(limited(metric), *records, first=first).value


def why(metric: str, *records: j.Record, first: j.RunStarted = FIRST) -> str:
    """Return why nothing is measured of *metric* in a run of *records*; such a threshold is not met."""
    found = judged(limited(metric), *records, first=first)
    assert (found.value, found.ok) == (None, False)
    return found.reason


def limited(metric: str) -> str:
    """Return a threshold on *metric* that any figure keeps to."""
    name = re.split("[{:]", metric)[0]
    unit = "s" if any((one.name, one.unit) == (name, "s") for one in catalogue()) else ""
    return f"{metric}<1000000{unit}"


def call(due_at: float = 1.0, outcome: str = "ok", **more: Any) -> j.LoadRequest:
    """Return a request to `ranker`, answered after 0.1 s of lag, 0.2 s of waiting and 0.3 s of work."""
    given: dict[str, Any] = {
        "endpoint": "ranker",
        "status": 200 if outcome == "ok" else 503,
        "sent_at": due_at,
        "lag_s": 0.1,
        "queue_s": 0.2,
        "service_s": 0.3,
        "overhead_s": 0.004,
    }
    return j.LoadRequest(due_at, outcome=outcome, **{**given, **more})


def load_ended(began_at: float = 0.0, at: float = 50.0) -> j.LoadEnded:
    """Return the end of a load."""
    return j.LoadEnded(at, began_at, 1, 1, 1, 0, 0, 0, 0.0, "lean", 0.1, 1, False, [])


def exchange(service_s: float = 0.5, status: int = 200, **more: Any) -> j.Exchange:
    """Return an InvokeEndpoint that the gateway answered after 0.25 s of waiting."""
    given: dict[str, Any] = {
        "service": "sagemaker-runtime",
        "operation": "InvokeEndpoint",
        "upstream": "",
        "overhead_s": 0.002,
        "bytes_in": 1,
        "bytes_out": 1,
        "endpoint": "ranker",
        "queue_s": 0.25,
    }
    return j.Exchange(1.0, status=status, service_s=service_s, **{**given, **more})


def invoked(at: float = 2.0, function: str = "score", **more: Any) -> j.FunctionInvoked:
    """Return an invocation of a function that began at second 1 and took a second."""
    given: dict[str, Any] = {
        "due_at": 0.5,
        "began_at": 1.0,
        "qualifier": "",
        "version": "$LATEST",
        "request": f"r-{at}",
        "source": "synchronous",
        "trigger": "",
        "environment": "e",
        "cold": False,
        "provisioned": False,
        "init_s": 0.0,
        "duration_s": 1.0,
        "overhead_s": 0.001,
        "outcome": "ok",
    }
    return j.FunctionInvoked(at, function=function, **{**given, **more})


def throttled(
    function: str = "score", reason: str = "ConcurrentInvocationLimitExceeded"
) -> j.FunctionThrottled:
    """Return an attempt that was not admitted."""
    return j.FunctionThrottled(1.0, function, "", "r", "synchronous", "", reason)


def queue(name: str = "jobs") -> j.QueueDeclared:
    """Return a queue."""
    return j.QueueDeclared(0.0, name, 345_600.0)


def published(number: int, to: Sequence[str] = ("jobs",), **more: Any) -> j.MessagePublished:
    """Return message *number*, due and accepted at that second, for the queues *to*."""
    at = float(number)
    return j.MessagePublished(at, at, f"p{number}", "orders", list(to), **more)


def received(number: int, at: float, name: str = "jobs") -> j.MessageReceived:
    """Return that a consumer got message *number*."""
    return j.MessageReceived(at, name, f"m{number}", f"p{number}", 1)


def deleted(number: int, at: float, name: str = "jobs") -> j.MessageEnded:
    """Return that a consumer deleted message *number*."""
    return j.MessageEnded(at, name, f"m{number}", f"p{number}", "deleted")


def counted(name: str = "jobs", found: int = 0) -> j.InventoryTaken:
    """Return that somebody counted what was left in the queue."""
    return j.InventoryTaken(90.0, name, found, found)
