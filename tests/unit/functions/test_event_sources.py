"""The poller machine: batches, windows, filters, failures, groups."""

import pytest

from harness.functions.event_filters import compile_filters
from harness.functions.event_sources import Batch, EventSource, Message, Outcome
from harness.functions.event_sources_arguments import SourceConfig
from harness.functions.event_sources_settings import MOST_PAYLOAD_BYTES, EventSourceSettings


def source(**config: object) -> EventSource:
    return EventSource(SourceConfig(**config), EventSourceSettings(), 0.0)  # type: ignore[arg-type]


def messages(*names: str, **more: object) -> list[Message]:
    return [Message(name, **more) for name in names]  # type: ignore[arg-type]


def batch_of(found: EventSource, names: str, now: float = 0.0) -> Batch:
    """Receive messages of those one-letter names and return the batch they make."""
    found.received(messages(*names), now)
    batch = found.next_batch(now)
    assert batch is not None
    return batch


def names(batch: Batch | None) -> str:
    return "" if batch is None else "".join(each.id for each in batch.messages)


def test_it_asks_for_a_batch() -> None:
    """An idle mapping waits in a long poll for as many as a batch has."""
    want = source(batch_size=4).want(0.0)
    assert want is not None
    assert (want.count, want.wait_s) == (4, 20.0)


def test_without_a_window_what_comes_is_a_batch() -> None:
    """One message is enough."""
    assert names(batch_of(source(), "a")) == "a"


def test_nothing_received_is_no_batch() -> None:
    """An empty poll begins nothing."""
    found = source()
    assert found.received([], 1.0) == ()
    assert found.next_batch(1.0) is None
    assert found.next_moment() is None


def test_a_window_gathers() -> None:
    """With a window the batch waits for more, until it is over."""
    found = source(batch_size=20, window_s=5.0)
    found.received(messages(*"abc"), 1.0)
    assert found.next_batch(1.0) is None
    want = found.want(2.0)
    assert want is not None
    assert (want.count, want.wait_s) == (10, 4.0)
    found.received(messages(*"de"), 2.0)
    assert found.gathered == 5
    assert found.next_moment() == 6.0
    assert found.want(6.0) is None
    batch = found.next_batch(6.0)
    assert names(batch) == "abcde"
    assert batch is not None
    assert batch.opened_at == 1.0


def test_a_full_batch_does_not_wait() -> None:
    """The window ends early when the batch is full."""
    found = source(batch_size=3, window_s=5.0)
    assert names(batch_of(found, "abc", 1.0)) == "abc"


