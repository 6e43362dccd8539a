"""The figures of policies by the compiled kernels: what they mean, and what they depend on."""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from harness.errors import InvalidRun
from harness.inputs.traffic import Traffic
from harness.sweep.engine import Arrivals, KernelEngine, engine_of, p99_of
from harness.sweep.figures import Figures
from harness.sweep.options import add_options, plan_of
from harness.virtual.results import KernelResult
from harness.virtual.tally import BUCKETS, bucket_edges

# Compiled once, and not in each worker at the same time.
pytestmark = pytest.mark.xdist_group("sweep engine")

OPTIONS = {
    "--traffic": "10rps:5m,10-30rps:5m,30rps:30m",
    "--targets": "600",
    "--min": "2",
    "--max": "6",
    "--instance-types": "ml.m5.large",
    "--service-time": "lognormal:0.05,0.1",
    "--concurrency": "1",
    "--launch": "120",
    "--prices": "",
}


def engine(*more: str, **changed: str) -> KernelEngine:
    """Return the engine of a small sweep; *changed* by name, *more* behind."""
    options = OPTIONS | {f"--{name.replace('_', '-')}": value for name, value in changed.items()}
    parser = argparse.ArgumentParser()
    add_options(parser)
    given = [part for pair in options.items() if pair[1] for part in pair]
    return engine_of(plan_of(parser.parse_args([*given, *more])))


def exact(of: KernelEngine) -> list[Figures]:
    """Return the exact figures of every candidate of the first type."""
    found = of.candidates
    shared = of.shared(found[0].instance_type)
    return [of.exact(shared, each) for each in found]


def test_a_policy_is_played_request_by_request() -> None:
    """The instances are paid from the request for them on; every arrival is counted."""
    small = engine()
    (one,) = exact(small)

    assert one.offered == small.traffic["requests"]
    # Arrivals of stages are a Poisson process: their number is near the rate's integral.
    assert one.offered == pytest.approx(10 * 300 + 20 * 300 + 30 * 1_800, rel=0.02)
    assert one.activities >= 1
    assert 2 < (one.peak_instances or 0) <= 6
    assert 2 * 2_400 < one.instance_s < 6 * 2_400
    assert one.failed == 0


def test_the_fluid_model_is_near_the_exact_one() -> None:
    """In cost and in p99; minutes in breach by a minute or two."""
    small = engine(targets="400,700,900")

    for fluid, real in zip(small.fluid(small.candidates), exact(small), strict=True):
        assert fluid.instance_s == pytest.approx(real.instance_s, rel=0.02)
        assert abs(fluid.breach_minutes - real.breach_minutes) <= 2
        assert fluid.activities == real.activities


def test_requests_without_an_answer_count_as_the_time_out() -> None:
    """A policy does not look fast because it turns requests away."""
    (small,) = exact(engine(min="1", max="1"))
    (fluid,) = engine(min="1", max="1").fluid(engine(min="1", max="1").candidates)

    assert small.failed_ratio > 0.01
    assert small.p99_s == fluid.p99_s == 60.0


def test_p99_is_over_all_that_arrived() -> None:
    """Of 1,000 requests with 5 failures it is the 990th of 995 answers; with 20 it is the time-out."""
    responses = np.zeros(BUCKETS, np.int64)
    fast, slow = np.searchsorted(bucket_edges(), [0.5, 2.0])
    responses[fast] = 985
    responses[slow] = 10

    assert p99_of(result(responses, failed=5), 1_000.0, 60.0) == pytest.approx(2.0, rel=0.01)
    assert p99_of(result(responses, failed=20), 1_015.0, 60.0) == 60.0
    assert p99_of(result(responses * 0, failed=0), 0.0, 60.0) == 0.0


def result(responses: npt.NDArray[np.int64], failed: int) -> KernelResult:
    """Return what a kernel might have found."""
    none = np.zeros(1)
    answered = float(responses.sum())
    return KernelResult((), (), (), 0.0, 0.0, responses, answered, float(failed), 0.0, 0.0, 0.0, none, none)


