"""The training on an instance of EC2: gone on with from a checkpoint in S3, which each epoch leaves."""

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from harness.scenario import Bucket
from scenarios._training.classifier import Classifier, made_images

if TYPE_CHECKING:
    from harness.machine import Machine

TRAIN_EACH, TEST_EACH = 20, 5
CHECKPOINT, MODEL, HISTORY = "checkpoints/state.npz", "model/model.npz", "model/history.json"


def train(machine: "Machine", bucket: Bucket, epochs: int, epoch_s: float) -> None:
    """Train to the end, or to the end of the epoch in which there is notice of an interruption.

    An epoch takes *epoch_s* model seconds, whatever it takes here.
    """
    s3 = machine.client("s3")
    learner = _resumed(s3, bucket)
    images, labels = made_images(machine.seed, TRAIN_EACH)
    tests = made_images(machine.seed + 1, TEST_EACH)
    history = _history(s3, bucket)
    history.append({"instance": machine.instance_id, "from": learner.epoch, "to": learner.epoch})
    while learner.epoch < epochs and not history[-1].get("noticed"):
        if not machine.work_model_s(epoch_s):
            history[-1]["noticed"] = True
        learner.train(images, labels)
        history[-1] |= {"to": learner.epoch, "accuracy": learner.accuracy(*tests)}
        s3.put_object(Bucket=bucket.name, Key=CHECKPOINT, Body=learner.to_bytes())
    s3.put_object(Bucket=bucket.name, Key=HISTORY, Body=json.dumps(history).encode())
    if learner.epoch >= epochs:
        s3.put_object(Bucket=bucket.name, Key=MODEL, Body=learner.to_bytes())
    print(f"epochs {history[-1]['from']} to {learner.epoch} of {epochs}")


def _resumed(s3: Any, bucket: Bucket) -> Classifier:
    found = fetched(s3, bucket, CHECKPOINT)
    return Classifier() if found is None else Classifier.from_bytes(found)


def _history(s3: Any, bucket: Bucket) -> list[dict[str, Any]]:
    found = fetched(s3, bucket, HISTORY)
    return [] if found is None else list(json.loads(found))


def fetched(s3: Any, bucket: Bucket, key: str) -> bytes | None:
    """Return an object, None where it is not there."""
    try:
        return bytes(s3.get_object(Bucket=bucket.name, Key=key)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchKey":
            return None
        raise
