"""Faults as values: what they refuse when built, what they say, and whether a scenario has room for them."""

import math
from typing import Any

import botocore.session
import pytest
from declared import a_load, a_scenario

from harness.errors import ScenarioError
from harness.scenario import Program, Queue, ZoneFailure
from harness.scenario.faults import (
    ClockSkew,
    ConnectionReset,
    DelayedDelivery,
    DuplicatedDelivery,
    Fault,
    FrozenConsumer,
    KilledConsumer,
    Latency,
    OutOfOrderDelivery,
    ServerError,
    Throttle,
)
from harness.scenario.faults.clock_skew import skew_of
from harness.scenario.faults.services import THROTTLED, failed, operations_hit, signing_name, throttled


def nothing(_context: Any) -> None:
    """Do nothing."""


WORKER = Program("worker", nothing, moment="beside_load", processes=2)
JOBS, ORDERED = Queue("jobs"), Queue("ordered", fifo=True)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: Throttle("sns", 0), "Throttle of 'sns': share is 0; give more than 0 and at most 1"),
        (lambda: Throttle("sns", 1.01), "share is 1.01"),
        (lambda: Throttle("sns", math.nan), "share is nan"),
        (lambda: Throttle("sn", 0.1), "Throttle: there is no service 'sn' here; did you mean 'sns'"),
        (
            lambda: Latency("bedrock", 0.1, 1),
            "no service 'bedrock' here; there are application-autoscaling, ",
        ),
        (lambda: Throttle("sns", 0.1, after_s=-1), "after_s is -1; give seconds after the load's start"),
        (
            lambda: Throttle("sns", 0.1, after_s=5, until_s=5),
            r"until_s is 5; it must come after after_s \(5\)",
        ),
        (lambda: Throttle("sns", 0.1, until_s=math.nan), "until_s is nan"),
        (lambda: Throttle("sns", 0.1, operations="Publish"), r"operations is a text; give a tuple"),  # type: ignore[arg-type]
        (
            lambda: Throttle("sns", 0.1, operations=("publish",)),
            "operations has 'publish'; name them as the API",
        ),
        (lambda: Throttle("s3", 0.1, operations=("GetObject",)), "by HTTP method, say one of GET, "),
        (lambda: Throttle("lambda", 0.1, operations=("List",)), "DELETE, PATCH or Invoke"),
        (lambda: ServerError("sqs", 0.1, 404), "ServerError of 'sqs': status is 404; say 500 or 503"),
        (lambda: Latency("sqs", 0.1, 0), "Latency of 'sqs': delay_s is 0"),
        (lambda: ConnectionReset("sqs", 2), "ConnectionReset of 'sqs': share is 2"),
        (lambda: DuplicatedDelivery(0.1, ORDERED), "DuplicatedDelivery of 'ordered.fifo': SQS delivers from"),
        (lambda: DelayedDelivery(ORDERED, 0.1, 5), "exactly once and in order; name a standard queue"),
        (lambda: OutOfOrderDelivery("x.fifo", 0.1), "OutOfOrderDelivery of 'x.fifo'"),
        (lambda: DelayedDelivery(JOBS, 0.1, 0.5), "by_s is 0.5; give whole seconds from 1 to 43200"),
        (lambda: DelayedDelivery(JOBS, 0.1, 43_201), "by_s is 43201"),
        (lambda: KilledConsumer(WORKER, 0), "KilledConsumer of 'worker': every_s is 0"),
        (lambda: FrozenConsumer(WORKER, 1, 0), "FrozenConsumer of 'worker': for_s is 0"),
        (lambda: FrozenConsumer(WORKER, 1, 5, every_s=5), r"every_s is 5; it must be above for_s \(5\)"),
        (lambda: ClockSkew(WORKER, 0), "ClockSkew of 'worker': by_s is 0; give seconds, above 0 for a clock"),
        (lambda: ClockSkew(WORKER, math.inf), "by_s is inf"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(build: Any, sentence: str) -> None:
    """The message names the fault, the field and the way out."""
    with pytest.raises(ScenarioError, match=sentence):
        build()


@pytest.mark.parametrize(
    ("fault", "name", "detail"),
    [
        (
            Throttle("sns", 0.1, ("Publish",), after_s=5),
            "throttle sns Publish",
            "10 % of the calls of sns (Publish) are throttled, from 5 s on",
        ),
        (
            ServerError("sqs", 0.05, 503, after_s=5, until_s=9),
            "server error sqs 503",
            "5 % of the calls of sqs (all operations) are answered 503, from 5 s to 9 s",
        ),
        (
            Latency("sns", 1, 0.5),
            "latency sns",
            "100 % of the calls of sns (all operations) take 0.5 s longer",
        ),
        (
            ConnectionReset("sqs", 0.01),
            "connection reset sqs",
            "1 % of the connections of sqs (all operations) are reset before the call arrives",
        ),
        (
            ConnectionReset("sqs", 0.01, after_answer=True),
            "connection reset sqs after",
            "1 % of the connections of sqs (all operations) are reset after the call was carried out",
        ),
        (
            DuplicatedDelivery(0.1),
            "duplicated delivery",
            "10 % of the messages of every standard queue come again once deleted",
        ),
        (
            DelayedDelivery("jobs", 0.1, 5),
            "delayed delivery jobs",
            "10 % of the messages of queue jobs come 5 s later",
        ),
        (
            OutOfOrderDelivery(JOBS, 0.3),
            "out-of-order delivery jobs",
            "30 % of the messages of queue jobs are overtaken by later ones",
        ),
        (
            KilledConsumer("worker", 5, until_s=60),
            "killed consumer worker",
            "a process of worker is killed every 5 s, from 0 s to 60 s",
        ),
        (
            FrozenConsumer(WORKER, 10, 5, every_s=20),
            "frozen consumer worker",
            "a process of worker stands still for 5 s, every 20 s, from 10 s on",
        ),
        (
            FrozenConsumer("worker", 0, 5),
            "frozen consumer worker",
            "a process of worker stands still for 5 s",
        ),
        (ClockSkew(WORKER, -900), "clock skew worker", "the clock of worker is 900 s behind"),
        (ClockSkew("worker", 960), "clock skew worker", "the clock of worker is 960 s ahead"),
        (ZoneFailure(("a", "b"), 60), "zone failure a b", "zones a, b fail at 60 s"),
    ],
)
def test_a_fault_says_what_it_does(fault: Fault, name: str, detail: str) -> None:
    """Its name is that of its random stream, its detail is for people."""
    assert (fault.name, fault.detail) == (name, detail)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"faults": [Throttle("sns", 0.1, after_s=10)]}, r"Throttle at 10 s comes after the load has ended"),
        (
            {"faults": [KilledConsumer(WORKER, 10)], "programs": [WORKER]},
            "KilledConsumer at 10 s comes after",
        ),
        ({"faults": [KilledConsumer("workr", 5)], "programs": [WORKER]}, "no program 'workr'; did you mean"),
        ({"faults": [ClockSkew("zzz", 5)], "programs": [WORKER]}, "no program 'zzz'; there are worker"),
        ({"faults": [FrozenConsumer("worker", 1, 5)]}, "no program 'worker'; the scenario has none"),
        (
            {"faults": [KilledConsumer("early", 5)], "programs": [Program("early", nothing)]},
            "program 'early' does not run beside the load",
        ),
        ({"faults": [DuplicatedDelivery(0.1)]}, "every standard queue, and the scenario has none"),
        ({"faults": [DuplicatedDelivery(0.1)], "programs": "ordered"}, "the scenario has none"),
        (
            {"faults": [DuplicatedDelivery(0.1, "job")], "programs": "jobs"},
            "no queue 'job'; did you mean 'jobs'",
        ),
        ({"faults": [DelayedDelivery("ordered", 0.1, 5)], "programs": "ordered"}, "of 'ordered.fifo': SQS"),
    ],
)
def test_a_fault_that_has_no_place_in_its_scenario_is_refused(changes: dict[str, Any], sentence: str) -> None:
    """What it names must be there, and it must come in time."""
    reads = {"ordered": ORDERED, "jobs": JOBS}.get(str(changes.get("programs")))
    if reads is not None:
        changes = changes | {"programs": [Program("reader", nothing, moment="beside_load", reads=(reads,))]}
    with pytest.raises(ScenarioError, match=sentence):
        a_scenario(**changes)


