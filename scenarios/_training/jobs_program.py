"""Who has SageMaker train on images: brings them, starts jobs, makes an endpoint of each, and asks it."""

import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from scenarios._training.classifier import CLASSES, Images, made_images

if TYPE_CHECKING:
    from harness.program import Context

TRAIN_EACH, TEST_EACH = 20, 2
BATCHES = 12
EPOCHS = 5
INSTANCE_TYPE, SERVED_BY = "ml.m5.xlarge", "ml.m5.large"
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:1.12-cpu-py38"
SERVING_IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:1.12-cpu-py38"
ACCURACY = {"Name": "test accuracy", "Regex": "test accuracy=([0-9.]+);"}
ENTRY, CODE = "scenarios/_training/job.py", "code/sourcedir.tar.gz"
FOLDER = Path(__file__).parent
WITHIN_S = 3_600.0
ROWS_A_CALL = 38


def bring(context: "Context", bucket: str) -> Mapping[str, Any]:
    """Put images and code into *bucket*, in as many objects as three instances can share evenly."""
    s3 = context.client("s3")
    images, labels = made_images(context.seed, TRAIN_EACH)
    for number in range(BATCHES):
        body = _file(images[number::BATCHES], labels[number::BATCHES])
        s3.put_object(Bucket=bucket, Key=f"images/train/batch-{number:02}.npz", Body=body)
    test = _file(*made_images(context.seed + 1, TEST_EACH))
    s3.put_object(Bucket=bucket, Key="images/test/all.npz", Body=test)
    s3.put_object(Bucket=bucket, Key=CODE, Body=_code())
    return {"images": len(labels), "classes": len(set(labels.tolist()))}


def train(context: "Context", bucket: str, role: str, jobs: Mapping[str, int]) -> Mapping[str, Any]:
    """Start *jobs* (a name, and on how many instances) side by side; return when all have ended."""
    sagemaker = context.client("sagemaker")
    for name, count in jobs.items():
        sagemaker.create_training_job(**_asked(context, name, count, bucket, role))
    ended = {name: _ended(context, sagemaker, name) for name in jobs}
    return {f"{name}-status": one["TrainingJobStatus"] for name, one in ended.items()}


def serve(context: "Context", role: str, jobs: Mapping[str, int]) -> Mapping[str, Any]:
    """Make an endpoint of the model of each of *jobs*, all at once; return when they are in service."""
    sagemaker = context.client("sagemaker")
    for name in jobs:
        trained = sagemaker.describe_training_job(TrainingJobName=name)
        container = {
            "Image": SERVING_IMAGE,
            "ModelDataUrl": trained["ModelArtifacts"]["S3ModelArtifacts"],
        }
        arn = _role(context, role)
        sagemaker.create_model(ModelName=name, ExecutionRoleArn=arn, PrimaryContainer=container)
        variant = {
            "VariantName": "AllTraffic",
            "ModelName": name,
            "InstanceType": SERVED_BY,
            "InitialInstanceCount": 1,
        }
        sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    statuses = [_in_service(context, sagemaker, name) for name in jobs]
    return {"in_service": statuses.count("InService")}


def ask(context: "Context", jobs: Mapping[str, int]) -> Mapping[str, Any]:
    """Ask both endpoints for the classes of the same images; return how often each was right."""
    images, labels = made_images(context.seed + 1, TEST_EACH)
    runtime = context.client("sagemaker-runtime")
    found = {name: _classes(runtime, name, images) for name in jobs}
    right = {f"{name}-right": float(np.mean(classes == labels)) for name, classes in found.items()}
    first, second = found.values()
    return {**right, "agree": float(np.mean(first == second)), "rows": len(labels), "classes": CLASSES}


def remove(context: "Context", jobs: Mapping[str, int]) -> Mapping[str, Any]:
    """Delete what `serve` made."""
    sagemaker = context.client("sagemaker")
    for name in jobs:
        sagemaker.delete_endpoint(EndpointName=name)
        sagemaker.delete_endpoint_config(EndpointConfigName=name)
        sagemaker.delete_model(ModelName=name)
    return {"removed": len(jobs)}


def _asked(context: "Context", name: str, count: int, bucket: str, role: str) -> dict[str, Any]:
    """Return what CreateTrainingJob is asked for, as the SDK's PyTorch estimator asks for it."""
    url = f"s3://{bucket}"
    hyperparameters = {
        "epochs": EPOCHS,
        "sagemaker_program": ENTRY,
        "sagemaker_submit_directory": f"{url}/{CODE}",
        "sagemaker_job_name": name,
        "sagemaker_region": context.session.region_name,
    }
    return {
        "TrainingJobName": name,
        "RoleArn": _role(context, role),
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [ACCURACY],
        },
        "HyperParameters": {key: json.dumps(value) for key, value in hyperparameters.items()},
        "InputDataConfig": [
            _channel("training", f"{url}/images/train/", "ShardedByS3Key"),
            _channel("test", f"{url}/images/test/", "FullyReplicated"),
        ],
        "OutputDataConfig": {"S3OutputPath": f"{url}/models"},
        "ResourceConfig": {"InstanceType": INSTANCE_TYPE, "InstanceCount": count, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3_600},
        "Environment": {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    }


def _channel(name: str, url: str, distribution: str) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": url, "S3DataDistributionType": distribution}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def _role(context: "Context", name: str) -> str:
    role = next(one for one in context.scenario.roles if one.name == name)
    return context.arn(role)


def _ended(context: "Context", sagemaker: Any, name: str) -> dict[str, Any]:
    until = context.now() + WITHIN_S
    while True:
        told: dict[str, Any] = sagemaker.describe_training_job(TrainingJobName=name)
        if told["TrainingJobStatus"] != "InProgress" or context.now() > until:
            print(name, told["TrainingJobStatus"], told.get("FailureReason", ""), flush=True)
            return told
        context.wait_model_s(10.0)


def _in_service(context: "Context", sagemaker: Any, name: str) -> str:
    until = context.now() + WITHIN_S
    while True:
        status = str(sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"])
        if status != "Creating" or context.now() > until:
            return status
        context.wait_model_s(10.0)


def _classes(runtime: Any, endpoint: str, images: Images) -> Any:
    found: list[float] = []
    for at in range(0, len(images), ROWS_A_CALL):
        rows = images[at : at + ROWS_A_CALL]
        body = "\n".join(",".join(f"{pixel:.6g}" for pixel in row) for row in rows)
        answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=body.encode())
        found += [
            float(cell) for cell in answer["Body"].read().decode().replace("\n", ",").split(",") if cell
        ]
    return np.asarray(found)


def _file(images: Images, labels: Any) -> bytes:
    written = io.BytesIO()
    np.savez(written, images=images, labels=labels)
    return written.getvalue()


def _code() -> bytes:
    """Return the program and what it imports as the SDK packs a source_dir."""
    here, made = FOLDER, io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for name in ("classifier.py", "job.py", "__init__.py"):
            archive.add(here / name, arcname=f"scenarios/_training/{name}")
        archive.add(here.parent / "__init__.py", arcname="scenarios/__init__.py")
    return made.getvalue()
