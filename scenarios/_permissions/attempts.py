"""Calls that a program makes to find out whether it may: each one answered, refused, or failed otherwise."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.program import Context
    from harness.scenario.permissions import On

# What the services say to who may not: most of them the first, S3, SNS and SQS among others the second.
REFUSED = frozenset({"AccessDeniedException", "AccessDenied", "UnauthorizedOperation"})


class Caller:
    """The clients of one program, each made once, and the ARNs of what it calls."""

    def __init__(self, context: "Context") -> None:
        self.arn = context.arn
        self._context = context
        self._clients: dict[str, Any] = {}

    def client(self, service: str) -> Any:
        """Return the boto3 client of *service*."""
        if service not in self._clients:
            self._clients[service] = self._context.client(service)
        return self._clients[service]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One API call: what it needs (*action* on *on*), and `make(caller)`, which makes it."""

    action: str
    on: "On"
    make: Callable[[Caller], Any]


def is_refused(error: Exception) -> bool:
    """Return whether *error*, which boto3 raised, says that the caller may not."""
    response = getattr(error, "response", {})
    return response.get("Error", {}).get("Code") in REFUSED


def tried(context: "Context", attempts: Iterable[Attempt]) -> dict[str, int]:
    """Make each of *attempts* once; return how many were tried, how many of them refused and how many done.

    An attempt that is let through may still fail, since nothing is prepared for it: that is no refusal.
    """
    from botocore.exceptions import ClientError

    caller = Caller(context)
    counts = {"tried": 0, "refused": 0, "done": 0}
    for attempt in attempts:
        counts["tried"] += 1
        try:
            attempt.make(caller)
            counts["done"] += 1
            print(f"{attempt.action}: done", flush=True)
        except ClientError as error:
            counts["refused"] += is_refused(error)
            print(f"{attempt.action}: {error}", flush=True)
    return counts
