"""What is in the table of timed-producer, and what its audit finds in the bucket afterwards."""

import csv
import io
from collections import Counter
from collections.abc import Mapping
from random import Random
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.program import Context

ITEMS = 300
COMPANIES = 40
# 300 items of this size are 2.3 MB: a scan returns at most 1 MB at a time, so three pages.
TEXT_CHARACTERS = 7_600
POISON = "item-0007"

_GOOD = ("gain", "growth", "love", "record", "strong", "win")
_BAD = ("delay", "drop", "fine", "lawsuit", "loss", "weak")
_PLAIN = ("company", "market", "people", "product", "quarter", "report", "share", "today", "year")


def items() -> list[dict[str, str]]:
    """Return the items: posts about companies, one of them without a word in it."""
    return [_item(number) for number in range(ITEMS)]


def _item(number: int) -> dict[str, str]:
    random = Random(f"items/{number}")
    name, identity = f"company-{random.randrange(COMPANIES):02d}", f"item-{number:04d}"
    if identity == POISON:
        return {"id": identity, "name": name, "text": " " * TEXT_CHARACTERS}
    words = random.choices(_GOOD + _BAD + _PLAIN, k=TEXT_CHARACTERS // 5)
    return {"id": identity, "name": name, "text": " ".join(words)[:TEXT_CHARACTERS]}


def keep_versions(context: "Context", bucket: str) -> None:
    """Let *bucket* keep what is written over, so that it can be counted."""
    wanted = {"Status": "Enabled"}
    context.client("s3").put_bucket_versioning(Bucket=bucket, VersioningConfiguration=wanted)


def stop(context: "Context", rule: str) -> Mapping[str, Any]:
    """Disable the *rule* of a timer: what is under way goes on, and nothing is added."""
    context.client("events").disable_rule(Name=rule)
    return {}


def audit(context: "Context", bucket: str, table: str) -> Mapping[str, Any]:
    """Compare the rows in *bucket* with the items in *table*.

    Returns how many items and rows there are, how many items have a row, how many never had one, how many had
    one until another content was written over it, how many rows are there more than once, and how many times
    a file was written over by another content.
    """
    wanted = _ids_in(context, table)
    s3 = context.client("s3")
    rows: Counter[str] = Counter()
    ever: set[str] = set()
    newest: dict[str, str] = {}
    overwritten = 0
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", []):
            body = s3.get_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])["Body"]
            text = body.read().decode()
            ids = [row["id"] for row in csv.DictReader(io.StringIO(text))]
            ever.update(ids)
            if version["IsLatest"]:
                newest[version["Key"]] = text
                rows.update(ids)
            elif text != newest[version["Key"]]:  # the newest comes first
                overwritten += 1
    return {
        "items": len(wanted),
        "rows": rows.total(),
        "written": len(wanted & rows.keys()),
        "never": len(wanted - ever),
        "written_over": len(wanted & ever - rows.keys()),
        "doubles": sum(count - 1 for count in rows.values()),
        "overwritten": overwritten,
    }


def _ids_in(context: "Context", table: str) -> set[str]:
    pages = (
        context.client("dynamodb").get_paginator("scan").paginate(TableName=table, ProjectionExpression="id")
    )
    return {item["id"]["S"] for page in pages for item in page["Items"]}
