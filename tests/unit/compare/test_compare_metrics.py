"""What is read of a summary to be compared."""

import json
from pathlib import Path

import pytest

from harness.compare.metrics import METRICS, figures_of, metric
from tests.unit.compare.made import summary

TIMES = {"p50": 0.1, "p90": 0.2, "p95": 0.3, "p99": 0.4, "max": 0.5}
WHOLE = summary(
    load={"offered": 200, "completed": 190},
    latency={"response_s": TIMES, "service_s": TIMES},
    messages={"lost": 1, "duplicates": 2, "dead_lettered": 3, "latency_s": {"deletion": TIMES}},
    scaling={
        "targets": {
            "a": {"breach_to_in_service_s": 300.0, "capacity": [[0.0, 1, 1], [9.0, 4, 3]]},
            "b": {"breach_to_in_service_s": 200.0, "capacity": [[0.0, 2, 2]]},
            "c": {"capacity": []},
        }
    },
    functions={"cold_starts": 4, "throttles": {"x": 5, "y": 6}, "errors": {}, "duration_s": TIMES},
    predictions={"rmse": 17.5},
    iam={"worker": {"unused_actions": 7, "denied": ["sns:Publish"]}, "other": {"unused": ["a", "b"]}},
    cost={"usd": 0.25},
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("response_p99", 0.4),
        ("response_max", 0.5),
        ("service_p50", 0.1),
        ("error_ratio", 0.05),
        ("lost", 1),
        ("duplicates", 2),
        ("dead_lettered", 3),
        ("processed_p95", 0.3),
        ("scale_out_lag", 300.0),
        ("instances", 5),
        ("cold_starts", 4),
        ("throttles", 11),
        ("function_errors", 0),
        ("duration_p90", 0.2),
        ("rmse", 17.5),
        ("policy_unused", 9),
        ("policy_denied", 1),
        ("cost", 0.25),
    ],
)
def test_each_figure_is_what_the_summary_says(name: str, value: float) -> None:
    """Scalable targets and roles are taken together: the slowest of them, or their sum."""
    assert figures_of(WHOLE)[name] == pytest.approx(value)


def test_what_a_run_has_not_is_no_figure() -> None:
    """Nothing stands for zero where there was nothing to measure."""
    assert figures_of(summary()) == {}
    assert "error_ratio" not in figures_of(summary(load={"offered": 0, "completed": 0}))
    assert "instances" not in figures_of(summary(scaling={"targets": {}}))


@pytest.mark.parametrize(
    "broken",
    [{"load": 7}, {"cost": {"usd": None}}, {"iam": {"worker": 3}}, {"functions": {"throttles": [1]}},
     {"latency": {"response_s": {"p50": "soon"}}}, {"messages": {"lost": {}}}],
)  # fmt: skip
def test_a_summary_of_another_version_breaks_nothing(broken: dict[str, object]) -> None:
    """What is not as expected is not there."""
    assert figures_of(summary(**broken)) == {}


def test_every_metric_has_a_name_of_its_own() -> None:
    """Trend, thresholds and JSON name them."""
    names = [one.name for one in METRICS]
    assert len(set(names)) == len(names)
    assert metric("cost").unit == "USD"


def test_every_figure_is_in_the_schema() -> None:
    """The paths that are read here are those that the schema promises."""
    schema = json.loads(Path("docs/reference/summary.schema.json").read_text(encoding="utf-8"))
    for part in ("load", "latency", "messages", "scaling", "functions", "predictions", "iam", "cost"):
        assert part in schema["properties"]
