"""Requests that give every member: each finds its place, and none the place of another."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from harness.jobs.channels import Channel
from harness.jobs.environment import Place, resource_config
from harness.jobs.lineage import Wanted, wanted_in
from harness.jobs.lineage_auto import CHECKPOINT, DATA_SET, IMAGE, MODEL, Part, parts_of
from harness.jobs.processing_request import ProcessingRequest, Transfer
from harness.jobs.search_values import moment
from harness.jobs.training_request import TrainingRequest, with_defaults
from harness.jobs.transform_request import MB, TransformPlan, plan_of
from harness.jobs.tuning_ranges import Categorical

ROLE = "arn:aws:iam::123456789012:role/r"
SPREAD = {"S3DataType": "ManifestFile", "S3Uri": "s3://b/m", "S3DataDistributionType": "ShardedByS3Key"}
TRAINING: dict[str, Any] = {
    "TrainingJobName": "job",
    "RoleArn": ROLE,
    "AlgorithmSpecification": {
        "TrainingImage": "image",
        "TrainingInputMode": "File",
        "ContainerEntrypoint": ["python3"],
        "ContainerArguments": ["a.py"],
        "MetricDefinitions": [{"Name": "loss", "Regex": "l=(.*)"}],
    },
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {"S3DataSource": SPREAD},
            "InputMode": "FastFile",
            "ContentType": "text/csv",
            "CompressionType": "Gzip",
            "RecordWrapperType": "RecordIO",
        },
        {"ChannelName": "test", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/t"}}},
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
    "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 3},
    "StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 90},
    "EnableManagedSpotTraining": True,
    "CheckpointConfig": {"S3Uri": "s3://b/c", "LocalPath": "/opt/ml/state"},
    "HyperParameters": {"lr": "0.5"},
    "Environment": {"MODE": "fast"},
    "RetryStrategy": {"MaximumRetryAttempts": 2},
}


def test_every_member_of_a_training_request() -> None:
    """CreateTrainingJob; what a channel does not say has AWS's defaults."""
    assert TrainingRequest.of(TRAINING) == TrainingRequest(
        name="job",
        role=ROLE,
        image="image",
        instance_type="ml.m5.large",
        instance_count=3,
        channels=(
            Channel(
                "train",
                "s3://b/m",
                "ManifestFile",
                "ShardedByS3Key",
                "FastFile",
                "text/csv",
                "Gzip",
                "RecordIO",
            ),
            Channel("test", "s3://b/t", "S3Prefix", "FullyReplicated", "File", "", "None", "None"),
        ),
        output="s3://b/out",
        max_runtime_s=60.0,
        max_wait_s=90.0,
        checkpoint_url="s3://b/c",
        checkpoint_path="/opt/ml/state",
        hyperparameters={"lr": "0.5"},
        environment={"MODE": "fast"},
        entrypoint=("python3",),
        arguments=("a.py",),
        metrics=({"Name": "loss", "Regex": "l=(.*)"},),
        spot=True,
        attempts=3,
    )


def test_a_training_request_with_the_least() -> None:
    """No channels, no checkpoints, a day at most, one attempt, and an algorithm instead of an image."""
    algorithm = {"AlgorithmName": "own", "TrainingInputMode": "File"}
    names = ("TrainingJobName", "RoleArn", "OutputDataConfig", "ResourceConfig")
    least = {name: TRAINING[name] for name in names} | {"AlgorithmSpecification": algorithm}
    request = TrainingRequest.of(least)
    assert (request.image, request.channels, request.max_runtime_s) == ("own", (), 86_400.0)
    assert (request.checkpoint_url, request.checkpoint_path) == ("", "/opt/ml/checkpoints")
    assert (request.hyperparameters, request.environment, request.metrics) == ({}, {}, ())
    assert (request.entrypoint, request.arguments, request.attempts, request.spot) == ((), (), 1, False)


def test_what_a_description_fills_in() -> None:
    """DescribeTrainingJob has these beside what was given; what was given stays."""
    filled = with_defaults(TRAINING)
    assert filled["OutputDataConfig"] == {
        "S3OutputPath": "s3://b/out",
        "KmsKeyId": "",
        "CompressionType": "GZIP",
    }
    assert filled["AlgorithmSpecification"] == TRAINING["AlgorithmSpecification"] | {
        "EnableSageMakerMetricsTimeSeries": False
    }
    whole, bare = filled["InputDataConfig"]
    assert whole == TRAINING["InputDataConfig"][0]
    assert bare == {
        "ChannelName": "test",
        "DataSource": {"S3DataSource": {"S3Uri": "s3://b/t", "S3DataDistributionType": "FullyReplicated"}},
        "CompressionType": "None",
        "RecordWrapperType": "None",
    }


