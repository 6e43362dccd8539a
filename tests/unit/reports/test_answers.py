"""The first screen in words: the verdict and the two answers."""

from typing import Any

import pytest
import sample

from harness import journal as j
from harness.summary import ByType, summarise
from reports import answers


def told(records: list[j.Record]) -> tuple[ByType, dict[str, Any]]:
    """Return what the story is made from."""
    return ByType(records), summarise(records)


def answer(records: list[j.Record], index: int) -> answers.Answer:
    """Return the first (held) or the second (scaled) answer."""
    return answers.answers(*told(records))[index]


def run(*records: j.Record, verdict: str = "pass", reason: str = "") -> list[j.Record]:
    """Return a journal of *records*."""
    return [sample.started(), *records, j.RunEnded(2_000.0, verdict, reason, 1.0)]


def requests(count: int, failed: int = 0) -> list[j.Record]:
    """Return *count* requests ten seconds apart from 300 s on, the first *failed* of them lost."""
    return [
        j.LoadRequest(300.0 + 10 * i, sample.ENDPOINT, "failed" if i < failed else "ok", 200, service_s=0.5)
        for i in range(count)
    ]


def scale_out(status: str = "Successful") -> list[j.Record]:
    """Return a target, its policy, a datapoint over it from 300 s on, a scale-out from 540 s to 848 s."""
    known: dict[str, Any] = {
        "activity_id": "a", "resource_id": sample.RESOURCE, "from_capacity": 1, "to_capacity": 5,
        "cause": "c", "description": "d",
    }  # fmt: skip
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
        (
            run(verdict="invalid", reason="Requests were late."),
            "This run proves nothing: requests were late.",
        ),
        (run(verdict="invalid", reason="CPU 93 %"), "This run proves nothing: CPU 93 %."),
        (sample.many_expectations(), "10 of 30 expectations were not met."),
        (
            sample.killed_early(),
            "This run proves nothing: the run was cut off: its journal stops after 1 model seconds.",
        ),
    ],
)
def test_the_verdict_is_one_sentence(records: list[j.Record], sentence: str) -> None:
    """It says how many of how many, or why the run counts for nothing."""
    assert answers.verdict_sentence(summarise(records)) == sentence


def test_it_held_when_every_call_was_answered() -> None:
    """With the slowest of a hundred, from the intended start."""
    found = answer(run(*requests(20)), 0)
    assert (found.tone, found.headline) == ("ok", "All 20 calls were answered")
    assert "500 ms" in found.detail


def test_it_did_not_hold_when_calls_were_lost() -> None:
    """How many of how many, and what became of them."""
    found = answer(run(*requests(20, failed=5), verdict="fail"), 0)
    assert (found.tone, found.headline) == ("bad", "5 calls of 20 (25.0 %) got no good answer")
    assert found.detail.startswith("5 failed.")


def test_lost_calls_that_the_expectations_allow_for_are_a_warning() -> None:
    """In a run that passed; and it says when all of them were lost after a fault that was injected."""
    fault = j.FaultInjected(250.0, "zone failure", "zone a")
    found = answer(run(fault, *requests(20, failed=5)), 0)
    assert found.tone == "warn"
    assert found.detail.startswith("5 failed, all after the fault at 04:10.")
    late = j.FaultInjected(310.0, "zone failure", "zone a")
    assert "fault" not in answer(run(late, *requests(20, failed=5)), 0).detail


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
    assert answers.answers(*told(run())) == []


def test_an_invalid_run_answers_nothing() -> None:
    """What was seen is told as such, without a colour."""
    (found,) = answers.answers(*told(sample.invalid_run()))
    assert (found.headline, found.tone) == ("Not shown by this run", "plain")
    assert found.detail.startswith("What was seen: all 60 calls were answered.")


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
    found = answers.scaled(*told(run(*scale_out())))
    assert found is not None
    assert (found.tone, found.detail) == ("plain", "4 min until the decision, 5 min 8 s to launch.")


def test_a_scale_out_that_never_arrived_is_told() -> None:
    """The activity failed, so the capacity never came."""
    found = answers.scaled(*told(run(*scale_out("Failed"))))
    assert found is not None
    assert (found.tone, found.detail) == ("bad", "The activity ended as Failed.")


@pytest.mark.parametrize(("datapoints", "tone"), [(2, "plain"), (3, "bad")])
def test_no_scale_out_is_judged_by_the_metric(datapoints: int, tone: str) -> None:
    """Without a datapoint over the target there was no reason to; with one there was."""
    found = answers.scaled(*told(run(*scale_out()[:datapoints])))
    assert found is not None
    assert found.tone == tone
