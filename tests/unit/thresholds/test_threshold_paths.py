"""Every figure of summary.json may be asked for by its path."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from threshold_run import judged

from harness import journal as j
from harness.errors import ScenarioError
from harness.thresholds import parse
from harness.thresholds.paths import metric_of, patterns, read, written

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/reference/summary.schema.json").read_text())
ENDS = {"number": "", "integer": "", "boolean": "?", "array": "[]"}


def figures(node: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the path of each number, yes or no, and list that the schema has below *node*."""
    while "$ref" in node:
        node = SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]
    kinds = node["type"] if isinstance(node.get("type"), list) else [node.get("type")]
    yield from ((path, ENDS[kind]) for kind in kinds if kind in ENDS)
    for name, inner in node.get("properties", {}).items():
        yield from figures(inner, (*path, name))
    for inner in (node.get("additionalProperties"), node.get("items")):
        rows = inner is not node.get("items") or "object" in str(_kind(inner))
        if isinstance(inner, dict) and rows:
            yield from figures(inner, (*path, "*"))


def _kind(node: Any) -> Any:
    while isinstance(node, dict) and "$ref" in node:
        node = SCHEMA["$defs"][node["$ref"].rpartition("/")[2]]
    return node.get("type") if isinstance(node, dict) else None


def test_every_figure_of_the_schema_can_be_reached() -> None:
    """Who adds a figure to the schema adds it to harness/thresholds/shape.py, and no other is there."""
    known = {path: end for path, end in patterns().items() if end != "{}"}
    assert known == dict(figures(SCHEMA))


@pytest.mark.parametrize("path", [path for path, end in patterns().items() if (path[-1], end) == ("*", "")])
def test_counts_by_name_can_be_added_up(path: tuple[str, ...]) -> None:
    """Where a path ends in any name, all of them together are a figure; a job's metrics are not."""
    assert (path[:-1] in patterns()) == (path[-2] != "metrics")


SUMMARY = {
    "load": {"failed": 3, "saturated": False, "why": ["late", "busy"]},
    "functions": {"throttles": {"Rate": 2, "Concurrent": 5}},
    "jobs": [{"job": "tune-1", "took_s": 60.0}, {"kind": "training"}],
    "iam": {"reader": {"unused": ["s3:PutObject"]}},
    "cost": {"items": [{"item": "s3:put", "usd": None}]},
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("load.failed", 3.0),
        ("load.saturated", 0.0),
        ("load.why", 2.0),
        ("functions.throttles", 7.0),
        ("functions.throttles.Rate", 2.0),
        ("jobs.tune-1.took_s", 60.0),
        ("jobs.0.took_s", 60.0),
        ("iam.reader.unused", 1.0),
    ],
)
def test_reads_a_figure(path: str, value: float) -> None:
    """Numbers as they are, yes as 1, lists by their length, counts by name added up; rows by name, number."""
    assert read(SUMMARY, path.split(".")) == value


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("messages.lost", "The summary of this run has no 'messages'"),
        ("load.failde", "load of the summary has no 'failde'; did you mean 'failed'?"),
        ("jobs.tune-2.took_s", "jobs of the summary has no 'tune-2'; did you mean 'tune-1'?"),
        ("jobs.7.took_s", "jobs of the summary has no '7'"),
        ("cost.items.0.usd", "cost.items.0 of the summary has no 'usd'; did you mean 'usd'?"),
    ],
)
def test_says_what_a_run_has_not(path: str, says: str) -> None:
    """A part that does not apply is absent, and named with what is nearest."""
    assert read(SUMMARY, path.split(".")) == says


def test_names_with_points_stand_in_quotes() -> None:
    """A FIFO queue's name has one."""
    path = ("messages", "by_target", "jobs.fifo", "lost")
    assert written(path) == 'messages.by_target."jobs.fifo".lost'
    metric = metric_of(path)
    assert metric is not None
    assert metric.source == "summary.json: messages.by_target.*.lost"


def test_a_figure_is_judged_as_the_summary_has_it() -> None:
    """The summary of the records is made for it; a text in it is no figure."""
    found = j.Finding(1.0, "rule", "note", "jobs", "a note", "")
    assert judged("seed==1", found).ok
    assert metric_of(("findings", "rule", "severity")) is None


def test_a_path_has_no_aggregation_of_many() -> None:
    """It is one figure already."""
    with pytest.raises(ScenarioError, match="has no aggregation 'avg'"):
        parse("load.failed: avg<1")
