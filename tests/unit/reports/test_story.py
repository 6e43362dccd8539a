"""The words of the report: the verdict, the two answers, and why it scaled when it did."""

from dataclasses import replace
from typing import Any

import pytest
import sample

from harness import journal as j
from harness.summary import ByType, summarise
from reports import story


def told(records: list[j.Record]) -> tuple[ByType, dict[str, Any]]:
    """Return what the story is made from."""
    return ByType(records), summarise(records)


def answer(records: list[j.Record], index: int) -> story.Answer:
    """Return the first (held) or the second (scaled) answer."""
    return story.answers(*told(records))[index]


def run(*records: j.Record, verdict: str = "pass") -> list[j.Record]:
    """Return a journal of *records*."""
    return [sample.started(), *records, j.RunEnded(2_000.0, verdict, "", 1.0)]


def requests(count: int, failed: int = 0) -> list[j.Record]:
    """Return *count* requests ten seconds apart from 300 s on, the first *failed* of them lost."""
    return [
        j.LoadRequest(300.0 + 10 * i, sample.ENDPOINT, "failed" if i < failed else "ok", 200, service_s=0.5)
        for i in range(count)
    ]


def scale_out(status: str = "Successful") -> list[j.Record]:
    """Return a target, its policy, a datapoint over it from 300 s, and a scale-out of 540 to 848 s."""
    known = dict(
        activity_id="a",
        resource_id=sample.RESOURCE,
        from_capacity=1,
        to_capacity=5,
        cause="c",
        description="d",
    )
    return [
        j.TargetRegistered(1.0, sample.RESOURCE, 1, 5),
        j.PolicyPut(
            1.0, sample.RESOURCE, "p", "TargetTrackingScaling", 10.0, "InvocationsPerInstance", 30.0, 600.0
        ),
        j.MetricPublished(420.0, sample.RESOURCE, "InvocationsPerInstance", 300.0, 60.0, 70.0),
        j.ScalingActivity(at=540.0, status="InProgress", **known),
        j.ScalingActivity(at=848.0, status=status, **known),
    ]


@pytest.mark.parametrize(
    ("records", "sentence"),
    [
        (run(), "The run ended well; no expectation was declared."),
        (run(j.Expectation(1, "a", "< 1", 0.5, "", True, "", "")), "The one expectation was met."),
        (run(*[j.Expectation(1, "a", "< 1", 0.5, "", True, "", "")] * 3), "All 3 expectations were met."),
        (run(j.Expectation(1, "a", "< 1", 2.0, "", False, "", "")), "1 of 1 expectation was not met."),
        (run(verdict="fail"), "It failed: no reason was recorded."),
        (sample.many_expectations(), "10 of 30 expectations were not met."),
        (
            sample.killed_early(),
            "This run proves nothing: the run was cut off: its journal stops after 1 model seconds.",
        ),
    ],
)
def test_the_verdict_is_one_sentence(records: list[j.Record], sentence: str) -> None:
    """It says how many of how many, or why the run counts for nothing."""
    assert story.verdict_sentence(summarise(records)) == sentence


def test_it_held_when_every_call_was_answered() -> None:
    """With the slowest of a hundred, from the intended start."""
    found = answer(run(*requests(20)), 0)
    assert (found.tone, found.headline) == ("ok", "All 20 calls were answered")
    assert "500 ms" in found.detail


def test_it_did_not_hold_when_calls_were_lost() -> None:
    """How many of how many, and what became of them."""
    found = answer(run(*requests(20, failed=5)), 0)
    assert (found.tone, found.headline) == ("bad", "5 calls of 20 (25.0 %) got no good answer")
    assert found.detail.startswith("5 failed.")


def test_without_a_load_the_gateways_calls_are_counted() -> None:
    """A batch job's calls are as good a question as a load's."""
    calls = [
        j.Exchange(1.0, "sagemaker-runtime", "InvokeEndpoint", status, "", 0, 1, 1) for status in (200, 503)
    ]
    assert answer(run(*calls), 0).headline == "1 call of 2 (50.0 %) got no good answer"
    assert answer(run(calls[0]), 0).headline == "The one call was answered"


def test_calls_without_any_answer_have_no_times() -> None:
    """Nothing is told of times that nobody measured."""
    assert answer(run(*requests(3, failed=3)), 0).detail == "3 failed. No request was answered."


def test_a_run_without_calls_or_targets_has_no_answers() -> None:
    """Neither question was asked."""
    assert story.answers(*told(run())) == []


