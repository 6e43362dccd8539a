"""The flow of messages: every edge has its count, in the drawing and in words."""

import re
from collections import Counter

import message_sample
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from message_sample import whole as run

from harness import journal as j
from harness.journal import Record
from harness.summary import ByType, summarise
from reports.figures.flow_chart import flow_chart
from reports.figures.pen import LAYOUTS, NARROW, WIDE, Layout
from reports.messages import flow as flows
from reports.messages.flow import End, Flow, Source, Way


def flow_of(records: list[Record]) -> Flow:
    """Return the flow of a run."""
    return flows.flow(ByType(records), summarise(records)["messages"])


def texts(svg: str) -> list[str]:
    """Return the words in a drawing."""
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_a_topic_leads_to_its_queues_and_these_to_their_ends() -> None:
    """Copies, those that the filter left out, and how each copy ended."""
    shown = flow_of(message_sample.lossy_run())
    assert shown.sources == (Source("orders", 500),)
    assert shown.ways == (
        Way("orders", "orders", copies=500),
        Way("orders", "audit-hook", copies=500),
        Way("orders", "audit", filtered=100),
    )
    assert {stop.name: [(end.how, end.count) for end in stop.ends] for stop in shown.stops} == {
        "orders": [("processed", 430), ("still_there", 10), ("lost", 60)],
        "audit-hook": [("processed", 500)],
        "audit": [],
    }


def test_dead_letters_name_their_queue() -> None:
    """A dead-letter queue is where copies end, not a way of its own."""
    first, second = flow_of(message_sample.clean_run(200)).stops
    assert first.ends == (End("processed", 190), End("dead_lettered", 10, "inference-poison"))
    assert second.name == "inference-answers"


def test_messages_that_reach_nobody_are_told_at_their_topic() -> None:
    """A topic without a subscriber has no way, and is drawn all the same."""
    shown = flow_of(message_sample.unheard_run())
    assert (shown.sources, shown.ways, shown.stops) == ((Source("training-events", 2, nobody=2),), (), ())
    assert "2 of them reached nobody: the topic has no subscriber." in flows.words(shown)


def test_what_a_policy_refuses_never_arrives() -> None:
    """The way is there with what was refused on it; the queue has no ends."""
    shown = flow_of(message_sample.refused_run())
    assert Way("coordination", "ranks", refused=1) in shown.ways
    assert "Queue ranks: 1 refused from coordination." in flows.words(shown)


def test_messages_from_elsewhere_stand_apart() -> None:
    """Sent to the queue itself, by nobody known, or where no subscription puts them: three sources."""
    direct = j.MessagePublished(1.0, 1.0, "p1", "", ["q"], queue="q")
    shown = flow_of(
        run(
            *message_sample.declared("q", "r"),
            direct,
            message_sample.published(2, 1.0, "t", "r"),
            j.MessageReceived(2.0, "q", "m2", "p00002", 1),
            j.MessageReceived(2.0, "q", "m9", "", 1),
            *message_sample.taken(9.0, q=0, r=0),
        )
    )
    sources = [(one.name, one.published, one.is_topic) for one in shown.sources]
    assert sources[0] == ("t", 1, True)
    assert {one[0] for one in sources[1:]} == {flows.SENT, flows.ELSEWHERE, flows.WRONGLY}
    assert not any(is_topic for *_, is_topic in sources[1:])
    ends = {end.how: end.count for stop in shown.stops if stop.name == "q" for end in stop.ends}
    assert ends == {"lost": 1, "not_followed": 2}


def test_subscribers_that_are_no_queues_are_drawn_to_the_door() -> None:
    """A function or a mailbox got it; what it did with it is not followed here."""
    shown = flow_of(message_sample.many_queues(3))
    (stop,) = [stop for stop in shown.stops if stop.kind == "subscriber"]
    assert (stop.name, stop.ends) == ("page-somebody", (End("handed_over", 40),))


def test_a_queue_of_two_topics_stands_beside_the_first() -> None:
    """And has a way from each."""
    shown = flow_of(message_sample.many_queues(5))
    first, second = shown.sources
    assert [way.source for way in shown.ways if way.stop.endswith("00")] == ["announcements", "alerts"]
    assert len(shown.first_from(first)) == 5
    assert [stop.name for stop in shown.first_from(second)] == ["page-somebody"]


def test_of_too_many_queues_those_in_trouble_are_drawn() -> None:
    """The page says how many are missing."""
    shown = flow_of(message_sample.many_queues(50))
    assert (len(shown.stops), shown.cut) == (flows.MOST_STOPS, 11)
    assert any(stop.name.endswith("05") for stop in shown.stops)
    assert "11 more targets are not drawn." in flows.words(shown)
    assert {way.stop for way in shown.ways} == {stop.name for stop in shown.stops}


@pytest.mark.parametrize("layout", LAYOUTS, ids=["wide", "narrow"])
@pytest.mark.parametrize("queues", [1, 4, 12])
def test_every_edge_is_drawn_with_its_count(layout: Layout, queues: int) -> None:
    """From one edge to many, on a desk and on a phone."""
    shown = flow_of(message_sample.many_queues(queues))
    written = Counter(
        found for text in texts(flow_chart(shown, layout)) for found in re.findall(r"\d+", text)
    )
    wanted = Counter(str(count) for way in shown.ways for count in (way.copies, way.filtered) if count)
    wanted += Counter(str(end.count) for stop in shown.stops for end in stop.ends)
    assert not wanted - written


def test_the_narrow_drawing_says_the_ends_of_a_shared_queue_once() -> None:
    """Below the first topic; below the second it says where."""
    written = texts(flow_chart(flow_of(message_sample.many_queues(1)), NARROW))
    assert written.count("140 processed") == 1
    assert "queue, ends see above" in written


@pytest.mark.parametrize("layout", LAYOUTS, ids=["wide", "narrow"])
def test_refusals_and_topics_without_subscribers_are_loud(layout: Layout) -> None:
    """In words, so that nobody has to tell red from blue."""
    assert any("refused" in text for text in texts(flow_chart(flow_of(message_sample.refused_run()), layout)))
    unheard = texts(flow_chart(flow_of(message_sample.unheard_run()), layout))
    assert any("reached nobody: no subscriber" in text for text in unheard)


def test_the_same_flow_gives_the_same_bytes() -> None:
    """No chance and no date in a drawing."""
    shown = flow_of(message_sample.lossy_run())
    assert flow_chart(shown, WIDE) == flow_chart(shown, WIDE)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.lists(st.sampled_from("uvwxyz"), unique=True), st.booleans()),
        min_size=1, max_size=20,
    )
)  # fmt: skip
def test_what_goes_in_comes_out(publications: list[tuple[str, list[str], bool]]) -> None:
    """At every queue the copies that come in are the sum of their ends, whatever was published."""
    records: list[Record] = [*message_sample.declared(*"uvwxyz")]
    for number, (topic, queues, done) in enumerate(publications):
        records.append(message_sample.published(number, 1.0, topic, *queues))
        for queue in queues if done else []:
            records += [
                message_sample.received(number, 2.0, queue),
                message_sample.deleted(number, 2.1, queue),
            ]
    shown = flow_of(run(*records, *message_sample.taken(9.0, **dict.fromkeys("uvwxyz", 0))))
    for stop in shown.stops:
        assert sum(way.copies for way in shown.to(stop)) == sum(end.count for end in stop.ends)
    assert sum(source.nobody for source in shown.sources) == sum(not queues for _, queues, _ in publications)
