"""The same training twice at once: as a job of SageMaker, and on an instance of EC2 that ends itself."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cost.prices import read_prices
from harness.scenario import Bucket, MachineImage, Role
from scenarios._training.classifier import Classifier, made_images
from scenarios._training.instance import HISTORY, TEST_EACH, TRAIN_EACH, fetched
from scenarios._training.spot import POLL_MODEL_S, WAIT_AT_MOST_MODEL_S, await_terminated

if TYPE_CHECKING:
    from harness.program import Context

EPOCHS, SEED = 12, 1
# What the training takes, on either machine; and the instance is billed while its system starts, too.
TRAINING_S, START_S = 240.0, 20.0
JOB_TYPE, INSTANCE_TYPE = "ml.m5.xlarge", "t2.xlarge"
CONTAINER = "123456789012.dkr.ecr.us-east-1.amazonaws.com/image-training:1"
JOB = "image-training-job"
# The instance ends when its training has: stopped, it would keep its disk, left running it would cost.
USER_DATA = "#!/bin/bash\npython3 /opt/train.py\nshutdown -h now\n"


def as_job() -> None:
    """Train in a job of SageMaker: what its container runs."""
    learner = Classifier()
    images, labels = made_images(SEED, TRAIN_EACH)
    tests = made_images(SEED + 1, TEST_EACH)
    for _ in range(EPOCHS):
        learner.train(images, labels)
        print(f"epoch {learner.epoch}: accuracy={learner.accuracy(*tests):.6f};")
    Path(os.getenv("SM_MODEL_DIR", "/opt/ml/model"), "model.npz").write_bytes(learner.to_bytes())


def compare(
    context: "Context", bucket: Bucket, image: MachineImage, job_role: Role, worker: Role
) -> dict[str, Any]:
    """Start both, wait for both, and return what each came to and what an hour of each costs."""
    ec2, sagemaker = context.client("ec2"), context.client("sagemaker")
    instance = _run(ec2, image, worker)
    _create(sagemaker, context.arn(job_role), bucket)
    job = _awaited(context, sagemaker)
    ended = await_terminated(context, ec2, instance)
    lives = json.loads(fetched(context.client("s3"), bucket, HISTORY) or b"[{}]")
    prices = read_prices()
    hosted, plain = prices.usd_per_hour[JOB_TYPE], prices.ec2(INSTANCE_TYPE) or 0.0
    return {
        "instance_ended_itself": ended,
        "instance_accuracy": lives[-1].get("accuracy", 0.0),
        "job_accuracy": {one["MetricName"]: one["Value"] for one in job["FinalMetricDataList"]}["accuracy"],
        "job_billable_s": job["BillableTimeInSeconds"],
        "less_by_the_hour": 1.0 - plain / hosted,
    }


def _run(ec2: Any, image: MachineImage, worker: Role) -> str:
    made = ec2.run_instances(
        ImageId=image.id,
        InstanceType=INSTANCE_TYPE,
        MinCount=1,
        MaxCount=1,
        IamInstanceProfile={"Name": worker.name},
        InstanceInitiatedShutdownBehavior="terminate",
        UserData=USER_DATA,
        MetadataOptions={"HttpTokens": "required"},
    )
    return str(made["Instances"][0]["InstanceId"])


def _create(sagemaker: Any, role_arn: str, bucket: Bucket) -> None:
    sagemaker.create_training_job(
        TrainingJobName=JOB,
        RoleArn=role_arn,
        AlgorithmSpecification={
            "TrainingImage": CONTAINER,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "accuracy", "Regex": "accuracy=([0-9.]+);"}],
        },
        OutputDataConfig={"S3OutputPath": f"s3://{bucket.name}/jobs"},
        ResourceConfig={"InstanceType": JOB_TYPE, "InstanceCount": 1, "VolumeSizeInGB": 10},
        StoppingCondition={"MaxRuntimeInSeconds": 3_600},
    )


def _awaited(context: "Context", sagemaker: Any) -> dict[str, Any]:
    until = context.now() + WAIT_AT_MOST_MODEL_S
    while True:
        job = dict(sagemaker.describe_training_job(TrainingJobName=JOB))
        if job["TrainingJobStatus"] in ("Completed", "Failed", "Stopped") or context.now() > until:
            return job
        context.wait_model_s(POLL_MODEL_S)
