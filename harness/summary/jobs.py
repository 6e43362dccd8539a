"""The jobs of a run: how each ended, what it took, what its log said in the end."""

from typing import Any

from harness import journal
from harness.summary.grouped import ByType


def jobs(seen: ByType) -> list[dict[str, Any]]:
    """Return a row for each job in the order of creation; one that has not ended has no times."""
    ended = {(one.kind, one.job): one for one in seen.all(journal.JobEnded)}
    metrics: dict[str, dict[str, float]] = {}
    for metric in seen.all(journal.JobMetric):
        metrics.setdefault(metric.job, {})[metric.metric] = metric.value
    return [
        _row(one, ended.get((one.kind, one.job)), metrics.get(one.job, {}))
        for one in seen.all(journal.JobCreated)
    ]


def _row(
    created: journal.JobCreated, ended: journal.JobEnded | None, metrics: dict[str, float]
) -> dict[str, Any]:
    row: dict[str, Any] = {
        "kind": created.kind,
        "job": created.job,
        "status": "InProgress" if ended is None else ended.status,
        "created_at_s": created.at,
        "instance_type": created.instance_type,
        "instance_count": created.instance_count,
        "spot": created.spot,
    }
    if created.parent:
        row["parent"] = created.parent
    if created.kind != "training":
        metrics = {}
    if ended is not None:
        row |= {
            "reason": ended.reason,
            "took_s": ended.training_s,
            "billable_s": ended.billable_s,
            "real_s": ended.real_s,
            "exit_codes": ended.exit_codes,
        }
        row |= {"artefact": ended.artefact} if ended.artefact else {}
    return row | ({"metrics": metrics} if metrics else {})
