"""Small journals for the tests of bills, and what is in them."""

from typing import Any

from harness import journal as j
from harness.cost.bill import Bill, Item, bill

FIRST = j.RunStarted(0.0, "s", "corrected", "", "wall", 3, 1_790_000_040.0, "embedded", {}, {}, "harness run")


def billed(*records: j.Record, until: float = 7_200.0, configuration: dict[str, Any] | None = None) -> Bill:
    """Return the bill of a run with *records* in which the last thing happens at *until*."""
    first = j.RunStarted(**{**_fields(FIRST), "configuration": configuration or {}})
    return bill(
        [first, *records, j.FaultEnded(until, "none", "", 0, 0), j.RunEnded(until + 500, "pass", "", 1.0)]
    )


def _fields(record: Any) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.__slots__}


def only(found: Bill) -> Item:
    """Return the one line of the bill."""
    (one,) = found.items
    return one


def line(found: Bill, item: str) -> Item:
    """Return the line of *item*."""
    (one,) = [each for each in found.items if each.usage.item == item]
    return one


def call(service: str, operation: str, **changes: Any) -> j.Exchange:
    """Return a call that went well, of a kilobyte both ways."""
    known: dict[str, Any] = {
        "at": 1.0, "status": 200, "upstream": "x", "overhead_s": 0.0, "bytes_in": 1_000, "bytes_out": 1_000,
    }  # fmt: skip
    return j.Exchange(service=service, operation=operation, **(known | changes))


def joined(
    at: float, launched_at: float | None = None, kind: str = "ml.m5.large", **changes: Any
) -> j.InstanceChanged:
    """Return an instance that came into service."""
    known: dict[str, Any] = {
        "endpoint": "e",
        "variant": "v",
        "instance": "i-1",
        "zone": "a",
        "change": "joined",
    }
    return j.InstanceChanged(at=at, launched_at=launched_at, instance_type=kind, **(known | changes))


def left(at: float, cause: str = "scaled_in", instance: str = "i-1") -> j.InstanceChanged:
    """Return an instance that is gone."""
    return j.InstanceChanged(at, "e", "v", instance, "a", cause)


def invoked(began_at: float, duration_s: float = 0.1, **changes: Any) -> j.FunctionInvoked:
    """Return an invocation of the function f."""
    known: dict[str, Any] = {
        "at": began_at + duration_s, "due_at": began_at, "function": "f", "qualifier": "",
        "version": "$LATEST", "request": f"r{began_at}", "source": "synchronous", "trigger": "",
        "environment": "x", "cold": False,
        "provisioned": False, "init_s": 0.0, "overhead_s": 0.0, "outcome": "ok",
    }  # fmt: skip
    return j.FunctionInvoked(began_at=began_at, duration_s=duration_s, **(known | changes))


def declared(memory_mb: int = 1_024, at: float = 0.0) -> j.FunctionDeclared:
    """Return what the function f is."""
    return j.FunctionDeclared(at, "f", "python3.11", "h.handler", "role", memory_mb, 3.0)
