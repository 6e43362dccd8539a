"""Questions about scaling over hand-made records of one endpoint's life."""

from collections.abc import Iterable

import pytest
from declared import RANKER
from hypothesis import given
from hypothesis import strategies as st

from harness import journal
from harness.journal import Record
from harness.scenario.expectations.expectation import Measured, Question
from harness.scenario.expectations.scaling import (
    _most_at_once,
    deleted,
    final_in_service,
    first_scale_in,
    first_scale_out,
    least_in_service_after_fault,
    outstanding_at_first_scale_out,
    peak_in_service,
    scale_in_gap,
    scale_out_lag,
    scaling_steps,
    zones_in_service,
)

ID = RANKER.resource_id
POLICY = journal.PolicyPut(0.0, ID, "p", "TargetTrackingScaling", 60.0, "InvocationsPerInstance", 300, 300)
TEARDOWN = journal.PhaseStarted(9_000.0, "teardown")
FAULT = journal.FaultInjected(5_000.0, "zone failure", "zones a failed")


def ask(question: Question, *records: Record) -> Measured:
    return question.measure(records)


def value(question: Question, *records: Record) -> float | None:
    return question.measure(records)[0]


def minutes(*values: float, first_at: float = 0.0, delay_s: float = 60.0) -> list[Record]:
    """Return a datapoint for each minute from *first_at*, each published *delay_s* after its end."""
    starts = [first_at + 60.0 * place for place in range(len(values))]
    return [
        journal.MetricPublished(start + 60.0 + delay_s, ID, "InvocationsPerInstance", start, 60.0, each)
        for start, each in zip(starts, values, strict=True)
    ]


def step(
    at: float, code: str, before: int, after: int, *, done_at: float | None = None, name: str = ""
) -> list[Record]:
    """Return the records of an activity: begun at *at*, and successful at *done_at* when it is given."""

    def record(moment: float, status: str) -> Record:
        return journal.ScalingActivity(
            moment, name or f"{code}-{at}", ID, status, before, after, "Because.", "Setting.", code, at
        )

    begun = [record(at, "Pending"), record(at, "InProgress")]
    return begun if done_at is None else [*begun, record(done_at, "Successful")]


def capacity(*changes: tuple[float, int]) -> list[Record]:
    return [journal.CapacityChanged(at, "ranker", "AllTraffic", count, count) for at, count in changes]


def moved(at: float, instance: str, zone: str, change: str = "joined") -> Record:
    return journal.InstanceChanged(at, "ranker", "AllTraffic", instance, zone, change)


def request(sent_at: float | None, service_s: float = 1.0, queue_s: float = 0.0) -> Record:
    return journal.LoadRequest(
        sent_at or 0.0, "ranker", "ok", 200, sent_at=sent_at, queue_s=queue_s, service_s=service_s
    )


def test_peak_is_the_most_and_final_the_last_before_the_teardown() -> None:
    """Deleting takes the count to 0, which is no result of the rehearsal."""
    records = [*capacity((1, 1), (500, 4), (900, 2)), TEARDOWN, *capacity((9_010, 0))]
    assert value(peak_in_service(RANKER), *records) == 4
    assert value(final_in_service(RANKER), *records) == 2
    assert value(final_in_service(RANKER), *capacity((1, 1), (2, 3))) == 3


def test_zones_are_those_of_instances_that_serve_at_the_end() -> None:
    """Whoever left, drains or failed does not count, nor what happens during the teardown."""
    records = [
        moved(1, "i-1", "a"),
        moved(2, "i-2", "b"),
        moved(3, "i-3", "b"),
        moved(4, "i-1", "a", "failed"),
        moved(5, "i-9", "c", "left"),
        TEARDOWN,
        moved(9_001, "i-2", "b", "left"),
    ]
    assert ask(zones_in_service(RANKER), *records) == (1, "2 instances of ranker in zones b")


@pytest.mark.parametrize(("status", "gone"), [("Deleted", 1.0), ("Deleting", 0.0), ("InService", 0.0)])
def test_deleted_is_the_last_status(status: str, gone: float) -> None:
    """On its way is not gone."""
    life = [journal.EndpointChanged(0, "ranker", "Creating"), journal.EndpointChanged(9, "ranker", status)]
    assert value(deleted(RANKER), *life) == gone