def test_an_invalid_run_answers_nothing() -> None:
    """What was seen is told as such, without a colour."""
    (found,) = story.answers(*told(sample.invalid_run()))
    assert (found.headline, found.tone) == ("Not shown by this run", "plain")
    assert found.detail.startswith("What was seen: All 60 calls were answered.")


def test_it_scaled_in_time_when_no_call_was_lost_in_the_wait() -> None:
    """The wait runs from the first minute over the target to the last instance in service."""
    found = answer(run(*requests(90), *scale_out()), 1)
    assert found.tone == "ok"
    assert found.headline == "From 1 to 5 instances in 9 min 8 s from the first minute over the target"
    assert found.detail == (
        "4 min until the decision, 5 min 8 s to launch. During the wait no call was lost and p99 was 500 ms."
    )


def test_it_scaled_too_late_when_calls_were_lost_in_the_wait() -> None:
    """Only the calls that were due while it waited are counted."""
    found = answer(run(*requests(90, failed=2), *scale_out()), 1)
    assert found.tone == "bad"
    assert "2 of 55 calls got no good answer" in found.detail


def test_without_a_load_nobody_knows_whether_it_was_in_time() -> None:
    """The times are told, without a colour."""
    found = story.scaled(*told(run(*scale_out())))
    assert found is not None
    assert (found.tone, found.detail) == ("plain", "4 min until the decision, 5 min 8 s to launch.")


def test_a_scale_out_that_never_arrived_is_told() -> None:
    """The activity failed, so the capacity never came."""
    found = story.scaled(*told(run(*scale_out("Failed"))))
    assert found is not None
    assert (found.tone, found.detail) == ("bad", "The activity ended as Failed.")


@pytest.mark.parametrize(("datapoints", "tone"), [(2, "plain"), (3, "bad")])
def test_no_scale_out_is_judged_by_the_metric(datapoints: int, tone: str) -> None:
    """Without a datapoint over the target there was no reason to; with one there was."""
    found = story.scaled(*told(run(*scale_out()[:datapoints])))
    assert found is not None
    assert found.tone == tone


def test_evaluations_with_one_outcome_are_one_row() -> None:
    """Ten minutes of "the endpoint is Updating" are told once, from when to when and how often."""
    rows = [row for row in story.rows(ByType(sample.scaled_run())) if row.kind == "decision"]
    updating = [row for row in rows if "is Updating" in row.text]
    assert [(row.at, row.until, row.count) for row in updating] == [(600.0, 840.0, 5)]
    assert len(rows) < 20


def test_targets_are_collapsed_each_for_itself() -> None:
    """Interleaved evaluations of two targets do not break each other's rows, and each says whose it is."""
    evaluations = [
        j.ScalingEvaluated(float(at), f"endpoint/{name}/variant/A", 1, 1, "WithinTarget", "Nothing to do.")
        for at in (60, 120, 180)
        for name in ("one", "two")
    ]
    rows = story.rows(ByType(evaluations))
    assert [(row.text, row.count) for row in rows] == [
        ("endpoint/one/variant/A: Nothing to do.", 3),
        ("endpoint/two/variant/A: Nothing to do.", 3),
    ]


def test_the_story_is_told_in_order_of_time_and_cause() -> None:
    """At one moment the alarm comes before the decision, the decision before the activity."""
    rows = story.rows(ByType(sample.scaled_run()))
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert [row.kind for row in rows if row.at == 540.0] == ["alarm", "decision", "activity", "endpoint"]


def test_an_activity_is_told_by_its_alarm_not_by_the_alarms_long_name() -> None:
    """The cause is AWS's sentence with the alarm's name shortened."""
    rows = [row.text for row in story.rows(ByType(sample.scaled_run())) if row.kind == "activity"]
    assert rows[0] == (
        "Scaling activity 1 → 5 began (InProgress): alarm high in state ALARM triggered policy turbofan-invocations."
    )
    assert rows[1] == "Scaling activity 1 → 5 is Successful."


def test_a_refused_activity_says_why() -> None:
    """The status message of what failed belongs to the story."""
    refused = replace(
        next(r for r in scale_out() if isinstance(r, j.ScalingActivity)),
        status="Failed",
        status_message="No quota.",
    )
    (row,) = story.rows(ByType([refused]))
    assert (row.tone, row.text) == ("bad", "Scaling activity 1 → 5 began (Failed): c. No quota.")