def test_faults_that_have_their_place_are_accepted() -> None:
    """By value and by name alike."""
    faults = [
        DuplicatedDelivery(0.1),
        OutOfOrderDelivery("jobs", 0.2),
        DelayedDelivery(JOBS, 0.1, 1),
        KilledConsumer("worker", 5),
        FrozenConsumer(WORKER, 9, 5),
    ]
    worker = Program("worker", nothing, moment="beside_load", reads=(JOBS,))
    early = Program("early", nothing)
    made = a_scenario(faults=[*faults, ClockSkew(early, 5)], programs=[worker, early], workload=[a_load()])
    assert list(made.faults)[:5] == faults


def test_without_a_load_programs_beside_it_may_be_hit_at_any_time() -> None:
    """Nobody knows when they end."""
    made = a_scenario(faults=[FrozenConsumer(WORKER, 1e6, 5)], programs=[WORKER], workload=[])
    assert made.faults[0].after_s == 1e6


def test_the_clock_of_a_program_is_off_by_all_its_faults() -> None:
    """Those of other programs are none of its."""
    faults = [ClockSkew(WORKER, 900), ClockSkew("worker", -60), ClockSkew("other", 5), Throttle("sns", 0.1)]
    assert skew_of(faults, "worker") == 840
    assert skew_of(faults, "else") == 0


def test_the_runtime_is_told_from_the_control_plane() -> None:
    """Both sign as sagemaker; the runtime is its one operation."""
    runtime = Throttle("sagemaker-runtime", 0.1)
    assert signing_name(runtime.service) == signing_name("sagemaker") == "sagemaker"
    assert operations_hit(runtime) == ("InvokeEndpoint",)
    assert operations_hit(Throttle("sagemaker", 0.1)) == ()


def test_services_and_their_methods_are_taken() -> None:
    """What has no operations to be seen takes HTTP methods, and Lambda's Invoke."""
    assert Throttle("lambda", 0.1, ("Invoke", "GET")).operations == ("Invoke", "GET")


@pytest.mark.parametrize("service", sorted(THROTTLED))
def test_the_table_of_services_agrees_with_botocore(service: str) -> None:
    """Every signing name is one of botocore's, and a modelled error has the status of the model."""
    session = botocore.session.get_session()
    names = {"states": "stepfunctions", "monitoring": "cloudwatch"}
    model = session.get_service_model(names.get(service, service))
    assert model.signing_name == service
    error = throttled(service)
    modelled = {
        shape.name: shape.metadata.get("error", {}).get("httpStatusCode") for shape in model.error_shapes
    }
    assert modelled.get(error.code) in (None, error.status)


def test_every_service_fails_in_its_own_words() -> None:
    """S3's internal error is called otherwise than that of most."""
    assert (failed("s3", 500).code, failed("sqs", 500).code) == ("InternalError", "InternalFailure")
    assert failed("s3", 503).status == 503
