"""What opens behind a failed expectation or a finding: the right records, in bounds, and nothing made up."""

from dataclasses import replace
from typing import Any

import message_sample
import permission_sample
import pytest
import sample
from test_html import Page

from harness import journal as j
from harness.summary import ByType, summarise
from reports import evidence
from reports.evidence import Evidences
from reports.evidence_values import MOST_CHARACTERS, MOST_DOCUMENT, MOST_ROWS, Evidence, document, table
from reports.html import MOST_BYTES, render

FIRST, *MIDDLE, LAST = sample.scaled_run(calls=120)


def behind(name: str, *more: j.Record, unit: str = "", limit: str = "<= 0", reason: str = "") -> Evidence:
    """Return the evidence of a failed expectation called *name* in a run that scales, with *more* records."""
    check = j.Expectation(1.0, name, limit, 1.0, unit, False, reason, "")
    kept = [one for one in MIDDLE if not isinstance(one, j.Expectation)]
    records = sample.ordered([FIRST, *kept, *more, check, LAST])
    found = Evidences(ByType(records), summarise(records)).of_checks()[0]
    return found or Evidence()


def captions(found: Evidence) -> list[str]:
    """Return what its tables and documents are called."""
    return [one.caption for one in found.tables] + [one.caption for one in found.documents]


def test_a_response_time_opens_the_slowest_requests() -> None:
    """Each with when it was due and sent, its parts, and how many were above the limit."""
    found = behind("turbofan: response time p99", unit="s", limit="<= 2")
    (slowest,) = found.tables
    assert slowest.caption.startswith("The slowest of 110 answered requests; ")
    assert slowest.caption.endswith(" took longer than 2 s")
    assert slowest.columns[:3] == ("No.", "Due", "Sent")
    assert len(slowest.rows) == MOST_ROWS
    assert slowest.left_out == 110 - MOST_ROWS
    assert found.section == "latency"


def test_an_error_ratio_opens_the_requests_without_answer() -> None:
    """With their status and the error."""
    (failed,) = behind("turbofan: error ratio", unit="ratio").tables
    assert failed.caption == "10 of 120 requests (8.3 %) got no good answer"
    assert {row[failed.columns.index("Outcome")] for row in failed.rows} == {"failed"}


@pytest.mark.parametrize("name", ["turbofan: breach to scale-out decision", "it grows in time"])
def test_a_scaling_figure_opens_datapoints_alarms_and_activities(name: str) -> None:
    """Also of an expectation that the scenario named as it liked: its sentence tells what it is about."""
    found = behind(name, unit="s", reason="from 1 to 5 instances")
    points, activities, alarms = captions(found)
    assert "what was published before the decision" in points
    assert activities == "The scale-out activities, as they ended"
    assert alarms == "What the alarms did until then"
    assert found.section == "why"


def test_a_scale_in_figure_opens_the_activities_downwards() -> None:
    """Not those that grew."""
    found = behind("turbofan: low load to scale-in decision", unit="s")
    activities = next(one for one in found.tables if one.caption.startswith("The scale-in"))
    before, after = activities.columns.index("From"), activities.columns.index("To")
    assert all(int(row[before]) > int(row[after]) for row in activities.rows)


def test_a_count_of_instances_opens_the_capacity_over_time() -> None:
    """When there were how many."""
    assert captions(behind("turbofan: peak instances"))[0] == "Instances over time"


def messages(name: str) -> Evidence:
    """Return the evidence of an expectation called *name* in a run that loses and repeats messages."""
    return behind(name, *message_sample.lossy_run()[1:-1])


def test_lost_messages_are_named() -> None:
    """By id, with when they were published and what was seen of them."""
    lossy = message_sample.lossy_run()
    queue, target = next(
        (name, one) for name, one in summarise(lossy)["messages"]["by_target"].items() if one["lost"]
    )
    lost = messages(f"{queue}: lost").tables[0]
    assert lost.caption == "Messages that were lost"
    assert (
        lost.rows[0][0].endswith(target["lost_messages"][0]) or target["lost_messages"][0] in lost.rows[0][0]
    )


