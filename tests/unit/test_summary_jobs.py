"""A run's jobs in its summary."""

from summary_schema import valid

from harness import journal
from harness.summary import summarise

STARTED = journal.RunStarted(0.0, "s", "corrected", "", "wall", 1, 0.0, "embedded", {}, {}, "harness run s")


def created(job: str, kind: str = "training", **given: object) -> journal.JobCreated:
    """Return a job's first record."""
    return journal.JobCreated(1.0, kind, job, "role", "image", "ml.m5.xlarge", 3, **given)  # type: ignore[arg-type]


def ended(job: str, kind: str = "training", artefact: str = "") -> journal.JobEnded:
    """Return a job's last record."""
    return journal.JobEnded(
        90.0, kind, job, "Completed", "", 1.0, 60.0, 64.0, "ml.m5.xlarge", 3, 2.5, False, [0, 0, 0], artefact
    )


def test_a_job_that_ended_has_its_times_its_metrics_and_its_artefact() -> None:
    """The last value of each metric, as FinalMetricDataList has it."""
    records = [
        STARTED,
        created("tree", parent="search"),
        journal.JobMetric(10.0, "tree", "accuracy", 0.5),
        journal.JobMetric(20.0, "tree", "accuracy", 0.75),
        ended("tree", artefact="s3://models/tree/model.tar.gz"),
    ]
    (row,) = valid(summarise(records))["jobs"]

    assert row["status"] == "Completed"
    assert row["metrics"] == {"accuracy": 0.75}
    assert row["parent"] == "search"
    assert (row["took_s"], row["billable_s"], row["exit_codes"]) == (60.0, 64.0, [0, 0, 0])
    assert row["artefact"] == "s3://models/tree/model.tar.gz"


def test_a_job_under_way_has_no_times_and_one_of_another_kind_no_metrics() -> None:
    """Names are told apart by kind: a tuning job may be called as a training is."""
    records = [
        STARTED,
        created("one"),
        created("one", "processing"),
        journal.JobMetric(10.0, "one", "accuracy", 0.5),
        ended("one", "processing"),
    ]
    training, processing = valid(summarise(records))["jobs"]

    assert training["status"] == "InProgress"
    assert "billable_s" not in training
    assert training["metrics"] == {"accuracy": 0.5}
    assert processing["status"] == "Completed"
    assert "metrics" not in processing
    assert "artefact" not in processing
