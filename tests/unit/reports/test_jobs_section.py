"""Jobs in the summary and in the report."""

import json
from pathlib import Path

import jsonschema

from harness import journal
from harness.summary.grouped import ByType
from harness.summary.jobs import jobs
from reports.jobs import MOST_ROWS, section

SCHEMA = json.loads((Path(__file__).parents[3] / "docs/reference/summary.schema.json").read_text())


def created(job: str, kind: str = "training", parent: str = "") -> journal.JobCreated:
    return journal.JobCreated(1.0, kind, job, "role", "image", "ml.m5.large", 3, parent=parent)


def ended(job: str, status: str = "Completed", artefact: str = "s3://b/m") -> journal.JobEnded:
    return journal.JobEnded(
        9.0, "training", job, status, f"it {status}", 1.0, 90, 30, "ml.m5.large", 3, 4.0, False, [0], artefact
    )


RECORDS: list[journal.Record] = [
    created("good", parent="tuned"),
    created("bad"),
    created("open"),
    created("rows", "processing"),
    journal.JobMetric(2.0, "good", "loss", 0.5),
    journal.JobMetric(3.0, "good", "loss", 0.25),
    ended("good"),
    ended("bad", "Failed", ""),
]


def test_each_job_is_a_row_of_the_summary() -> None:
    """With its last metrics; one that has not ended has no times. The schema knows it."""
    found = jobs(ByType(RECORDS))
    jsonschema.validate(found, SCHEMA["properties"]["jobs"])
    assert [(one["job"], one["status"]) for one in found] == [
        ("good", "Completed"),
        ("bad", "Failed"),
        ("open", "InProgress"),
        ("rows", "InProgress"),
    ]
    assert (found[0]["metrics"], found[0]["parent"], found[0]["artefact"]) == (
        {"loss": 0.25},
        "tuned",
        "s3://b/m",
    )
    assert not {"took_s", "artefact", "metrics"} & set(found[2])
    assert jobs(ByType([])) == []


def test_the_report_shows_what_failed_first() -> None:
    """Each with why; a run without jobs has no such section."""
    shown = section({"jobs": jobs(ByType(RECORDS))})
    assert shown is not None
    assert shown["headline"] == "1 of 4 jobs completed."
    assert [row.name for row in shown["rows"]] == ["bad", "open", "rows", "good"]
    assert shown["rows"][0].below == "it Failed"
    assert (shown["rows"][3].instances, shown["rows"][3].metrics) == (
        "3 \N{MULTIPLICATION SIGN} ml.m5.large",
        "loss 0.25",
    )
    assert section({}) is None


def test_a_long_list_is_cut() -> None:
    """The rest is in summary.json."""
    shown = section({"jobs": jobs(ByType([created(f"job-{n}") for n in range(MOST_ROWS + 2)]))})
    assert shown is not None
    assert (len(shown["rows"]), shown["cut"]) == (MOST_ROWS, 2)