def test_least_after_the_fault_counts_what_was_there_before() -> None:
    """When nothing is lost, the least is what there was."""
    before = capacity((1, 3))
    assert value(least_in_service_after_fault(RANKER), *before, FAULT) == 3
    lost = [*before, FAULT, *capacity((5_000, 1), (5_400, 3)), TEARDOWN, *capacity((9_010, 0))]
    least, sentence = ask(least_in_service_after_fault(RANKER), *lost)
    assert least == 1
    assert sentence == "ranker had 3 in service before and 1 at the least after zones a failed"


def test_the_breach_begins_with_its_first_whole_or_partial_minute() -> None:
    """Traffic may begin in the middle of a minute: a partial minute above the target is one of the three."""
    records = [POLICY, *minutes(0, 90, 120, 120), *step(330, "ScaleOut", 1, 2)]
    assert ask(first_scale_out(RANKER), *records) == (270, "Because.")


def test_an_earlier_breach_that_passed_is_not_the_one() -> None:
    """Only the unbroken run of minutes before the decision led to it."""
    records = [POLICY, *minutes(90, 90, 10, 90, 90, 90), *step(450, "ScaleOut", 1, 2)]
    assert value(first_scale_out(RANKER), *records) == 270


def test_a_minute_published_between_alarm_and_decision_ends_the_run() -> None:
    """The decision was made over the minutes before it."""
    records = [POLICY, *minutes(90, 90, 90, 10), *step(300, "ScaleOut", 1, 2)]
    assert value(first_scale_out(RANKER), *records) == 300


def test_what_is_published_after_the_decision_does_not_count() -> None:
    """Datapoints may come in any order; only those known by then are looked at."""
    records = [POLICY, *reversed(minutes(0, 90, 90, 90, 90, 90)), *step(330, "ScaleOut", 1, 2)]
    assert value(first_scale_out(RANKER), *records) == 270


def test_the_target_is_that_of_the_policy_in_force() -> None:
    """A policy that replaced another before the decision counts, one put later does not."""
    later = journal.PolicyPut(
        400.0, ID, "p", "TargetTrackingScaling", 5.0, "InvocationsPerInstance", 300, 300
    )
    stricter = journal.PolicyPut(
        10.0, ID, "p", "TargetTrackingScaling", 10.0, "InvocationsPerInstance", 300, 300
    )
    records = [*minutes(20, 90, 90, 90), *step(330, "ScaleOut", 1, 2)]
    assert value(first_scale_out(RANKER), POLICY, stricter, later, *records) == 330
    assert value(first_scale_out(RANKER), POLICY, later, *records) == 270


def test_the_lag_lasts_until_the_new_instances_serve() -> None:
    """From the breach over the decision to the end of the activity."""
    records = [POLICY, *minutes(90, 90, 90), *step(270, "ScaleOut", 1, 3, done_at=600)]
    assert ask(scale_out_lag(RANKER), *records) == (600, "ranker went from 1 to 3")


def test_low_load_is_counted_from_its_first_low_minute() -> None:
    """Low is below 90 % of the target; exactly 90 % is not low."""
    records = [POLICY, *minutes(90, 54, *[53.9] * 15), *step(1_110, "ScaleIn", 2, 1)]
    assert value(first_scale_in(RANKER), *records) == 990


def test_the_alarms_own_threshold_counts_where_it_is_known() -> None:
    """A scenario may set another ratio than 0.9."""
    alarm = journal.AlarmChanged(1, "low", ID, "low", 30.0, "OK", "ALARM", "")
    records = [POLICY, alarm, *minutes(50, 20, 20), *step(270, "ScaleIn", 2, 1)]
    assert value(first_scale_in(RANKER), *records) == 210


def test_a_step_policy_is_held_to_the_threshold_of_its_alarm() -> None:
    """Of several policies the one whose alarm went off counts, on the metric that it is about."""
    busy = journal.PolicyPut(1.0, ID, "busy", "StepScaling", 5.0, "ModelLatency", 300, 300)
    calm = journal.PolicyPut(2.0, ID, "calm", "StepScaling", 1.0, "ModelLatency", 300, 300)
    alarm = journal.AlarmChanged(200, "busy", ID, "high", 5.0, "OK", "ALARM", "")
    slow = [journal.MetricPublished(at + 120.0, ID, "ModelLatency", at, 60.0, 6.0) for at in (60.0, 120.0)]
    records = [busy, calm, alarm, *minutes(90, 90, 90), *slow, *step(300, "ScaleOut", 1, 2)]
    assert value(first_scale_out(RANKER), *records) == 240


