"""The endpoint and the story that tests of the control loop play."""

from virtual_time import RESOURCE, Story

from harness.endpoint import (
    ActivityStatus,
    PolicyView,
    TargetTracking,
)

POLICY = TargetTracking("tracking", 10.0, scale_in_cooldown_s=600.0, scale_out_cooldown_s=30.0)


def activities(
    story: Story, *, not_scaled: bool = False
) -> list[tuple[ActivityStatus, str, float, float | None]]:
    told = story.world.loop.activities(RESOURCE, include_not_scaled=not_scaled)
    return [(each.status, each.cause, each.started_at, each.ended_at) for each in reversed(told)]


def put(story: Story, policy: TargetTracking, now: float) -> PolicyView:
    view = story.world.put_policy(RESOURCE, policy, now)
    assert isinstance(view, PolicyView)
    return view
