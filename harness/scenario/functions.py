"""Lambda functions, their aliases and the queues they are fed from, checked when they are built.

Names and ranges are Lambda's (Lambda API reference: CreateFunction, CreateAlias, CreateEventSourceMapping,
PutFunctionEventInvokeConfig). What starts functions beside queues is in `triggers.py`; what the plan of a
scenario makes of them is `functions_plan.py`'s matter.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from harness.endpoint.distributions import Constant, Distribution
from harness.errors import RequestRefused, ScenarioError
from harness.functions.event_filters import compile_filters
from harness.scenario.checks import check_range
from harness.scenario.handlers import check_handler, handler_name
from harness.scenario.messaging import Queue, Table, Topic
from harness.scenario.resources import Bucket, Endpoint
from harness.scenario.roles import Role

# CreateFunction: FunctionName (within an account, 64 characters), and CreateAlias: Name, not digits alone.
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_ALIAS = re.compile(r"(?!\d+$)[a-zA-Z0-9_-]{1,128}")
_VARIABLE = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
_RUNTIME = re.compile(r"python3\.\d+")
# Lambda guide, "Defined runtime environment variables": reserved ones cannot be set.
RESERVED_VARIABLES = frozenset(
    {
        "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_LOG_STREAM_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
        "_X_AMZN_TRACE_ID",
    }
)
# Lambda quotas: "Environment variables: 4 KB for all environment variables associated with the function".
ENVIRONMENT_BYTES = 4_096
LATEST = "$LATEST"
FIRST_VERSION = "1"
# CreateEventSourceMapping: BatchSize for standard and FIFO queues; from 11 on a window is needed.
BATCH_AT_MOST, FIFO_BATCH_AT_MOST, BATCH_WITHOUT_WINDOW = 10_000, 10, 10

Variable: TypeAlias = "str | Queue | Topic | Bucket | Table | Endpoint | Function | Role"


@dataclass(frozen=True, slots=True)
class Alias:
    """A name for a version of a function: for the one published when it is deployed ("1"), or "$LATEST".

    `provisioned` environments are kept ready for it.
    """

    name: str
    version: str = FIRST_VERSION
    provisioned: int = 0

    def __post_init__(self) -> None:
        who = f"Alias {self.name!r}"
        if not _ALIAS.fullmatch(self.name):
            raise ScenarioError(
                f"{who}: a name has 1 to 128 letters, digits, hyphens and underscores, and not digits alone"
            )
        if self.version not in (FIRST_VERSION, LATEST):
            raise ScenarioError(
                f"{who}: version is {self.version!r}; one version is published, say '1', or '$LATEST'"
            )
        check_range(f"{who}: provisioned", self.provisioned, 0, None)
        if self.provisioned and self.version == LATEST:
            raise ScenarioError(f"{who}: Lambda provisions no concurrency for $LATEST; say version='1'")


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function whose handler really runs, in processes of its own and under its `role`.

    `handler` is a Python function at the top level of a file, or its name as "module.function" in `code`, a
    folder or a zip. Without `code`, the file of the handler is all the code there is: it may import the
    standard library and boto3. A value of `environment` that is a declared thing becomes a queue's URL, a
    topic's or role's ARN, or the name of anything else.

    `duration` and `init_time` are the model seconds that an invocation and a cold start take; without them
    what they took on this machine. `invoked_by` get a permission to invoke it (a topic, a bucket, a role, or
    a principal as text); timers, rules and HTTP APIs bring their own. `retries`, `max_event_age_s` and the
    destinations are for asynchronous invocations.
    """

    name: str
    handler: Callable[..., Any] | str
    role: Role
    code: str | None = None
    runtime: str = "python3.11"
    timeout_s: int = 3
    memory_mb: int = 128
    environment: Mapping[str, Variable] = field(default_factory=dict, hash=False)
    reserved: int | None = None
    duration: float | Distribution | None = None
    init_time: float | Distribution | None = None
    aliases: tuple[Alias, ...] = ()
    invoked_by: "tuple[Topic | Bucket | Role | str, ...]" = ()
    retries: int = 2
    max_event_age_s: int = 21_600
    on_failure: "Queue | Topic | Function | None" = None
    on_success: "Queue | Topic | Function | None" = None
    dead_letter: Queue | Topic | None = None

    def __post_init__(self) -> None:
        who = f"Function {self.name!r}"
        check_function_name(who, self.name)
        for label in ("aliases", "invoked_by"):
            object.__setattr__(self, label, tuple(getattr(self, label)))
        if not _RUNTIME.fullmatch(self.runtime):
            raise ScenarioError(f"{who}: runtime is {self.runtime!r}; only Python runs here, as 'python3.11'")
        check_range(f"{who}: timeout_s", self.timeout_s, 1, 900)
        check_range(f"{who}: memory_mb", self.memory_mb, 128, 10_240)
        check_range(f"{who}: retries", self.retries, 0, 2)
        check_range(f"{who}: max_event_age_s", self.max_event_age_s, 60, 21_600)
        if self.reserved is not None:
            check_range(f"{who}: reserved", self.reserved, 0, None)
        for label in ("duration", "init_time"):
            _check_span(f"{who}: {label}", getattr(self, label))
        check_handler(who, self.handler, self.code)
        _check_environment(who, self.environment)
        self._check_aliases(who)
        if isinstance(self.dead_letter, Queue | Topic) and self.dead_letter.fifo:
            raise ScenarioError(f"{who}: dead_letter is FIFO, and Lambda sends to standard queues and topics")

    def _check_aliases(self, who: str) -> None:
        names = [alias.name for alias in self.aliases]
        if len(set(names)) < len(names):
            raise ScenarioError(f"{who}: two aliases have one name; give each a name of its own")
        # PutProvisionedConcurrencyConfig: it may not exceed the reserved concurrency.
        provisioned = [alias.provisioned for alias in self.aliases]
        if self.reserved is not None and sum(provisioned) > self.reserved:
            raise ScenarioError(
                f"{who}: {sum(provisioned)} provisioned environments are more than its reserved concurrency "
                f"({self.reserved}); raise reserved or provision fewer"
            )

    @property
    def handler_name(self) -> str:
        """What Lambda calls the handler: "module.function"."""
        return handler_name(self.handler, self.code)

    @property
    def modelled_duration(self) -> Distribution | None:
        """How long an invocation takes, None for as long as it takes here."""
        return _distribution(self.duration)

    @property
    def modelled_init(self) -> Distribution | None:
        """How long a cold start takes, None for as long as it takes here."""
        return _distribution(self.init_time)

    def alias(self, name: str) -> "QualifiedFunction":
        """Return the function by its alias *name*, to be called or triggered; ScenarioError without."""
        if name not in [alias.name for alias in self.aliases]:
            known = ", ".join(repr(alias.name) for alias in self.aliases) or "none"
            raise ScenarioError(f"Function {self.name!r} has no alias {name!r}; it has {known}")
        return QualifiedFunction(self, name)

    def arn(self, region: str, account: str) -> str:
        """Return its ARN, without a qualifier."""
        return f"arn:aws:lambda:{region}:{account}:function:{self.name}"


