"""Metrics, bills, names, channels and hyperparameters of jobs."""

import pytest

from harness.errors import ScenarioError
from harness.jobs.billing import Times, times
from harness.jobs.channels import SHARDED, Channel, manifest_urls, place, share
from harness.jobs.hyperparameters import as_arguments, decoded, split, text_of
from harness.jobs.layout import Layout
from harness.jobs.metrics import MOST_CHARACTERS, Definitions
from harness.jobs.names import hosts, job_arn, joined_url, split_url
from harness.jobs.settings import JobSettings


def test_metrics_are_what_the_expressions_find() -> None:
    """The first group is the figure, the whole match where there is none; what is no figure is none."""
    definitions = Definitions.of(
        [
            {"Name": "loss", "Regex": r"loss=([0-9.e-]+|nothing|nan)"},
            {"Name": "bare", "Regex": r"[0-9]+%?"},
        ]
    )
    assert definitions.read("epoch 3: loss=1e-2 loss=nothing") == [
        ("loss", 0.01),
        ("bare", 3.0),
        ("bare", 1.0),
        ("bare", 2.0),
    ]
    assert definitions.read("loss=nothing 5%") == []
    assert definitions.read("x" * MOST_CHARACTERS + "loss=1.0") == []
    with pytest.raises(ValueError, match="the Regex of metric 'bad' cannot be read"):
        Definitions.of([{"Name": "bad", "Regex": "("}])


def test_a_group_that_did_not_take_part_is_no_figure() -> None:
    """An optional group without a match gives nothing."""
    assert Definitions.of([{"Name": "n", "Regex": "a([0-9])?"}]).read("a") == []


def test_a_bill_is_of_whole_seconds_and_spot_costs_less() -> None:
    """Billable over training time is one minus the saving."""
    settings = JobSettings(spot_price_ratio=0.25)
    assert times(0.0, settings, spot=False) == Times(0, 0)
    assert times(0.2, settings, spot=False) == Times(1, 1)
    assert times(400.4, settings, spot=True) == Times(400, 100)
    assert times(400.4, settings, spot=False) == Times(400, 400)


@pytest.mark.parametrize(
    "wrong", [{"job_launch_s": -1.0}, {"spot_price_ratio": 0.0}, {"spot_price_ratio": 1.5}]
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    """Spans are not negative, and spot is no dearer than on demand."""
    with pytest.raises(ScenarioError):
        JobSettings(**wrong)


def test_names_and_addresses() -> None:
    """ARNs in small letters, algo-N, and buckets and keys of S3."""
    assert job_arn("tuning", "A-Job", "us-east-1", "1") == (
        "arn:aws:sagemaker:us-east-1:1:hyper-parameter-tuning-job/a-job"
    )
    assert hosts(2) == ["algo-1", "algo-2"]
    assert split_url("s3://bucket/a/b") == ("bucket", "a/b")
    assert joined_url("s3://bucket/a/", "", "/job/", "model.tar.gz") == "s3://bucket/a/job/model.tar.gz"
    for wrong in ("bucket/key", "http://bucket/key", "s3:///key"):
        with pytest.raises(ValueError, match="no address in S3"):
            split_url(wrong)


def test_objects_are_shared_or_replicated() -> None:
    """Every object goes to every instance, or each to exactly one of them."""
    keys = ["c", "a", "b", "d"]
    assert share(keys, "FullyReplicated", 1, 3) == ["a", "b", "c", "d"]
    parts = [share(keys, SHARDED, number, 3) for number in range(3)]
    assert sorted(key for part in parts for key in part) == ["a", "b", "c", "d"]
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(
    ("key", "prefix", "inside"),
    [
        ("data/train/a/b.csv", "data/train/", "a/b.csv"),
        ("data/train/a.csv", "data/train", "a.csv"),
        ("data/train-1/a.csv", "data/train", "train-1/a.csv"),
        ("data/one.csv", "data/one.csv", "one.csv"),
        ("a.csv", "", "a.csv"),
    ],
)
def test_where_an_object_comes_to_lie(key: str, prefix: str, inside: str) -> None:
    """Below the channel is what follows the prefix's folder."""
    assert place(key, prefix) == inside


def test_a_channel_says_what_it_is() -> None:
    """From InputDataConfig to inputdataconfig.json."""
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://b/k", "S3DataDistributionType": SHARDED}
    given = {"ChannelName": "train", "ContentType": "text/csv", "DataSource": {"S3DataSource": source}}
    channel = Channel.of(given, "File")
    assert channel == Channel("train", "s3://b/k", distribution=SHARDED, content_type="text/csv")
    assert channel.described() == {
        "TrainingInputMode": "File",
        "S3DistributionType": SHARDED,
        "RecordWrapperType": "None",
        "ContentType": "text/csv",
    }
    assert "ContentType" not in Channel("x", "s3://b/k").described()


def test_a_manifest_names_its_objects() -> None:
    """A prefix, and keys after it; all else is no manifest."""
    assert manifest_urls([{"prefix": "s3://b/x/"}, "a", "b"]) == ["s3://b/x/a", "s3://b/x/b"]
    for wrong in ({}, [], ["a"], [{"prefix": 1}], [{"prefix": "s3://b/"}, 2]):
        with pytest.raises(ValueError, match="manifest"):
            manifest_urls(wrong)


def test_hyperparameters_become_arguments_as_the_toolkit_makes_them() -> None:
    """Read as JSON where they are JSON, sorted, a dash for one letter; the platform's own are kept apart."""
    values = decoded(
        {
            "lr": "0.1",
            "b": "true",
            "name": "plain text",
            "layers": "[1, 2]",
            "sagemaker_program": '"train.py"',
            "_tuning_objective_metric": "loss",
        }
    )
    own, platform = split(values)
    assert platform == {"sagemaker_program": "train.py", "_tuning_objective_metric": "loss"}
    assert as_arguments(own) == [
        "-b",
        "True",
        "--layers",
        "[1, 2]",
        "--lr",
        "0.1",
        "--name",
        "plain text",
    ]
    assert text_of({"a": 1}) == '{"a": 1}'


def test_a_layout_has_another_root_where_opt_ml_cannot_be() -> None:
    """Only paths below /opt/ml move."""
    layout = Layout("/tmp/x")
    assert layout.channel("train") == "/tmp/x/input/data/train"
    assert (layout.failure, layout.checkpoints) == ("/tmp/x/output/failure", "/tmp/x/checkpoints")
    assert layout.moved("/opt/ml/model/a") == "/tmp/x/model/a"
    assert layout.moved("/opt/ml") == "/tmp/x"
    assert layout.moved("/opt/mlx") == "/opt/mlx"
