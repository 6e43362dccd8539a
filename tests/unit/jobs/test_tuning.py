"""A tuning job starts what it may, stops what is hopeless, and says which training was the best."""

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tuning_play import KINDS, asked, definition, job

from harness.jobs.tuning import TuningJob
from harness.jobs.tuning_request import plan_of


def run(tuning: TuningJob, cost: Any, *, status: str = "Completed") -> TuningJob:
    """Run all trainings of *tuning*, each reporting `cost(parameters)` once."""
    while launches := tuning.launches(0.0):
        for launch in launches:
            tuning.reported(launch.name, cost(launch.parameters))
            tuning.ended(launch.name, status, 1.0)
    return tuning


def distance(parameters: dict[str, str]) -> float:
    return abs(float(parameters["eta"]) - 0.3) + (0.2 if parameters["kind"] == "a" else 0.0)


def test_no_more_than_the_parallel_limit_run_and_no_more_than_the_maximum_start() -> None:
    """Two at a time, six in all; the next starts when one has ended."""
    tuning = job()
    first = tuning.launches(0.0)
    assert [one.name[:8] for one in first] == ["tune-001", "tune-002"]
    assert tuning.launches(0.0) == []
    tuning.ended(first[0].name, "Completed", 1.0)
    assert [one.name[:8] for one in tuning.launches(1.0)] == ["tune-003"]
    assert tuning.counters()["TrainingJobStatusCounters"] == {
        "Completed": 1,
        "InProgress": 2,
        "RetryableError": 0,
        "NonRetryableError": 0,
        "Stopped": 0,
    }
    assert tuning.counters()["ObjectiveStatusCounters"] == {"Succeeded": 0, "Pending": 2, "Failed": 1}


@given(
    st.sampled_from(["Random", "Bayesian", "Hyperband"]),
    st.integers(1, 6),
    st.integers(1, 3),
    st.lists(st.sampled_from(["Completed", "Failed", "Stopped"]), min_size=8, max_size=8),
    st.booleans(),
)
def test_a_tuning_job_always_ends(
    strategy: str, most: int, parallel: int, ends: list[str], speaks: bool
) -> None:
    """Whatever its trainings come to: no more run than may, and a last status is reached."""
    tuning = job(strategy, most=most, parallel=min(parallel, most))
    while running := [*tuning.launches(0.0)]:
        assert len(running) <= parallel
        for launch, end in zip(running, ends, strict=False):
            if speaks:
                tuning.reported(launch.name, 1.0)
            tuning.ended(launch.name, end, 1.0)
    assert tuning.status in ("Completed", "Failed")
    assert len(tuning.trials) <= most
    assert (tuning.status == "Failed") == bool(tuning.failure_reason)


def test_the_best_training_is_the_one_with_the_lowest_objective() -> None:
    """Or the highest, where it is to be maximised."""
    tuning = run(job(most=12, parallel=3), distance)
    best = tuning.best()
    assert tuning.status == "Completed"
    assert best is not None
    assert best.final == min(one.final or 9.9 for one in tuning.trials.values())
    highest = run(
        job(HyperParameterTuningJobObjective={"Type": "Maximize", "MetricName": "rmse"}), distance
    ).best()
    assert highest is not None
    assert highest.final is not None
    assert highest.final > best.final


def test_the_same_seed_tries_the_same_points() -> None:
    """RandomSeed of the request stands above the run's."""
    tried = [
        [
            one.parameters
            for one in run(TuningJob(plan_of(asked(RandomSeed=7)), seed, 0.0), distance).trials.values()
        ]
        for seed in (1, 2)
    ]
    assert tried[0] == tried[1]


def test_a_bayesian_search_finds_a_better_point_than_chance() -> None:
    """On a smooth objective of one range and a category, in the mean of five seeds, with 15 trainings."""
    found: dict[str, float] = {}
    for strategy in ("Random", "Bayesian"):
        plan = plan_of(asked(strategy, most=15, parallel=3))
        best = [run(TuningJob(plan, seed, 0.0), distance).best() for seed in range(5)]
        found[strategy] = sum(one.final for one in best if one is not None and one.final is not None) / 5
    assert found["Bayesian"] < found["Random"] / 2
    assert found["Bayesian"] < 0.02


def test_trainings_side_by_side_do_not_try_one_place() -> None:
    """What still runs counts with the value that the model expects of it."""
    tuning = run(job("Bayesian", most=3), distance)
    tuning.plan = plan_of(asked("Bayesian", most=9, parallel=3))
    tuning.status, tuning._full = "InProgress", False
    points = sorted(float(one.parameters["eta"]) for one in tuning.launches(0.0))
    assert all(right - left > 0.01 for left, right in pairwise(points))


def test_equal_objectives_do_not_stop_the_model() -> None:
    """A deviation of zero is no division by zero."""
    assert run(job("Bayesian", most=6), lambda _: 1.0).status == "Completed"


def test_a_search_may_start_from_what_others_found() -> None:
    """Warm start: points of parent jobs count where the ranges have them."""
    points = [(eta, kind) for eta in (0.1, 0.25, 0.35, 0.9) for kind in "ab"]
    tried = [{"eta": str(eta), "kind": kind} for eta, kind in points]
    earlier = [(parameters, distance(parameters)) for parameters in tried]
    earlier.append(({"eta": "0.2", "kind": "unknown"}, 0.0))
    plan = plan_of(asked("Bayesian", most=1, parallel=1))
    (first,) = TuningJob(plan, 1, 0.0, earlier=earlier).launches(0.0)
    assert abs(float(first.parameters["eta"]) - 0.3) < 0.2
    assert first.parameters["kind"] == "b"


