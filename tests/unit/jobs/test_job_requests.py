"""Requests for training and processing jobs: what is refused, and what is read of the rest."""

from typing import Any

import pytest

from harness.jobs import processing_request, training_request
from harness.jobs.constraints import sentence, violations
from harness.jobs.listing import Fields, page
from harness.jobs.processing_request import ProcessingRequest
from harness.jobs.training_request import TrainingRequest


def source(url: str = "s3://b/k", **more: Any) -> dict[str, Any]:
    return {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": url} | more}


def training(**more: Any) -> dict[str, Any]:
    given = {
        "TrainingJobName": "job",
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "InputDataConfig": [{"ChannelName": "train", "DataSource": source()}],
        "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    return given | more


def channel(name: str = "train", **more: Any) -> dict[str, Any]:
    return {"ChannelName": name, "DataSource": source()} | more


def test_a_whole_request_is_read() -> None:
    """Every part that a job needs, with AWS's defaults for what was not said."""
    request = TrainingRequest.of(training())
    assert (request.name, request.image, request.instance_count) == ("job", "image", 1)
    assert (request.max_runtime_s, request.max_wait_s, request.spot) == (60.0, None, False)
    assert request.checkpoint_path == "/opt/ml/checkpoints"
    spot = training(
        EnableManagedSpotTraining=True,
        StoppingCondition={"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 90},
        CheckpointConfig={"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/state"},
    )
    assert training_request.refused(spot) is None
    request = TrainingRequest.of(spot)
    assert (request.max_wait_s, request.checkpoint_url, request.checkpoint_path) == (
        90.0,
        "s3://b/c",
        "/opt/ml/state",
    )


NONE: dict[str, Any] = {"AlgorithmSpecification": None}
NOWHERE: dict[str, Any] = {"InputDataConfig": [{"ChannelName": "train"}]}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (NONE, "AlgorithmSpecification is required"),
        (
            {"AlgorithmSpecification": {"TrainingInputMode": "File"}},
            "either an AlgorithmName or a TrainingImage",
        ),
        ({"ResourceConfig": None}, "ResourceConfig is required"),
        ({"ResourceConfig": {"InstanceGroups": [{}]}}, "heterogeneous"),
        ({"ResourceConfig": {"InstanceType": "ml.m5.large"}}, "both an InstanceType and an InstanceCount"),
        ({"StoppingCondition": None}, "StoppingCondition is required"),
        ({"StoppingCondition": {"MaxWaitTimeInSeconds": 9}}, "only allowed when EnableManagedSpotTraining"),
        ({"EnableManagedSpotTraining": True}, "Invalid MaxWaitTimeInSeconds"),
        (
            {
                "EnableManagedSpotTraining": True,
                "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 59},
            },
            "Invalid MaxWaitTimeInSeconds",
        ),
        ({"HyperParameters": {"a": "x" * 2_501}}, "has 2501 characters"),
        ({"InputDataConfig": [channel(), channel()]}, "must be unique"),
        (NOWHERE, "the data source of channel train"),
        ({"InputDataConfig": [channel(DataSource=source("http://x"))]}, "is not an S3 address"),
        ({"OutputDataConfig": {"S3OutputPath": "out"}}, "S3OutputPath out is not an S3 address"),
        ({"ServerlessJobConfig": {"a": 1}}, "Not covered by this rehearsal: serverless"),
        ({"InputDataConfig": [channel(InputMode="Pipe")]}, "input mode Pipe of channel train"),
        (
            {"InputDataConfig": [channel(DataSource=source(S3DataType="AugmentedManifestFile"))]},
            "the S3DataType of channel train",
        ),
    ],
)
def test_what_sagemaker_would_not_take_is_refused(more: dict[str, Any], why: str) -> None:
    """A sentence for each rule."""
    refusal = training_request.refused(training(**more))
    assert refusal is not None
    assert refusal.code == "ValidationException"
    assert why in refusal.message


def test_no_data_and_other_modes_are_fine() -> None:
    """Neither channels nor hyperparameters must be; a manifest may name the data."""
    assert training_request.refused(training(InputDataConfig=None)) is None
    manifest = [channel(DataSource=source(S3DataType="ManifestFile"), InputMode="File")]
    assert training_request.refused(training(InputDataConfig=manifest, HyperParameters={"a": "1"})) is None


def test_what_nobody_said_is_described_with_its_default() -> None:
    """DescribeTrainingJob has a KmsKeyId, distributions and compressions in any case."""
    filled = training_request.with_defaults(training())
    assert filled["OutputDataConfig"]["KmsKeyId"] == ""
    (one,) = filled["InputDataConfig"]
    assert one["DataSource"]["S3DataSource"]["S3DataDistributionType"] == "FullyReplicated"
    assert one["CompressionType"] == "None"
    assert "InputDataConfig" not in training_request.with_defaults(
        {name: value for name, value in training().items() if name != "InputDataConfig"}
    )


def processing(**more: Any) -> dict[str, Any]:
    cluster = {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeSizeInGB": 1}
    return {
        "ProcessingJobName": "job",
        "RoleArn": "arn:aws:iam::123456789012:role/r",
        "AppSpecification": {"ImageUri": "image", "ContainerEntrypoint": ["python3", "a.py"]},
        "ProcessingResources": {"ClusterConfig": cluster},
    } | more


def into(**more: Any) -> dict[str, Any]:
    return {"ProcessingInputs": [{"InputName": "rows", "S3Input": {"S3Uri": "s3://b/in"} | more}]}


def out_of(**more: Any) -> dict[str, Any]:
    outputs = [{"OutputName": "done", "S3Output": {"S3Uri": "s3://b/out"} | more}]
    return {"ProcessingOutputConfig": {"Outputs": outputs}}


def test_a_processing_request_is_read() -> None:
    """Inputs and outputs with where they are in the container."""
    given = processing(**into(), **out_of(LocalPath="/opt/ml/processing/x", S3UploadMode="Continuous"))
    assert processing_request.refused(given) is None
    request = ProcessingRequest.of(given)
    assert request.inputs[0].local == "/opt/ml/processing/input/rows"
    assert (request.outputs[0].local, request.outputs[0].continuous) == ("/opt/ml/processing/x", True)
    assert (request.instance_count, request.max_runtime_s, request.isolated) == (2, 86_400.0, False)
    assert processing_request.refused(processing()) is None


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"ProcessingInputs": [{"InputName": "rows"}]}, "the source of input rows"),
        (into(S3InputMode="Pipe"), "input mode Pipe of rows"),
        (into(S3CompressionType="Gzip"), "the S3CompressionType of rows"),
        (into(S3Uri="x"), "S3Uri x of input rows is not an S3 address"),
        (into(LocalPath="/data"), "LocalPath /data of input rows is outside /opt/ml"),
        ({"ProcessingOutputConfig": {"Outputs": [{"OutputName": "done"}]}}, "the target of output done"),
        (out_of(S3Uri="x"), "S3Uri x of output done is not an S3 address"),
    ],
)
def test_what_processing_does_not_take_is_refused(more: dict[str, Any], why: str) -> None:
    """A sentence for each rule."""
    refusal = processing_request.refused(processing(**more))
    assert refusal is not None
    assert why in refusal.message


