"""A trace served in bulk ends as if its requests had come one by one."""

import math

import pytest
from hypothesis import given, settings
from two_fleets import Rules, Story, add, bulk, drain, fail, live, look, stories

from harness.endpoint.distributions import Constant
from harness.endpoint.fleet import Routing
from harness.errors import ScenarioError
from harness.virtual.bulk_fleet import BulkFleet
from harness.virtual.exact import ExactPlane
from harness.virtual.ledger import Fate, Ledger
from harness.virtual.plain import PlainPlane
from harness.virtual.rules import MakePlane

PLANES = pytest.mark.parametrize("make_plane", [PlainPlane, ExactPlane])


def agree(story: Story, make_plane: MakePlane) -> None:
    """Both tellings give the same instance, fate and wait for every request, and the same answers and samples."""
    one, other = live(story), bulk(story, make_plane)
    assert one.instance == other.instance
    assert one.fate == other.fate
    assert one.queue_s == pytest.approx(other.queue_s, abs=1e-9, nan_ok=True)
    assert one.answers == other.answers
    assert one.views == other.views
    assert [(each.at, each.outstanding) for each in one.samples] == [
        (each.at, each.outstanding) for each in other.samples
    ]
    assert [each.busy or () for each in one.samples] == [
        pytest.approx(each.busy or (), abs=1e-9) for each in other.samples
    ]


@PLANES
@given(story=stories())
@settings(max_examples=300, deadline=None)
def test_every_request_ends_as_in_the_fleet_that_serves_one_by_one(
    story: Story, make_plane: MakePlane
) -> None:
    """With joins, drains, failures, both routings, small queues and time-outs both ways."""
    agree(story, make_plane)
