"""Handlers of the tiny scenario with functions: standard library and boto3 alone, as on Lambda."""

import json
import os
from typing import Any

import boto3


def answer(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Return a score, or fail as the event wants."""
    if event.get("fail"):
        raise ValueError("as it was asked to")
    return {"score": 2 * event["number"]}


def answer_http(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Return a score as API Gateway wants it."""
    number = json.loads(event["body"])["number"]
    return {"statusCode": 200, "body": json.dumps({"score": 2 * number})}


def produce(_event: dict[str, Any], context: Any) -> None:
    """Send two messages to the queue."""
    sqs = boto3.client("sqs")
    for body in ("good", "better"):
        message = {"id": f"{context.aws_request_id}-{body}", "body": body}
        sqs.send_message(QueueUrl=os.environ["JOBS"], MessageBody=json.dumps(message))


def consume(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """Note each message in the table; none has failed."""
    table = boto3.client("dynamodb")
    for record in event["Records"]:
        message = json.loads(record["body"])
        table.put_item(TableName=os.environ["SEEN"], Item={"id": {"S": message["id"]}})
    return {"batchItemFailures": []}
