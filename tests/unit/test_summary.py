"""From records to summary.json: what is counted, what is left out, and who wins a contradiction."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from summary_schema import valid

from harness import journal as j
from harness.errors import JournalError
from harness.summary import summarise

FIRST = j.RunStarted(
    0.0,
    "ramp",
    "corrected",
    "",
    "wall",
    3,
    1_790_000_040.0,
    "embedded",
    {"moto": "5.2.5"},
    {},
    "harness run ramp",
)
PASSED = j.RunEnded(900.0, "pass", "", 12.5)
RANKER, OTHER = "endpoint/ranker/variant/A", "endpoint/other/variant/B"


def summary_of(*records: j.Record, end: j.Record = PASSED) -> dict[str, Any]:
    """Return the summary of a run with *records* between its first and its last."""
    return valid(summarise([FIRST, *records, end]))


def check(ok: bool, name: str = "p99") -> j.Expectation:
    """Return a judged expectation."""
    return j.Expectation(1.0, name, "<= 1", 0.5, "s", ok, "measured", "team")


def call(outcome: str = "ok", due_at: float = 0.0, **times: float) -> j.LoadRequest:
    """Return a request of the load."""
    return j.LoadRequest(due_at, "ranker", outcome, 200, due_at, **times)


def load(**changes: Any) -> j.LoadEnded:
    """Return a load generator's account."""
    account: dict[str, Any] = {
        "at": 70.0, "began_at": 10.0, "offered": 100, "sent": 98, "completed": 95, "failed": 3, "dropped": 2,
        "unfinished": 0, "lag_p99_s": 0.004, "client": "lean", "client_cpu": 0.3, "processes": 1,
        "saturated": False, "why": [],
    }  # fmt: skip
    return j.LoadEnded(**(account | changes))


def activity(at: float, status: str, before: int = 1, after: int = 5, **changes: Any) -> j.ScalingActivity:
    """Return a status of one scaling activity."""
    known = {
        "activity_id": "a",
        "resource_id": RANKER,
        "cause": "alarm",
        "description": "Setting",
        "code": "ScaleOut",
    }
    return j.ScalingActivity(
        at=at, status=status, from_capacity=before, to_capacity=after, **(known | changes)
    )


TARGET = j.TargetRegistered(5.0, RANKER, 1, 5)
POLICY = j.PolicyPut(
    6.0, RANKER, "p", "TargetTrackingScaling", 10.0, "SageMakerVariantInvocationsPerInstance", 30.0, 600.0
)


def test_the_run_is_named_with_what_repeats_it() -> None:
    """Scenario, variant, backend, clock, seed and the moment it began, in UTC."""
    summary = summary_of()
    assert summary["backend"] == {"name": "embedded", "emulators": {"moto": "5.2.5"}}
    assert [summary[k] for k in ("schema_version", "scenario", "variant", "clock", "seed")] == [
        1, "ramp", "corrected", "wall", 3,
    ]  # fmt: skip
    assert summary["started_at"] == "2026-09-21T14:14:00Z"


def test_parts_that_do_not_apply_are_absent() -> None:
    """A run of nothing has no load, latency, predictions, scaling or endpoints: not zero, not null."""
    assert not {"load", "latency", "predictions", "scaling", "endpoints"} & summary_of().keys()


@pytest.mark.parametrize("records", [[], [PASSED]])
def test_a_journal_without_its_beginning_is_an_error(records: list[j.Record]) -> None:
    """Nothing says which run it was."""
    with pytest.raises(JournalError, match=r"line 1: .*RunStarted"):
        summarise(records)


# --- verdict -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("ended", "verdict"),
    [("pass", "pass"), ("fail", "fail"), ("invalid", "invalid"), ("interrupted", "invalid")],
)
def test_the_verdict_is_that_of_the_run(ended: str, verdict: str) -> None:
    """Interrupted runs prove nothing; the other verdicts are taken over with their reason."""
    summary = summary_of(end=j.RunEnded(9.0, ended, "because", 1.0))
    assert (summary["verdict"], summary["reason"], summary["wall_s"]) == (verdict, "because", 1.0)


def test_an_unknown_verdict_is_invalid() -> None:
    """A word nobody knows is never a pass."""
    assert summary_of(end=j.RunEnded(9.0, "splendid", "", 1.0))["verdict"] == "invalid"


