"""New data is in a bucket: prepare it, and start a training job for it, one for each object."""

import csv
import io
import json
import os
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote_plus

import boto3

s3 = boto3.client("s3")
sagemaker = boto3.client("sagemaker")

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """Start a job for each object that the notification names; return how many were started."""
    started = 0
    for bucket, key in _objects(event):
        started += _start(bucket, key, _prepare(bucket, key))
    return {"started": started}


def _objects(event: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield bucket and key of what S3 told SNS, and SNS the function."""
    for record in event["Records"]:
        for told in json.loads(record["Sns"]["Message"]).get("Records", []):
            yield told["s3"]["bucket"]["name"], unquote_plus(told["s3"]["object"]["key"])


def _prepare(bucket: str, key: str) -> str:
    """Write the complete rows of *key*, scaled to 0..1, beside it; return where."""
    text = s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode()
    rows = [[float(cell) for cell in row] for row in csv.reader(io.StringIO(text)) if row and all(row)]
    lows, highs = [list(map(limit, zip(*rows, strict=True))) for limit in (min, max)]
    scaled = io.StringIO()
    csv.writer(scaled).writerows(
        [(cell - low) / ((high - low) or 1.0) for cell, low, high in zip(row, lows, highs, strict=True)]
        for row in rows
    )
    prepared = key.replace("incoming/", "prepared/", 1)
    s3.put_object(Bucket=bucket, Key=prepared, Body=scaled.getvalue().encode())
    return prepared


def _start(bucket: str, key: str, prepared: str) -> bool:
    """Start the job of *key*; False when it is there, since a notification may come twice."""
    source = {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{prepared}"}
    try:
        sagemaker.create_training_job(
            TrainingJobName=re.sub(r"[^A-Za-z0-9]+", "-", f"train-{key}"),
            AlgorithmSpecification={"TrainingImage": IMAGE, "TrainingInputMode": "File"},
            RoleArn=os.environ["TRAINING_ROLE"],
            InputDataConfig=[{"ChannelName": "train", "DataSource": {"S3DataSource": source}}],
            OutputDataConfig={"S3OutputPath": f"s3://{bucket}/models/"},
            ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 5},
            StoppingCondition={"MaxRuntimeInSeconds": 3600},
        )
    except sagemaker.exceptions.ResourceInUse:
        return False
    return True
