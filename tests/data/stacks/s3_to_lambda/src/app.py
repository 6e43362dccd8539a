"""Notes the size of each object in a table."""

import os
from urllib.parse import unquote_plus

import boto3

s3 = boto3.client("s3")
table = boto3.resource("dynamodb").Table(os.environ["TABLE"])


def handler(event, context):
    """Return how many objects were noted."""
    for record in event["Records"]:
        bucket = record["s3"]["bucket"]["name"]
        key = unquote_plus(record["s3"]["object"]["key"])
        found = s3.get_object(Bucket=bucket, Key=key)
        table.put_item(Item={"key": key, "bytes": found["ContentLength"]})
    return {"noted": len(event["Records"])}
