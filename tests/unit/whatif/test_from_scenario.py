"""A scenario on the virtual clock: what is taken from it, what is judged, and what cannot be."""

from dataclasses import replace

import pytest

from harness import journal
from harness.endpoint.distributions import Constant
from harness.errors import ScenarioError
from harness.scaling.metrics import CONCURRENT_PER_MODEL
from harness.scaling.policies import AdjustmentType
from harness.scenario import find
from harness.scenario.scaling import Scaling, ScheduledAction, Step, StepScaling, Tracking, above
from harness.summary import summarise
from harness.whatif.from_scenario import assumptions_in, case_of_scenario
from harness.whatif.options import assumptions
from harness.whatif.run_virtual import played
from harness.whatif.simulate import metrics_of

THREE = find("endpoint-autoscaling-3")
TURBOFAN = find("turbofan-endpoint")


def summary_of(name: str, **choices: object) -> dict[str, object]:
    """Return the summary of a scenario that was simulated, with *choices* about it."""
    scenario = find(name)
    assumed = assumptions(base=assumptions_in(scenario), **choices)  # type: ignore[arg-type]
    case, told = case_of_scenario(scenario, assumed, seed=1)
    return summarise(played(case, "auto", told, command="harness simulate", with_ranges=False))


def test_a_scenario_meets_its_expectations() -> None:
    """Those about load and scaling are judged as over HTTP."""
    summary = summary_of("endpoint-autoscaling-3")
    assert summary["verdict"] == "pass"
    assert len(summary["expectations"]) == len(THREE.expectations)  # type: ignore[arg-type]


def test_what_needs_a_program_is_not_judged() -> None:
    """Nor what is missed where a program might have changed it; never as met."""
    summary = summary_of("turbofan-endpoint")
    names = {one["name"] for one in summary["not_judged"]}  # type: ignore[attr-defined]
    judged = {one["name"] for one in summary["expectations"]}  # type: ignore[attr-defined]
    assert "batch-predict: rmse" in names
    assert "cmapss-XGBoostEndpoint: zones in service" in names
    assert names | judged == {one.name for one in TURBOFAN.expectations}
    assert not names & judged


def test_where_nothing_can_be_judged_nothing_is_proved() -> None:
    """A run without a single judgement is no pass."""
    only = [one for one in TURBOFAN.expectations if one.needs]
    case, told = case_of_scenario(
        replace(TURBOFAN, expectations=only, as_written=None), assumptions(), seed=1
    )
    summary = summarise(played(case, "auto", told, command="", with_ranges=False))
    assert summary["verdict"] == "invalid"
    assert "No expectation" in summary["reason"]


def test_requests_arrive_when_they_would_over_http() -> None:
    """The schedule of the load itself, not another draw."""
    case, _ = case_of_scenario(THREE, assumptions_in(THREE), seed=3)
    from harness.scenario.workload import schedule

    due = [one.at for one in schedule(THREE.workload, 3)]
    assert next(iter(case.traffic.values())).at.tolist() == due


def test_the_command_line_goes_over_the_scenario() -> None:
    """A service time of one's own, on the scenario's instances."""
    case, told = case_of_scenario(THREE, assumptions(["queue_limit=3"], service_time="0.3"), seed=1)
    (config,) = case.endpoints.values()
    assert config.variants[0].service_time == Constant(0.3)
    assert config.variants[0].queue_limit == 3
    assert config.variants[0].concurrency == THREE.resources[0].concurrency
    assert told["instance"][THREE.resources[0].name]["service_time_from"] == "given"


def test_without_traffic_there_is_nothing_to_simulate() -> None:
    """Said before anything is played."""
    quiet = replace(THREE, workload=(), faults=(), as_written=None)
    with pytest.raises(ScenarioError, match="has no workload"):
        case_of_scenario(quiet, assumptions(), seed=1)


def test_every_kind_of_scaling_comes_along() -> None:
    """Tracking, steps with their alarm, scheduled actions: as AWS's calls would put them in force."""
    steps = StepScaling(
        "steps", (Step(2, lower=0.0),), above(CONCURRENT_PER_MODEL, 5.0), AdjustmentType.CHANGE_IN_CAPACITY
    )
    scaling = Scaling(
        1, 6, (Tracking(100.0), steps), (ScheduledAction("up", "at(2026-01-01T00:10:00)", min_capacity=2),)
    )
    endpoint = replace(THREE.resources[0], scaling=scaling)
    load = replace(THREE.workload[0], endpoint=endpoint)
    scenario = replace(THREE, resources=[endpoint], workload=[load], as_written=None)
    case, _ = case_of_scenario(scenario, assumptions(), seed=1)
    (scaled,) = case.scaled
    assert [policy.policy_name for policy in scaled.policies][1] == "steps"
    assert scaled.alarms[0].alarm_actions == ("steps",)
    assert scaled.scheduled[0].min_capacity == 2
    assert metrics_of(case) == {"InvocationsPerInstance", "ConcurrentRequestsPerModel"}


def test_many_requests_are_kept_by_the_minute() -> None:
    """A journal of every request would be larger than what it says."""
    case, told = case_of_scenario(THREE, assumptions_in(THREE), seed=1)
    records = played(replace(case, keeps_requests=False), "auto", told, command="", with_ranges=False)
    assert any(isinstance(one, journal.ServedMinute) for one in records)
    assert not any(isinstance(one, journal.LoadRequest) for one in records)