def test_a_minute_is_in_breach_by_the_limit_that_was_given() -> None:
    """A stricter limit has no fewer of them."""
    (strict,), (lenient,) = exact(engine(latency_limit="0.1")), exact(engine(latency_limit="50"))

    assert strict.breach_minutes > lenient.breach_minutes == 0


def test_each_type_has_its_own_service_time_and_the_same_arrivals() -> None:
    """A type that is twice as fast is no slower in any figure."""
    both = engine(
        instance_types="ml.m5.large,ml.m5.xlarge", service_time="ml.m5.large=0.06,ml.m5.xlarge=0.03"
    )
    slow, fast = both.candidates
    figures = [both.exact(both.shared(each.instance_type), each) for each in (slow, fast)]

    assert figures[0].offered == figures[1].offered
    assert figures[0].p99_s > figures[1].p99_s
    assert [each.p99_s for each in both.fluid([fast, slow])] == pytest.approx(
        [figures[1].p99_s, figures[0].p99_s], rel=0.3
    )


def test_an_endpoint_may_begin_with_more_than_its_minimum() -> None:
    """`--initial` is for all; without it each policy begins with its own minimum."""
    (one,), (four,) = exact(engine()), exact(engine(initial="4"))

    assert four.instance_s > one.instance_s


@pytest.mark.parametrize(
    "changed",
    [
        {"traffic": "10rps:5m,10-30rps:5m,30rps:31m"},
        {"seed": "2"},
        {"service_time": "lognormal:0.05,0.11"},
        {"concurrency": "2"},
        {"latency_limit": "0.7"},
        {"initial": "2"},
        {"launch": "121"},
        {"set": "publish_delay_s=61"},
    ],
)
def test_whatever_moves_a_figure_is_in_the_fingerprint(changed: dict[str, str]) -> None:
    """So that nothing of another input is mixed in."""
    assert engine(**changed).inputs != engine().inputs


@pytest.mark.parametrize(
    "changed", [{"targets": "500,600"}, {"jobs": "3"}, {"exact": "7"}, {"threshold": "cost_usd<1"}]
)
def test_the_grid_is_not(changed: dict[str, str]) -> None:
    """A larger grid uses what is there."""
    assert engine(**changed).inputs == engine().inputs


def test_traffic_that_begins_within_a_minute_keeps_the_clock() -> None:
    """CloudWatch's minutes are those of the clock; the first one is short."""
    arrivals = Arrivals(Traffic("t", counts=np.array([6, 6]), start_epoch_s=1_000_000_000.0), 1)

    assert arrivals.at[0] >= 40.0
    assert arrivals.until_s == 160.0
    assert arrivals.per_second().sum() == 12


def test_moments_of_arrival_are_taken_as_they_are() -> None:
    """A recorded trace is no Poisson process any more."""
    arrivals = Arrivals(Traffic("t", times=np.array([1.5, 61.0])), 1)

    assert arrivals.at.tolist() == [1.5, 61.0]
    assert (arrivals.minutes, arrivals.until_s) == (2, 120.0)


@pytest.mark.parametrize(
    "traffic", [Traffic("t", counts=np.array([0, 0])), Traffic("t", times=np.empty(0)), Traffic("t")]
)
def test_no_arrivals_are_no_sweep(traffic: Traffic) -> None:
    """Nothing can be said of policies that nobody calls."""
    with pytest.raises(InvalidRun, match="t holds no request"):
        Arrivals(traffic, 1)


def test_machines_are_told_what_the_traffic_is(tmp_path: Path) -> None:
    """Source, length, size, the busiest second."""
    path = tmp_path / "counts.csv"
    path.write_text("minute,invocations\n0,60\n1,120\n")
    told = engine(traffic=str(path)).traffic

    assert (told["minutes"], told["requests"]) == (2, 180)
    assert told["busiest_second"] >= 2
