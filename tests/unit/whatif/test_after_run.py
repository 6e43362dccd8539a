"""What virtual time adds to a run over HTTP: ranges of its activities, and profiles of its models."""

from dataclasses import replace

import pytest

from harness import journal
from harness.journal import Record
from harness.scenario import find
from harness.whatif.after_run import profiles_after, ranges_after
from harness.whatif.from_scenario import assumptions_in, case_of_scenario
from harness.whatif.run_virtual import played

SCENARIO = find("endpoint-autoscaling-3")
ENDPOINT = SCENARIO.resources[0]


def call(at: float, **changes: object) -> journal.Exchange:
    """Return an answered call to the scenario's endpoint."""
    made = journal.Exchange(
        at, "sagemaker", "InvokeEndpoint", 200, "", 0.001, 10, 10, endpoint=ENDPOINT.name,
        variant="AllTraffic", instance="i-1", service_s=0.1, predict_s=0.002,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def run() -> list[Record]:
    """Return what a run over HTTP would have left: two minutes of deployment, then the load."""
    case, told = case_of_scenario(SCENARIO, assumptions_in(SCENARIO), seed=1)
    records = played(case, "auto", told, command="", with_ranges=False)
    calls = [call(each.due_at) for each in records if isinstance(each, journal.LoadRequest)]
    return [moved(each, 120.0) for each in [*records, *calls] if not isinstance(each, journal.LoadRequest)]


def moved(record: Record, by_s: float) -> Record:
    """Return *record* later."""
    return replace(record, at=record.at + by_s)  # type: ignore[union-attr, call-arg, type-var]


def test_each_activity_of_the_run_gets_its_range(run: list[Record]) -> None:
    """On the run's own time, around the moment it had there."""
    began = {r.activity_id: r.at for r in reversed(run) if isinstance(r, journal.ScalingActivity)}
    found = ranges_after(SCENARIO, 1, run, 9_999.0)
    assert found
    for each in found:
        assert each.at == 9_999.0
        assert each.at_low <= began[each.activity_id] <= each.at_high
    assert min(each.at_low for each in found) > 120.0


def test_a_run_that_scaled_otherwise_gets_none(run: list[Record]) -> None:
    """Where the replay tells another story it says nothing of this one."""
    changed = [
        replace(each, to_capacity=each.to_capacity + 1) if isinstance(each, journal.ScalingActivity) else each
        for each in run
    ]
    assert ranges_after(SCENARIO, 1, changed, 9_999.0) == []


def test_a_run_that_ended_early_has_ranges_of_what_it_did(run: list[Record]) -> None:
    """What the replay does after the end of the run contradicts nothing."""
    recorded = [each for each in run if isinstance(each, journal.ScalingActivity)]
    activities = [each for each in recorded if each.from_capacity != each.to_capacity]
    first = activities[0]
    until = next(each.at for each in activities if each.activity_id != first.activity_id) - 1.0
    short = [each for each in run if isinstance(each, journal.Exchange) or each.at <= until]  # type: ignore[union-attr]
    assert [each.activity_id for each in ranges_after(SCENARIO, 1, short, until)] == [first.activity_id]


def test_what_the_service_refused_has_a_range_too(run: list[Record]) -> None:
    """A refusal is no step of the capacity: the run is still the one that is played again."""
    model = next(each for each in run if isinstance(each, journal.ScalingActivity))
    refused = replace(model, activity_id="refused", status="Failed", from_capacity=1, to_capacity=99)
    found = {each.activity_id: each for each in ranges_after(SCENARIO, 1, [*run, refused], 9_999.0)}
    assert (found["refused"].at_low, found["refused"].certain) == (model.at, False)


def test_a_run_without_scaling_gets_none(run: list[Record]) -> None:
    """Nothing is played for it."""
    still = [each for each in run if not isinstance(each, journal.ScalingActivity)]
    assert ranges_after(SCENARIO, 1, still, 0.0) == []


def test_a_profile_is_made_of_the_models_own_times(run: list[Record]) -> None:
    """Not of the modelled service time."""
    (profile,) = profiles_after(SCENARIO, run)
    assert profile.endpoint == ENDPOINT.name
    assert set(profile.service_time_s) == {0.002}
    assert profile.max_rps == pytest.approx(ENDPOINT.concurrency / 0.002)
    assert profile.saturated_rps is None


def test_a_full_instance_tells_its_rate() -> None:
    """Sixty answers in a minute in which every request waited: one a second."""
    calls: list[Record] = [call(60.0 + i * 0.5, queue_s=1.0) for i in range(60)]
    (profile,) = profiles_after(SCENARIO, calls)
    assert profile.saturated_rps == pytest.approx(1.0)


def test_failed_calls_and_other_endpoints_are_no_measure() -> None:
    """Only good answers of the scenario's own models count."""
    calls: list[Record] = [call(1.0, status=424), call(2.0, predict_s=0.0), call(3.0, endpoint="other")] * 30
    assert profiles_after(SCENARIO, calls) == []
