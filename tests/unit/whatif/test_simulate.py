"""A case is played: what its journal tells, on which engine, and that it tells the same every time."""

from dataclasses import replace

import pytest
from small_cases import RESOURCE, STEP_UP, case, policy_set, waiting_case

from harness import journal
from harness.errors import InvalidRun, RequestRefused, ScenarioError
from harness.journal import Record, encode
from harness.scaling.policies import ScalableTarget
from harness.scaling.schedule import ScheduledAction, parse_schedule
from harness.scenario.faults import ZoneFailure
from harness.summary import summarise
from harness.virtual.driver import Engine
from harness.whatif.case import Case, Scaled
from harness.whatif.corners import Depth
from harness.whatif.options import assumptions
from harness.whatif.run_virtual import played
from harness.whatif.simulate import corners_of, engine_for, simulate

TOLD = {"instance": {}, "traffic": {}}


def run(wanted: Case, engine: str = "auto", *, with_ranges: bool = False) -> list[Record]:
    """Return the whole journal of *wanted*."""
    return played(wanted, engine, TOLD, command="harness simulate", with_ranges=with_ranges)


def test_a_policy_scales_out_when_aws_would() -> None:
    """Three minutes over the target, a minute to publish, 30 s to react; then the launch."""
    summary = summarise(run(case()))
    first = summary["scaling"]["activities"][0]
    assert (first["at_s"], first["from"], first["to"]) == (300 + 180 + 60 + 30, 1, 4)
    assert first["in_service_s"] >= first["at_s"] + 240


def test_the_same_case_gives_the_same_bytes() -> None:
    """Same seed, same journal, ranges included."""
    first, second = ([encode(one) for one in run(case(), with_ranges=True)] for _ in range(2))
    assert first == second


def test_another_seed_draws_other_launches() -> None:
    """A distribution of launch times is drawn from the seed."""
    wide = assumptions(launch="lognormal:240,600")
    ends = {summarise(run(case(assumed=wide, seed=seed)))["model_s"] for seed in (1, 2, 3)}
    ends |= {
        activity["in_service_s"]
        for seed in (1, 2, 3)
        for activity in summarise(run(case(assumed=wide, seed=seed)))["scaling"]["activities"]
    }
    assert len(ends) > 3


def test_every_request_is_accounted_for() -> None:
    """Offered is what the counts say; completed and failed add up to it, minute by minute too."""
    records = run(case())
    load = summarise(records)["load"]
    minutes = [one for one in records if isinstance(one, journal.ServedMinute)]
    assert load["offered"] == sum(STEP_UP) == sum(one.offered for one in minutes)
    assert load["offered"] == load["completed"] + load["failed"]
    assert load["completed"] == sum(count for one in minutes for _, count in one.response)


def test_nothing_was_waited_for() -> None:
    """The summary's real time is 0, its clock virtual, its start the model's calendar."""
    summary = summarise(run(case()))
    assert (summary["wall_s"], summary["clock"], summary["verdict"]) == (0.0, "virtual", "pass")
    assert summary["started_at"] == "2026-01-01T00:00:00Z"
    assert "overhead_s" not in summary["latency"]


def test_the_counts_engine_knows_no_latency() -> None:
    """It decides the same and leaves load and latency out, rather than at zero."""
    counted, whole = summarise(run(case(), "counts")), summarise(run(case(), "reference"))
    assert counted["scaling"] == whole["scaling"]
    assert "latency" not in counted
    assert "load" not in counted


def test_each_activity_has_its_range() -> None:
    """The moment itself lies within; a known launch time is not moved."""
    for activity in summarise(run(case(), with_ranges=True))["scaling"]["activities"]:
        assert activity["at_s_low"] <= activity["at_s"] <= activity["at_s_high"]
        assert activity["in_service_s_low"] <= activity["in_service_s"] <= activity["in_service_s_high"]


def test_the_range_of_a_scale_out_is_what_aws_says() -> None:
    """Three minutes, 60 to 180 s of delays, a phase of 59 s, a place in the minute: no less, no more."""
    first = summarise(run(case(), with_ranges=True))["scaling"]["activities"][0]
    assert 300 + 120 <= first["at_s_low"] <= 300 + 180 + 60
    assert 300 + 180 + 180 <= first["at_s_high"] <= 300 + 240 + 180 + 60


def test_without_scaling_there_are_no_ranges() -> None:
    """Quiet traffic moves nothing, and nothing is played again for it."""
    story = simulate(case([60] * 10), Engine.AUTO)
    assert story.corners == 0
    assert not [one for one in story.records if isinstance(one, journal.ActivityRange)]


def test_a_policy_that_reads_waits_is_played_request_by_request() -> None:
    """Counts are enough for invocations, and only for those."""
    assert engine_for(case()) is Engine.COUNTS
    assert engine_for(waiting_case()) is Engine.REFERENCE
    assert len(corners_of(waiting_case())) < len(corners_of(waiting_case(), Depth.ALL))