def test_a_refused_call_opens_the_statement_that_is_missing() -> None:
    """Ready to be copied."""
    found = behind("glue-etl: refused calls", *permission_sample.glue())
    assert captions(found) == ["What glue-etl was refused", "The statement that glue-etl lacks"]
    assert '"s3:PutObject"' in found.documents[0].text


def test_unused_actions_open_the_smallest_policy() -> None:
    """And by service what is held in vain."""
    found = behind("glue-etl: unused actions", *permission_sample.glue())
    assert captions(found)[-1] == "The smallest policy for what glue-etl did"


def test_a_program_opens_what_it_returned_and_its_error() -> None:
    """The figure that was asked for stands first."""
    ended = j.ProgramEnded(
        9.0, "audit", 1.0, 1, {"items": 300, "written": 62, "ok": True}, "KeyError: 'input'"
    )
    crash = j.ProgramChanged(8.0, "audit", 0, "ended", 1, "KeyError: 'input'")
    found = behind("audit: written", ended, crash)
    assert found.tables[0].rows == (("written", "62"), ("items", "300"), ("ok", "True"))
    assert found.tables[1].rows == (("00:08", "0", "ended", "1", "KeyError: 'input'"),)
    assert found.documents[0].text == "KeyError: 'input'"


def invoked(**changes: Any) -> j.FunctionInvoked:
    """Return one invocation of a function called resize."""
    plain = j.FunctionInvoked(
        1.0, 1.0, 1.5, "resize", "$LATEST", "1", "r-1", "direct", "", "e-1", True, False, 0.3, 0.5, 0.0, "ok"
    )
    return replace(plain, **changes)


def test_a_function_opens_its_failed_invocations_with_a_log() -> None:
    """Where none failed, the cold ones or the slowest."""
    bad = invoked(outcome="error", error="KeyError", log="Traceback")
    declared = j.FunctionDeclared(0.0, "resize", "python3.12", "m.h", "r", 128, 3.0)
    failed = behind("resize: errors", declared, invoked(), bad)
    assert captions(failed) == ["1 of 2 invocations (50.0 %) failed", "The end of the log of the first"]
    assert captions(behind("resize: cold starts", declared, invoked())) == ["1 of 1 invocations began cold"]
    assert captions(behind("resize: duration p99", declared, invoked())) == ["The slowest of 1 invocations"]
    throttled = j.FunctionThrottled(2.0, "resize", "$LATEST", "r-2", "direct", "", "Rate")
    assert captions(behind("resize: throttled", declared, throttled)) == ["1 throttled"]


def test_a_finding_opens_what_its_resource_did() -> None:
    """The queue that was not drained: what is left in it, and how deep it was."""
    left = j.MessageFound(9.0, "jobs", "m-1", "p-1", 2, in_flight=True)
    records = [
        FIRST,
        j.QueueDeclared(0.0, "jobs", 345_600.0),
        j.MessagePublished(1.0, 1.0, "p-1", "", ["jobs"], queue="jobs"),
        j.MessageReceived(2.0, "jobs", "m-1", "p-1", 1),
        j.QueueSampled(8.0, "jobs", 0, 1, 0, 7.0),
        left,
        j.Finding(9.0, "queue-not-drained", "warning", "jobs", "Messages were left in the queue.", ""),
        LAST,
    ]
    (found,) = Evidences(ByType(records), summarise(records)).of_findings()
    assert found is not None
    assert found.tables[0].rows == (
        ("p-1", "00:01", "00:02", "1", "in flight at the end at 00:09, after 8 s"),
    )
    assert found.tables[1].rows == (("00:08", "0", "1", "0", "7 s"),)


def test_where_nothing_fits_nothing_is_opened() -> None:
    """The sentence stands alone rather than beside what it is not about; a met one has none either."""
    assert not behind("the sky is blue", reason="it was not")
    seen = ByType(sample.scaled_run(calls=60))
    summary = summarise(sample.scaled_run(calls=60))
    shown = Evidences(seen, summary).of_checks()
    assert [one is None for one in shown] == [check["ok"] for check in summary["expectations"]]