def test_a_gap_lasts_from_the_end_of_one_scale_in_to_the_next_decision() -> None:
    """The shortest one counts; a step that never ended makes none."""
    first, second = step(100, "ScaleIn", 4, 3, done_at=130), step(800, "ScaleIn", 3, 2, done_at=830)
    third = step(1_430, "ScaleIn", 2, 1)
    assert value(scale_in_gap(RANKER), *first, *second, *third) == 600
    assert value(scale_in_gap(RANKER), *step(100, "ScaleIn", 4, 3), *second) is None


def test_simultaneous_requests_are_counted_up_to_the_decision() -> None:
    """Queued and worked on; what was never sent or sent later does not count."""
    sent = [request(0.0, 1.0), request(0.5, 1.0, queue_s=0.5), request(1.0, 5.0), request(None)]
    records = [*sent, *step(10, "ScaleOut", 1, 2), *(request(11.0) for _ in range(9))]
    most, sentence = ask(outstanding_at_first_scale_out(RANKER), *records)
    assert most == 2
    assert sentence == "at most 2 requests were in ranker at once before it was first scaled out"


spans = st.tuples(st.integers(0, 50), st.integers(1, 20)).map(lambda one: (float(one[0]), float(sum(one))))


@given(st.lists(spans, min_size=1))
def test_most_at_once_is_reached_where_one_begins(found: list[tuple[float, float]]) -> None:
    """Counting at every beginning gives the same figure."""
    at_once = [sum(began <= moment < ended for began, ended in found) for moment, _ in found]
    assert _most_at_once(found) == max(at_once)


def test_an_activity_is_one_step_however_many_statuses_it_takes() -> None:
    """Its first record is the decision; other endpoints and other codes are not looked at."""
    records = [*step(100, "ScaleOut", 1, 2, done_at=400), *step(500, "Bounds", 2, 3)]
    assert [one.at for one in scaling_steps(records, RANKER, "ScaleOut")] == [100]


OUT, IN = step(270, "ScaleOut", 1, 2), step(270, "ScaleIn", 2, 1)


@pytest.mark.parametrize(
    ("question", "records", "reason"),
    [
        (peak_in_service, [], "ranker never had a capacity"),
        (final_in_service, [TEARDOWN, *capacity((9_100, 1))], "ranker never had a capacity"),
        (
            zones_in_service,
            [moved(1, "i", "a"), moved(2, "i", "a", "left")],
            "no instance in service at the end",
        ),
        (deleted, [], "ranker was never created"),
        (least_in_service_after_fault, capacity((1, 1)), "No zone failure was injected"),
        (least_in_service_after_fault, [FAULT], "had no instance in service before the fault"),
        (least_in_service_after_fault, [*capacity((1, 0)), FAULT], "had no instance in service before"),
        (first_scale_out, [POLICY, *minutes(90, 90, 90)], "was never scaled out by its policy"),
        (first_scale_out, OUT, "was scaled out without a minute above the target"),
        (first_scale_out, [POLICY, *minutes(1, 1, 1), *OUT], "was scaled out without a minute above"),
        (scale_out_lag, [], "was never scaled out by its policy"),
        (scale_out_lag, [POLICY, *minutes(90, 90, 90), *OUT], "never came into service"),
        (first_scale_in, [], "was never scaled in by its policy"),
        (first_scale_in, IN, "was scaled in without a low minute"),
        (first_scale_in, [POLICY, *minutes(60, 60, 60), *IN], "was scaled in without a low minute"),
        (scale_in_gap, IN, "ranker was scaled in 1 times; a gap needs two"),
        (outstanding_at_first_scale_out, [request(1.0)], "was never scaled out by its policy"),
        (outstanding_at_first_scale_out, [*OUT, request(300.0)], "No request was sent to ranker before"),
    ],
)
def test_nothing_to_measure_is_told(question: object, records: Iterable[Record], reason: str) -> None:
    """Each question says what was missing, and has no value."""
    found, sentence = ask(question(RANKER), *records)  # type: ignore[operator]
    assert found is None
    assert reason in sentence
