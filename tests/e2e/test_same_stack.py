"""The same stack from every language: the same resources, field by field; and one that works from each."""

import shutil
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Served, until

from harness import stacks
from harness.stacks import Deployed, Ground, compare, live
from harness.templates.load import load
from harness.templates.model import Template

DATA = Path(__file__).parents[1] / "data"
CODE = Path(__file__).parents[2] / "scenarios" / "_functions" / "code" / "start_training.py"
TYPES = [
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::IAM::Role",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::SNS::Subscription",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
    "AWS::SageMaker::Model",
]
# What a language adds by itself: SAM a tag, the provider in its plan what it takes for a default.
ADDED = {
    "sam.yaml": {"same-worker Tags[0].Key", "same-worker Tags[0].Value"},
    "plan": {
        "same-config ProductionVariants[0].EnableSSMAccess",
        "same-dead MaximumMessageSize",
        "same-invocations TargetTrackingScalingPolicyConfiguration.DisableScaleIn",
        "same-model PrimaryContainer.Mode",
        "same-queue MaximumMessageSize",
    },
}


@pytest.fixture(scope="module")
def ground(served: Served) -> Ground:
    def pause(seconds: float) -> None:
        time.sleep(min(seconds, 0.05))

    return Ground(served.client, "us-east-1", "123456789012", pause)


@pytest.fixture(scope="module")
def same(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stack in every language, with the archive that Terraform's files name."""
    folder = tmp_path_factory.mktemp("same") / "stack"
    shutil.copytree(DATA / "same_stack", folder)
    with zipfile.ZipFile(folder / "terraform" / "worker.zip", "w") as archive:
        archive.write(folder / "code" / "worker.py", "worker.py")
    for name in ("main.tf", "worker.zip"):
        shutil.copy(folder / "terraform" / name, folder / "plan")
    return folder


@contextmanager
def deployed(path: Path, ground: Ground, url: str) -> Iterator[Deployed]:
    """Deploy what is at *path*, and see that nothing of it is left."""
    if path.name == "pulumi":
        from harness.pulumi.deploy import deploy

        stack = deploy(path, ground, endpoint_url=url)
    else:
        stack = stacks.deploy(load(path / "plan.json" if path.name == "plan" else path), ground)
    assert stack.ok, stack.failure
    try:
        yield stack
    finally:
        gone = stacks.delete(stack, ground)
        assert (gone.status, gone.left) == ("DELETE_COMPLETE", ())


def seen(ground: Ground, before: Template) -> Template:
    """Return what is there beside *before*."""
    found = live(ground, TYPES)
    return replace(
        found, resources={name: one for name, one in found.resources.items() if name not in before.resources}
    )


@pytest.fixture(scope="module")
def expected(served: Served, ground: Ground, same: Path) -> Template:
    """What the CloudFormation template makes."""
    before = live(ground, TYPES)
    with deployed(same / "stack.yaml", ground, served.url) as stack:
        assert stack.outputs["Topic"] == "arn:aws:sns:us-east-1:123456789012:same-jobs"
        found = seen(ground, before)
    assert len(found.resources) == 14
    return found


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "language",
    ["terraform", "pulumi", *(pytest.param(each, marks=LONG) for each in ("sam.yaml", "cdk.out", "plan"))],
)
def test_every_language_makes_the_same(
    served: Served, ground: Ground, same: Path, expected: Template, language: str
) -> None:
    """Read back and compared with what the CloudFormation template makes; deleted, nothing is left."""
    if language == "pulumi":
        pytest.importorskip("pulumi_aws")
    before = live(ground, TYPES)
    with deployed(same / language, ground, served.url):
        differences = compare(expected, seen(ground, before))
    assert {f"{each.name} {each.path}" for each in differences} == ADDED.get(language, set())
    assert seen(ground, before).resources == {}


@pytest.mark.parametrize("language", ["template.yaml", "terraform", "pulumi"])
def test_a_workflow_from_every_language(
    served: Served, ground: Ground, tmp_path: Path, language: str
) -> None:
    """An object comes in, and one training job is started for it."""
    if language == "pulumi":
        pytest.importorskip("pulumi_aws")
    shutil.copytree(DATA / "workflow", tmp_path / "flow")
    (tmp_path / "flow" / "code").mkdir()
    shutil.copy(CODE, tmp_path / "flow" / "code")
    label = language.partition(".")[0]
    with deployed(tmp_path / "flow" / language, ground, served.url):
        s3, sagemaker = served.client("s3"), served.client("sagemaker")
        key = f"incoming/{label}.csv"
        s3.put_object(Bucket="flow-data", Key=key, Body=b"1,2\n3,4\n")

        def jobs() -> list[str]:
            listed = sagemaker.list_training_jobs(NameContains=f"train-incoming-{label}")
            return [one["TrainingJobName"] for one in listed["TrainingJobSummaries"]]

        assert until(jobs, "the training job") == [f"train-incoming-{label}-csv"]
        for each in (key, key.replace("incoming", "prepared")):
            s3.delete_object(Bucket="flow-data", Key=each)
