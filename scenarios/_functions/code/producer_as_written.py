"""The producer as its author wrote it: one page of the table, all of it again on every tick."""

import json
import os
from typing import Any

import boto3

dynamodb = boto3.resource("dynamodb")
sqs = boto3.client("sqs")


def handler(event: Any, context: Any) -> dict[str, int]:
    """Send what one scan returns, a message at a time; return how many items that were."""
    items = dynamodb.Table(os.environ["TABLE"]).scan()["Items"]
    for item in items:
        sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps(item))
    print(f"{len(items)} items")
    return {"items": len(items), "sent": len(items)}
