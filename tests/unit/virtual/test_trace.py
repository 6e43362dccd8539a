"""What arrives: counts kept minute by minute, the same seed the same draws, nothing out of order."""

import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint.distributions import Constant, Distribution, Empirical, LogNormal, Uniform
from harness.errors import ScenarioError
from harness.virtual import draws
from harness.virtual.draws import draw_spans, stream
from harness.virtual.ledger import Ledger
from harness.virtual.trace import Arrivals, Counts, Trace, trace_of_counts, trace_of_times

COUNTS = st.lists(st.integers(0, 30), max_size=8)


def made(counts: list[int], arrivals: Arrivals = "poisson", seed: int = 1) -> Trace:
    return trace_of_counts(counts, service_time=LogNormal(0.05, 0.2), seed=seed, arrivals=arrivals)


def trace(at: list[float], service_s: list[float], place: list[float]) -> Trace:
    return Trace(np.array(at), np.array(service_s), np.array(place, dtype=np.float32))


@given(counts=COUNTS, arrivals=st.sampled_from(["poisson", "uniform"]))
def test_every_minute_has_the_count_it_was_given(counts: list[int], arrivals: Arrivals) -> None:
    """Exactly, and in order, however they are placed."""
    at = made(counts, arrivals).at
    assert np.bincount((at // 60).astype(int), minlength=len(counts)).tolist() == counts
    assert (np.diff(at) >= 0.0).all()


def test_uniform_arrivals_are_evenly_spaced() -> None:
    """The first comes half a gap after the minute begins."""
    assert made([0, 4], "uniform").at.tolist() == [67.5, 82.5, 97.5, 112.5]


def test_a_poisson_minute_looks_like_one() -> None:
    """Gaps of a Poisson process have a standard deviation as large as their mean."""
    gaps = np.diff(made([10_000]).at)
    assert gaps.std() == pytest.approx(gaps.mean(), rel=0.05)


def test_the_seed_decides_everything() -> None:
    """The same seed, the same trace; another seed, another."""
    one, same, other = made([50]), made([50]), made([50], seed=2)
    assert (one.at == same.at).all()
    assert (one.service_s == same.service_s).all()
    assert (one.place == same.place).all()
    assert (one.at != other.at).any()


def test_each_purpose_has_a_stream_of_its_own() -> None:
    """Other arrivals leave the service times as they were, and more of them only add some."""
    few, many = made([20]), made([30, 40], "uniform")
    assert (few.service_s == many.service_s[:20]).all()
    assert (few.place == many.place[:20]).all()
    assert stream(1, "arrivals").random() != stream(1, "service").random()


@pytest.mark.parametrize(
    ("distribution", "mean"),
    [
        (Constant(0.3), 0.3),
        (Uniform(0.1, 0.3), 0.2),
        (LogNormal(0.1, 0.2), 0.1 * math.exp((math.log(2.0) / 1.6448536269514722) ** 2 / 2)),
        (Empirical((0.1, 0.2, 0.6)), 0.3),
    ],
)
def test_spans_have_the_mean_of_their_distribution(distribution: Distribution, mean: float) -> None:
    """Drawn all at once, they are those of the distribution."""
    assert draw_spans(distribution, 200_000, 1, "service").mean() == pytest.approx(mean, rel=0.01)


def test_measured_spans_are_drawn_alike_in_any_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where draws are worked on piece by piece, the size of a piece does not show."""
    whole = draw_spans(Empirical((0.1, 0.2, 0.6)), 100, 1, "service")
    monkeypatch.setattr(draws, "PIECE", 7)
    assert (draw_spans(Empirical((0.1, 0.2, 0.6)), 100, 1, "service") == whole).all()


def test_any_distribution_can_be_drawn_from() -> None:
    """One that numpy does not know is drawn one by one."""

    class Ascending:
        def __init__(self) -> None:
            self.last = 0.0

        def draw(self, random: Random) -> float:
            self.last += 1.0
            return self.last

    assert draw_spans(Ascending(), 3, 1, "service").tolist() == [1.0, 2.0, 3.0]


def test_moments_can_be_given() -> None:
    """Kept as they are; the rest is drawn."""
    given_at = trace_of_times([0.5, 0.5, 7.0], service_time=Constant(0.1), seed=1)
    assert given_at.at.tolist() == [0.5, 0.5, 7.0]
    assert given_at.service_s.tolist() == [0.1, 0.1, 0.1]


def test_rows_are_found_by_moment() -> None:
    """Before a moment, or up to it."""
    given_at = trace_of_times([1.0, 2.0, 2.0, 3.0], service_time=Constant(0.1), seed=1)
    assert (given_at.rows_before(2.0), given_at.rows_until(2.0), len(given_at)) == (1, 3, 4)


@given(counts=COUNTS, moment=st.floats(-10.0, 600.0))
def test_counts_know_how_many_came_before_as_the_even_trace_does(counts: list[int], moment: float) -> None:
    """Without an array."""
    source, even = Counts(counts), made(counts, "uniform")
    assert source.rows_before(moment) == even.rows_before(moment)
    assert source.rows_until(moment) == source.rows_before(moment)
    assert len(source) == len(even)


@pytest.mark.parametrize("wrong", [[1, -2], [0.5], [[1]], ["a"]])
def test_counts_must_be_whole_and_not_negative(wrong: list[int]) -> None:
    """The message says which."""
    with pytest.raises(ScenarioError, match="count"):
        Counts(wrong)


@pytest.mark.parametrize("at", [[2.0, 1.0], [-1.0, 0.0], [0.0, math.nan], [0.0, math.inf]])
def test_moments_must_ascend(at: list[float]) -> None:
    """From 0 on, finite; the message names the arrival."""
    with pytest.raises(ScenarioError, match=r"arrival [01] is at"):
        trace(at, [1.0, 1.0], [0.0, 0.0])


def test_order_is_checked_over_the_ends_of_pieces() -> None:
    """Long traces are checked piece by piece."""
    at = np.arange(draws.PIECE + 1, dtype=np.float64)
    at[draws.PIECE] = 5.0
    with pytest.raises(ScenarioError, match=f"arrival {draws.PIECE} is at 5.0 s"):
        Trace(at, np.zeros(len(at)), np.zeros(len(at), np.float32))


@pytest.mark.parametrize(
    ("service_s", "place", "message"),
    [
        ([-1.0], [0.0], "service time of arrival 0 is -1.0"),
        ([math.inf], [0.0], "service time of arrival 0 is inf"),
        ([math.nan], [0.0], "service time of arrival 0 is nan"),
        ([1.0], [1.0], "place of arrival 0 is 1.0"),
        ([1.0, 2.0], [0.0], "1 arrivals, 2 service times and 1 places"),
    ],
)
def test_columns_must_be_in_range(service_s: list[float], place: list[float], message: str) -> None:
    """The message says what and which."""
    with pytest.raises(ScenarioError, match=message):
        trace([0.0], service_s, place)


def test_a_request_costs_33_bytes() -> None:
    """So that a day at 100 requests a second is 285 MB."""
    ledger = Ledger(made([100]))
    columns = (ledger.trace.at, ledger.trace.service_s, ledger.trace.place)
    fates = (ledger.queue_s, ledger.outcome, ledger.instance)
    assert sum(each.nbytes for each in (*columns, *fates)) == 3300
    requests = ledger.requests(100)
    assert np.shares_memory(requests.queue_s, ledger.queue_s)
