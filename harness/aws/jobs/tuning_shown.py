"""A tuning job as its Describe and List calls show it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.aws.aws_json import Arguments
from harness.aws.jobs.training import TrainingJob
from harness.jobs.tuning import Trial, TuningJob

_ECHOED = (
    "HyperParameterTuningJobConfig",
    "TrainingJobDefinition",
    "TrainingJobDefinitions",
    "WarmStartConfig",
)


@dataclass(slots=True)
class Shown:
    """What was given, and when what happened; moments are model seconds."""

    given: Arguments
    arn: str
    created_at: float
    modified_at: float
    ended_at: float | None = None
    status: str = ""
    tags: dict[str, str] = field(default_factory=dict)


def summarised(job: TuningJob, shown: Shown, epoch_s: Callable[[float], float]) -> Arguments:
    """Return HyperParameterTuningJobSummary."""
    config = shown.given["HyperParameterTuningJobConfig"]
    told: Arguments = {
        "HyperParameterTuningJobName": job.plan.name,
        "HyperParameterTuningJobArn": shown.arn,
        "HyperParameterTuningJobStatus": job.status,
        "Strategy": config["Strategy"],
        "CreationTime": epoch_s(shown.created_at),
        "LastModifiedTime": epoch_s(shown.modified_at),
        "ResourceLimits": config["ResourceLimits"],
        **job.counters(),
    }
    return told | ({} if shown.ended_at is None else {"HyperParameterTuningEndTime": epoch_s(shown.ended_at)})


def described(
    job: TuningJob, shown: Shown, epoch_s: Callable[[float], float], best_training: TrainingJob | None
) -> Arguments:
    """Return DescribeHyperParameterTuningJob's answer."""
    told = summarised(job, shown, epoch_s)
    del told["Strategy"], told["ResourceLimits"]
    told |= {name: shown.given[name] for name in _ECHOED if shown.given.get(name)}
    best = job.best()
    if best is not None:
        told["BestTrainingJob"] = trial_summary(best, best_training)
    if job.failure_reason:
        told["FailureReason"] = job.failure_reason
    until_at = shown.modified_at if shown.ended_at is None else shown.ended_at
    told["ConsumedResources"] = {"RuntimeInSeconds": int(until_at - shown.created_at)}
    told["TuningJobCompletionDetails"] = {"NumberOfTrainingJobsObjectiveNotImproving": job.since_best()}
    return told


def trial_summary(trial: Trial, training: TrainingJob | None) -> Arguments:
    """Return HyperParameterTrainingJobSummary; without *training* it was never started."""
    told: Arguments = {
        "TrainingJobName": trial.name,
        "TrainingJobStatus": trial.status,
        "TunedHyperParameters": trial.parameters,
        "ObjectiveStatus": trial.objective_status,
    }
    if trial.definition.name:
        told["TrainingJobDefinitionName"] = trial.definition.name
    if trial.final is not None:
        told["FinalHyperParameterTuningJobObjectiveMetric"] = {
            "Type": "Maximize" if trial.definition.objective.maximize else "Minimize",
            "MetricName": trial.definition.objective.metric,
            "Value": trial.final,
        }
    if training is not None:
        seen = training.described()
        told |= {"TrainingJobArn": seen["TrainingJobArn"], "TuningJobName": training.parent}
        told["TrainingJobStatus"] = seen["TrainingJobStatus"]
        for name in ("CreationTime", "TrainingStartTime", "TrainingEndTime", "FailureReason"):
            if name in seen:
                told[name] = seen[name]
    return told
