"""Spans of time: what is drawn, and what cannot be a span."""

from random import Random
from statistics import fmean, median, quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint.distributions import Constant, Distribution, Empirical, LogNormal, Quantiles, Uniform
from harness.errors import ScenarioError


def test_a_constant_span_leaves_the_stream_untouched() -> None:
    """Two users of one stream do not shift each other through a constant."""
    random, untouched = Random(1), Random(1)
    assert Constant(3.0).draw(random) == 3.0
    assert random.random() == untouched.random()


def test_a_lognormal_span_has_the_median_and_the_p95_it_was_given() -> None:
    """The two figures people measure come back out of the draws."""
    random = Random(4)
    spans = [LogNormal(240.0, 600.0).draw(random) for _ in range(20_000)]
    assert median(spans) == pytest.approx(240.0, rel=0.03)
    assert quantiles(spans, n=20)[-1] == pytest.approx(600.0, rel=0.05)


def test_a_uniform_span_stays_within_its_range() -> None:
    """Nothing below low_s, nothing above high_s, and both halves are used."""
    random = Random(2)
    spans = [Uniform(5.0, 30.0).draw(random) for _ in range(200)]
    assert 5.0 <= min(spans) < 10.0 < 25.0 < max(spans) <= 30.0


def test_an_empirical_span_is_one_of_the_measured_ones() -> None:
    """Only measured spans are drawn, and every one of them sooner or later."""
    random = Random(3)
    measured = Empirical.of([0.01, 0.02, 0.4])
    assert {measured.draw(random) for _ in range(100)} == {0.01, 0.02, 0.4}


@pytest.mark.parametrize(
    "build",
    [
        lambda: Constant(-1.0),
        lambda: Constant(float("nan")),
        lambda: Uniform(3.0, 2.0),
        lambda: Uniform(0.0, float("inf")),
        lambda: LogNormal(0.0, 1.0),
        lambda: LogNormal(2.0, 1.0),
        lambda: Empirical(()),
        lambda: Empirical((0.1, -0.1)),
        lambda: Quantiles((0.0,), (1.0,)),
        lambda: Quantiles((0.0, 1.0), (1.0,)),
        lambda: Quantiles((0.1, 1.0), (1.0, 2.0)),
        lambda: Quantiles((0.0, 0.9), (1.0, 2.0)),
        lambda: Quantiles((0.0, 0.6, 0.5, 1.0), (1.0, 2.0, 3.0, 4.0)),
        lambda: Quantiles((0.0, 1.0), (2.0, 1.0)),
        lambda: Quantiles((0.0, 1.0), (2.0, float("inf"))),
        lambda: Quantiles.of([]),
        lambda: Quantiles.of_histogram([0.0, 1.0], [1, 2]),
        lambda: Quantiles.of_histogram([0.0, 1.0, 2.0], [0, 0]),
        lambda: Quantiles.of_histogram([0.0, 1.0, 2.0], [3, -1]),
        lambda: Quantiles.of_histogram([0.0], []),
    ],
)
def test_what_cannot_be_a_span_is_refused_when_built(build: object) -> None:
    """Negative, endless, empty and reversed spans never reach a run; the sentence begins with their kind."""
    with pytest.raises(ScenarioError, match=r"^(Constant|Uniform|LogNormal|Empirical|Quantiles)"):
        build()  # type: ignore[operator]


@pytest.mark.parametrize(
    "spans",
    [
        Constant(0.25),
        Uniform(5.0, 30.0),
        LogNormal(0.02, 0.1),
        Empirical((0.01, 0.02, 0.4)),
        Quantiles((0.0, 0.5, 0.9, 1.0), (0.01, 0.02, 0.1, 2.0)),
    ],
)
def test_the_mean_is_the_mean_of_the_draws(spans: Distribution) -> None:
    """A fluid model that uses the mean and an exact one that draws speak of the same load."""
    random = Random(7)
    drawn = fmean(spans.draw(random) for _ in range(200_000))
    assert spans.mean_s == pytest.approx(drawn, rel=0.03)  # type: ignore[attr-defined]


def test_a_profile_keeps_the_tail_of_what_was_measured() -> None:
    """Median, p99 and longest span of 5,000 measured ones come back from 103 figures."""
    random = Random(5)
    measured = sorted(LogNormal(0.02, 0.1).draw(random) for _ in range(5_000))
    profile = Quantiles.of(measured)
    drawn = sorted(profile.draw(random) for _ in range(50_000))
    assert len(profile.seconds) == 103
    assert median(drawn) == pytest.approx(median(measured), rel=0.03)
    assert quantiles(drawn, n=100)[-1] == pytest.approx(quantiles(measured, n=100)[-1], rel=0.05)
    assert profile.seconds[-1] == measured[-1] >= drawn[-1]


def test_levels_may_be_chosen() -> None:
    """The middle of three spans is the median; a single span stands for every level."""
    assert Quantiles.of([3.0, 1.0, 2.0], [0.0, 0.5, 1.0]) == Quantiles((0.0, 0.5, 1.0), (1.0, 2.0, 3.0))
    assert Quantiles.of([4.0], [0.0, 1.0]).seconds == (4.0, 4.0)


def test_a_histogram_gives_no_span_of_an_empty_bin() -> None:
    """Half of the spans below a second, the others between two and three: none in between, none outside."""
    random = Random(6)
    spans = Quantiles.of_histogram([0.0, 1.0, 2.0, 3.0, 9.0], [5, 0, 5, 0])
    assert spans == Quantiles((0.0, 0.5, 0.5, 1.0), (0.0, 1.0, 2.0, 3.0))
    drawn = [spans.draw(random) for _ in range(4_000)]
    assert sum(each < 1.0 for each in drawn) == pytest.approx(2_000, abs=150)
    assert not [each for each in drawn if 1.0 < each < 2.0 or each > 3.0]


@given(st.lists(st.floats(0.0, 100.0), min_size=1, max_size=50), st.integers(0, 99))
def test_draws_stay_between_the_shortest_and_the_longest_measured(spans: list[float], seed: int) -> None:
    """Whatever was measured, nothing beyond it is drawn."""
    drawn = Quantiles.of(spans).draw(Random(seed))
    assert min(spans) <= drawn <= max(spans) * (1 + 1e-12)