def test_a_run_cut_off_is_invalid_and_has_no_duration() -> None:
    """Without its last record a run proves nothing; the reason says how far its journal goes."""
    summary = summarise([FIRST, j.PhaseStarted(42.0, "load"), check(True)])
    assert summary["verdict"] == "invalid"
    assert "42" in summary["reason"]
    assert "wall_s" not in summary


def test_a_missed_expectation_wins_over_a_claimed_pass() -> None:
    """What contradicts a pass wins, and is named."""
    summary = summary_of(check(True), check(False, "errors"))
    assert (summary["verdict"], summary["reason"]) == ("fail", "not met: errors")


@pytest.mark.parametrize("why", [["CPU 93 %"], []])
def test_a_saturated_generator_makes_the_run_invalid(why: list[str]) -> None:
    """Whatever the run claims, a load that the generator could not offer proves nothing."""
    summary = summary_of(check(True), load(saturated=True, why=why))
    assert summary["verdict"] == "invalid"
    told = why[0] if why else "no reason given"
    assert summary["reason"] == f"the load generator was saturated: {told}"
    assert summary["load"]["why"] == why


def test_expectations_are_taken_over_in_order() -> None:
    """Every field but the moment."""
    assert summary_of(check(True, "b"), check(True, "a"))["expectations"][0] == {
        "name": "b", "limit": "<= 1", "value": 0.5, "unit": "s", "ok": True, "reason": "measured",
        "source": "team",
    }  # fmt: skip


def test_what_was_not_judged_says_why() -> None:
    """Neither met nor missed: by its name, without the moment."""
    told = summary_of(j.NotJudged(9.0, "p99", "no load was played"))
    assert told["not_judged"] == [{"name": "p99", "reason": "no load was played"}]


# --- load and latency --------------------------------------------------------------------------------------


def test_the_load_is_the_generators_own_account() -> None:
    """The counts of two generators add up; the worst lag and CPU stand for both."""
    found = summary_of(load(), load(at=80.0, lag_p99_s=0.2, client_cpu=0.6))["load"]
    assert (found["offered"], found["completed"], found["dropped"]) == (200, 190, 4)
    assert (found["lag_p99_s"], found["client_cpu"], found["client"]) == (0.2, 0.6, "lean")
    assert (found["began_at_s"], found["ended_at_s"], found["saturated"]) == (10.0, 80.0, False)


def test_requests_without_an_account_are_counted() -> None:
    """Of a run cut off during its load the counts are known, lag and saturation are not."""
    unsent = j.LoadRequest(3.0, "ranker", "dropped", 0)
    assert summary_of(call(), call("failed"), unsent)["load"] == {
        "offered": 3, "sent": 2, "completed": 1, "failed": 1, "dropped": 1, "unfinished": 0,
    }  # fmt: skip


def test_what_nobody_knows_the_end_of_is_told_where_there_is_some() -> None:
    """And what never came due; a load that was whole says nothing of either."""
    found = summary_of(load(lost=2), load(lost=1, never_due=40))["load"]
    assert (found["lost"], found["never_due"]) == (3, 40)
    assert {"lost", "never_due"}.isdisjoint(summary_of(load())["load"])


@given(st.lists(st.sampled_from(["ok", "failed", "dropped", "unfinished", "lost"]), min_size=1))
def test_no_request_is_lost_in_the_counts(outcomes: list[str]) -> None:
    """Offered = completed + failed + dropped + unfinished + lost."""
    found = summary_of(*map(call, outcomes))["load"]
    kinds = ("completed", "failed", "dropped", "unfinished", "lost")
    assert found["offered"] == sum(found.get(kind, 0) for kind in kinds)


def test_a_response_counts_from_its_intended_start() -> None:
    """Lag, queue and service make the response; the harness's overhead stays apart."""
    latency = summary_of(call(lag_s=0.1, queue_s=2.0, service_s=0.3, overhead_s=9.0))["latency"]
    assert latency["response_s"]["p50"] == pytest.approx(2.4)
    assert (latency["service_s"]["max"], latency["overhead_s"]["max"]) == (0.3, 9.0)
    assert (latency["source"], latency["requests"]) == ("load", 1)


def test_only_good_answers_have_a_latency() -> None:
    """A quick refusal must not make the endpoint look fast."""
    latency = summary_of(call(service_s=1.0), *[call("failed")] * 99)["latency"]
    assert (latency["requests"], latency["response_s"]["p50"]) == (1, 1.0)


