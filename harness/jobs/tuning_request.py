"""What CreateHyperParameterTuningJob asks for, read and checked; and the training jobs that it asks for.

API reference: HyperParameterTuningJobConfig, HyperParameterTrainingJobDefinition.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.jobs.tuning_ranges import Range, combinations, ranges_in
from harness.jobs.tuning_stopping import Hyperband, hyperband_of
from harness.jobs.tuning_strategies import Strategy
from harness.jobs.unacceptable import Unacceptable

NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,31}")
STRATEGIES = ("Bayesian", "Random", "Hyperband", "Grid")
# SageMaker quotas, "Hyperparameter tuning": parallel training jobs of one tuning job, and its training jobs.
MOST_PARALLEL, MOST_TRAININGS = 100, 750
MOST_TRAININGS_RANDOM = 10_000
# The service adds it to the hyperparameters of every training that it starts.
OBJECTIVE_PARAMETER = "_tuning_objective_metric"


@dataclass(frozen=True, slots=True)
class Objective:
    """The metric that counts, and whether its highest value is the best."""

    metric: str
    maximize: bool

    def cost(self, value: float) -> float:
        """Return *value* as one where lower is better."""
        return -value if self.maximize else value


@dataclass(frozen=True, slots=True)
class Definition:
    """One training job definition: `given` is the request's own structure."""

    name: str
    given: Mapping[str, Any] = field(hash=False)
    objective: Objective
    ranges: tuple[Range, ...]

    def request(self, job: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Return CreateTrainingJob's arguments for a training *job* with the tuned *parameters*."""
        given = self.given
        request: dict[str, Any] = {
            "TrainingJobName": job,
            "AlgorithmSpecification": dict(given["AlgorithmSpecification"]),
            "HyperParameters": {
                **(given.get("StaticHyperParameters") or {}),
                **parameters,
                OBJECTIVE_PARAMETER: self.objective.metric,
            },
            "ResourceConfig": _resources(given),
        }
        return request | {name: given[name] for name in _CARRIED if given.get(name) not in (None, {}, [])}


_CARRIED = (
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "StoppingCondition",
    "VpcConfig",
    "EnableNetworkIsolation",
    "EnableInterContainerTrafficEncryption",
    "EnableManagedSpotTraining",
    "CheckpointConfig",
    "RetryStrategy",
    "Environment",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A tuning job as it was asked for. `most` is its trainings, `within_s` its time, None for no limit."""

    name: str
    strategy: Strategy
    definitions: tuple[Definition, ...]
    most: int
    parallel: int
    within_s: float | None = None
    early_stopping: bool = False
    hyperband: Hyperband | None = None
    target: float | None = None
    not_improving: int | None = None
    seed: int | None = None


def plan_of(given: Mapping[str, Any]) -> Plan:
    """Return what *given*, CreateHyperParameterTuningJob's arguments, asks for; raise Unacceptable."""
    config = given.get("HyperParameterTuningJobConfig") or {}
    name = str(given.get("HyperParameterTuningJobName", ""))
    if not NAME.fullmatch(name):
        raise Unacceptable(
            f"1 validation error detected: Value '{name}' at 'hyperParameterTuningJobName' failed to satisfy "
            f"constraint: Member must satisfy regular expression pattern: ^{NAME.pattern}"
        )
    strategy = config.get("Strategy")
    if strategy not in STRATEGIES:
        raise Unacceptable(
            f"1 validation error detected: Value '{strategy}' at 'hyperParameterTuningJobConfig.strategy' "
            f"failed to satisfy constraint: Member must satisfy enum value set: [{', '.join(STRATEGIES)}]"
        )
    _check_covered(given, config)
    definitions = _definitions(given, config)
    most, parallel = _limits(config, strategy, definitions)
    early = config.get("TrainingJobEarlyStoppingType", "Off") == "Auto"
    if strategy == "Hyperband" and early:
        raise Unacceptable("TrainingJobEarlyStoppingType must be Off to use the Hyperband strategy.")
    criteria = config.get("TuningJobCompletionCriteria") or {}
    return Plan(
        name=name,
        strategy=strategy,
        definitions=definitions,
        most=most,
        parallel=parallel,
        within_s=config["ResourceLimits"].get("MaxRuntimeInSeconds"),
        early_stopping=early,
        hyperband=_hyperband(config, definitions) if strategy == "Hyperband" else None,
        target=criteria.get("TargetObjectiveMetricValue"),
        not_improving=(criteria.get("BestObjectiveNotImproving") or {}).get(
            "MaxNumberOfTrainingJobsNotImproving"
        ),
        seed=config.get("RandomSeed"),
    )


def _check_covered(given: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    convergence = (config.get("TuningJobCompletionCriteria") or {}).get("ConvergenceDetected") or {}
    if given.get("Autotune"):
        raise Unacceptable("Autotune is not covered here: give ranges, an objective and limits.")
    if convergence.get("CompleteOnConvergence") == "Enabled":
        raise Unacceptable(
            "CompleteOnConvergence is not covered here: how AWS detects convergence is not documented."
        )


def _definitions(given: Mapping[str, Any], config: Mapping[str, Any]) -> tuple[Definition, ...]:
    single, several = given.get("TrainingJobDefinition"), given.get("TrainingJobDefinitions") or []
    if bool(single) == bool(several):
        raise Unacceptable("Give either TrainingJobDefinition or TrainingJobDefinitions.")
    if not single:
        if any(not each.get("DefinitionName") for each in several):
            raise Unacceptable("Each of TrainingJobDefinitions needs a DefinitionName.")
        return tuple(
            _definition(each, each.get("TuningObjective"), each.get("HyperParameterRanges"))
            for each in several
        )
    return (
        _definition(
            single,
            config.get("HyperParameterTuningJobObjective"),
            config.get("ParameterRanges"),
            several=False,
        ),
    )


def _definition(
    given: Mapping[str, Any],
    objective: Mapping[str, Any] | None,
    ranges: Mapping[str, Any] | None,
    *,
    several: bool = True,
) -> Definition:
    if not objective:
        where = "TuningObjective" if several else "HyperParameterTuningJobObjective"
        raise Unacceptable(f"{where} is required: it names the metric that counts.")
    found = ranges_in(ranges or {})
    fixed = set(given.get("StaticHyperParameters") or {})
    both = sorted(fixed & {each.name for each in found})
    if both:
        raise Unacceptable(f"Hyperparameter {both[0]} is both static and has a range.")
    if not found:
        raise Unacceptable("At least one hyperparameter range is required.")
    counts = Objective(objective["MetricName"], objective["Type"] == "Maximize")
    _check_metric(given, counts.metric)
    return Definition(str(given.get("DefinitionName") or ""), given, counts, found)


def _check_metric(given: Mapping[str, Any], metric: str) -> None:
    """Refuse an objective that no MetricDefinition names; built-in algorithms bring their own."""
    defined = given["AlgorithmSpecification"].get("MetricDefinitions") or ()
    if defined and metric not in [each["Name"] for each in defined]:
        raise Unacceptable(
            f"Objective metric {metric} is not among the MetricDefinitions of the training job definition."
        )


def _limits(config: Mapping[str, Any], strategy: str, definitions: Sequence[Definition]) -> tuple[int, int]:
    limits = config.get("ResourceLimits") or {}
    parallel, most = limits.get("MaxParallelTrainingJobs"), limits.get("MaxNumberOfTrainingJobs")
    if not parallel or not 1 <= parallel <= MOST_PARALLEL:
        raise Unacceptable(f"MaxParallelTrainingJobs is {parallel}; it must be from 1 to {MOST_PARALLEL}.")
    if strategy == "Grid":
        points = sum(combinations(each.ranges) for each in definitions)
        if most not in (None, points):
            raise Unacceptable(
                f"MaxNumberOfTrainingJobs ({most}) must equal the number of distinct categorical "
                f"combinations ({points}) for grid search, or be left out."
            )
        return points, parallel
    allowed = MOST_TRAININGS_RANDOM if strategy == "Random" else MOST_TRAININGS
    if most is None or not 1 <= most <= allowed:
        raise Unacceptable(f"MaxNumberOfTrainingJobs is {most}; it must be from 1 to {allowed}.")
    if parallel > most:
        raise Unacceptable(
            f"MaxParallelTrainingJobs ({parallel}) must be at most MaxNumberOfTrainingJobs ({most})."
        )
    return most, parallel


def _hyperband(config: Mapping[str, Any], definitions: Sequence[Definition]) -> Hyperband:
    static = definitions[0].given.get("StaticHyperParameters") or {}
    return hyperband_of(config.get("StrategyConfig") or {}, static)


def _resources(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return ResourceConfig; of a HyperParameterTuningResourceConfig, its first choice of instances."""
    if given.get("ResourceConfig"):
        return dict(given["ResourceConfig"])
    flexible = given.get("HyperParameterTuningResourceConfig") or {}
    chosen = next(iter(flexible.get("InstanceConfigs") or [flexible]))
    names = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")
    return {name: chosen[name] for name in names if name in chosen}


def training_name(tuning: str, number: int, suffix: str) -> str:
    """Return the name of the training *number* (from 1 on): `NAME-001-xxxxxxxx`, as SageMaker builds it."""
    return f"{tuning}-{number:03d}-{suffix}"
