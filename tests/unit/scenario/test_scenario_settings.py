"""`--set`: values of a scenario replaced from outside, by paths that are checked."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from declared import RANKER, a_load, a_model, a_scenario, an_endpoint

from harness.endpoint.distributions import Constant as ConstantTime
from harness.endpoint.distributions import LogNormal
from harness.errors import ScenarioError
from harness.scenario import (
    Constant,
    EventSource,
    Function,
    Idle,
    OpenModel,
    Program,
    Queue,
    Role,
    Scaling,
    Scenario,
    Settle,
    Spike,
    Stack,
    Stages,
    Subscription,
    TargetTracking,
    Throttle,
    Topic,
    Tracking,
    Variant,
    error_ratio,
    find,
    names,
)
from harness.scenario.rebuild import Rebuilder
from harness.scenario.settings import settings_of, with_settings

WORKER_ROLE = Role("worker-role", service="lambda.amazonaws.com")
DEAD = Queue("jobs-dead")
JOBS = Queue("jobs", visibility_timeout_s=60, dead_letter=DEAD, max_receive_count=5)
TOPIC = Topic("news")
WORKER = Function("worker", "app.handler", WORKER_ROLE, code=".", environment={"QUEUE": JOBS})


def nothing(context: Any) -> None:
    """Do nothing, as a program."""


def a_pipeline(**changes: Any) -> Scenario:
    """Return a scenario with a queue that a function and a program work on."""
    declared = {
        "resources": [RANKER, EventSource(JOBS, WORKER), Subscription(TOPIC, JOBS)],
        "programs": [Program("jobs", nothing, moment="beside_load", reads=(JOBS,))],
        "faults": [Throttle("sqs", 0.1), Throttle("sns", 0.2, after_s=1.0)],
        "settle": Settle(60.0),
    }
    return a_scenario(**(declared | changes))


def refused(*texts: str, scenario: Scenario | None = None) -> str:
    """Return the sentence with which *texts* are refused."""
    with pytest.raises(ScenarioError) as raised:
        with_settings(scenario or a_pipeline(), texts)
    return str(raised.value)


def test_a_value_is_set_by_kind_or_by_name_or_by_both() -> None:
    """The path may leave out what is not needed to find it."""
    for path in ("endpoint.target", "ranker.target_value", "endpoint:ranker.scaling.target_value"):
        (endpoint,) = with_settings(a_pipeline(), [f"{path}=900"]).endpoints
        assert isinstance(endpoint.scaling, TargetTracking)
        assert endpoint.scaling.target_value == 900.0


def test_whoever_holds_what_is_set_holds_the_new_one() -> None:
    """The load of an endpoint; a queue in a program, a mapping, a function's environment, a subscription."""
    found = with_settings(a_pipeline(), ["endpoint.max=7", "jobs.visibility_timeout_s=90"])
    (queue, dead) = found.queues

    assert found.workload[0].endpoint is found.endpoints[0]
    assert (queue.visibility_timeout_s, dead) == (90, DEAD)
    assert found.programs[0].reads == (queue,)
    assert found.event_sources[0].queue is found.functions[0].environment["QUEUE"] is queue
    assert found.subscriptions[0].endpoint is queue


def test_an_equal_queue_that_was_declared_again_is_the_same_queue() -> None:
    """Two with the same words are one on AWS, and stay one."""
    again = Queue("jobs", visibility_timeout_s=60, dead_letter=DEAD, max_receive_count=5)
    programs = [Program("worker-too", nothing, moment="beside_load", reads=(again,))]
    found = with_settings(a_pipeline(programs=programs), ["queue:jobs.retention_s=120"])
    assert [queue.name for queue in found.queues] == ["jobs", "jobs-dead"]
    assert found.programs[0].reads[0].retention_s == 120


def test_nothing_set_is_the_same_scenario() -> None:
    """And what does not hold what is set is not built anew."""
    scenario = a_pipeline()
    assert with_settings(scenario, []) is scenario
    found = with_settings(scenario, ["settle.at_most_s=30"])
    assert found.settle == Settle(30.0)
    assert found.resources is scenario.resources


