"""Keeps one object for each time it is called."""

import json
import os

import boto3

s3 = boto3.client("s3")


def handler(event, context):
    """Return the key that was written."""
    key = f"counts/{event['time']}.json"
    s3.put_object(Bucket=os.environ["BUCKET"], Key=key, Body=json.dumps({"at": event["time"]}))
    return key
