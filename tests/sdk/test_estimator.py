"""The SageMaker Python SDK 2.x as people use it: an Estimator that fits, shows its log, deploys and predicts.

`tox -e sdk` runs this: the SDK brings a hundred megabytes that nothing else here needs.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from harness.config import neutral_environment

sagemaker = pytest.importorskip("sagemaker", minversion="2.200", reason="the SageMaker SDK is not installed")

ROLE_TRUST = {
    "Effect": "Allow",
    "Principal": {"Service": "sagemaker.amazonaws.com"},
    "Action": "sts:AssumeRole",
}
TRAIN = dedent(
    """
    import argparse, json, os
    from pathlib import Path
    import numpy as np
    from onnx import TensorProto, helper, numpy_helper

    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, required=True)
    scale = parser.parse_args().scale
    rows = np.loadtxt(Path(os.environ["SM_CHANNEL_TRAIN"]) / "rows.csv", delimiter=",")
    print(f"rows={len(rows)} on {os.environ['SM_CURRENT_HOST']} of {os.environ['SM_HOSTS']}")
    weights = np.full((2, 1), scale, np.float32)
    graph = helper.make_graph(
        [helper.make_node("MatMul", ["x", "w"], ["y"])], "sum",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    if os.environ["SM_CURRENT_HOST"] == "algo-1":
        Path(os.environ["SM_MODEL_DIR"], "model.onnx").write_bytes(model.SerializeToString())
    print("rmse=0.125;")
    """
)


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    runs = tmp_path_factory.mktemp("runs")
    options = ["--port", "0", "--json", "--clock", "compressed:120", "--runs", str(runs), "--iam", "enforce"]
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "serve", *options],
        env=neutral_environment() | {"HOME": str(runs)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["endpoint_url"]
    finally:
        process.terminate()
        process.communicate(timeout=60)


@pytest.fixture
def boto_session(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    import boto3

    config = tmp_path / "config.yaml"  # the SDK tells its makers of each call, where it is not told otherwise
    config.write_text(
        "SchemaVersion: '1.0'\nSageMaker: {PythonSDK: {Modules: {TelemetryOptOut: true}}}\n", encoding="utf-8"
    )
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("SAGEMAKER_USER_CONFIG_OVERRIDE", str(config))
    return boto3.Session("test", "test", region_name="us-east-1")


@pytest.mark.filterwarnings("ignore")
def test_an_estimator_fits_deploys_and_predicts(
    boto_session: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """fit(logs) on two instances, metrics and model as the SDK reads them, deploy, predict, delete."""
    from sagemaker.deserializers import CSVDeserializer
    from sagemaker.estimator import Estimator
    from sagemaker.inputs import TrainingInput
    from sagemaker.serializers import CSVSerializer

    source = tmp_path / "source"
    source.mkdir()
    (source / "train.py").write_text(TRAIN)
    rows = tmp_path / "rows.csv"
    rows.write_text("1,2\n3,4\n")
    # Without a bucket of its own the SDK asks STS for the account, at AWS's address whatever one says.
    boto_session.client("s3").create_bucket(Bucket="estimator")
    session = sagemaker.Session(boto_session=boto_session, default_bucket="estimator")
    data = session.upload_data(str(rows), key_prefix="data")
    estimator = Estimator(
        image_uri="763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.1-cpu-py310",
        role=_role(boto_session),
        instance_count=2,
        instance_type="ml.m5.large",
        entry_point="train.py",
        source_dir=str(source),
        hyperparameters={"scale": 2.5},
        metric_definitions=[{"Name": "rmse", "Regex": "rmse=([0-9.]+);"}],
        sagemaker_session=session,
    )
    estimator.fit({"train": TrainingInput(data.rpartition("/")[0] + "/")})
    said = capsys.readouterr().out
    assert "rows=2 on algo-1 of" in said
    assert "rows=2 on algo-2 of" in said
    assert "Training seconds:" in said
    told = session.describe_training_job(estimator.latest_training_job.name)
    assert told["FinalMetricDataList"][0]["Value"] == 0.125
    assert estimator.model_data.endswith("/output/model.tar.gz")
    predictor = estimator.deploy(
        initial_instance_count=1,
        instance_type="ml.m5.large",
        serializer=CSVSerializer(),
        deserializer=CSVDeserializer(),
    )
    assert [float(cell) for row in predictor.predict([[1, 2], [3, 4]]) for cell in row] == [7.5, 17.5]
    predictor.delete_endpoint()


def _role(boto_session: Any) -> str:
    iam = boto_session.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [ROLE_TRUST]})
    arn: str = iam.create_role(RoleName="estimator", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName="estimator", PolicyName="needs", PolicyDocument=policy)
    return arn
