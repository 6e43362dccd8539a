"""The same stack from every language: the same resources, field by field."""

import shutil
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Served
from languages import DATA, deployed

from harness.stacks import Difference, Ground, compare, live
from harness.templates.model import Template

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


def says_the_default(difference: Difference) -> bool:
    """Return whether one side only says what the other leaves out: SNS API reference, FilterPolicyScope."""
    values = {difference.left, difference.right} if difference.path == "FilterPolicyScope" else set()
    return values == {None, "MessageAttributes"}


LONG = pytest.mark.long


@pytest.mark.parametrize(
    "language",
    [pytest.param(each, marks=LONG) for each in ("plan", "pulumi", "sam.yaml", "cdk.out", "terraform")],
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
    told = {f"{each.name} {each.path}" for each in differences if not says_the_default(each)}
    assert told == ADDED.get(language, set())
    assert seen(ground, before).resources == {}
