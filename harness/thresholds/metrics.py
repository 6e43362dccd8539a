"""Every metric by its name. What each is measured from is in `measures`, one function a name.

A name that is not here may be a path of summary.json (`paths`).
"""

from collections.abc import Iterator, Sequence

from harness.functions.outcomes import Reason, Source
from harness.thresholds.metric import Kind, Metric

# The names of k6's own metrics, for those who know them (k6 documentation, "Built-in metrics").
ALIASES = {
    "http_req_duration": "response_time",
    "http_req_failed": "error_ratio",
    "http_reqs": "requests",
}

_CALLED = ("endpoint", "function", "api")
_SENT_TO = (*_CALLED, "topic", "queue")
_LOAD = "the load's requests (LoadRequest)"
_WITHOUT_LOAD = f"{_LOAD}; without a load the gateway's InvokeEndpoint exchanges"
_INVOKED = "invocations of functions (FunctionInvoked)"
_ACCOUNT = "the account of messages: summary.json, messages.by_target"
_SAMPLES = "queues as looked at each second (QueueSampled)"
_IAM = "summary.json: iam"

RESPONSE_TIME = Metric(
    "response_time",
    Kind.TREND,
    "s",
    "Seconds from the moment a request was due to its modelled answer, of requests answered well",
    _CALLED,
    source=_WITHOUT_LOAD,
    follows=True,
)

_COUNTER, _GAUGE, _RATE, _TREND = Kind.COUNTER, Kind.GAUGE, Kind.RATE, Kind.TREND

LOAD = (
    RESPONSE_TIME,
    Metric("service_time", _TREND, "s", "Seconds that an answered request was worked on", _CALLED,
           source=_WITHOUT_LOAD, follows=True),
    Metric("queue_time", _TREND, "s", "Seconds that an answered request waited in the endpoint", _CALLED,
           source=_WITHOUT_LOAD, follows=True),
    Metric("overhead", _TREND, "s", "The harness's own real seconds of an answered request; in nothing else",
           _CALLED, source=_WITHOUT_LOAD, needs="real time", follows=True),
    Metric("lag", _TREND, "s", "Real seconds between a request being due and being sent", _SENT_TO,
           source=_LOAD, needs="real time", follows=True),
    Metric("requests", _COUNTER, "requests", "Requests that were due", (*_SENT_TO, "status", "outcome"),
           source=_LOAD, follows=True),
    Metric("errors", _COUNTER, "requests", "Requests that failed, were dropped, or are unfinished or lost",
           (*_SENT_TO, "status", "outcome"), source=_LOAD, follows=True),
    Metric("error_ratio", _RATE, "ratio", "Share of the requests that had no good answer", _SENT_TO,
           source=_LOAD, follows=True),
    Metric("calls", _COUNTER, "calls", "API calls through the gateway", ("service", "operation", "status"),
           source="exchanges (Exchange)", needs="calls", follows=True),
)  # fmt: skip

SCALING = (
    Metric("in_service", _GAUGE, "instances", "Instances in service, up to the teardown", ("endpoint",),
           "max", source="changes of capacity (CapacityChanged)", follows=True),
    Metric("desired", _GAUGE, "instances", "Instances asked for, up to the teardown", ("endpoint",), "max",
           source="changes of capacity (CapacityChanged)", follows=True),
    Metric("scale_out_lag", _TREND, "s",
           "Seconds from the first minute above the target until the first scale-out was in service",
           ("endpoint",), "max", source="the expectation scale_out_lag, of each scaled resource",
           follows=True),
    Metric("scale_out_decision", _TREND, "s",
           "Seconds from the first minute above the target to the decision to scale out",
           ("endpoint",), "max", source="the expectation first_scale_out, of each scaled resource",
           follows=True),
    Metric("scale_in_decision", _TREND, "s",
           "Seconds from the first low minute to the decision to scale in",
           ("endpoint",), "max", source="the expectation first_scale_in, of each scaled resource",
           follows=True),
    Metric("scale_outs", _COUNTER, "activities", "Scaling activities that asked for more instances",
           ("endpoint",), source="summary.json: scaling.targets"),
    Metric("scale_ins", _COUNTER, "activities", "Scaling activities that asked for fewer instances",
           ("endpoint",), source="summary.json: scaling.targets"),
    Metric("not_scaled", _COUNTER, "activities", "Times that an alarm asked for a change and none was made",
           ("endpoint",), source="summary.json: scaling.targets"),
)  # fmt: skip

