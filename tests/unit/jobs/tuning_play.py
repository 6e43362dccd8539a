"""Tuning jobs that tests define and play."""

from typing import Any

from harness.jobs.tuning import TuningJob
from harness.jobs.tuning_request import plan_of

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
