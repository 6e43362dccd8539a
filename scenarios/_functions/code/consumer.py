"""A batch of items: the text of each is scored, and its row written where only this item's row can be."""

import csv
import io
import json
import os
from typing import Any

import boto3

s3 = boto3.client("s3")

GOOD = frozenset({"gain", "growth", "love", "record", "strong", "win"})
BAD = frozenset({"delay", "drop", "fine", "lawsuit", "loss", "weak"})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Write a row for each record; name those that failed, so that only they come back."""
    failed = []
    for record in event["Records"]:
        try:
            _write(json.loads(record["body"]))
        except (KeyError, TypeError, ValueError) as error:
            print(f"{record['messageId']}: {type(error).__name__}: {error}")
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _write(item: dict[str, Any]) -> None:
    """Write the row of *item*; written twice, it is still one row."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["id", "name", "sentiment"])
    rows.writerow([item["id"], item["name"], sentiment(item["text"])])
    s3.put_object(Bucket=os.environ["BUCKET"], Key=f"rows/{item['id']}.csv", Body=text.getvalue().encode())


def sentiment(text: str) -> float:
    """Return how much of what *text* says is good: from -1, all bad, to 1."""
    words = text.split()
    if not words:
        raise ValueError("there is no text to score")
    good, bad = sum(word in GOOD for word in words), sum(word in BAD for word in words)
    return round((good - bad) / max(good + bad, 1), 3)