def test_a_name_within_a_longer_one_is_another() -> None:
    """`jobs` is not meant where `jobs-dead` or `team.jobs` is."""
    names = [("queue", "jobs-dead"), ("queue", "jobs")]
    assert evidence._mentioned(names, "jobs-dead: lost") == ("queue", "jobs-dead")
    assert evidence._mentioned(names, "team.jobs: lost") is None
    assert evidence._mentioned(names, "lost from jobs.") == ("queue", "jobs")


def test_evidence_is_bounded() -> None:
    """Rows, cells and documents are cut, and say so."""
    long = table("t", ["a"], [["x" * 1_000]] * 50)
    assert long is not None
    assert (len(long.rows), long.left_out, len(long.rows[0][0])) == (
        MOST_ROWS,
        50 - MOST_ROWS,
        MOST_CHARACTERS,
    )
    policy = document("p", "x" * (MOST_DOCUMENT + 3))
    assert policy is not None
    assert (len(policy.text), policy.left_out) == (MOST_DOCUMENT, 3)
    assert table("t", ["a"], []) is None


def test_a_page_that_would_be_too_long_leaves_its_evidence_out() -> None:
    """Below a megabyte whatever the run told, and the page says what is missing."""
    errors = [
        j.LoadRequest(1.0, sample.ENDPOINT, "failed", 500, sent_at=1.0, error="&" * 5_000) for _ in range(20)
    ]
    checks = [
        j.Expectation(9.0, f"turbofan: error ratio {n}", "<= 0", 1.0, "", False, "", "") for n in range(90)
    ]
    records = [FIRST, *errors, *checks, LAST]
    html = render(records, summarise(records))
    assert len(html.encode()) <= MOST_BYTES
    assert "The run told more than fits on a page of 1 MB" in html
    assert "turbofan: error ratio 89" in html


def test_a_page_of_endless_texts_is_cut() -> None:
    """However long each message and reason is: below a megabyte."""
    long = "&" * 8_000
    findings = [j.Finding(1.0, f"rule-{n}", "error", long, long, long) for n in range(200)]
    checks = [j.Expectation(9.0, f"{n}: {long}", "<= 0", 1.0, "", False, long, long) for n in range(60)]
    faults = [j.FaultInjected(float(n), long, long) for n in range(200)]
    records = [replace(FIRST, description=long, command=long), *findings, *checks, *faults, LAST]
    assert len(render(records, summarise(records)).encode()) <= MOST_BYTES


def test_evidence_has_a_place_of_its_own_on_the_page() -> None:
    """By number, so that a link to it holds; the first screen links to those that failed."""
    records = sample.scaled_run(calls=60)
    found = Page(render(records, summarise(records)))
    ids = set(found.all("id"))
    assert {f"expectation-{n}" for n in range(1, 7)} <= ids
    assert [href for href in found.all("href") if href.startswith("#expectation-")]


@pytest.mark.parametrize(
    ("threshold", "first"),
    [
        ("response_time{endpoint:turbofan}: p(99)<2s", "The slowest of 110 answered requests"),
        ("p(99)<2s", "The slowest of 110 answered requests"),
        ("error_ratio<0.01", "10 of 120 requests"),
        ("scale_out_lag<240s", "SageMakerVariantInvocationsPerInstance: what was published before"),
        ("policy.unused==0", "Actions that glue-etl holds and never used"),
        ("policy.denied==0", "What glue-etl was refused"),
        ("queue_depth<1", "The messages that took longest"),
    ],
)
def test_a_threshold_opens_what_its_metric_is_made_of(threshold: str, first: str) -> None:
    """Also where it names no resource: then the worst of them."""
    found = behind(threshold, *permission_sample.glue(), *message_sample.once(3), unit="s", limit="< 2")
    assert captions(found)[0].startswith(first)
