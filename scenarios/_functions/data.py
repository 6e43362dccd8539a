"""What comes into the bucket of workflow-trigger, and what became of it."""

import csv
import io
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.program import Context

OBJECTS = 6
# One of them comes a second time, as notifications may.
BROUGHT = OBJECTS + 1
ROWS, COLUMNS = 200, 5
# How long the last job is waited for, in model seconds: S3, SNS and the function work beside this program.
WITHIN_S = 200.0


def bring(context: "Context", bucket: str) -> Mapping[str, Any]:
    """Put objects into *bucket*, one of them twice; wait until each has its job, or long enough."""
    s3, sagemaker = context.client("s3"), context.client("sagemaker")
    for number in (*range(OBJECTS), 0):
        s3.put_object(Bucket=bucket, Key=f"incoming/day {number}.csv", Body=_table(number))
    until = context.now() + WITHIN_S
    while len(_jobs(sagemaker)) < OBJECTS and context.now() < until and not context.stopping:
        context.wait_model_s(5.0)
    return {"objects": OBJECTS}


def _table(number: int) -> bytes:
    """Return rows of figures, a few of them with a gap."""
    random = Random(f"data/{number}")
    text = io.StringIO()
    for row in range(ROWS):
        cells = [f"{random.gauss(column, 1.0):.4f}" for column in range(COLUMNS)]
        csv.writer(text).writerow(["", *cells[1:]] if row % 50 == 7 else cells)
    return text.getvalue().encode()


def invoke_directly(context: "Context", function: str) -> Mapping[str, Any]:
    """Try to call *function* past the topic."""
    from botocore.exceptions import ClientError

    try:
        context.client("lambda").invoke(FunctionName=function, Payload=b'{"Records": []}')
    except ClientError as error:
        print(error, flush=True)
        return {"refused": 1}
    return {"refused": 0}


def started(context: "Context") -> Mapping[str, Any]:
    """Return how many training jobs there are, and how many of them have a name of their own."""
    names = _jobs(context.client("sagemaker"))
    return {"jobs": len(names), "names": len(set(names))}


def _jobs(sagemaker: Any) -> list[str]:
    pages = sagemaker.get_paginator("list_training_jobs").paginate(NameContains="train-incoming")
    return [job["TrainingJobName"] for page in pages for job in page["TrainingJobSummaries"]]