MESSAGES = (
    Metric("published", _COUNTER, "messages", "Messages accepted by SNS, or by SQS where sent to a queue",
           ("topic", "queue"), source="publications (MessagePublished)", needs="messages", follows=True),
    Metric("lost", _COUNTER, "messages",
           "Messages that nobody processed and that are nowhere: gone, expired, or refused by a policy",
           ("queue", "webhook"), source="the expectation lost, of each queue and webhook", needs="messages"),
    Metric("duplicates", _COUNTER, "messages", "Messages that were received and deleted more than once",
           ("queue", "webhook"), source="the expectation duplicates, of each queue", needs="messages"),
    Metric("undelivered", _COUNTER, "messages", "Messages to a topic that AWS's rules send to nobody",
           ("topic",), source="the expectation undelivered, of each topic", needs="messages"),
    *(
        Metric(name, _COUNTER, "messages", what, ("queue", "webhook"), source=_ACCOUNT, needs="messages")
        for name, what in {
            "delivered": "Messages that came to a consumer at least once",
            "processed": "Messages that a consumer deleted, or a webhook took",
            "dead_lettered": "Messages that were moved to a dead-letter queue",
            "expired": "Messages older than their queue's retention that nobody processed",
            "still_there": "Messages that were in their queue when the run was over",
            "redeliveries": "Receives that were not the first of their message",
            "refused": "Messages that AWS does not deliver, since a policy refuses them",
            "filtered": "Messages that a subscription's filter policy leaves out",
            "wrongly_delivered": "Messages in queues where no subscription puts them",
        }.items()
    ),
    Metric("delivery_time", _TREND, "s", "Seconds from the due publication to the first receive",
           ("queue", "webhook"), source=_ACCOUNT, needs="messages"),
    Metric("processing_time", _TREND, "s", "Seconds from the due publication to the deletion",
           ("queue", "webhook"), source=_ACCOUNT, needs="messages"),
    Metric("queue_age", _GAUGE, "s", "Age of the oldest message of a queue", ("queue",), "max",
           source=_SAMPLES, needs="messages", follows=True),
    Metric("queue_depth", _GAUGE, "messages", "Messages in a queue: visible, in flight and delayed",
           ("queue",), "max", source=_SAMPLES, needs="messages", follows=True),
)  # fmt: skip

_FUNCTION = ("function", "qualifier", "source")

FUNCTIONS = (
    Metric("invocations", _COUNTER, "invocations", "Invocations of functions; a throttled attempt is none",
           _FUNCTION, source=_INVOKED, follows=True),
    Metric("function_errors", _COUNTER, "invocations", "Invocations that raised, timed out or crashed",
           (*_FUNCTION, "outcome"), source=_INVOKED, follows=True),
    Metric("throttles", _COUNTER, "attempts", "Attempts that Lambda did not admit; retries count again",
           (*_FUNCTION, "reason"), source="throttled attempts (FunctionThrottled)", follows=True),
    Metric("cold_starts", _COUNTER, "invocations", "Invocations that waited for a new environment", _FUNCTION,
           source=_INVOKED, follows=True),
    Metric("spillover", _COUNTER, "invocations", "Invocations that found no provisioned environment free",
           ("function",), source="summary.json: functions.spillover"),
    Metric("function_duration", _TREND, "s", "Duration of an invocation without its initialisation",
           _FUNCTION, source=_INVOKED, follows=True),
    Metric("init_time", _TREND, "s", "Seconds that a new environment took to initialise", _FUNCTION,
           source=_INVOKED, follows=True),
    Metric("event_age", _TREND, "s", "Age of an asynchronous event when an attempt at it began", _FUNCTION,
           "max", source=_INVOKED, follows=True),
    Metric("events_lost", _COUNTER, "events", "Asynchronous events given up that no destination got",
           ("function",), source="ends of events (FunctionEventEnded)", follows=True),
    Metric("concurrency", _GAUGE, "invocations", "The most invocations at once", ("function",), "max",
           source="summary.json: functions.peak_concurrency"),
)  # fmt: skip

