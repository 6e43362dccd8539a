"""The SageMaker Python SDK 2.x as people tune and transform with it: HyperparameterTuner and Transformer."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from test_estimator import ROLE_TRUST, TRAIN, boto_session, url

sagemaker = pytest.importorskip("sagemaker", minversion="2.200", reason="the SageMaker SDK is not installed")

# The fixtures are used by their names.
__all__ = ["boto_session", "url"]
IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.1-cpu-py310"


@pytest.mark.filterwarnings("ignore")
def test_a_tuner_fits_and_its_best_model_transforms(boto_session: Any, tmp_path: Path) -> None:
    """Three trainings, the best of them by its metric, analytics, and a transform job over S3."""
    from sagemaker.estimator import Estimator
    from sagemaker.inputs import TrainingInput
    from sagemaker.tuner import CategoricalParameter, HyperparameterTuner

    source = tmp_path / "source"
    source.mkdir()
    (source / "train.py").write_text(TRAIN.replace('print("rmse=0.125;")', 'print(f"rmse={scale};")'))
    rows = tmp_path / "rows.csv"
    rows.write_text("1,2\n3,4\n")
    s3 = boto_session.client("s3")
    s3.create_bucket(Bucket="tuner")

    session = sagemaker.Session(boto_session=boto_session, default_bucket="tuner")
    data = session.upload_data(str(rows), key_prefix="data").rpartition("/")[0] + "/"
    estimator = Estimator(
        image_uri=IMAGE,
        role=_role(boto_session),
        instance_count=1,
        instance_type="ml.m5.large",
        entry_point="train.py",
        source_dir=str(source),
        sagemaker_session=session,
    )
    tuner = HyperparameterTuner(
        estimator,
        "rmse",
        {"scale": CategoricalParameter([2.5, 0.5, 1.5])},
        metric_definitions=[{"Name": "rmse", "Regex": "rmse=([0-9.]+);"}],
        strategy="Grid",
        objective_type="Minimize",
        max_jobs=3,
        max_parallel_jobs=2,
    )
    tuner.fit({"train": TrainingInput(data)})
    assert tuner.describe()["TrainingJobStatusCounters"]["Completed"] == 3
    best = session.describe_training_job(tuner.best_training_job())
    assert best["HyperParameters"]["scale"] == "0.5"
    frame = tuner.analytics().dataframe()
    assert sorted(frame["FinalObjectiveValue"]) == [0.5, 1.5, 2.5]
    transformer = tuner.best_estimator().transformer(
        1, "ml.m5.large", assemble_with="Line", output_path="s3://tuner/answers", accept="text/csv"
    )
    transformer.transform(data, content_type="text/csv", split_type="Line", wait=True, logs=False)
    found = s3.get_object(Bucket="tuner", Key="answers/rows.csv.out")["Body"].read()
    assert [float(line) for line in io.BytesIO(found)] == [1.5, 3.5]


def _role(boto_session: Any) -> str:
    iam = boto_session.client("iam")
    trust = json.dumps({"Version": "2012-10-17", "Statement": [ROLE_TRUST]})
    arn: str = iam.create_role(RoleName="tuner", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    allowed = {"Effect": "Allow", "Action": ["s3:*", "logs:*"], "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName="tuner", PolicyName="needs", PolicyDocument=policy)
    return arn
