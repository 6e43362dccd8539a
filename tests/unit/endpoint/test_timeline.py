"""Planned actions: order, ties, and taking back."""

from harness.endpoint.timeline import Timeline


def drained(timeline: Timeline) -> list[float]:
    happened = []
    while timeline.next_at() is not None:
        at, action = timeline.pop()
        action(at)
        happened.append(at)
    return happened


def test_actions_happen_in_order_of_time_then_of_planning() -> None:
    """The same moment keeps the order in which it was planned."""
    seen: list[str] = []
    timeline = Timeline()
    timeline.plan(2.0, lambda at: seen.append("late"))
    timeline.plan(1.0, lambda at: seen.append("first"))
    timeline.plan(1.0, lambda at: seen.append("second"))
    assert drained(timeline) == [1.0, 1.0, 2.0]
    assert seen == ["first", "second", "late"]


def test_what_is_taken_back_does_not_happen_and_is_no_deadline() -> None:
    """Also in the middle of the list, and twice is no error."""
    timeline = Timeline()
    first = timeline.plan(1.0, lambda at: None)
    timeline.plan(2.0, lambda at: None)
    third = timeline.plan(3.0, lambda at: None)
    timeline.cancel(third)
    timeline.cancel(first)
    timeline.cancel(first)
    assert timeline.next_at() == 2.0
    assert drained(timeline) == [2.0]
