"""Spans of time: what is drawn, and what cannot be a span."""

from random import Random
from statistics import median, quantiles

import pytest

from harness.endpoint.distributions import Constant, Empirical, LogNormal, Uniform
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
    ],
)
def test_what_cannot_be_a_span_is_refused_when_built(build: object) -> None:
    """Negative, endless, empty and reversed spans never reach a run."""
    with pytest.raises(ScenarioError):
        build()  # type: ignore[operator]
