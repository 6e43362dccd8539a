"""Samples of what the instances of a fleet had to do: requests held, slots at work."""

import math

import pytest
from amount import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.endpoint.distributions import Constant
from harness.endpoint.fleet import Fleet, Sample
from harness.endpoint.outcomes import Accepted, Rejected


def accepted(answer: Accepted | Rejected) -> Accepted:
    assert isinstance(answer, Accepted)
    return answer


def sampled_fleet(told: list[Sample], **fields: object) -> Fleet:
    given: dict[str, object] = {
        "service_time": Constant(1.0),
        "concurrency": 2,
        "queue_limit": 1000,
        "seed": "seed",
        "on_sample": told.append,
    }
    return Fleet(**(given | fields))  # type: ignore[arg-type]


def test_an_idle_fleet_is_sampled_every_ten_seconds_from_the_first_instance_on() -> None:
    """Nothing before an instance is there, zeros after; how busy it was is told at whole minutes."""
    told: list[Sample] = []
    made = sampled_fleet(told)
    made.advance(25.0)
    made.add_instance("i-0", "a", 31.0)
    made.advance(61.0)
    assert told == [
        Sample(40.0, (0,), None),
        Sample(50.0, (0,), None),
        Sample(60.0, (0,), (0.0,)),
    ]


def test_a_sample_counts_running_and_queued_requests_per_instance() -> None:
    """Two slots and three requests of 30 s: three outstanding, then one; none after."""
    told: list[Sample] = []
    made = sampled_fleet(told, service_time=Constant(30.0))
    made.add_instance("i-0", "a", 0.0)
    for number in range(3):
        made.arrive(number, 5.0)
    made.advance(70.0)
    assert [each.outstanding for each in told] == [(3,), (3,), (3,), (1,), (1,), (1,), (0,)]
    # 2 x 30 s + 25 of the third's 30 s in 60 s
    assert told[5].busy == pytest.approx((85.0 / 60.0,))


def test_work_beyond_the_timeout_is_busy_though_nobody_waits() -> None:
    """The caller gave up at 20; the slot works until 50, or stops where the setting says so."""
    for finish, busy in ((True, 50.0 / 60.0), (False, 20.0 / 60.0)):
        told: list[Sample] = []
        made = sampled_fleet(told, service_time=Constant(50.0), timeout_s=20.0, finish_timed_out=finish)
        made.add_instance("i-0", "a", 0.0)
        made.arrive(1, 0.0)
        made.advance(60.0)
        assert [each.outstanding for each in told[:3]] == [(1,), (0,), (0,)]
        assert told[-1].busy == pytest.approx((busy,))


def test_the_work_of_all_that_time_out_adds_up() -> None:
    """Two slots, each at work for 50 s on what nobody waits for any more."""
    told: list[Sample] = []
    made = sampled_fleet(told, service_time=Constant(50.0), timeout_s=20.0)
    made.add_instance("i-0", "a", 0.0)
    for number in range(2):
        made.arrive(number, 0.0)
    made.advance(60.0)
    assert told[-1].busy == pytest.approx((100.0 / 60.0,))


def test_an_instance_is_as_busy_as_it_was_since_it_came() -> None:
    """Half a minute, all of it at work on one slot; one that comes at the end of it is not asked yet."""
    told: list[Sample] = []
    made = sampled_fleet(told, service_time=Constant(100.0))
    made.add_instance("i-0", "a", 30.0)
    made.arrive(1, 30.0)
    made.add_instance("i-1", "a", 60.0)
    made.advance(120.0)
    assert [each.busy for each in told if each.busy is not None] == [(1.0,), (1.0, 0.0)]


@settings(max_examples=2 * EXAMPLES)
@given(
    acts=st.lists(
        st.tuples(
            st.floats(0.0, 15.0, allow_nan=False),
            st.sampled_from(["arrive"] * 8 + ["drain", "fail", "add"]),
            st.floats(0.1, 40.0),
        ),
        max_size=40,
    ),
    per_minute=st.sampled_from([6, 12, 60]),
)
def test_samples_are_what_counting_over_all_requests_gives(
    acts: list[tuple[float, str, float]], per_minute: int
) -> None:
    """Outstanding and busy slots, whatever came and went in between, and whenever somebody looked."""
    told: list[Sample] = []
    made, now, arrived = sampled_fleet(told, samples_per_minute=per_minute), 0.0, {}
    made.add_instance("i-0", "a", 0.0)
    for number, (gap, act, service_s) in enumerate(acts):
        now += gap
        serving = [each.instance_id for each in made.instances() if each.gone_at is None]
        if act == "add":
            made.add_instance(f"n-{number}", "a", now)
        elif act == "arrive" and serving:
            arrived[number] = (now, accepted(made.arrive(number, now, service_s)).start_at)
        elif serving and act != "arrive":
            made.drain(serving[0], now, 30.0) if act == "drain" else made.fail_instance(serving[-1], now)
    ended = {each.request_id: each for each in made.advance(now + 60.0)}
    assert [each.at for each in told] == [
        (each + 1) * 60.0 / per_minute for each in range(math.floor((now + 60.0) * per_minute / 60.0))
    ]
    last = {number: ended[number].at if number in ended else math.inf for number in arrived}
    for sample in told:
        assert sum(sample.outstanding) == sum(
            came < sample.at < last[number] for number, (came, _) in arrived.items()
        )
    if all(act not in ("drain", "fail") for _, act, _ in acts):
        busy = {number: (start, start + acts[number][2]) for number, (_, start) in arrived.items()}
        for at in [each.at for each in told if each.busy is not None]:
            worked = sum(max(0.0, min(at, end) - max(at - 60.0, start)) for start, end in busy.values())
            shares = next(each.busy for each in told if each.at == at) or ()
            since = [each.in_service_since for each in made.instances() if each.in_service_since < at]
            spans = [at - max(at - 60.0, each) for each in since]
            assert sum(map(math.prod, zip(shares, spans, strict=True))) == pytest.approx(worked, abs=1e-6)