@dataclass(frozen=True, slots=True)
class QualifiedFunction:
    """A function by one of its aliases: what `function.alias("live")` returns."""

    function: Function
    qualifier: str

    @property
    def name(self) -> str:
        """Its name with the qualifier, as Lambda takes it: "function:alias"."""
        return f"{self.function.name}:{self.qualifier}"

    def arn(self, region: str, account: str) -> str:
        """Return its ARN, qualifier included."""
        return f"{self.function.arn(region, account)}:{self.qualifier}"


Invocable: TypeAlias = Function | QualifiedFunction


def function_of(one: Invocable) -> Function:
    """Return the function itself, whatever names it."""
    return one.function if isinstance(one, QualifiedFunction) else one


@dataclass(frozen=True, slots=True)
class EventSource:
    """An event source mapping: Lambda polls *queue* under the function's role and hands over batches.

    `window_s` is how long a batch is gathered, `maximum_concurrency` how many batches are under way at most.
    `reports_item_failures`: the answer names the messages that failed (ReportBatchItemFailures). `filters`
    are event patterns of which a message must match one.
    """

    queue: Queue
    function: Invocable
    batch_size: int = 10
    window_s: int = 0
    maximum_concurrency: int | None = None
    reports_item_failures: bool = False
    filters: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)

    def __post_init__(self) -> None:
        who = f"EventSource of {self.queue.name!r} for {self.function.name!r}"
        object.__setattr__(self, "filters", tuple(self.filters))
        most = FIFO_BATCH_AT_MOST if self.queue.fifo else BATCH_AT_MOST
        check_range(f"{who}: batch_size", self.batch_size, 1, most)
        check_range(f"{who}: window_s", self.window_s, 0, 300)
        if self.queue.fifo and self.window_s:
            raise ScenarioError(f"{who}: Lambda takes no window for a FIFO queue; drop window_s")
        if self.batch_size > BATCH_WITHOUT_WINDOW and self.window_s < 1:
            raise ScenarioError(
                f"{who}: batch_size is {self.batch_size}, and Lambda takes more than {BATCH_WITHOUT_WINDOW} "
                "only with a window; set window_s to 1 or more"
            )
        if self.maximum_concurrency is not None:
            check_range(f"{who}: maximum_concurrency", self.maximum_concurrency, 2, 1_000)
        # What CreateEventSourceMapping refuses: "Queue visibility timeout: 30 seconds is less than Function
        # timeout: 60 seconds".
        timeout_s = function_of(self.function).timeout_s
        if self.queue.visibility_timeout_s < timeout_s:
            raise ScenarioError(
                f"{who}: the queue's visibility_timeout_s ({self.queue.visibility_timeout_s}) is below the "
                f"function's timeout_s ({timeout_s}), which Lambda refuses; six times the second is advised"
            )
        _check_filters(who, self.filters)


