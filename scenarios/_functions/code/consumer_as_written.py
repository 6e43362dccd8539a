"""The consumer as its author wrote it: one file for a batch, named after the batch's last item."""

import csv
import io
import json
import os
from typing import Any

import boto3

s3 = boto3.client("s3")

GOOD = frozenset({"gain", "growth", "love", "record", "strong", "win"})
BAD = frozenset({"delay", "drop", "fine", "lawsuit", "loss", "weak"})


def handler(event: dict[str, Any], context: Any) -> None:
    """Write a row for each record of the batch; a text without a word counts as one without an opinion."""
    items = [json.loads(record["body"]) for record in event["Records"]]
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["id", "name", "sentiment"])
    for item in items:
        rows.writerow([item["id"], item["name"], _sentiment(item["text"])])
    name = items[-1]["name"]
    s3.put_object(Bucket=os.environ["BUCKET"], Key=f"{name}_sentiment.csv", Body=text.getvalue().encode())


def _sentiment(text: str) -> float:
    words = text.split()
    good, bad = sum(word in GOOD for word in words), sum(word in BAD for word in words)
    return round((good - bad) / max(good + bad, 1), 3)
