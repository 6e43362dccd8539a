"""A CreateProcessingJob request: what SageMaker refuses in it, what is not covered here, and its parts.

API reference, CreateProcessingJob. Rules that only the guide gives are in our words.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.jobs.layout import ROOT
from harness.jobs.names import split_url
from harness.jobs.training_request import VALIDATION
from harness.refusal import Refusal

# API reference, ProcessingStoppingCondition: without one a job runs for a day at most.
DEFAULT_MAX_RUNTIME_S = 86_400.0
PROCESSING = f"{ROOT}/processing"


@dataclass(frozen=True, slots=True)
class Transfer:
    """One input or output: where in S3, where in the container, and how it is spread or sent."""

    name: str
    url: str
    local: str
    data_type: str = "S3Prefix"
    distribution: str = "FullyReplicated"
    continuous: bool = False


@dataclass(frozen=True, slots=True)
class ProcessingRequest:
    """What was asked for, read once."""

    name: str
    role: str
    image: str
    instance_type: str
    instance_count: int
    inputs: tuple[Transfer, ...]
    outputs: tuple[Transfer, ...]
    max_runtime_s: float
    environment: Mapping[str, str]
    entrypoint: tuple[str, ...]
    arguments: tuple[str, ...]
    isolated: bool

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "ProcessingRequest":
        """Return the parts of *given*, of which `refused` said None."""
        application, cluster = given["AppSpecification"], given["ProcessingResources"]["ClusterConfig"]
        outputs = given.get("ProcessingOutputConfig", {}).get("Outputs", [])
        return cls(
            given["ProcessingJobName"],
            given["RoleArn"],
            application["ImageUri"],
            cluster["InstanceType"],
            int(cluster["InstanceCount"]),
            tuple(_input(one) for one in given.get("ProcessingInputs", [])),
            tuple(_output(one) for one in outputs),
            float(given.get("StoppingCondition", {}).get("MaxRuntimeInSeconds", DEFAULT_MAX_RUNTIME_S)),
            dict(given.get("Environment", {})),
            tuple(application.get("ContainerEntrypoint", [])),
            tuple(application.get("ContainerArguments", [])),
            bool(given.get("NetworkConfig", {}).get("EnableNetworkIsolation")),
        )


def refused(given: Mapping[str, Any]) -> Refusal | None:
    """Return why *given*, whose members satisfy the model, is not taken; None when it is."""
    for one in given.get("ProcessingInputs") or []:
        why = _input_refused(one)
        if why:
            return Refusal(VALIDATION, why)
    for one in (given.get("ProcessingOutputConfig") or {}).get("Outputs") or []:
        why = _output_refused(one)
        if why:
            return Refusal(VALIDATION, why)
    return None


def _input(one: Mapping[str, Any]) -> Transfer:
    source = one["S3Input"]
    return Transfer(
        one["InputName"],
        source["S3Uri"],
        source.get("LocalPath") or f"{PROCESSING}/input/{one['InputName']}",
        source.get("S3DataType", "S3Prefix"),
        source.get("S3DataDistributionType", "FullyReplicated"),
    )


def _output(one: Mapping[str, Any]) -> Transfer:
    target = one["S3Output"]
    local = target.get("LocalPath") or f"{PROCESSING}/output/{one['OutputName']}"
    return Transfer(
        one["OutputName"], target["S3Uri"], local, continuous=target.get("S3UploadMode") == "Continuous"
    )


def _input_refused(one: Mapping[str, Any]) -> str:
    name, source = one["InputName"], one.get("S3Input")
    if source is None:
        return f"Not covered by this rehearsal: the source of input {name} (only S3Input is)."
    if source.get("S3InputMode", "File") != "File":
        return f"Not covered by this rehearsal: input mode {source['S3InputMode']} of {name}; File mode is."
    if source.get("S3CompressionType", "None") != "None":
        return f"Not covered by this rehearsal: the S3CompressionType of {name}."
    return _paths_refused(f"input {name}", source)


def _output_refused(one: Mapping[str, Any]) -> str:
    name, target = one["OutputName"], one.get("S3Output")
    if target is None:
        return f"Not covered by this rehearsal: the target of output {name} (only S3Output is)."
    return _paths_refused(f"output {name}", target)


def _paths_refused(what: str, given: Mapping[str, Any]) -> str:
    try:
        split_url(given["S3Uri"])
    except ValueError:
        return f"S3Uri {given['S3Uri']} of {what} is not an S3 address."
    local = given.get("LocalPath")
    if local and not local.startswith(f"{ROOT}/"):
        return f"Not covered by this rehearsal: LocalPath {local} of {what} is outside {ROOT}."
    return ""
