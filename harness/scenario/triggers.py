"""What starts functions, and sends messages, beside queues: timers, event rules, bucket notifications, HTTP.

Names and limits are AWS's (EventBridge API reference: PutRule, PutTargets; S3 API reference,
PutBucketNotificationConfiguration; API Gateway V2 API reference). Timers, rules and HTTP APIs bring the
permission that Lambda wants of them, unless `permitted` is False: then AWS refuses the function to them,
which a rehearsal may want to show.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from harness.errors import RequestRefused, ScenarioError
from harness.functions.schedules import rule_schedule
from harness.scenario.functions import Function, Invocable, QualifiedFunction
from harness.scenario.messaging import Queue, Topic
from harness.scenario.resources import Bucket

# PutRule: Name; PutTargets: five targets a rule.
_RULE = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
TARGETS_AT_MOST = 5
# CreateApi: Name; CreateRoute: RouteKey.
_API = re.compile(r".{1,128}")
_ROUTE = re.compile(r"(ANY|GET|HEAD|PUT|POST|PATCH|DELETE|OPTIONS) /\S*|\$default")
# S3 user guide, "Supported event types for SQS, SNS, and Lambda".
_EVENT = re.compile(r"s3:[A-Za-z]+:(\*|[A-Za-z]+)|s3:[A-Za-z]+")
OBJECT_CREATED = "s3:ObjectCreated:*"
# Where an emulator answers for an API by its path, since names below execute-api resolve to AWS alone.
API_PATH = "/_aws/execute-api"

Target: TypeAlias = Function | QualifiedFunction | Queue | Topic


@dataclass(frozen=True, slots=True)
class Timer:
    """An EventBridge rule that sends `input` (else the scheduled event) to *targets* by its *schedule*.

    *schedule* is "rate(5 minutes)" or "cron(0 8 * * ? *)", in UTC.
    """

    name: str
    schedule: str
    targets: tuple[Target, ...]
    input: Mapping[str, Any] | None = field(default=None, hash=False)
    permitted: bool = True

    def __post_init__(self) -> None:
        who = f"Timer {self.name!r}"
        _check_rule(who, self)
        try:
            rule_schedule(self.schedule)
        except RequestRefused as error:
            raise ScenarioError(
                f"{who}: EventBridge refuses its schedule {self.schedule!r}: {error}; write it as "
                "'rate(5 minutes)' or 'cron(0 8 * * ? *)'"
            ) from error
        _check_json(f"{who}: input", self.input)

    def arn(self, region: str, account: str) -> str:
        """Return the ARN of its rule."""
        return f"arn:aws:events:{region}:{account}:rule/{self.name}"


@dataclass(frozen=True, slots=True)
class Rule:
    """An EventBridge rule on the default bus that sends what matches *pattern* to *targets*."""

    name: str
    pattern: Mapping[str, Any] = field(hash=False)
    targets: tuple[Target, ...]
    permitted: bool = True

    def __post_init__(self) -> None:
        who = f"Rule {self.name!r}"
        _check_rule(who, self)
        if not isinstance(self.pattern, Mapping) or not self.pattern:
            raise ScenarioError(f"{who}: pattern is empty; say what it matches, as {{'source': ['aws.s3']}}")
        _check_json(f"{who}: pattern", self.pattern)

    def arn(self, region: str, account: str) -> str:
        """Return its ARN."""
        return f"arn:aws:events:{region}:{account}:rule/{self.name}"


@dataclass(frozen=True, slots=True)
class Notification:
    """What happens to objects of *bucket* is told to *target*: those of *events* whose key has *prefix* and
    *suffix*.

    A function must be `invoked_by` the bucket; a queue or topic must accept it.
    """

    bucket: Bucket
    target: Target
    events: tuple[str, ...] = (OBJECT_CREATED,)
    prefix: str = ""
    suffix: str = ""

    def __post_init__(self) -> None:
        who = f"Notification of bucket {self.bucket.name!r}"
        object.__setattr__(
            self, "events", (self.events,) if isinstance(self.events, str) else tuple(self.events)
        )
        if not self.events:
            raise ScenarioError(f"{who}: events is empty; name at least one, as {OBJECT_CREATED!r}")
        for event in self.events:
            if not _EVENT.fullmatch(event):
                raise ScenarioError(f"{who}: {event!r} is no S3 event; write it as {OBJECT_CREATED!r}")
        if isinstance(self.target, Queue | Topic) and self.target.fifo:
            raise ScenarioError(f"{who}: {self.target.name!r} is FIFO, and S3 tells standard ones only")


@dataclass(frozen=True, slots=True)
class HttpApi:
    """An HTTP API of API Gateway whose *route* ("POST /predict") invokes *function*, payload format 2.0."""

    name: str
    function: Invocable
    route: str = "POST /predict"
    permitted: bool = True

    def __post_init__(self) -> None:
        who = f"HttpApi {self.name!r}"
        if not _API.fullmatch(self.name):
            raise ScenarioError(f"{who}: a name has 1 to 128 characters")
        if not _ROUTE.fullmatch(self.route):
            raise ScenarioError(
                f"{who}: route is {self.route!r}; write method and path, as 'POST /predict', or '$default'"
            )

    @property
    def method(self) -> str:
        """The HTTP method that its load uses: the route's, POST where it takes any."""
        method = self.route.partition(" ")[0]
        return "POST" if method in ("ANY", "$default") else method

    @property
    def path(self) -> str:
        """The path that its load calls: the route's, "/" for the default route."""
        return self.route.partition(" ")[2] or "/"


Trigger: TypeAlias = Timer | Rule | Notification | HttpApi


def _check_rule(who: str, rule: Timer | Rule) -> None:
    object.__setattr__(rule, "targets", tuple(rule.targets))
    if not _RULE.fullmatch(rule.name):
        raise ScenarioError(f"{who}: a name has 1 to 64 letters, digits and characters of .-_")
    if not 1 <= len(rule.targets) <= TARGETS_AT_MOST:
        raise ScenarioError(f"{who}: it has {len(rule.targets)} targets; EventBridge takes 1 to 5")


def _check_json(what: str, value: object) -> None:
    try:
        json.dumps(value)
    except (TypeError, ValueError) as error:
        raise ScenarioError(f"{what} is no JSON value ({error})") from error
