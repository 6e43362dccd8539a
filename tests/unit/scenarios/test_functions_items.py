"""The table of timed-producer and the audit of what became of it."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

from scenarios._functions.items import ITEMS, POISON, audit, items

PAGE_BYTES = 1024 * 1024  # DynamoDB developer guide, "Paginating table query results"


def size_bytes(item: dict[str, str]) -> int:
    """Return what DynamoDB counts: names and values, UTF-8."""
    return sum(len(name.encode()) + len(value.encode()) for name, value in item.items())


def test_the_table_takes_three_pages_of_a_scan() -> None:
    """More than 2 MB and at most 3: one scan returns a third of it or so."""
    total = sum(map(size_bytes, items()))
    assert 2 * PAGE_BYTES < total <= 3 * PAGE_BYTES


def test_a_batch_of_ten_fits_into_a_call_and_one_into_a_message() -> None:
    """SQS takes 1 MiB in a message and in a batch; 256 KB is what it took before."""
    ten = sorted((len(json.dumps(item)) for item in items()), reverse=True)[:10]
    assert sum(ten) < 256 * 1024


def test_ids_are_unique_and_one_item_has_no_word() -> None:
    """The poison item is the only one that cannot be scored; names are shared, as companies are."""
    found = items()
    assert len({item["id"] for item in found}) == len(found) == ITEMS
    assert [item["id"] for item in found if not item["text"].split()] == [POISON]
    assert len({item["name"] for item in found}) < ITEMS / 2


def test_items_are_the_same_each_time() -> None:
    """A run can be repeated."""
    assert items() == items()


@dataclass
class Aws:
    """A table's ids, and a bucket's versions by key, newest first."""

    ids: list[str]
    versions: dict[str, list[str]] = field(default_factory=dict)

    def client(self, service: str) -> "Aws":
        return self

    def get_paginator(self, operation: str) -> "Aws":
        self.operation = operation
        return self

    def paginate(self, **asked: Any) -> list[dict[str, Any]]:
        if self.operation == "scan":
            return [{"Items": [{"id": {"S": one}}]} for one in self.ids]
        told = [
            {"Key": key, "VersionId": str(number), "IsLatest": number == 0}
            for key, texts in self.versions.items()
            for number in range(len(texts))
        ]
        return [{}, {"Versions": told}]

    def get_object(self, Key: str, VersionId: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"Body": io.BytesIO(self.versions[Key][int(VersionId)].encode())}


def rows(*ids: str) -> str:
    return "id,name,sentiment\n" + "".join(f"{one},n,0.5\n" for one in ids)


def found(aws: Any) -> dict[str, Any]:
    return dict(audit(aws, "bucket", "table"))


def test_the_audit_counts_rows_doubles_and_what_is_missing() -> None:
    """Rows of no item count as rows and write nothing."""
    aws = Aws(["a", "b", "c"], {"one": [rows("a", "b")], "two": [rows("b", "stranger")]})
    told = {
        "items": 3,
        "rows": 4,
        "written": 2,
        "never": 1,
        "written_over": 0,
        "doubles": 1,
        "overwritten": 0,
    }
    assert found(aws) == told


def test_the_same_written_again_is_no_loss_and_another_content_is() -> None:
    """Only the newest version of a file has rows; what another content wrote over is counted."""
    aws = Aws(["a", "b"], {"same": [rows("a"), rows("a")], "lost": [rows("a"), rows("b")]})
    told = found(aws)
    assert (told["overwritten"], told["written_over"], told["never"], told["doubles"]) == (1, 1, 0, 1)


def test_an_empty_bucket_has_nothing() -> None:
    """All items are missing."""
    assert found(Aws(["a"]))["never"] == 1
