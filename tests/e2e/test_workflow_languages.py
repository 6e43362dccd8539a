"""One pipeline deployed from CloudFormation, Terraform and Pulumi: from each it does what it is for."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from lambdas import Stand, lambdas, until
from languages import DATA, deployed

from harness.backends import open_backend
from harness.config import Settings
from harness.stacks import Ground

CODE = Path(__file__).parents[2] / "scenarios" / "_functions" / "code" / "start_training.py"
SPEED = 20.0


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """A gateway that enforces every policy."""
    logs = tmp_path_factory.mktemp("logs")
    with open_backend("embedded", Settings(), logs) as backend, lambdas(backend, speed=SPEED) as made:
        yield made


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "language", ["template.yaml", *(pytest.param(one, marks=LONG) for one in ("terraform", "pulumi"))]
)
def test_an_object_starts_one_training(stand: Stand, tmp_path: Path, language: str) -> None:
    """S3 tells the topic, the topic the function, and its role may do all that this takes."""
    if language == "pulumi":
        pytest.importorskip("pulumi_aws")
    shutil.copytree(DATA / "workflow", tmp_path / "flow")
    (tmp_path / "flow" / "code").mkdir()
    shutil.copy(CODE, tmp_path / "flow" / "code")
    label = language.partition(".")[0]
    key = f"incoming/{label}.csv"
    ground = Ground(stand.client, "us-east-1", "123456789012", lambda _: time.sleep(0.05))
    with deployed(tmp_path / "flow" / language, ground, stand.gateway.url):
        s3, sagemaker = stand.client("s3"), stand.client("sagemaker")
        s3.put_object(Bucket="flow-data", Key=key, Body=b"1,2\n3,4\n")

        def jobs() -> list[str]:
            listed = sagemaker.list_training_jobs(NameContains=f"train-incoming-{label}")
            return [one["TrainingJobName"] for one in listed["TrainingJobSummaries"]]

        try:
            assert until(jobs) == [f"train-incoming-{label}-csv"]
        finally:
            for each in (key, key.replace("incoming", "prepared")):
                s3.delete_object(Bucket="flow-data", Key=each)