def test_every_member_of_a_processing_request() -> None:
    """CreateProcessingJob, with one input that says all and one that says the least."""
    given = {
        "ProcessingJobName": "job",
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": "image",
            "ContainerEntrypoint": ["python3"],
            "ContainerArguments": ["a.py"],
        },
        "ProcessingResources": {"ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 2}},
        "ProcessingInputs": [
            {"InputName": "rows", "S3Input": SPREAD | {"LocalPath": "/opt/ml/processing/rows"}},
            {"InputName": "more", "S3Input": {"S3Uri": "s3://b/more"}},
        ],
        "ProcessingOutputConfig": {
            "Outputs": [{"OutputName": "done", "S3Output": {"S3Uri": "s3://b/o", "S3UploadMode": "EndOfJob"}}]
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "Environment": {"MODE": "fast"},
        "NetworkConfig": {"EnableNetworkIsolation": True},
    }
    assert ProcessingRequest.of(given) == ProcessingRequest(
        name="job",
        role=ROLE,
        image="image",
        instance_type="ml.m5.large",
        instance_count=2,
        inputs=(
            Transfer("rows", "s3://b/m", "/opt/ml/processing/rows", "ManifestFile", "ShardedByS3Key"),
            Transfer("more", "s3://b/more", "/opt/ml/processing/input/more"),
        ),
        outputs=(Transfer("done", "s3://b/o", "/opt/ml/processing/output/done"),),
        max_runtime_s=60.0,
        environment={"MODE": "fast"},
        entrypoint=("python3",),
        arguments=("a.py",),
        isolated=True,
    )


def test_every_member_of_a_transform_request() -> None:
    """CreateTransformJob."""
    given = {
        "TransformJobName": "t",
        "ModelName": "m",
        "BatchStrategy": "SingleRecord",
        "MaxPayloadInMB": 2,
        "MaxConcurrentTransforms": 3,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "ManifestFile", "S3Uri": "s3://b/in"}},
            "ContentType": "text/csv",
            "CompressionType": "Gzip",
            "SplitType": "Line",
        },
        "TransformOutput": {"S3OutputPath": "s3://b/out", "Accept": "text/csv", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 4},
        "DataProcessing": {"InputFilter": "$[1:]", "OutputFilter": "$[0]", "JoinSource": "Input"},
    }
    assert plan_of(given) == TransformPlan(
        name="t",
        model="m",
        input_uri="s3://b/in",
        is_manifest=True,
        content_type="text/csv",
        gzipped=True,
        by_line=True,
        single_record=True,
        limit_bytes=2 * MB,
        output_uri="s3://b/out",
        accept="text/csv",
        line_after_each=True,
        instance_type="ml.m5.large",
        instance_count=4,
        input_filter="$[1:]",
        output_filter="$[0]",
        joins_input=True,
    )


def test_resourceconfig_json_word_for_word() -> None:
    """Developer guide, "Distributed Training Configuration": its names, all of them."""
    place = Place(host="algo-2", hosts=["algo-1", "algo-2"], instance_type="ml.m5.large", cpus=2)
    assert resource_config(place) == {
        "current_host": "algo-2",
        "current_instance_type": "ml.m5.large",
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1", "algo-2"],
        "instance_groups": [
            {
                "instance_group_name": "homogeneousCluster",
                "instance_type": "ml.m5.large",
                "hosts": ["algo-1", "algo-2"],
            }
        ],
        "network_interface_name": "eth0",
    }


def test_every_filter_of_a_lineage_query() -> None:
    """QueryLineage, Filters: moments become model seconds."""
    given = {
        "Types": ["Model"],
        "LineageTypes": ["Artifact"],
        "CreatedBefore": 4,
        "CreatedAfter": 1,
        "ModifiedBefore": 3,
        "ModifiedAfter": 2,
        "Properties": {"a": "b"},
    }
    assert wanted_in(given, float) == Wanted(("Model",), ("Artifact",), 4.0, 1.0, 3.0, 2.0, (("a", "b"),))
    assert wanted_in({}, float) == Wanted()


def test_every_artifact_of_every_job() -> None:
    """What went in and what came out, each of its kind."""
    described = TRAINING | {"ModelArtifacts": {"S3ModelArtifacts": "s3://b/model"}}
    assert parts_of("training", described) == [
        Part(IMAGE, "image", False),
        Part(DATA_SET, "s3://b/m", False),
        Part(DATA_SET, "s3://b/t", False),
        Part(MODEL, "s3://b/model", True),
        Part(CHECKPOINT, "s3://b/c", True),
    ]
    transform = {
        "TransformInput": {"DataSource": {"S3DataSource": {"S3Uri": "s3://b/in"}}},
        "TransformOutput": {"S3OutputPath": "s3://b/out"},
    }
    assert parts_of("transform", transform) == [
        Part(DATA_SET, "s3://b/in", False),
        Part(DATA_SET, "s3://b/out", True),
    ]
    processing = {
        "AppSpecification": {"ImageUri": "image"},
        "ProcessingInputs": [{"S3Input": {"S3Uri": "s3://b/in"}}],
        "ProcessingOutputConfig": {"Outputs": [{"S3Output": {"S3Uri": "s3://b/out"}}]},
    }
    assert parts_of("processing", processing) == [
        Part(IMAGE, "image", False),
        Part(DATA_SET, "s3://b/in", False),
        Part(DATA_SET, "s3://b/out", True),
    ]


@pytest.fixture
def in_new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let local time be five hours behind."""
    with monkeypatch.context() as patched:
        patched.setenv("TZ", "America/New_York")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.parametrize("text", ["2026-01-01T00:00:00", "2026-01-01T01:00:00+01:00", "2026-01-01"])
def test_a_moment_without_a_zone_is_utc(text: str, in_new_york: None) -> None:
    """Wherever the machine is: Search takes ISO 8601."""
    assert moment(text) == 1_767_225_600.0


def test_the_last_value_of_a_range_ends_it() -> None:
    """A point of 1 is the last value, not one beyond."""
    kinds = Categorical("kind", ("a", "b", "c"))
    assert [kinds.at(point) for point in (0.0, 0.34, 0.99, 1.0)] == ["a", "b", "c", "c"]