POLICIES = (
    Metric("policy.unused", _COUNTER, "actions", "Actions that roles and users are granted and never used",
           ("role",), source=_IAM, needs="calls"),
    Metric("policy.granted", _COUNTER, "actions", "Actions that roles and users are granted", ("role",),
           source=_IAM, needs="calls"),
    Metric("policy.used", _COUNTER, "actions", "Different actions that roles and users used", ("role",),
           source=_IAM, needs="calls"),
    Metric("policy.denied", _COUNTER, "calls", "Calls that were refused, or would have been", ("role",),
           source=_IAM, needs="calls"),
    Metric("policy.risks", _COUNTER, "risks", "Dangers of what roles and users hold", ("role", "severity"),
           source=_IAM, needs="calls"),
)  # fmt: skip

REST = (
    Metric("cost", _GAUGE, "USD", "What the run would have cost on AWS; of one service where said",
           ("service",), source="the expectation cost", needs="calls"),
    Metric("cost_per_1000", _GAUGE, "USD", "What 1,000 predictions cost, the whole bill over all of them",
           source="the expectation cost_per_1000", needs="calls"),
    Metric("rmse", _GAUGE, "", "Root mean square error of real predictions",
           source="summary.json: predictions", needs="programs"),
    Metric("result", _GAUGE, "", "A figure that a program returned", ("program", "key"),
           source="the expectation result", needs="programs", must=("program", "key")),
    Metric("jobs", _COUNTER, "jobs", "Jobs of SageMaker", ("kind", "status", "job"),
           source="summary.json: jobs", needs="jobs"),
    Metric("job_time", _TREND, "s", "How long a job had its instances", ("kind", "job"), "max",
           source="summary.json: jobs", needs="jobs"),
    Metric("billable_time", _TREND, "s", "For how long each instance of a job is billed", ("kind", "job"),
           "max", source="summary.json: jobs", needs="jobs"),
    Metric("interruptions", _COUNTER, "interruptions", "Times that EC2 took a spot instance back",
           source="the expectation interrupted", needs="instances of EC2"),
    Metric("restarts", _COUNTER, "restarts", "Starts of a program's process after its first", ("program",),
           source="summary.json: programs", needs="programs"),
    Metric("failures", _COUNTER, "processes", "Processes of programs that ended with an error", ("program",),
           source="summary.json: programs", needs="programs"),
    Metric("findings", _COUNTER, "findings", "What passes here and would not on AWS, or deserves a look",
           ("rule", "severity", "resource"), source="findings (Finding)", follows=True),
)  # fmt: skip

GROUPS = {
    "Requests": LOAD,
    "Scaling": SCALING,
    "Messages": MESSAGES,
    "Functions": FUNCTIONS,
    "Permissions": POLICIES,
    "Cost, jobs, programs, findings": REST,
}

# Those that the load's own requests make: their tags name what the load calls, and nothing else.
OF_LOAD = frozenset(metric.name for metric in LOAD if metric.source.startswith(_LOAD))

_BY_NAME = {metric.name: metric for group in GROUPS.values() for metric in group}


def catalogue() -> Iterator[Metric]:
    """Yield every metric of the catalogue, in the order in which it is told."""
    yield from _BY_NAME.values()


def names() -> list[str]:
    """Return the name of every metric."""
    return list(_BY_NAME)


def metric_called(name: str) -> Metric | None:
    """Return the metric *name*, or the one that k6 calls so; None where there is none."""
    return _BY_NAME.get(ALIASES.get(name, name))


def allowed_values(metric: Metric, tag: str) -> Sequence[str]:
    """Return what *tag* may be, where that is known before any run; empty where it is a name of the run."""
    if (metric.name, tag) == ("cost", "service"):
        from harness.scenario.expectations.cost import SERVICES  # whose room imports this one

        return SERVICES
    return _VALUES.get(tag, ())


_VALUES = {
    "reason": tuple(reason.value for reason in Reason),
    "source": tuple(source.value for source in Source),
}
