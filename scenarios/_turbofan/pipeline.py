"""What the turbofan scenarios declare alike: role, model, the authors' batch job, and sample requests."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.scenario import Endpoint, Model, Payload, Role, allow

if TYPE_CHECKING:
    from harness.program import Context
    from scenarios._turbofan.data import Turbofan

# The original's figure over NASA's 104,897 test rows, with the ceiling of each answer.
ORIGINAL_RMSE = 57.257269505265484

ROLE = Role(
    "turbofan-sagemaker",
    statements=(
        allow("s3:GetObject", on="arn:aws:s3:::rehearsal-artefacts/*"),
        allow("ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"),
        allow("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
        allow("cloudwatch:PutMetricData"),
    ),
)

# Seconds for one call of 100 rows. Assumed, not measured on AWS: the report says so. What the rehearsal shows
# of scaling depends on invocations a minute, not on these.
SERVICE_TIME_S = {"ml.t3.medium": 0.060, "ml.m5.large": 0.040}


def turbofan_data(context: "Context") -> "Turbofan":
    """Return NASA's files where the run was given them, else runs of our own made from the seed."""
    from scenarios._turbofan import data, synthetic

    if context.data is not None:
        return data.load(context.data)
    return synthetic.generate(seed=context.seed)


def build_model(context: "Context") -> bytes:
    """Train the model on the train files and return it as model.tar.gz."""
    from harness.inference import pack
    from scenarios._turbofan.training import train

    trained = train([subset.train for subset in turbofan_data(context).subsets], seed=context.seed)
    return pack(trained.onnx, trained.metadata())


MODEL = Model("turbofan-xgboost", build=build_model, role=ROLE)


def batch_predict(context: "Context") -> Mapping[str, Any]:
    """Score every test row as the original does: CSV, 100 rows a call, one call after another, each answer
    rounded up.

    Returns rows, RMSE against the uncapped remaining life, and the limit that suits the data: the original's
    figure for NASA's, the error of always answering the mean for runs of our own.
    """
    from scenarios._turbofan import data
    from scenarios._turbofan.scoring import BATCH_ROWS, predict_in_batches, rmse

    found = turbofan_data(context)
    endpoint = context.scenario.endpoints[0].name
    runtime = context.client("sagemaker-runtime")
    calls = sum(math.ceil(len(subset.test) / BATCH_ROWS) for subset in found.subsets)
    done = 0

    def invoke(body: str) -> str:
        nonlocal done
        answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=body)
        done += 1
        context.progress(done, calls)
        return str(answer["Body"].read().decode())

    truth: list[float] = []
    predictions: list[int] = []
    for subset in found.subsets:
        truth += data.remaining_life(subset).tolist()
        predictions += predict_in_batches(invoke, data.batch_rows(subset))
    mean = sum(truth) / len(truth)
    return {
        "rows": len(predictions),
        "rows_expected": found.test_rows,
        "calls": done,
        "rmse": rmse(truth, predictions),
        "rmse_limit": ORIGINAL_RMSE if context.data else rmse(truth, [math.ceil(mean)] * len(truth)),
        "source": "NASA's files" if context.data else "runs of our own",
    }


def sample_rows(rows: int = 100) -> Payload:
    """Return calls of *rows* rows for load: rows of our own degradation model, kept in sample_rows.csv."""
    lines = (Path(__file__).parent / "sample_rows.csv").read_text().splitlines()
    bodies = ["\n".join(lines[start : start + rows]) for start in range(0, len(lines), rows)]
    return Payload("turbofan-rows", bodies)


def turbofan_endpoint(name: str, **changes: Any) -> Endpoint:
    """Return an endpoint of the turbofan model; *changes* as `Endpoint` takes them."""
    declared: dict[str, Any] = {
        "instance_type": "ml.m5.large",
        "concurrency": 2,
        "service_time_s": SERVICE_TIME_S,
    }
    return Endpoint(name, MODEL, **(declared | changes))