class Shape:
    """A shape of botocore's, as far as constraints look at it."""

    def __init__(self, type_name: str, **more: Any) -> None:
        self.type_name = type_name
        self.metadata = {name: more[name] for name in ("min", "max", "enum", "pattern") if name in more}
        self.members = more.get("members", {})
        self.required_members = more.get("required", [])
        self.member, self.value = more.get("member"), more.get("value")


NAME = Shape("string", min=2, max=4, pattern="[a-z]+")
SHAPE = Shape(
    "structure",
    required=["Name"],
    members={
        "Name": NAME,
        "Kind": Shape("string", enum=["a", "b"]),
        "Count": Shape("integer", min=1, max=9),
        "Many": Shape("list", min=1, max=2, member=NAME),
        "More": Shape("map", max=1, value=NAME),
        "Inner": Shape("structure", required=["X"], members={"X": Shape("boolean")}),
        "Odd": Shape("string", pattern="(?<=a+)b"),
    },
)


def test_what_satisfies_the_model_passes() -> None:
    """Nothing is said of members that are right, unknown, or of another type than the model's."""
    given = {"Name": "abc", "Kind": "a", "Count": 3, "Many": ["ab"], "More": {"k": "ab"}, "Other": 1}
    assert list(violations(SHAPE, given | {"Inner": {"X": True}, "Odd": "anything"})) == []
    assert list(violations(SHAPE, {"Name": ["not", "text"]})) == []


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "Value null at 'name' failed to satisfy constraint: Member must not be null"),
        ({"Name": "a"}, "Member must have length greater than or equal to 2"),
        ({"Name": "abcde"}, "Member must have length less than or equal to 4"),
        ({"Name": "AB"}, "Member must satisfy regular expression pattern: [a-z]+"),
        (
            {"Name": "ab", "Kind": "c"},
            "Value 'c' at 'kind' failed to satisfy constraint: Member must satisfy enum",
        ),
        (
            {"Name": "ab", "Count": 0},
            "Value '0' at 'count' failed to satisfy constraint: Member must have value",
        ),
        ({"Name": "ab", "Count": 10}, "less than or equal to 9"),
        ({"Name": "ab", "Many": ["AB"]}, "at 'many.1.member'"),
        ({"Name": "ab", "Many": []}, "greater than or equal to 1"),
        ({"Name": "ab", "More": {"a": "ab", "b": "ab"}}, "less than or equal to 1"),
        ({"Name": "ab", "Inner": {}}, "at 'inner.x'"),
    ],
)
def test_what_breaks_the_model_is_told(given: dict[str, Any], told: str) -> None:
    """In AWS's words, with the path of the member."""
    assert told in sentence(list(violations(SHAPE, given)))


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Two errors in one sentence."""
    said = sentence(list(violations(SHAPE, {"Kind": "c"})))
    assert said.startswith("2 validation errors detected: Value null at 'name'")


FIELDS: Fields[tuple[str, str, float]] = Fields(
    lambda one: one[0], lambda one: one[1], lambda one: one[2], lambda one: one[2] + 1
)
ITEMS = [("b-job", "Completed", 3.0), ("a-job", "Failed", 1.0), ("c-job", "Completed", 2.0)]


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, "bca"),
        ({"SortBy": "Name", "SortOrder": "Ascending"}, "abc"),
        ({"SortBy": "Status", "SortOrder": "Ascending"}, "bca"),
        ({"NameContains": "A-J"}, "a"),
        ({"StatusEquals": "Completed"}, "bc"),
        ({"CreationTimeAfter": 1.0, "CreationTimeBefore": 3.0}, "c"),
        ({"LastModifiedTimeAfter": 3.5}, "b"),
    ],
)
def test_a_list_filters_and_orders(given: dict[str, Any], names: str) -> None:
    """As the List calls of all jobs do; the newest first where nothing is said."""
    shown, following = page(ITEMS, given, FIELDS)
    assert "".join(one[0][0] for one in shown) == names
    assert following is None


def test_a_list_comes_in_pages() -> None:
    """The token of a page is where the next one begins."""
    first, token = page(ITEMS, {"MaxResults": 2}, FIELDS)
    second, last = page(ITEMS, {"MaxResults": 2, "NextToken": token}, FIELDS)
    assert ([*first, *second], last) == (sorted(ITEMS, key=lambda one: -one[2]), None)
