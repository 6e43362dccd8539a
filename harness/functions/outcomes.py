"""What becomes of an invocation: admitted to an environment, or throttled for a reason (pure)."""

from dataclasses import dataclass
from enum import Enum


class Source(Enum):
    """Who asks for an invocation, which decides what a throttle means for it."""

    SYNCHRONOUS = "synchronous"  # the caller gets the 429
    ASYNCHRONOUS = "asynchronous"  # Lambda keeps the event and tries again
    EVENT_SOURCE = "event source"  # the poller backs off, the messages come back


class Reason(Enum):
    """Why an invocation is throttled; the values are those of `TooManyRequestsException.Reason`.

    Source: Lambda API reference, Invoke, TooManyRequestsException.
    """

    CONCURRENT = "ConcurrentInvocationLimitExceeded"
    RATE = "FunctionInvocationRateLimitExceeded"
    RESERVED_CONCURRENT = "ReservedFunctionConcurrentInvocationLimitExceeded"
    RESERVED_RATE = "ReservedFunctionInvocationRateLimitExceeded"
    CALLER_RATE = "CallerRateLimitExceeded"


@dataclass(frozen=True, slots=True)
class Admitted:
    """The invocation runs: *execution* names it until it ends, *environment* is where.

    A *cold* one begins with *init_s* seconds of initialisation, 0 for a warm or provisioned one.
    """

    execution: int
    environment: str
    version: str
    cold: bool
    provisioned: bool
    init_s: float


@dataclass(frozen=True, slots=True)
class Throttled:
    """The invocation does not run, and *reason* says which limit it met."""

    reason: Reason
