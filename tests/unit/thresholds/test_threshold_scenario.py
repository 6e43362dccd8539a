"""A scenario's thresholds: checked when it is built, named in its defect, replaced in its variant."""

from typing import Any

import pytest

from harness.errors import ScenarioError
from harness.scenario import (
    Constant,
    Endpoint,
    Model,
    OpenModel,
    Payload,
    Queue,
    Role,
    Scenario,
    Threshold,
    Variant,
    error_ratio,
)

RANKER = Endpoint("ranker", Model("m", build=print, role=Role("m-role")))
SENT = OpenModel(Queue("jobs"), Constant(1.0, 9.0), client="boto3")
LOAD = OpenModel(RANKER, Constant(1.0, 10.0), payload=Payload("one", ["1"]))


def a_scenario(*thresholds: Any, **more: Any) -> Scenario:
    """Return a scenario of an endpoint and a load with *thresholds*."""
    given: dict[str, Any] = {"resources": [RANKER], "workload": [LOAD], "expectations": []} | more
    return Scenario("tiny", "An endpoint.", thresholds=thresholds, **given)


def test_thresholds_are_texts_or_values() -> None:
    """They are enough to prove something; alike ones are one."""
    aborts = Threshold("error_ratio<1%", abort_on_fail=True, delay_abort_s=30)
    scenario = a_scenario("p(99)<800ms", aborts, "response_time: p(99)<0.8s")
    assert [str(one) for one in scenario.limits] == [
        "response_time: p(99)<800ms",
        "error_ratio<1% abort after 30s",
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"thresholds": ["lots==0"]}, "did you mean lost"),
        ({"thresholds": [5]}, "give a text"),
        ({"thresholds": []}, "expectations is empty"),
        ({"thresholds": ["errors{endpoint:rankr}==0"]}, r"the load does not call.*endpoint:ranker"),
        ({"thresholds": ["lag{queue:ranker}: max<1s"]}, "asks about the queue 'ranker'"),
        ({"expectations": [error_ratio(RANKER).at_most(0).named("lost==0")], "thresholds": ["lost==0"]},
         "2 expectations are called 'lost==0'"),
    ],
)  # fmt: skip
def test_a_threshold_that_cannot_be_is_refused(given: dict[str, Any], says: str) -> None:
    """When the scenario is built, before anything runs."""
    with pytest.raises(ScenarioError, match=says):
        a_scenario(*given.pop("thresholds"), **given)


@pytest.mark.parametrize(
    ("text", "more"),
    [
        ("errors{endpoint:ranker,status:503}==0", {}),
        ("lost{queue:jobs}==0", {}),
        ("response_time{endpoint:other}: max<1s", {"workload": []}),
        (
            "errors{queue:jobs}==0",
            {"workload": [OpenModel(Queue("jobs"), Constant(1.0, 9.0), client="boto3")]},
        ),
    ],
)
def test_what_the_load_calls_or_nobody_knows_before_a_run(text: str, more: dict[str, Any]) -> None:
    """Names of queues and roles, and of all that programs call, are known afterwards."""
    assert a_scenario(text, **more).limits[0].text.startswith(text.split(":")[0])


def test_the_pipeline_as_written_may_have_its_own() -> None:
    """And its defect may be what a threshold finds."""
    written = Variant("It loses messages.", must_fail=("errors==0",), thresholds=["errors==0"])
    scenario = a_scenario("lost==0", as_written=written)
    assert [one.text for one in scenario.resolve("as-written").limits] == ["errors==0"]
    assert [one.text for one in scenario.limits] == ["lost==0"]