def check_function_name(who: str, name: str) -> None:
    """Raise ScenarioError when Lambda would refuse *name*."""
    if not _NAME.fullmatch(name):
        raise ScenarioError(f"{who}: a name has 1 to 64 letters, digits, hyphens and underscores")


def _check_filters(who: str, filters: Sequence[Mapping[str, Any]]) -> None:
    try:
        compile_filters([json.dumps(pattern) for pattern in filters])
    except RequestRefused as error:
        raise ScenarioError(f"{who}: Lambda refuses its filters: {error}") from error
    except (TypeError, ValueError) as error:
        raise ScenarioError(f"{who}: a filter is no JSON value ({error})") from error


def _check_environment(who: str, environment: Mapping[str, Variable]) -> None:
    for name, value in environment.items():
        if not _VARIABLE.fullmatch(name):
            raise ScenarioError(
                f"{who}: environment has {name!r}; a name has a letter, and then letters, digits and _"
            )
        if name in RESERVED_VARIABLES:
            raise ScenarioError(f"{who}: environment sets {name}, which Lambda reserves; take another name")
        if not isinstance(value, str | Queue | Topic | Bucket | Table | Endpoint | Function | Role):
            kind = type(value).__name__
            raise ScenarioError(
                f"{who}: environment variable {name} is of type {kind}; give text, or a declared resource"
            )
    size = sum(
        len(name) + len(value.encode()) for name, value in environment.items() if isinstance(value, str)
    )
    if size > ENVIRONMENT_BYTES:
        raise ScenarioError(
            f"{who}: environment has {size} bytes, and Lambda takes {ENVIRONMENT_BYTES}; put it into a file"
        )


def _check_span(what: str, given: object) -> None:
    if given is None or hasattr(given, "draw"):
        return
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise ScenarioError(f"{what} is {given!r}; give model seconds, or a distribution of them")
    if not 0 <= given < float("inf"):
        raise ScenarioError(f"{what} is {given:g}; it must be finite and 0 or more")


def _distribution(given: float | Distribution | None) -> Distribution | None:
    return Constant(float(given)) if isinstance(given, int | float) else given
