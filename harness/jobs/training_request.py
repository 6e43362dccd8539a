"""A CreateTrainingJob request: what SageMaker refuses in it, what is not covered here, and its parts.

API reference, CreateTrainingJob. The sentences that have a source other than the model are recorded in issues
of aws/sagemaker-python-sdk and aws/amazon-sagemaker-examples; those of rules that only the guide gives are
ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.jobs.channels import FILE, Channel
from harness.jobs.names import split_url
from harness.refusal import Refusal

VALIDATION = "ValidationException"
# API reference, StoppingCondition: "The maximum value is 432000 seconds (5 days)"; the default is one day.
DEFAULT_MAX_RUNTIME_S = 86_400
DEFAULT_CHECKPOINTS = "/opt/ml/checkpoints"
# Hyperparameters are limited to 100 in number by the model, and to these characters each (guide).
MOST_HYPERPARAMETER_CHARACTERS = 2_500
_DATA_TYPES = ("S3Prefix", "ManifestFile")
_NOT_COVERED = {
    "ServerlessJobConfig": "serverless customisation jobs",
    "ModelPackageConfig": "registration of a model package by the job",
}


@dataclass(frozen=True, slots=True)
class TrainingRequest:
    """What was asked for, read once. `max_wait_s` is None where the job is not on spot capacity."""

    name: str
    role: str
    image: str
    instance_type: str
    instance_count: int
    channels: tuple[Channel, ...]
    output: str
    max_runtime_s: float
    max_wait_s: float | None
    checkpoint_url: str
    checkpoint_path: str
    hyperparameters: Mapping[str, str]
    environment: Mapping[str, str]
    entrypoint: tuple[str, ...]
    arguments: tuple[str, ...]
    metrics: tuple[Mapping[str, Any], ...]
    spot: bool
    attempts: int

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "TrainingRequest":
        """Return the parts of *given*, of which `refused` said None."""
        algorithm, resources = given["AlgorithmSpecification"], given["ResourceConfig"]
        stopping, checkpoints = given.get("StoppingCondition", {}), given.get("CheckpointConfig", {})
        spot = bool(given.get("EnableManagedSpotTraining"))
        mode = algorithm["TrainingInputMode"]
        return cls(
            given["TrainingJobName"],
            given["RoleArn"],
            algorithm.get("TrainingImage") or algorithm.get("AlgorithmName", ""),
            resources["InstanceType"],
            int(resources["InstanceCount"]),
            tuple(Channel.of(one, mode) for one in given.get("InputDataConfig", [])),
            given["OutputDataConfig"]["S3OutputPath"],
            float(stopping.get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME_S)),
            float(stopping["MaxWaitTimeInSeconds"]) if spot else None,
            checkpoints.get("S3Uri", ""),
            checkpoints.get("LocalPath") or DEFAULT_CHECKPOINTS,
            dict(given.get("HyperParameters", {})),
            dict(given.get("Environment", {})),
            tuple(algorithm.get("ContainerEntrypoint", [])),
            tuple(algorithm.get("ContainerArguments", [])),
            tuple(algorithm.get("MetricDefinitions", [])),
            spot,
            1 + int(given.get("RetryStrategy", {}).get("MaximumRetryAttempts", 0)),
        )


def refused(given: Mapping[str, Any]) -> Refusal | None:
    """Return why SageMaker would not take *given*, whose members satisfy the model; None when it would."""
    for check in (_algorithm, _resources, _stopping, _hyperparameters, _addresses, _covered):
        why = check(given)
        if why:
            return Refusal(VALIDATION, why)
    return None


def _algorithm(given: Mapping[str, Any]) -> str:
    algorithm = given.get("AlgorithmSpecification")
    if not algorithm:
        return "AlgorithmSpecification is required to create a training job."
    named = [name for name in ("TrainingImage", "AlgorithmName") if algorithm.get(name)]
    if len(named) != 1:
        return "You must specify either an AlgorithmName or a TrainingImage, and not both."
    return ""


def _resources(given: Mapping[str, Any]) -> str:
    resources = given.get("ResourceConfig")
    if not resources:
        return "ResourceConfig is required to create a training job."
    if resources.get("InstanceGroups"):
        return _uncovered("ResourceConfig.InstanceGroups (heterogeneous clusters)")
    if not resources.get("InstanceType") or not resources.get("InstanceCount"):
        return "ResourceConfig needs both an InstanceType and an InstanceCount, or InstanceGroups."
    return ""


def _stopping(given: Mapping[str, Any]) -> str:
    stopping = given.get("StoppingCondition")
    if stopping is None:
        return "StoppingCondition is required to create a training job."
    wait_s, runtime_s = stopping.get("MaxWaitTimeInSeconds"), stopping.get("MaxRuntimeInSeconds")
    if given.get("EnableManagedSpotTraining"):
        if wait_s is None or wait_s < (runtime_s or DEFAULT_MAX_RUNTIME_S):
            return (
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
                "MaxRuntimeInSeconds"
            )
    elif wait_s is not None:
        return "MaxWaitTimeInSeconds is only allowed when EnableManagedSpotTraining is true."
    return ""


def _hyperparameters(given: Mapping[str, Any]) -> str:
    for name, value in (given.get("HyperParameters") or {}).items():
        if len(value) > MOST_HYPERPARAMETER_CHARACTERS:
            return (
                f"The hyperparameter {name} has {len(value)} characters; the limit is "
                f"{MOST_HYPERPARAMETER_CHARACTERS}."
            )
    return ""


def _addresses(given: Mapping[str, Any]) -> str:
    names = [one["ChannelName"] for one in given.get("InputDataConfig") or []]
    if len(set(names)) < len(names):
        return "Channel names must be unique within InputDataConfig."
    for one in given.get("InputDataConfig") or []:
        source = (one.get("DataSource") or {}).get("S3DataSource")
        if source is None:
            return _uncovered(f"the data source of channel {one['ChannelName']} (only S3DataSource is)")
        if not _in_s3(source.get("S3Uri", "")):
            return f"S3Uri {source.get('S3Uri')} of channel {one['ChannelName']} is not an S3 address."
    if not _in_s3(given["OutputDataConfig"]["S3OutputPath"]):
        return f"S3OutputPath {given['OutputDataConfig']['S3OutputPath']} is not an S3 address."
    return ""


def _covered(given: Mapping[str, Any]) -> str:
    for name, what in _NOT_COVERED.items():
        if given.get(name):
            return _uncovered(what)
    mode = given["AlgorithmSpecification"]["TrainingInputMode"]
    for one in given.get("InputDataConfig") or []:
        used = one.get("InputMode") or mode
        if used != FILE:
            return _uncovered(f"input mode {used} of channel {one['ChannelName']}; File mode is")
        if one["DataSource"]["S3DataSource"].get("S3DataType", "S3Prefix") not in (
            "S3Prefix",
            "ManifestFile",
        ):
            return _uncovered(f"the S3DataType of channel {one['ChannelName']}")
    return ""


def _in_s3(url: str) -> bool:
    try:
        split_url(url)
    except ValueError:
        return False
    return True


def _uncovered(what: str) -> str:
    return f"Not covered by this rehearsal: {what}."


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return *given* with what DescribeTrainingJob fills in where nothing was said; the SDK relies on it."""
    output = {"KmsKeyId": "", "CompressionType": "GZIP"} | dict(given["OutputDataConfig"])
    algorithm = {"EnableSageMakerMetricsTimeSeries": False} | dict(given["AlgorithmSpecification"])
    filled = dict(given) | {"OutputDataConfig": output, "AlgorithmSpecification": algorithm}
    if given.get("InputDataConfig"):
        filled["InputDataConfig"] = [_filled_channel(one) for one in given["InputDataConfig"]]
    return filled


def _filled_channel(given: Mapping[str, Any]) -> dict[str, Any]:
    source = {"S3DataDistributionType": "FullyReplicated"} | dict(given["DataSource"]["S3DataSource"])
    channel = {"CompressionType": "None", "RecordWrapperType": "None"} | dict(given)
    return channel | {"DataSource": {"S3DataSource": source}}
