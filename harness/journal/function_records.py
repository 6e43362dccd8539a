"""What happened to functions: declared, invoked, throttled; what became of events; what concurrency was set.

An invocation is one attempt that ran. Its `source` is "synchronous", "asynchronous" or "event source"; its
`trigger` is the ARN of the topic, bucket, rule or API route that asked, or the UUID of the event source
mapping, empty for a caller with a key.
Concurrency over time is not recorded: it follows from the beginnings and ends of the invocations.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FunctionDeclared:
    """A function was made, or its configuration changed. `reserved` is None where nothing is reserved."""

    at: float
    function: str
    runtime: str
    handler: str
    role: str
    memory_mb: int
    timeout_s: float
    reserved: int | None = None


@dataclass(frozen=True, slots=True)
class FunctionInvoked:
    """An invocation ended at `at`. It was admitted at `began_at`, and `due_at` (accepted, or meant).

    `init_s` and `duration_s` are model seconds, as the REPORT line of AWS has them; `overhead_s` are the
    real seconds that the harness added. `outcome` is "ok", or what went wrong: "error" (raised), "timeout",
    "crash" (the process ended), "memory", "response too large", "init error". `error` is AWS's errorType and
    message; `log` the last lines, kept where the outcome is not ok. `records` of a batch were handed over,
    `failed_records` of them came back.
    """

    at: float
    due_at: float
    began_at: float
    function: str
    qualifier: str
    version: str
    request: str
    source: str
    trigger: str
    environment: str
    cold: bool
    provisioned: bool
    init_s: float
    duration_s: float
    overhead_s: float
    outcome: str
    error: str = ""
    attempt: int = 1
    records: int = 0
    failed_records: int = 0
    memory_mb: int | None = None
    caller: str = ""
    log: str = ""


@dataclass(frozen=True, slots=True)
class FunctionThrottled:
    """An invocation was not admitted; `reason` is one of TooManyRequestsException's."""

    at: float
    function: str
    qualifier: str
    request: str
    source: str
    trigger: str
    reason: str
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class FunctionEventEnded:
    """An asynchronous event, accepted at `accepted_at`, is done with.

    `how`: "succeeded", "failed" (attempts exhausted), "expired" (older than MaximumEventAgeInSeconds).
    `destination` is the ARN that got the record of it, empty for none; a failed event without one is lost.
    """

    at: float
    accepted_at: float
    function: str
    request: str
    how: str
    attempts: int
    destination: str = ""


@dataclass(frozen=True, slots=True)
class FunctionMinute:
    """The invocations of a function by one qualifier that came in the `period_s` seconds from `at` on.

    Where there are too many to keep one by one: `FunctionInvoked` and `FunctionThrottled` then have none.
    `throttled` and `errors` count by reason and by outcome; `concurrency` is the most that ran at once by the
    qualifier, `of_function` by any. `duration` is a histogram of seconds, as [bin, count] with the bins of
    `bin_start_s`.
    """

    at: float
    function: str
    qualifier: str
    period_s: float
    invocations: int
    cold_starts: int
    provisioned: int
    spillover: int
    throttled: dict[str, int]
    errors: dict[str, int]
    concurrency: int
    of_function: int
    duration: list[list[int]]


@dataclass(frozen=True, slots=True)
class ConcurrencySet:
    """Reserved (`qualifier` empty) or provisioned concurrency was asked for, or has become available.

    `requested` is None where it was taken away; for reserved concurrency both figures are the same.
    """

    at: float
    function: str
    qualifier: str
    requested: int | None
    allocated: int | None


@dataclass(frozen=True, slots=True)
class EventSourceDeclared:
    """An event source mapping from *queue* (its name) was made, changed or, not `enabled`, ended."""

    at: float
    mapping: str
    function: str
    queue: str
    batch_size: int
    window_s: float
    maximum_concurrency: int | None = None
    reports_item_failures: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class EventSourceSampled:
    """How many batches the pollers of *mapping* may have under way, how many they have; told on change."""

    at: float
    mapping: str
    pollers: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A rule with a schedule was due at `due_at` and fired at `at`, to `targets` targets."""

    at: float
    due_at: float
    rule: str
    targets: int
