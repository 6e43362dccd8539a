"""The queues over time."""

import message_sample

from harness import journal as j
from harness.summary import ByType
from reports.figures import depths

CLEAN = ByType(message_sample.clean_run(200))


def test_publications_and_queues_share_one_axis() -> None:
    """Every publication is in one window, by the moment it was due; phases and faults are marked."""
    shown = depths.depths(CLEAN, 40.0)
    assert shown is not None
    assert sum(shown.published) == len(CLEAN.all(j.MessagePublished))
    assert [one.queue for one in shown.queues] == ["inference-queue", "inference-poison"]
    assert shown.faults == [11.0, 20.0]
    assert [span.value for span in shown.phases] == ["deploy", "load", "settle", "teardown"]


def test_queues_that_never_held_a_message_are_left_out() -> None:
    """A flat line at zero says nothing."""
    empty = [j.QueueSampled(float(at), "q", 0, 0, 0) for at in range(9)]
    assert depths.depths(ByType(empty), 10.0) is None
    full = j.QueueSampled(9.0, "r", 1, 2, 4, 3.0)
    shown = depths.depths(ByType([*empty, full]), 10.0)
    assert shown is not None
    assert [(one.queue, one.deepest) for one in shown.queues] == [("r", (9.0, 7))]


def test_the_deepest_of_many_queues_are_drawn() -> None:
    """In the order in which they were first looked at; the others are counted."""
    samples = [j.QueueSampled(1.0, f"q{number}", number % 9, 0, 0) for number in range(20)]
    shown = depths.depths(ByType(samples), 10.0)
    assert shown is not None
    assert [one.queue for one in shown.queues] == ["q6", "q7", "q8", "q15", "q16", "q17"]
    assert shown.cut == 11


def test_the_figure_is_told_in_words() -> None:
    """Peaks with their moments, the oldest message, the faults."""
    shown = depths.depths(CLEAN, 40.0)
    assert shown is not None
    words = depths.words(shown)
    assert "inference-poison held at most 10 messages, at 00:16." in words
    assert "Its oldest message was 500 ms old at most." in words
    assert "Faults at 00:11, 00:20." in words


def test_a_queue_has_a_panel_for_depth_and_one_for_age() -> None:
    """Age only where somebody knows it; without a publication there is no panel for them."""
    shown = depths.depths(CLEAN, 40.0)
    assert shown is not None
    for _, svg in depths.figure(shown, "q").drawings:
        assert svg.count("Age of its oldest message, s") == 2
        assert "Messages due per second" in svg
    bare = depths.depths(ByType([j.QueueSampled(1.0, "q", 1, 0, 0), j.QueueSampled(2.0, "q", 0, 0, 0)]), 3.0)
    assert bare is not None
    svg = depths.figure(bare, "q").drawings[0][1]
    assert ("Age" in svg, "Messages due" in svg) == (False, False)