def test_values_are_checked_together_when_all_are_set() -> None:
    """A least above the old most is no mistake where the most is set too."""
    (endpoint,) = with_settings(a_pipeline(), ["endpoint.min=5", "endpoint.max=9"]).endpoints
    assert endpoint.scaling is not None
    assert (endpoint.scaling.min_capacity, endpoint.scaling.max_capacity) == (5, 9)
    assert "max_capacity (4) is below min_capacity (5)" in refused("endpoint.min=5")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("load.rate.rps=5", 5.0),
        ("load.rps=5", 5.0),
        ("load.client=lean", "lean"),
        ("load.max_in_flight=9", 9),
        ("load.over_s=none", None),
        ("program.may_fail=yes", True),
        ("function.reserved=3", 3),
        ("function.reserved=none", None),
        ("function.duration=0.2", 0.2),
        ("function.duration=lognormal:0.1,0.5", LogNormal(0.1, 0.5)),
        ("fault-2.share=0.5", 0.5),
        ("fault-2.until_s=inf", math.inf),
        ("event_source.batch_size=4", 4),
    ],
)
def test_a_value_is_read_as_what_it_is_declared_with(text: str, value: object) -> None:
    """Numbers, choices, yes and no, spans of time, and none where there may be none."""
    found = with_settings(a_pipeline(), [text])
    held: Any = {
        "load": found.workload[0], "program": found.programs[0], "function": found.functions[0],
        "fault-2": found.faults[1], "event_source": found.event_sources[0],
    }[text.partition(".")[0]]  # fmt: skip
    path = text.partition("=")[0].split(".")[1:]
    name = path[-1]
    assert getattr(held.rate if name == "rps" else held, name) == value


def test_a_step_of_a_sequence_is_set_by_its_place() -> None:
    """From 0 on; one of several that fit must be said."""
    stages = Stages([Constant(1, over_s=5), Spike(1, 9, at_s=1, for_s=1, over_s=5)])
    scenario = a_pipeline(workload=[a_load(rate=stages)])
    found = with_settings(scenario, ["load.rate.stages.1.peak_rps=20", "load.stages.0.rps=2"])
    assert found.workload[0].rate == Stages([Constant(2, over_s=5), Spike(1, 20, at_s=1, for_s=1, over_s=5)])
    assert "may be any of rate.stages.0.over_s, rate.stages.1.over_s; say more" in refused(
        "load.stages.over_s=3", scenario=scenario
    )


def test_a_policy_of_several_is_set_by_its_place() -> None:
    """And the short word is enough where one of them has it."""
    scaling = Scaling(1, 4, policies=(Tracking(60.0),))
    scenario = a_scenario(resources=[an_endpoint(scaling=scaling)])
    for path in ("endpoint.target", "endpoint.scaling.policies.0.target_value"):
        (endpoint,) = with_settings(scenario, [f"{path}=90"]).endpoints
        assert endpoint.scaling == Scaling(1, 4, policies=(Tracking(90.0),))


def test_a_setting_of_the_models_needs_no_path() -> None:
    """With `settings` before it or without."""
    for path in ("launch_time", "settings.launch_time"):
        found = with_settings(a_pipeline(), [f"{path}=30"])
        assert found.endpoint_settings.launch_time == ConstantTime(30.0)


def test_the_other_variant_is_not_what_was_set() -> None:
    """So there is none: what it would change is not said."""
    scenario = a_pipeline(as_written=Variant("it is wrong", ("ranker: error ratio",)))
    assert with_settings(scenario, ["settle.at_most_s=30"]).variants == ("corrected",)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("endpoint.target", "--set endpoint.target: say PATH=VALUE, as endpoint.target=900"),
        ("=3", "--set =3: say PATH=VALUE"),
        ("endpiont.target=3", "nothing is called 'endpiont', did you mean 'endpoint'?"),
        ("zzz.target=3", "nothing is called 'zzz'; '--set help' lists what can be set"),
        ("endpoint=3", "say what of it, as endpoint.{field}=VALUE"),
        ("endpoint.targt=3", "there is no 'targt' to set; did you mean 'scaling.target_value'?"),
        ("settle.zzz=3", "there is no 'zzz' to set; there are at_most_s"),
        ("endpoint.name=x", "'name' is what others know it by, or its code; change the file"),
        ("endpoint.target=many", "--set endpoint.target: 'many' is not a finite number"),
        ("endpoint.max=1.5", "'1.5' is not a whole number"),
        ("load.client=curl", "'curl' is none of boto3, lean"),
        ("program.may_fail=perhaps", "neither true nor false"),
        ("fault-1.share=inf", "'inf' is not a finite number"),
        ("queue.retention_s=60", "'queue' may be any of queue:jobs, queue:jobs-dead; say which"),
        ("jobs.zzz=60", "'jobs' may be any of program:jobs, queue:jobs; say which"),
        ("settings.lanch_time=3", "the models have no such setting; did you mean 'launch_time'?"),
        ("settings.zzz=3", "the models have no such setting; there are account_concurrency"),
        ("settings.launch_time.median=3", "the models have no such setting"),
        ("endpoint.service_time_s=-1", "service_time_s is -1; it must be a finite number above 0"),
        ("function.timeout_s=61", "visibility_timeout_s (60) is below the function's timeout_s (61)"),
    ],
)
def test_what_cannot_be_set_is_refused_with_the_way_out(text: str, sentence: str) -> None:
    """Before anything is started, with the path that was said."""
    told = refused(text)
    assert told.startswith("--set ")
    assert sentence in told


