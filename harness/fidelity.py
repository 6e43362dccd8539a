"""What each topic of a run is worth: enforced, modelled, forwarded or not covered; shown in every report."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from harness.compute.fidelity_rows import INSTANCES
from harness.jobs.fidelity_rows import DERIVED, JOBS
from harness.journal import Fidelity
from harness.messaging.differences import fidelity_of_messages
from harness.stacks.fidelity_rows import STACKS

if TYPE_CHECKING:
    from harness.scenario import Scenario

_MODEL = (
    "rules with their sources in docs/explanation/fidelity.md; unknowns are settings with stated defaults"
)
Row = tuple[str, str, str]

_CALLERS = "permissions of the caller (IAM)"
_BEYOND_POLICIES = (
    "KMS grants, S3 ACLs and access points, what AWS does by itself under an execution role",
    "not covered",
    "only calls that reach the gateway are judged, and by policies alone",
)
_PERMISSIONS: Mapping[str, tuple[Row, ...]] = {
    "enforce": (
        (
            _CALLERS,
            "enforced",
            "every call but the rehearsal's own, over the policies that the backend holds; what nobody "
            "mapped is refused; signatures are verified where the key was made through the gateway",
        ),
        _BEYOND_POLICIES,
    ),
    "observe": (
        (_CALLERS, "modelled", "every call is judged, and told; none is refused"),
        _BEYOND_POLICIES,
    ),
    "off": (
        (
            _CALLERS,
            "not covered",
            "any key may call what is answered here; else as far as the backend checks its own",
        ),
    ),
}


def fidelities(
    backend: str,
    emulators: Mapping[str, str],
    scenario: "Scenario | None" = None,
    *,
    iam: str = "off",
) -> list[Fidelity]:
    """Return the rows for a run of *scenario* on *backend*; what is not in them is not claimed.

    *emulators* are name -> version, *iam* is `enforce`, `observe` or `off`.
    Without a scenario anything may be asked for: then every row is given.
    """
    rows = [*_everywhere(backend), *_PERMISSIONS[iam]]
    if scenario is None or scenario.endpoints:
        rows += _endpoints(backend)
    if scenario is None or scenario.functions:
        rows += _functions(backend)
    if scenario is None or scenario.event_sources:
        rows += _event_sources()
    if scenario is None or scenario.rules:
        rows += _timers(backend)
    if scenario is None or scenario.topics or scenario.queues:
        rows += _messages(emulators)
    if scenario is None or scenario.images or scenario.workteams:
        rows += [*JOBS, *DERIVED]
    if scenario is None or scenario.stack is not None:
        rows += STACKS
    if scenario is None or scenario.machine_images or scenario.spot_markets:
        rows += INSTANCES
    return [Fidelity(0.0, topic, how, probed) for topic, how, probed in rows]


def _everywhere(backend: str) -> Iterator[Row]:
    yield "S3 objects, IAM roles", "forwarded", f"kept by the backend {backend!r}, probed at start"
    yield "signing time", "enforced", "a signature too far off is refused: 15 min, 5 min for newer services"
    yield (
        "throttling of API calls and account quotas",
        "not covered",
        "no limit is applied but for the faults of a scenario",
    )
    yield "network time between client and endpoint", "not covered", "loopback; times hold no network"
    yield (
        "billing",
        "modelled",
        "what the run used, at the list prices of a dated table (third-party copies), by AWS's own units",
    )
    yield (
        "storage, data transfer, free tier, savings plans, taxes",
        "not covered",
        "not in the cost; nor are transitions of Step Functions, labelled objects and charges by the month",
    )


def _endpoints(backend: str) -> Iterator[Row]:
    yield "endpoint life (Creating, InService, Updating, Failed)", "modelled", _MODEL
    yield (
        "instance launch time, one join after another",
        "modelled",
        "lognormal, median 240 s, p95 600 s: three published timings",
    )
    yield (
        "target tracking, step scaling, scheduled actions, alarms, cooldowns, activities",
        "modelled",
        _MODEL,
    )
    yield (
        "alarms of your own that invoke a scaling policy",
        "modelled",
        "on metrics that this stage publishes of the variant; any other is an error finding",
    )
    yield (
        "size of one scale-in step",
        "modelled",
        "AWS says gradual, not how much: one instance at a time by default",
    )
    yield (
        "service time, concurrency and queue of an instance",
        "modelled",
        "assumed by the scenario, not measured on AWS",
    )
    yield "predictions", "enforced", "the real model answers, by onnxruntime on this machine"
    yield (
        "invocation payload limit and 60 s time-out",
        "enforced",
        "25 MB (FAQ); 60 s (InvokeEndpoint)",
    )
    yield (
        "models, endpoint configurations, scalable targets",
        "forwarded",
        f"kept by the backend {backend!r}, probed at start",
    )
    yield (
        "metric math, percentiles and composite alarms in scaling",
        "not covered",
        "stored by the backend, with an error finding",
    )


def _functions(backend: str) -> Iterator[Row]:
    yield (
        "admission of invocations: reserved, provisioned and account concurrency, scaling and request rates",
        "enforced",
        "429 with AWS's reason, or spill-over to on-demand environments; what AWS does not say is a setting "
        "with a stated default",
    )
    yield (
        "handlers of functions",
        "enforced",
        "really run: one process for each execution environment, by AWS's own runtime interface client",
    )
    yield (
        "timeout, memory and payload limits of functions",
        "enforced",
        "6 MB synchronous, 1 MB asynchronous; memory is what the process has resident, which need not be "
        "what Lambda counts",
    )
    yield (
        "duration and initialisation of functions",
        "modelled",
        "as the scenario says; else as measured on this machine, which is not AWS's",
    )
    yield (
        "provisioned concurrency: allocation over time, lifetime of idle environments",
        "modelled",
        "one to two minutes until allocated, idle for 10 minutes: settings with their sources",
    )
    yield (
        "asynchronous invocations: retries, age, destinations, dead-letter queues",
        "enforced",
        "after 1 and 2 minutes, throttled ones for up to 6 hours; sent under the execution role",
    )
    yield (
        "functions, versions, aliases, function policies",
        "forwarded",
        f"kept by the backend {backend!r}, probed at start; limits of packages and concurrency are ours",
    )
    yield (
        "layers and packages of functions",
        "enforced",
        "unpacked as on Lambda, with boto3 from here; the interpreter is the machine's, in the runtime's "
        "minor version where it is installed",
    )
    yield "CPU of a function in proportion to its memory", "not covered", "a handler gets this machine's CPU"
    yield (
        "isolation of functions: network, VPC, file system",
        "not covered",
        "handlers are processes of the user; they reach what the user reaches",
    )
    yield (
        "SnapStart, response streaming, container images, extensions, durable functions, other runtimes",
        "not covered",
        "Python runtimes from a zip only",
    )
    yield (
        "scaling of provisioned concurrency by Application Auto Scaling",
        "not covered",
        "stored by the backend; `harness simulate` plays it in virtual time",
    )


def _event_sources() -> Iterator[Row]:
    yield (
        "event source mappings of SQS queues: batches, window, filters, partial failures, growth of pollers",
        "modelled",
        "the pollers are ours and call SQS under the execution role: 5 batches at once, 300 more a minute, "
        "1,250 at most; other sources than SQS are not covered",
    )


def _timers(backend: str) -> Iterator[Row]:
    yield (
        "schedules of rules and of EventBridge Scheduler",
        "enforced",
        "expressions as AWS takes or refuses them, fired on the model clock",
    )
    yield "targets of rules, event patterns, input transformers", "forwarded", f"by the backend {backend!r}"


def _messages(emulators: Mapping[str, str]) -> Iterator[Row]:
    yield "delivery semantics of SNS and SQS", "forwarded", fidelity_of_messages(emulators)
    yield (
        "policies of queues, topics and functions for deliveries between services",
        "enforced",
        "SNS, S3 and EventBridge to SQS, SNS and Lambda: what AWS would refuse is not delivered",
    )
    yield (
        "filter policies of subscriptions",
        "enforced",
        "refused when malformed, in AWS's words; matched by the backend",
    )
    yield (
        "retries of SNS to HTTP endpoints, dead-letter queues of subscriptions",
        "not covered",
        "as the backend has them; AWS retries for 23 days (SNS guide, Message delivery retries)",
    )
    yield (
        "keys of encrypted queues and topics",
        "not covered",
        "a queue with a KMS key is taken as one without",
    )
    yield "speed of deliveries", "forwarded", "this emulator's on this machine, never shown as AWS's"
