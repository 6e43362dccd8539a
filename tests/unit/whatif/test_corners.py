"""Which other values of what is not known are tried, and which are left alone."""

from dataclasses import fields

import pytest

from harness.endpoint.distributions import Constant, Distribution, Empirical, LogNormal, Uniform
from harness.endpoint.settings import EndpointSettings
from harness.functions.settings import FunctionSettings
from harness.scaling.settings import ScaleInMode, ScalingSettings
from harness.whatif.corners import Corner, Depth, corners, least, most


def around(depth: Depth = Depth.ALL, *fixed: str, **changes: object) -> list[Corner]:
    """Return the corners around the defaults, with *changes* of the scaling settings."""
    scaling = ScalingSettings(**changes)  # type: ignore[arg-type]
    return corners(scaling, EndpointSettings(), FunctionSettings(), fixed=frozenset(fixed), depth=depth)


@pytest.mark.parametrize("item", fields(ScalingSettings), ids=lambda item: item.name)
def test_every_unknown_is_moved_to_both_ends(item: object) -> None:
    """A setting with a range takes both ends of it in some corner; one without a range never moves."""
    name, low, high = item.name, item.metadata["low"], item.metadata["high"]  # type: ignore[attr-defined]
    seen = {getattr(corner.scaling, name) for corner in around()}
    assert {low, high} - {None} <= seen
    assert low != high or len(seen) == 1


def test_what_is_known_is_not_moved() -> None:
    """A fixed setting keeps its value in every corner."""
    found = around(Depth.ALL, "publish_delay_s", "scale_in_mode", "launch_time")
    assert {corner.scaling.publish_delay_s for corner in found} == {60.0}
    assert {corner.scaling.scale_in_mode for corner in found} == {ScaleInMode.ONE_STEP}
    assert {least(corner.endpoint.launch_time) for corner in found} == {96.0, 600.0}


def test_a_known_launch_time_that_varies_is_tried_at_its_ends() -> None:
    """What is drawn is not known, even where its distribution is."""
    settings = EndpointSettings(launch_time=Uniform(100.0, 300.0))
    found = corners(ScalingSettings(), settings, FunctionSettings(), fixed=frozenset({"launch_time"}))
    assert {Constant(100.0), Constant(300.0)} <= {corner.endpoint.launch_time for corner in found}


def test_delays_move_together() -> None:
    """Between the earliest and the latest are 120 s of delays and a phase of 59 s."""
    early = min(around(), key=_delay)
    late = max(around(), key=_delay)
    assert _delay(early) == 60.0
    assert _delay(late) == 180.0
    assert late.scaling.evaluation_offset_s == 59.0


def _delay(corner: Corner) -> float:
    return corner.scaling.publish_delay_s + corner.scaling.reaction_delay_s


def test_no_corner_is_played_twice() -> None:
    """However it comes about."""
    found = around()
    assert len({repr(corner) for corner in found}) == len(found)


def test_fewer_corners_where_each_costs_more() -> None:
    """The extremes are among them at every depth."""
    counts = [len(around(depth)) for depth in (Depth.EXTREMES, Depth.MOST, Depth.ALL)]
    assert counts == sorted(counts)
    assert counts[0] == 4
    slowest = max(most(corner.endpoint.launch_time) for corner in around(Depth.EXTREMES))
    assert slowest == 900.0


@pytest.mark.parametrize(
    ("span", "shortest", "longest"),
    [
        (Constant(5.0), 5.0, 5.0),
        (Uniform(5.0, 9.0), 5.0, 9.0),
        (LogNormal(240.0, 600.0), 96.0, 600.0),
        (Empirical(tuple(float(i) for i in range(1, 101))), 5.0, 95.0),
    ],
)
def test_the_ends_of_a_span(span: Distribution, shortest: float, longest: float) -> None:
    """The 5th and 95th percentile where a distribution has no end."""
    assert (least(span), most(span)) == (pytest.approx(shortest), longest)


def test_a_distribution_without_percentiles_is_an_error_of_ours() -> None:
    """A new kind of span must say where its ends are."""

    class Odd:
        def draw(self, random: object) -> float:
            return 1.0

    for end in (least, most):
        with pytest.raises(TypeError, match="Odd has no percentiles"):
            end(Odd())
