"""A tuning job starts what it may, stops what is hopeless, and says which training was the best."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.jobs.tuning import TuningJob
from harness.jobs.tuning_request import Plan, plan_of
from harness.jobs.tuning_stopping import Hyperband, hyperband_of, hyperband_stops, median_stops
from harness.jobs.unacceptable import Unacceptable

ETA = {"Name": "eta", "MinValue": "0.0", "MaxValue": "1.0", "ScalingType": "Linear"}
KINDS = {"Name": "kind", "Values": ["a", "b"]}
METRIC = {"Name": "rmse", "Regex": "rmse=(.*)"}


def definition(**more: Any) -> dict[str, Any]:
    return {
        "AlgorithmSpecification": {
            "TrainingImage": "i",
            "TrainingInputMode": "File",
            "MetricDefinitions": [METRIC],
        },
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "OutputDataConfig": {"S3OutputPath": "s3://b/o"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "StaticHyperParameters": {"epochs": "9"},
        **more,
    }


def asked(
    strategy: str = "Random", *, most: int | None = 6, parallel: int = 2, **more: Any
) -> dict[str, Any]:
    limits = {"MaxParallelTrainingJobs": parallel} | (
        {} if most is None else {"MaxNumberOfTrainingJobs": most}
    )
    ranges: dict[str, Any] = {"CategoricalParameterRanges": [KINDS]}
    if strategy != "Grid":
        ranges["ContinuousParameterRanges"] = [ETA]
    config = {
        "Strategy": strategy,
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "rmse"},
        "ResourceLimits": limits,
        "ParameterRanges": ranges,
        **more,
    }
    return {
        "HyperParameterTuningJobName": "tune",
        "HyperParameterTuningJobConfig": config,
        "TrainingJobDefinition": definition(),
    }


def job(strategy: str = "Random", **more: Any) -> TuningJob:
    return TuningJob(plan_of(asked(strategy, **more)), seed=1, now=0.0)


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


def test_the_median_rule_stops_what_is_worse_than_half_of_the_others() -> None:
    """Its newest value against their running averages at the same epoch; without others nothing stops."""
    assert not median_stops([9.0], [])
    assert not median_stops([9.0, 2.0], [[9.0]])
    assert median_stops([9.0, 4.0], [[9.0, 1.0], [3.0, 3.0], [2.0, 2.0]])  # averages 5, 3, 2
    assert not median_stops([9.0, 3.0], [[9.0, 1.0], [3.0, 3.0], [2.0, 2.0]])


def test_early_stopping_is_asked_for_once() -> None:
    """A training that is being stopped still reports; only what has ended is compared with."""
    tuning = job(parallel=2, most=4, TrainingJobEarlyStoppingType="Auto")
    good, bad = [one.name for one in tuning.launches(0.0)]
    assert not tuning.reported(bad, 5.0)
    assert not tuning.reported(good, 1.0)
    tuning.ended(good, "Completed", 1.0)
    assert not tuning.reported(bad, 5.0)  # the good one had one epoch only
    (third,) = tuning.launches(1.0)
    assert tuning.reported(third.name, 5.0)
    assert not tuning.reported(third.name, 6.0)
    tuning.ended(third.name, "Stopped", 2.0)
    assert tuning.trials[third.name].objective_status == "Succeeded"
    assert not tuning.reported(third.name, 7.0)


def test_nothing_is_stopped_unless_it_is_asked_for() -> None:
    """TrainingJobEarlyStoppingType is Off by default."""
    tuning = job(parallel=2)
    good, bad = [one.name for one in tuning.launches(0.0)]
    tuning.reported(good, 1.0)
    tuning.ended(good, "Completed", 1.0)
    assert not tuning.reported(bad, 5.0)


def test_hyperband_ends_two_thirds_at_each_rung() -> None:
    """And every training at its last epoch; with too few others nobody is judged."""
    limits = Hyperband(1, 9)
    assert limits.rungs() == [1, 3]
    assert hyperband_stops(limits, [5.0], [[1.0], [2.0]])
    assert not hyperband_stops(limits, [0.5], [[1.0], [2.0]])
    assert not hyperband_stops(limits, [5.0, 5.0], [[1.0, 1.0], [2.0, 2.0]])
    assert not hyperband_stops(limits, [5.0], [[1.0]])
    assert hyperband_stops(limits, [0.1] * 9, [])


def test_hyperband_stops_trainings_of_a_job() -> None:
    """MaxResource is read from the static hyperparameter epochs."""
    tuning = job("Hyperband", parallel=3)
    first, second, third = [one.name for one in tuning.launches(0.0)]
    assert not tuning.reported(first, 1.0)
    assert not tuning.reported(second, 2.0)
    assert tuning.reported(third, 3.0)


def test_hyperband_needs_to_know_the_epochs() -> None:
    """From the configuration, else from a static hyperparameter."""
    given = {"HyperbandStrategyConfig": {"MinResource": 2, "MaxResource": 20}}
    assert hyperband_of(given, {}) == Hyperband(2, 20)
    assert hyperband_of({}, {"n_epochs": "30"}) == Hyperband(1, 30)
    with pytest.raises(Unacceptable, match="MaxResource cannot be inferred"):
        hyperband_of({}, {})
    with pytest.raises(Unacceptable, match="must be below MaxResource"):
        hyperband_of({"HyperbandStrategyConfig": {"MinResource": 20}}, {"epochs": "20"})


def test_a_training_is_asked_for_with_all_that_the_definition_has() -> None:
    """Static and tuned hyperparameters, and the objective that the service adds."""
    (launch,) = job(parallel=1).launches(0.0)
    request = launch.definition.request(launch.name, launch.parameters)
    assert request["HyperParameters"] == {
        "epochs": "9",
        **launch.parameters,
        "_tuning_objective_metric": "rmse",
    }
    assert request["TrainingJobName"] == launch.name
    assert request["StoppingCondition"] == {"MaxRuntimeInSeconds": 60}
    assert "VpcConfig" not in request


def test_flexible_instances_are_the_first_choice() -> None:
    """HyperParameterTuningResourceConfig, with or without a list."""
    chosen = {"InstanceType": "ml.c5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 3}
    for flexible in (chosen, {"InstanceConfigs": [chosen, {"InstanceType": "ml.m5.large"}]}):
        request = asked()
        request["TrainingJobDefinition"] = definition(
            ResourceConfig=None, HyperParameterTuningResourceConfig=flexible
        )
        assert plan_of(request).definitions[0].request("x", {})["ResourceConfig"] == chosen


def changed(**more: Any) -> dict[str, Any]:
    return {**asked(), **more}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (changed(HyperParameterTuningJobName="tune_"), "hyperParameterTuningJobName"),
        (asked("Annealing"), "enum value set"),
        (asked(most=None), "MaxNumberOfTrainingJobs is None"),
        (asked(most=2, parallel=3), "must be at most"),
        (asked(parallel=0), "MaxParallelTrainingJobs is 0"),
        (asked("Grid", most=5), "must equal the number of distinct"),
        (asked("Hyperband", TrainingJobEarlyStoppingType="Auto"), "must be Off"),
        (asked(HyperParameterTuningJobObjective=None), "HyperParameterTuningJobObjective is required"),
        (
            asked(HyperParameterTuningJobObjective={"Type": "Minimize", "MetricName": "loss"}),
            "not among the MetricDefinitions",
        ),
        (asked(ParameterRanges={}), "At least one"),
        (changed(TrainingJobDefinition=definition(StaticHyperParameters={"eta": "1"})), "both static"),
        (changed(TrainingJobDefinition=None), "either TrainingJobDefinition or"),
        (changed(TrainingJobDefinition=None, TrainingJobDefinitions=[definition()]), "DefinitionName"),
        (
            changed(TrainingJobDefinition=None, TrainingJobDefinitions=[definition(DefinitionName="a")]),
            "TuningObjective is required",
        ),
        (changed(Autotune={"Mode": "Enabled"}), "Autotune is not covered"),
        (
            asked(TuningJobCompletionCriteria={"ConvergenceDetected": {"CompleteOnConvergence": "Enabled"}}),
            "CompleteOnConvergence is not covered",
        ),
    ],
)
def test_what_is_refused(request_: dict[str, Any], words: str) -> None:
    """With the member that is wrong."""
    with pytest.raises(Unacceptable, match=words):
        plan_of(request_)


def test_a_plan_says_what_was_asked_for() -> None:
    """Without MetricDefinitions the algorithm is built in and brings its own."""
    request = changed(TrainingJobDefinition=definition(AlgorithmSpecification={"TrainingInputMode": "File"}))
    plan = plan_of(request)
    assert isinstance(plan, Plan)
    assert (plan.most, plan.parallel, plan.within_s, plan.early_stopping) == (6, 2, None, False)
