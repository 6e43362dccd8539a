"""docs/reference/summary.schema.json describes what summaries really hold."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sample
from jsonschema import Draft202012Validator

from harness.journal import Record
from harness.summary import summarise

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/reference/summary.schema.json").read_text())
RUNS = [sample.scaled_run, sample.killed_early, sample.invalid_run, sample.many_expectations]


@pytest.mark.parametrize("run", RUNS)
def test_generated_summaries_are_valid(run: Callable[[], list[Record]]) -> None:
    """Through JSON and back, every summary fits the schema, and every part of it is described."""
    summary = json.loads(json.dumps(summarise(run())))
    assert [error.message for error in Draft202012Validator(SCHEMA).iter_errors(summary)] == []
    assert summary.keys() <= SCHEMA["properties"].keys()


def test_the_schema_itself_is_valid() -> None:
    """It is JSON Schema 2020-12."""
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(
    ("part", "value"),
    [("verdict", "splendid"), ("started_at", 5), ("latency", {"source": "load"}), ("load", {})],
)
def test_the_schema_refuses_what_no_summary_holds(part: str, value: Any) -> None:
    """A schema that accepts everything describes nothing."""
    broken = summarise(sample.scaled_run()) | {part: value}
    assert not Draft202012Validator(SCHEMA).is_valid(broken)


def test_every_property_is_described() -> None:
    """A reader finds the meaning and the unit of each property in the schema."""

    def undescribed(schema: dict[str, Any], path: str = "") -> list[str]:
        found = []
        for name, inner in schema.get("properties", {}).items():
            found += [] if inner.get("description") else [f"{path}/{name}"]
            found += undescribed(inner, f"{path}/{name}") + undescribed(
                inner.get("items", {}), f"{path}/{name}"
            )
        return found

    assert [*undescribed(SCHEMA), *(u for d in SCHEMA["$defs"].values() for u in undescribed(d))] == []