def test_a_load_without_answers_has_no_latency() -> None:
    """Also when the gateway saw other calls: the load is what was asked about."""
    other = j.Exchange(1.0, "sagemaker-runtime", "InvokeEndpoint", 200, "", 0.0, 1, 1, service_s=0.1)
    assert "latency" not in summary_of(call("failed"), other)


def test_without_a_load_the_exchanges_are_measured() -> None:
    """Successful InvokeEndpoint calls: queue and service, overhead apart; other calls do not count."""
    seen = [
        j.Exchange(
            1.0, "sagemaker-runtime", "InvokeEndpoint", 200, "", 0.002, 1, 1, queue_s=0.5, service_s=0.25
        ),
        j.Exchange(2.0, "sagemaker-runtime", "InvokeEndpoint", 503, "", 0.001, 1, 1),
        j.Exchange(3.0, "sagemaker", "DescribeEndpoint", 200, "", 7.0, 1, 1),
    ]
    latency = summary_of(*seen)["latency"]
    assert (latency["source"], latency["requests"]) == ("exchanges", 1)
    assert (latency["response_s"]["p99"], latency["overhead_s"]["p99"]) == (0.75, 0.002)


# --- scaling -----------------------------------------------------------------------------------------------


def test_an_activity_is_one_entry() -> None:
    """Its decision, its outcome and the moment it was fulfilled, from the records of its statuses."""
    records = [
        TARGET,
        activity(540.0, "Pending"),
        activity(540.5, "InProgress"),
        activity(848.0, "Successful"),
    ]
    assert summary_of(*records)["scaling"]["activities"] == [
        {
            "at_s": 540.0, "from": 1, "to": 5, "status": "Successful", "in_service_s": 848.0,
            "reason": "ScaleOut", "cause": "alarm",
        }
    ]  # fmt: skip


def test_activities_come_in_the_order_in_which_they_began() -> None:
    """One that began earlier and whose id comes later is first."""
    late, early = activity(600.0, "Pending"), activity(540.0, "Pending", activity_id="z")
    done = [activity(848.0, "Successful"), activity(700.0, "Successful", activity_id="z")]
    told = summary_of(TARGET, late, early, *done)["scaling"]["activities"]
    assert [each["at_s"] for each in told] == [540.0, 600.0]


def test_a_failed_activity_says_why_and_was_never_in_service() -> None:
    """A quota refusal stays visible."""
    refused = activity(540.0, "Failed", code="", status_message="ResourceLimitExceeded")
    (entry,) = summary_of(TARGET, refused)["scaling"]["activities"]
    assert "in_service_s" not in entry
    assert (entry["reason"], entry["status_message"]) == ("Setting", "ResourceLimitExceeded")


@pytest.mark.parametrize("kept_out", [activity(1.0, "Successful", 5, 5), activity(1.0, "Overridden")])
def test_what_changed_nothing_is_no_activity(kept_out: j.ScalingActivity) -> None:
    """Not-scaled entries and overridden ones are in the journal only."""
    assert summary_of(TARGET, kept_out)["scaling"]["activities"] == []


def test_capacity_and_alarms_are_those_of_the_target() -> None:
    """Rows as [at, desired, in service], repeats left out; alarms with their direction."""
    records = [
        TARGET,
        j.CapacityChanged(1.0, "ranker", "A", 1, 1),
        j.CapacityChanged(2.0, "ranker", "A", 1, 1, "again"),
        j.CapacityChanged(3.0, "other", "B", 9, 9),
        j.CapacityChanged(4.0, "ranker", "A", 5, 1),
        j.AlarmChanged(4.0, "n", RANKER, "high", 10.0, "OK", "ALARM", "3 of 3"),
        j.AlarmChanged(4.0, "m", OTHER, "low", 9.0, "OK", "ALARM", "15 of 15"),
    ]
    scaling = summary_of(*records)["scaling"]
    assert scaling["capacity"] == [[1.0, 1, 1], [4.0, 5, 1]]
    assert scaling["alarms"] == [{"at_s": 4.0, "name": "n", "direction": "high", "from": "OK", "to": "ALARM"}]
    assert (scaling["min_capacity"], scaling["max_capacity"]) == (1, 5)


def test_several_targets_are_told_apart() -> None:
    """The top level is the first registered one's; `targets` holds each."""
    second = j.TargetRegistered(5.5, OTHER, 2, 3)
    scaling = summary_of(TARGET, second, activity(1.0, "Successful", resource_id=OTHER))["scaling"]
    assert (scaling["resource_id"], scaling["activities"]) == (RANKER, [])
    assert list(scaling["targets"]) == [RANKER, OTHER]
    assert len(scaling["targets"][OTHER]["activities"]) == 1