def test_a_grid_tries_each_combination_once() -> None:
    """MaxNumberOfTrainingJobs follows from the ranges; a training that failed is not tried again."""
    two = {"CategoricalParameterRanges": [KINDS, {"Name": "size", "Values": ["1", "2", "3"]}]}
    tuning = job("Grid", most=None, ParameterRanges=two)
    run(tuning, lambda _: 1.0, status="Failed")
    assert tuning.status == "Failed"
    tuning = run(job("Grid", most=6, ParameterRanges=two), lambda _: 1.0)
    tried = {tuple(one.parameters.values()) for one in tuning.trials.values()}
    assert tried == {(kind, size) for kind in "ab" for size in "123"}


def test_several_definitions_take_turns() -> None:
    """Each with ranges and an objective of its own; a grid goes through one after the other."""
    for strategy in ("Random", "Grid"):
        request = asked(strategy, most=4, parallel=1)
        ranges = request["HyperParameterTuningJobConfig"].pop("ParameterRanges")
        objective = request["HyperParameterTuningJobConfig"].pop("HyperParameterTuningJobObjective")
        del request["TrainingJobDefinition"]
        request["TrainingJobDefinitions"] = [
            definition(DefinitionName=name, TuningObjective=objective, HyperParameterRanges=ranges)
            for name in ("one", "two")
        ]
        tuning = run(TuningJob(plan_of(request), 1, 0.0), lambda _: 1.0)
        names = [one.definition.name for one in tuning.trials.values()]
        assert names == (["one", "two"] * 2 if strategy == "Random" else ["one", "one", "two", "two"])


def test_a_job_fails_when_no_training_succeeds() -> None:
    """After five, with SageMaker's words; and in others when they succeed without the metric."""
    tuning = run(job(most=20, parallel=5), lambda _: 1.0, status="Failed")
    assert tuning.status == "Failed"
    assert tuning.failure_reason.startswith("No training job succeeded after 5 attempts")
    silent = job(most=5, parallel=5)
    for launch in silent.launches(0.0):
        silent.ended(launch.name, "Completed", 1.0)
    assert silent.failure_reason.startswith("No objective metrics found after running 5 training jobs")
    assert silent.best() is None
    assert silent.since_best() == 0


def test_a_training_that_cannot_be_started_fails_the_job() -> None:
    """Its role cannot be assumed, say."""
    tuning = job()
    launch = tuning.launches(0.0)[0]
    tuning.refused(launch.name, "Could not assume role")
    assert (tuning.status, tuning.failure_reason) == ("Failed", "Could not assume role")
    assert tuning.launches(0.0) == []


def test_stop_stops_what_runs_and_starts_nothing_more() -> None:
    """Stopping while trainings run, Stopped when none does."""
    tuning = job()
    names = [one.name for one in tuning.launches(0.0)]
    assert tuning.stop() == names
    seen = [tuning.status]
    for name in names:
        tuning.ended(name, "Stopped", 1.0)
        seen.append(tuning.status)
    assert seen == ["Stopping", "Stopping", "Stopped"]
    assert tuning.launches(2.0) == []
    idle = job()
    assert idle.stop() == []
    assert idle.status == "Stopped"


def test_the_time_limit_lets_what_runs_end() -> None:
    """MaxRuntimeInSeconds: nothing starts any more."""
    limits = {"MaxParallelTrainingJobs": 1, "MaxNumberOfTrainingJobs": 5, "MaxRuntimeInSeconds": 120}
    tuning = job(ResourceLimits=limits)
    assert tuning.deadline() == 120.0
    assert job().deadline() is None
    (first,) = tuning.launches(0.0)
    tuning.reported(first.name, 1.0)
    tuning.ended(first.name, "Completed", 130.0)
    assert (tuning.status, tuning.completion) == ("Completed", "MaxRuntimeInSeconds")


def test_a_target_that_is_met_completes_the_job() -> None:
    """TargetObjectiveMetricValue, in the direction of the objective."""
    criteria = {"TargetObjectiveMetricValue": 0.5}
    tuning = job(parallel=1, TuningJobCompletionCriteria=criteria)
    for value in (0.9, 0.4):
        (launch,) = tuning.launches(0.0)
        tuning.reported(launch.name, value)
        tuning.ended(launch.name, "Completed", 1.0)
    assert (tuning.status, tuning.completion) == ("Completed", "TargetObjectiveMetricValue")
    assert len(tuning.trials) == 2


def test_a_best_that_stays_completes_the_job() -> None:
    """MaxNumberOfTrainingJobsNotImproving counts from the best one on."""
    criteria = {"BestObjectiveNotImproving": {"MaxNumberOfTrainingJobsNotImproving": 3}}
    tuning = job(most=20, parallel=1, TuningJobCompletionCriteria=criteria)
    costs = iter([0.9, 0.4, 0.5, 0.6, 0.7, 0.1])
    run(tuning, lambda _: next(costs))
    assert (tuning.status, tuning.completion) == ("Completed", "MaxNumberOfTrainingJobsNotImproving")
    assert len(tuning.trials) == 5
    assert tuning.since_best() == 3