def test_six_megabytes_are_a_batch() -> None:
    """What would make the event longer than 6 MB goes into the next one."""
    found = source(batch_size=100, window_s=5.0)
    found.received(messages("a", "b", "c", size=MOST_PAYLOAD_BYTES // 2 - 100), 0.0)
    assert names(found.next_batch(0.0)) == "ab"
    assert names(found.next_batch(0.0)) == ""
    assert names(found.next_batch(5.0)) == "c"


def test_one_message_longer_than_that() -> None:
    """A batch has one message at least."""
    found = source()
    found.received(messages("a", "b", size=MOST_PAYLOAD_BYTES + 1), 0.0)
    assert [names(found.next_batch(0.0)) for _ in range(3)] == ["a", "b", ""]


def test_filtered_messages_are_handed_back_to_be_deleted() -> None:
    """What no filter takes never reaches the function."""
    found = source(filters=compile_filters(['{"body": {"a": [1]}}']))
    dropped = found.received([Message("x", '{"a": 1}'), Message("y", '{"a": 2}')], 0.0)
    assert [each.id for each in dropped] == ["y"]
    assert names(found.next_batch(0.0)) == "x"


def test_no_more_batches_than_allowed() -> None:
    """At the limit nothing more is received or begun; the end of a batch makes room."""
    found = source(maximum_concurrency=2)
    first, _ = batch_of(found, "a"), batch_of(found, "b")
    assert found.want(0.0) is None
    assert found.next_batch(0.0) is None
    found.ended(first, Outcome.DONE, 1.0)
    assert found.want(1.0) is not None
    assert found.in_flight == 1
    assert found.peak == 2


def test_growth_is_waited_for() -> None:
    """With every place taken and messages left it says when there will be more places."""
    found = source()
    for name in "abcde":
        batch_of(found, name)
    assert found.limit == 5
    assert found.next_moment() == 1.0
    assert found.want(1.0) is not None
    assert found.limit == 10


def test_success_deletes_all() -> None:
    """A batch that was answered is deleted."""
    found = source()
    verdict = found.ended(batch_of(found, "ab"), Outcome.DONE, 1.0)
    assert [each.id for each in verdict.delete] == ["a", "b"]
    assert verdict.returned == ()


def test_some_failed() -> None:
    """Records that failed are left alone, the others deleted."""
    found = source(reports_item_failures=True)
    verdict = found.ended(batch_of(found, "abc"), Outcome.DONE, 1.0, frozenset("b"))
    assert ([each.id for each in verdict.delete], [each.id for each in verdict.returned]) == (
        ["a", "c"],
        ["b"],
    )
    assert found.limit == 5


@pytest.mark.parametrize(("reports", "limit"), [(False, 2), (True, 5)])
def test_a_failed_invocation_returns_all(reports: bool, limit: int) -> None:
    """All come back; the mapping scales down unless it reports failures of items."""
    found = source(reports_item_failures=reports)
    verdict = found.ended(batch_of(found, "ab"), Outcome.FAILED, 1.0)
    assert verdict.delete == ()
    assert len(verdict.returned) == 2
    assert found.limit == limit


def test_an_answer_that_is_none_returns_all() -> None:
    """A complete failure by the answer is one of the whole batch."""
    found = source(reports_item_failures=True)
    assert len(found.ended(batch_of(found, "ab"), Outcome.DONE, 1.0, None).returned) == 2


def test_a_throttled_batch_is_tried_again() -> None:
    """Later each time, until its messages are about to be visible again: then it is dropped."""
    found = source()
    found.received(messages("a", hidden_until=10.0), 0.0)
    batch = found.next_batch(0.0)
    assert batch is not None
    moments = []
    now: float | None = 0.0
    while now is not None:
        moments.append(now)
        verdict = found.ended(batch, Outcome.THROTTLED, now)
        now = verdict.retry_at
    assert moments == [0.0, 1.0, 3.0, 7.0]
    assert [each.id for each in verdict.returned] == ["a"]
    assert (found.in_flight, found.limit) == (0, 1)


def test_one_invocation_of_a_group_at_a_time() -> None:
    """What follows in a FIFO group waits for the batch before it, be it cut off by its size."""
    found = source(fifo=True)
    big = MOST_PAYLOAD_BYTES // 2 - 100
    found.received([Message(name, size=big, group="g") for name in "abc"], 0.0)
    first = found.next_batch(0.0)
    assert names(first) == "ab"
    assert found.next_batch(0.0) is None
    assert found.next_moment() is None
    assert first is not None
    found.ended(first, Outcome.DONE, 1.0)
    assert names(found.next_batch(1.0)) == "c"


def test_what_follows_a_failure_in_its_group_is_given_up() -> None:
    """It would be out of order: it comes back behind the one that failed. Another group goes on."""
    found = source(fifo=True)
    big = MOST_PAYLOAD_BYTES // 2 - 100
    found.received([Message(name, size=big, group=name[0]) for name in ("g1", "g2", "g3", "h1")], 0.0)
    first = found.next_batch(0.0)
    assert names(first) == "g1g2"
    assert first is not None
    found.ended(first, Outcome.FAILED, 1.0)
    assert names(found.next_batch(1.0)) == "h1"


def test_giving_up() -> None:
    """What is gathered is handed back when the pollers end."""
    found = source(batch_size=20, window_s=5.0)
    found.received(messages(*"ab"), 0.0)
    assert [each.id for each in found.give_up()] == ["a", "b"]
    assert found.gathered == 0
