"""Rows of finished runs, as the commands hand them over."""

from typing import Any


def check(name: str = "ranker: p99", **changes: Any) -> dict[str, Any]:
    """Return a judged expectation that is not met."""
    plain = {"name": name, "limit": "< 0.2", "value": 0.5, "unit": "s", "ok": False, "reason": "it queued"}
    return plain | {"source": ""} | changes


def finding(message: str = "no policy", **changes: Any) -> dict[str, Any]:
    """Return a finding of an error."""
    plain = {"rule": "queue-refuses", "severity": "error", "resource": "jobs", "message": message}
    return plain | {"aws_source": "https://docs.aws.amazon.com/x"} | changes


def row(**changes: Any) -> dict[str, Any]:
    """Return the row of a run that failed with one expectation missed."""
    plain = {
        "run_dir": "runs/ranker/1",
        "exit_code": 0 if changes.get("verdict") == "pass" else 1,
        "scenario": "ranker",
        "variant": "corrected",
        "clock": "virtual",
        "seed": 1,
        "started_at": "2026-01-01T00:00:00Z",
        "wall_s": 2.5,
        "verdict": "fail",
        "reason": "ranker: p99: 0.5 s, expected < 0.2",
        "expectations": [check(), check("ranker: errors", ok=True, value=0)],
        "findings": [],
    }
    return plain | changes