def test_what_was_begun_is_played_to_its_end() -> None:
    """A scale-out decided in the last minutes comes into service in the journal."""
    summary = summarise(run(case([60] * 5 + [360] * 3)))
    last = summary["scaling"]["activities"][-1]
    assert last["status"] == "Successful"
    assert last["in_service_s"] > summary["phases"][-1]["at_s"] + 300 - 60


def test_a_launch_that_never_ends_does_not_keep_the_run() -> None:
    """Two hours after the traffic the run ends, the activity as it stands."""
    slow = replace(case(), endpoint_settings=assumptions(launch="constant:100000").endpoint)
    summary = summarise(run(slow))
    assert summary["scaling"]["activities"][0]["status"] == "InProgress"
    assert "in_service_s" not in summary["scaling"]["activities"][0]


def test_a_zone_failure_is_journalled_at_its_moment() -> None:
    """Instances of the zone are gone, and the requests they held lost."""
    hit = replace(case([600] * 6, initial=3), faults=(ZoneFailure(("a",), 90.0),))
    records = run(hit, with_ranges=True)
    fault = next(one for one in records if isinstance(one, journal.FaultInjected))
    left = [one.in_service for one in records if isinstance(one, journal.CapacityChanged) and one.at == 90.0]
    assert fault.at == 90.0
    assert left[-1] == 2


def test_a_scheduled_action_moves_the_bounds() -> None:
    """At its minute, plus the delay of a schedule."""
    at = ScheduledAction("up", parse_schedule("at(2026-01-01T00:03:00)"), 3, 8)
    target = ScalableTarget(RESOURCE, 1, 8)
    planned = replace(case([60] * 10), scaled=(Scaled(target, scheduled=(at,)),))
    activity = summarise(run(planned, with_ranges=True))["scaling"]["activities"][0]
    assert (activity["from"], activity["to"]) == (1, 3)
    assert 180 <= activity["at_s_low"] <= activity["at_s"] <= activity["at_s_high"] <= 200


def test_minutes_without_a_call_are_traffic() -> None:
    """A variant that nobody calls shrinks to its minimum, and the answer says so."""
    summary = summarise(run(case([0] * 40, initial=3)))
    assert summary["verdict"] == "pass"
    assert [(each["from"], each["to"]) for each in summary["scaling"]["activities"]] == [(3, 2), (2, 1)]


def test_no_minute_at_all_proves_nothing() -> None:
    """An empty trace is an invalid run, with the source."""
    with pytest.raises(InvalidRun, match="counts holds no minute"):
        case([])


def test_what_aws_refuses_is_refused() -> None:
    """A burstable instance cannot be registered, in AWS's words."""
    small = case()
    spec = replace(small.endpoints["ranker"].variants[0], instance_type="ml.t2.medium")
    config = replace(small.endpoints["ranker"], variants=(spec,))
    with pytest.raises(RequestRefused, match="burstable"):
        run(replace(small, endpoints={"ranker": config}))


def test_the_capacity_at_the_start_must_be_said() -> None:
    """Neither file nor option says it: there is no default that would be true."""
    with pytest.raises(ScenarioError, match="--initial is missing"):
        case(initial=None)  # type: ignore[arg-type]
    with pytest.raises(ScenarioError, match="--initial is 0"):
        case(initial=0)


def test_a_start_outside_the_bounds_is_moved_inside() -> None:
    """Registering moves the capacity at once, as AWS does."""
    summary = summarise(run(case([60] * 10, policies=policy_set(min_capacity=2))))
    assert summary["scaling"]["activities"][0]["to"] == 2
    assert summary["scaling"]["activities"][0]["at_s"] == 0.0


def test_a_start_inside_a_minute_shifts_the_traffic() -> None:
    """Traffic that begins at 12:00:37 begins 37 s into CloudWatch's minute, and that is known."""
    shifted = case(start_epoch_s=1_767_225_600.0 + 37.0)
    assert shifted.aligned
    assert shifted.shift_s == 37.0
    assert float(shifted.traffic[RESOURCE].at[0]) == pytest.approx(37.5)
    assert {corner.shift_s for corner in corners_of(shifted)} == {0.0}


def test_notes_are_findings() -> None:
    """What was assumed or left out is said in the journal."""
    noted = replace(case([60] * 3), notes=("Something was left out.",))
    assert summarise(run(noted))["findings"][0]["message"] == "Something was left out."


def test_what_ends_before_the_first_request_proves_nothing() -> None:
    """A run in which nothing arrived is invalid, not passed."""
    summary = summarise(run(case([0, 0, 60], until_s=60.0)))
    assert summary["verdict"] == "invalid"
    assert "no traffic" in summary["reason"]