def test_a_removed_target_keeps_its_story() -> None:
    """Deregistering at the end takes away neither the story nor the bounds it had."""
    removed = j.TargetRegistered(800.0, RANKER, 0, 0, removed=True)
    scaling = summary_of(TARGET, activity(1.0, "Successful"), removed)["scaling"]
    assert (scaling["max_capacity"], len(scaling["activities"])) == (5, 1)


def test_a_target_only_ever_removed_has_no_bounds() -> None:
    """Nothing says what they were."""
    assert "min_capacity" not in summary_of(j.TargetRegistered(8.0, RANKER, 0, 0, removed=True))["scaling"]


def test_the_wait_runs_from_the_first_period_over_the_target() -> None:
    """From the start of the breach that was acted on, not from an earlier one nor from its publication."""
    points = [
        j.MetricPublished(at + 120, RANKER, "InvocationsPerInstance", at, 60.0, value)
        for at, value in ((60.0, 99.0), (240.0, 10.0), (300.0, 70.0), (360.0, 80.0), (600.0, 5.0))
    ]
    scaled = [activity(540.0, "InProgress"), activity(848.0, "Successful")]
    assert summary_of(TARGET, POLICY, *points, *scaled)["scaling"]["breach_to_in_service_s"] == 548.0
    assert "breach_to_in_service_s" not in summary_of(TARGET, POLICY, *points)["scaling"]
    assert "breach_to_in_service_s" not in summary_of(TARGET, POLICY, *scaled)["scaling"]
    assert "breach_to_in_service_s" not in summary_of(TARGET, *points, *scaled)["scaling"]


# --- the rest ----------------------------------------------------------------------------------------------


def test_the_last_comparison_with_the_truth_counts() -> None:
    """A later one supersedes an earlier one."""
    found = summary_of(j.Predicted(1.0, 10, 9.0, "a"), j.Predicted(2.0, 20, 8.0, "b"))["predictions"]
    assert found == {"rows": 20, "rmse": 8.0, "source": "b"}


def test_endpoints_list_their_statuses() -> None:
    """In order, with a reason where there is one."""
    changes = [
        j.EndpointChanged(1.0, "ranker", "Creating"),
        j.EndpointChanged(2.0, "ranker", "Failed", "no image"),
    ]
    assert summary_of(*changes)["endpoints"] == {
        "ranker": [
            {"at_s": 1.0, "status": "Creating"},
            {"at_s": 2.0, "status": "Failed", "reason": "no image"},
        ]
    }


def test_a_phase_ends_where_the_next_begins() -> None:
    """The last one with the run; in a run cut off it has no end."""
    phases = [j.PhaseStarted(0.0, "deploy"), j.PhaseStarted(5.0, "load", "open")]
    assert [p["ended_at_s"] for p in summary_of(*phases)["phases"]] == [5.0, 900.0]
    assert "ended_at_s" not in summarise([FIRST, *phases])["phases"][-1]


def test_exchanges_are_counted_by_service_and_operation() -> None:
    """Sorted, so that two summaries can be compared line by line."""
    rows = [("sqs", "SendMessage"), ("s3", "PutObject"), ("s3", "GetObject"), ("s3", "PutObject")]
    seen = [j.Exchange(1.0, service, operation, 200, "moto", 0.0, 1, 1) for service, operation in rows]
    assert list(summary_of(*seen)["exchanges"].items()) == [
        ("s3", {"GetObject": 1, "PutObject": 2}),
        ("sqs", {"SendMessage": 1}),
    ]


def test_findings_and_fidelity_are_taken_over() -> None:
    """Every field but the moment."""
    summary = summary_of(j.Finding(1.0, "r", "note", "x", "m", "s"), j.Fidelity(1.0, "t", "modelled", "p"))
    assert summary["findings"][0]["rule"] == "r"
    assert summary["fidelity"] == [{"topic": "t", "how": "modelled", "probed": "p"}]


def test_a_simulation_without_an_answer_has_no_latency() -> None:
    """Calls that all failed are counted, and no time is made up for them."""
    served = j.ServedTotal(60.0, 0.0, 3, 0, {"queue full": 3}, {}, {})
    summary = summarise([FIRST, served, j.RunEnded(60.0, "pass", "", 0.0)])
    assert "latency" not in summary
    assert (summary["load"]["offered"], summary["load"]["completed"]) == (3, 0)
