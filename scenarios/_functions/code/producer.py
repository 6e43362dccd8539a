"""On each tick of a timer: the items of a table that were not sent before go to a queue, all pages."""

import json
import os
from collections.abc import Iterator, Sequence
from typing import Any

import boto3

dynamodb = boto3.resource("dynamodb")
sqs = boto3.client("sqs")

SEND_AT_ONCE = 10  # SendMessageBatch takes no more


def handler(event: Any, context: Any) -> dict[str, int]:
    """Send what is new; return how many items there are and how many of them were sent."""
    sent = {row["id"] for row in _all_of(os.environ["SENT"])}
    found = list(_all_of(os.environ["TABLE"]))
    new = [item for item in found if item["id"] not in sent]
    for start in range(0, len(new), SEND_AT_ONCE):
        _send(new[start : start + SEND_AT_ONCE])
    print(f"{len(found)} items, {len(new)} of them new")
    return {"items": len(found), "sent": len(new)}


def _all_of(table: str) -> Iterator[dict[str, Any]]:
    """Yield every item of *table*: a scan stops after 1 MB and says where to go on."""
    start: dict[str, Any] = {}
    while True:
        page = dynamodb.Table(table).scan(**start)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def _send(items: Sequence[dict[str, Any]]) -> None:
    """Send *items* and remember those that were taken; the others are sent on the next tick."""
    entries = [{"Id": str(at), "MessageBody": json.dumps(item)} for at, item in enumerate(items)]
    answer = sqs.send_message_batch(QueueUrl=os.environ["QUEUE"], Entries=entries)
    with dynamodb.Table(os.environ["SENT"]).batch_writer() as remembered:
        for done in answer.get("Successful", []):
            remembered.put_item(Item={"id": items[int(done["Id"])]["id"]})
