"""Which trainings a tuning job stops early, and which definitions are refused."""

from typing import Any

import pytest
from tuning_play import asked, definition, job

from harness.jobs.tuning_request import Plan, plan_of
from harness.jobs.tuning_stopping import Hyperband, hyperband_of, hyperband_stops, median_stops
from harness.jobs.unacceptable import Unacceptable


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
