"""A scenario over a stack: figures, code and documents that the template has elsewhere."""

from pathlib import Path
from typing import Any

import pytest
from stack_template import ROLE, WORKER, of, stack

from harness.errors import ScenarioError
from harness.journal import StackChanged
from harness.scenario import (
    Bucket,
    Constant,
    Function,
    OpenModel,
    Scenario,
    error_ratio,
    lost,
    not_made,
)
from harness.scenario.expectations.expectation import judge


@pytest.mark.parametrize(
    ("assume", "said"),
    [
        ({"Nobody": {"duration": 1}}, "there is no such function or endpoint"),
        ({"Worker": {"speed": 1}}, "has no 'speed'; it has duration, init_time"),
    ],
)
def test_figures_of_what_is_not_there(tmp_path: Path, assume: dict[str, Any], said: str) -> None:
    """Are refused, with what there is."""
    with pytest.raises(ScenarioError, match=said):
        _ = stack(tmp_path, {"Worker": WORKER, "Role": ROLE}, assume=assume).resources


def test_a_scenario_over_a_stack(tmp_path: Path) -> None:
    """Its load and its expectations are about what the stack holds, by logical id."""
    found = stack(tmp_path, {"Jobs": of("AWS::SQS::Queue")}, name="mine")
    jobs = found["Jobs"]
    scenario = Scenario(
        name="mine",
        description="a queue",
        stack=found,
        resources=found.resources,
        workload=[OpenModel(jobs, rate=Constant(1, over_s=1))],
        expectations=[lost(jobs).equals(0), error_ratio(jobs).at_most(0)],
    )

    assert scenario.queues == [jobs]
    assert jobs.name.startswith("mine-Jobs-")
    with pytest.raises(ScenarioError, match="it has Jobs"):
        _ = found["Nothing"]


def test_code_that_the_template_has_elsewhere(tmp_path: Path) -> None:
    """Is a local folder that the user names, and is named for a function that there is."""
    (tmp_path / "src").mkdir()
    found = stack(tmp_path, {"Worker": WORKER, "Role": ROLE}, code={"Worker": str(tmp_path / "src")})
    missing = stack(tmp_path, {"Worker": WORKER, "Role": ROLE}, code={"Worker": str(tmp_path / "none")})

    assert found.template().assets["Worker", "Code"] == str(tmp_path / "src")
    assert isinstance(found["Worker"], Function)
    with pytest.raises(ScenarioError, match="a folder or zip that is there"):
        missing.template()


def test_what_was_not_made(tmp_path: Path) -> None:
    """Is counted and named; without a deployment nothing is measured."""
    found = stack(tmp_path, {"Jobs": of("AWS::SQS::Queue"), "Other": of("AWS::SQS::Queue")}, name="mine")
    made = StackChanged(1.0, "mine", "Jobs", "url", "AWS::SQS::Queue", "CREATE_COMPLETE")
    (told,) = judge([not_made(found).equals(0)], [made], 2.0)
    (untold,) = judge([not_made(found).equals(0)], [], 2.0)

    assert (told.value, told.ok, told.reason) == (1.0, False, "of 2: Other")
    assert (untold.value, untold.ok) == (None, False)


def test_an_api_from_a_document_has_its_title(tmp_path: Path) -> None:
    """As API Gateway names what it imports."""
    uri = {
        "Fn::Sub": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${Worker.Arn}/invocations"
    }
    operation = {"get": {"x-amazon-apigateway-integration": {"uri": uri}}}
    body = {"info": {"title": "shop"}, "paths": {"/": operation}}
    found = stack(tmp_path, {"Api": of("AWS::ApiGatewayV2::Api", Body=body), "Worker": WORKER, "Role": ROLE})

    assert found["Api"].name == "shop"


def test_a_bucket_is_a_bucket(tmp_path: Path) -> None:
    """Also one whose name S3 would refuse is only noted."""
    found = stack(
        tmp_path,
        {
            "Good": of("AWS::S3::Bucket", BucketName="good"),
            "Bad": of("AWS::S3::Bucket", BucketName="BAD_NAME"),
        },
    )

    assert found["Good"] == Bucket("good")
    assert [note for note in found.notes if "Bad" in note]
