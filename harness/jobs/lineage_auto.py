"""The lineage that SageMaker makes by itself: for jobs, and for the endpoints that serve their models.

Developer guide, "Amazon SageMaker AI-Created Tracking Entities": a trial component for each job, artifacts
for its image, data and model; for an endpoint a context, and the action that deployed it. A model's artifact
has the address of its model.tar.gz, so that an endpoint is traced to the one job that produced its model.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

DATA_SET, MODEL, IMAGE, CHECKPOINT = "DataSet", "Model", "Image", "Checkpoint"
JOB_TYPES = {
    "training": "SageMakerTrainingJob",
    "processing": "SageMakerProcessingJob",
    "transform": "SageMakerTransformJob",
}
JobKind = Literal["training", "processing", "transform"]


@dataclass(frozen=True, slots=True)
class Part:
    """An artifact of a job, and whether the job produced it or was given it."""

    type: str
    source_uri: str
    produced: bool


def component_name(kind: JobKind, job: str) -> str:
    """Return the name of the trial component of a job."""
    return f"{job}-aws-{kind}-job"


def parts_of(kind: JobKind, described: Mapping[str, Any]) -> list[Part]:
    """Return the artifacts of a job as its Describe call shows it, each address once."""
    found = {"training": _training, "processing": _processing, "transform": _transform}[kind](described)
    return list(dict.fromkeys(each for each in found if each.source_uri))


def _training(job: Mapping[str, Any]) -> Iterator[Part]:
    yield Part(IMAGE, (job.get("AlgorithmSpecification") or {}).get("TrainingImage") or "", False)
    for channel in job.get("InputDataConfig") or ():
        source = (channel.get("DataSource") or {}).get("S3DataSource") or {}
        yield Part(DATA_SET, source.get("S3Uri") or "", False)
    yield Part(MODEL, (job.get("ModelArtifacts") or {}).get("S3ModelArtifacts") or "", True)
    yield Part(CHECKPOINT, (job.get("CheckpointConfig") or {}).get("S3Uri") or "", True)


def _processing(job: Mapping[str, Any]) -> Iterator[Part]:
    yield Part(IMAGE, (job.get("AppSpecification") or {}).get("ImageUri") or "", False)
    for each in job.get("ProcessingInputs") or ():
        yield Part(DATA_SET, (each.get("S3Input") or {}).get("S3Uri") or "", False)
    for each in (job.get("ProcessingOutputConfig") or {}).get("Outputs") or ():
        yield Part(DATA_SET, (each.get("S3Output") or {}).get("S3Uri") or "", True)


def _transform(job: Mapping[str, Any]) -> Iterator[Part]:
    source = ((job.get("TransformInput") or {}).get("DataSource") or {}).get("S3DataSource") or {}
    yield Part(DATA_SET, source.get("S3Uri") or "", False)
    yield Part(DATA_SET, (job.get("TransformOutput") or {}).get("S3OutputPath") or "", True)


def parts_of_model(described: Mapping[str, Any]) -> list[Part]:
    """Return the artifacts that a model, as DescribeModel shows it, is made of: artefacts and images."""
    containers = [described.get("PrimaryContainer") or {}, *(described.get("Containers") or ())]
    parts = [Part(MODEL, each.get("ModelDataUrl") or "", False) for each in containers]
    parts += [Part(IMAGE, each.get("Image") or "", False) for each in containers]
    return list(dict.fromkeys(each for each in parts if each.source_uri))