def test_a_path_is_said_once() -> None:
    """Which of the two was meant nobody can know."""
    assert "it is set twice; say it once" in refused("endpoint.max=5", "endpoint.max=6")


def test_a_name_with_points_is_found_whole() -> None:
    """The longest name that fits is meant."""
    program = Program("jobs-2", nothing, moment="beside_load")
    loads = [OpenModel(RANKER, Constant(1, over_s=10), name=name) for name in ("a", "a.b")]
    found = with_settings(a_pipeline(workload=loads, programs=[program]), ["a.b.rps=7"])
    assert [load.rate.pieces[0].start_rps for load in found.workload] == [1, 7]


def test_everything_that_can_be_set_is_listed_and_may_be_set_to_what_it_is() -> None:
    """Of all scenarios there are: each path leads to its value again."""
    for name in names():
        scenario = find(name)
        if scenario.stack is not None:
            continue
        listed = [one for one in settings_of(scenario) if not isinstance(one.value, Mapping)]
        texts = [f"{one.path}={'none' if one.value is None else one.value}" for one in listed]
        same = with_settings(scenario, [text for text in texts if not text.startswith("settings.")])
        assert same.endpoints == scenario.endpoints
        assert same.queues == scenario.queues
        assert len({one.path for one in listed}) == len(listed)


def test_what_a_stack_makes_is_as_its_template_says(tmp_path: Path) -> None:
    """Its parameters are the way to change it; what is around it may be set all the same."""
    template = tmp_path / "jobs.yaml"
    template.write_text("Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n")
    answered = error_ratio(TOPIC).at_most(0.0)
    stack = Stack(template)
    of_stack = Scenario("jobs", "", stack.resources, [answered], stack=stack, settle=Settle(60.0))

    assert [queue.visibility_timeout_s for queue in of_stack.queues] == [30]
    assert "nothing is called 'queue'" in refused("queue.visibility_timeout_s=60", scenario=of_stack)
    assert with_settings(of_stack, ["settle.at_most_s=5"]).settle == Settle(5.0)


@dataclass(frozen=True, slots=True)
class Box:
    """Something that holds things."""

    held: object


def test_what_two_hold_in_common_they_hold_in_common_afterwards() -> None:
    """In lists, tuples and mappings; a class is no value, and what is the same stays the same object."""
    inner = Box([1])
    outer = Box({"a": inner, "b": (inner, "text", Box, 2.0)})
    rebuilt = Rebuilder([(inner, Box([2]))])(outer)

    assert rebuilt.held["a"] is rebuilt.held["b"][0]
    assert rebuilt.held["a"] == Box([2])
    assert Rebuilder([(Box("x"), Box("y"))])(outer) is outer


def test_what_is_put_in_is_rebuilt_too() -> None:
    """Where one that is set holds another that is."""
    inner = Box("old")
    outer = Box((inner, 1))
    swaps = [(outer, Box((inner, 2))), (inner, Box("new"))]
    assert Rebuilder(swaps)(Box(outer)) == Box(Box((Box("new"), 2)))


def test_idle_has_a_length_that_may_be_given() -> None:
    """A value that is none now may be set."""
    scenario = a_pipeline(workload=[a_load(rate=Idle(), over_s=10)])
    assert with_settings(scenario, ["load.rate.over_s=20"]).workload[0].rate == Idle(20)
    assert a_model().name == "ranker-model"
