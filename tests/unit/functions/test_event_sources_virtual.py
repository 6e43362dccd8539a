"""A queue and its function in virtual time: nothing lost, nothing out of order, never too many at once."""

from collections import Counter
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.endpoint.distributions import Constant, Uniform
from harness.functions.concurrency import Account
from harness.functions.event_filters import compile_filters
from harness.functions.event_sources import Batch
from harness.functions.event_sources_arguments import SourceConfig
from harness.functions.event_sources_queue import Arrival, QueueRules
from harness.functions.event_sources_virtual import Fails, Prediction, SourceInTime, predict
from harness.functions.settings import FunctionSettings


def account(reserved: int | None = None) -> Account:
    found = Account(FunctionSettings(), seed=1)
    found.put_function("f", 0.0, init_time=Constant(0.0))
    if reserved is not None:
        found.set_reserved("f", reserved, 0.0)
    return found


def played(
    arrivals: list[Arrival],
    *,
    config: SourceConfig | None = None,
    rules: QueueRules | None = None,
    reserved: int | None = None,
    duration_s: float = 1.0,
    fails: Fails = lambda _batch: frozenset(),
    until_s: float = 1e9,
) -> Prediction:
    source = SourceInTime(
        config or SourceConfig(), rules or QueueRules(), account(reserved), "f",
        duration=Constant(duration_s), seed=1, fails=fails,
    )  # fmt: skip
    return predict(source, arrivals, until_s=until_s)


def how(found: Prediction) -> dict[str, int]:
    return dict(Counter(each.how for each in found.messages))


def at_once(count: int) -> list[Arrival]:
    return [Arrival(0.0) for _ in range(count)]


def test_one_message() -> None:
    """It is processed as soon as it comes."""
    found = played([Arrival(3.0)])
    (one,) = found.messages
    assert (one.how, one.sent_at, one.began_at, one.ended_at, one.receives) == ("processed", 3.0, 3.0, 4.0, 1)
    assert found.ages_s() == [0.0]


def test_five_batches_then_five_more_a_second() -> None:
    """By the guide: five batches of ten at a time, up to 300 more a minute."""
    found = played(at_once(1_000), duration_s=10.0)
    begins = Counter(each.at for each in found.batches)
    assert [begins[float(second)] for second in range(4)] == [5, 5, 5, 5]
    assert how(found) == {"processed": 1_000}


def test_maximum_concurrency() -> None:
    """Eight batches of two seconds, two at a time, take eight seconds."""
    found = played(at_once(80), config=SourceConfig(maximum_concurrency=2), duration_s=2.0)
    assert found.peak_concurrency == 2
    assert max(each.ended_at for each in found.batches) == 8.0


def test_window() -> None:
    """One batch for all that comes within the window."""
    arrivals = [Arrival(second / 2) for second in range(20)]
    found = played(arrivals, config=SourceConfig(batch_size=100, window_s=5.0))
    assert [(each.at, each.records) for each in found.batches] == [(5.0, 10), (10.0, 10)]


def test_delay_of_the_queue() -> None:
    """A message of a delay queue is not seen before."""
    assert played([Arrival(0.0)], rules=QueueRules(delay_s=7.0)).messages[0].began_at == 7.0


def test_a_failing_function_fills_the_dead_letter_queue() -> None:
    """Every message comes maxReceiveCount times, a visibility time-out apart."""
    rules = QueueRules(visibility_s=30.0, max_receive_count=3)
    found = played(at_once(10), rules=rules, fails=lambda _batch: None)
    assert how(found) == {"dead-lettered": 10}
    assert [each.at for each in found.batches] == [0.0, 30.0, 60.0]
    assert {each.receives for each in found.messages} == {3}


def test_partial_failures() -> None:
    """Only what failed comes again."""

    def first_time_fails(batch: Batch) -> frozenset[str]:
        return frozenset(each.id for each in batch.messages if each.id == "3" and each.handle.receives == 1)

    config = SourceConfig(reports_item_failures=True)
    found = played(at_once(10), config=config, fails=first_time_fails)
    assert [(each.at, each.records, each.failed) for each in found.batches] == [(0.0, 10, 1), (30.0, 1, 0)]
    assert [each.receives for each in found.messages if each.number == 3] == [2]


def test_filtered_messages() -> None:
    """What no filter takes is deleted without an invocation."""
    config = SourceConfig(filters=compile_filters(['{"body": {"a": [1]}}']))
    found = played([Arrival(0.0, body='{"a": 1}'), Arrival(0.0, body='{"a": 2}')], config=config)
    assert [each.how for each in found.messages] == ["processed", "filtered"]
    assert len(found.batches) == 1


def test_throttles_at_the_reserved_limit() -> None:
    """Pollers do not know of reserved concurrency: they are throttled, back off, and all is processed."""
    found = played(at_once(100), reserved=2, duration_s=2.0, config=SourceConfig(batch_size=1))
    assert found.throttles > 0
    assert found.peak_concurrency == 2
    assert how(found) == {"processed": 100}


def test_a_throttled_message_may_die() -> None:
    """Throttled until its visibility time-out is over it counts as received, and ends in the dead letters."""
    rules = QueueRules(visibility_s=10.0, max_receive_count=1)
    found = played([Arrival(0.0), Arrival(0.1)], reserved=1, rules=rules, duration_s=60.0)
    assert how(found) == {"processed": 1, "dead-lettered": 1}


def test_a_batch_that_outlives_the_visibility_time_out() -> None:
    """On a standard queue its messages are worked on a second time, meanwhile."""
    found = played([Arrival(0.0)], rules=QueueRules(visibility_s=10.0), duration_s=15.0)
    assert [each.at for each in found.batches] == [0.0, 10.0]
    assert how(found) == {"processed": 1}


def test_a_fifo_handle_ends_with_the_time_out() -> None:
    """On a FIFO queue the deletion is too late: only the retry that is in time deletes."""
    rules = QueueRules(visibility_s=10.0, fifo=True, max_receive_count=2)
    found = played([Arrival(0.0, "g")], config=SourceConfig(fifo=True), rules=rules, duration_s=15.0)
    assert [each.at for each in found.batches] == [0.0, 15.0]
    assert found.messages[0].ended_at == 15.0


def test_dead_letters_in_a_group() -> None:
    """A dead message makes way for the ones behind it."""
    rules = QueueRules(visibility_s=10.0, fifo=True, max_receive_count=1)

    def first_fails(batch: Batch) -> frozenset[str] | None:
        return None if batch.messages[0].id == "0" else frozenset()

    arrivals = [Arrival(0.0, "g"), Arrival(1.0, "g"), Arrival(2.0, "g")]
    found = played(arrivals, config=SourceConfig(fifo=True, batch_size=1), rules=rules, fails=first_fails)
    assert [each.how for each in found.messages] == ["dead-lettered", "processed", "processed"]
    last = played(arrivals[:1], config=SourceConfig(fifo=True, batch_size=1), rules=rules, fails=first_fails)
    assert how(last) == {"dead-lettered": 1}


def test_a_dead_message_before_a_delayed_one() -> None:
    """The one behind it waits for its own delay."""
    rules = QueueRules(visibility_s=10.0, fifo=True, max_receive_count=1, delay_s=5.0)

    def first_fails(batch: Batch) -> frozenset[str] | None:
        return None if batch.messages[0].id == "0" else frozenset()

    config = SourceConfig(fifo=True, batch_size=1)
    found = played([Arrival(0.0, "g"), Arrival(12.0, "g")], config=config, rules=rules, fails=first_fails)
    assert [each.began_at for each in found.messages] == [None, 17.0]


def test_it_can_be_stopped() -> None:
    """What is not processed by then is left, with what is known of it."""
    found = played(at_once(10), duration_s=5.0, until_s=1.0)
    assert how(found) == {"left": 10}
    assert found.samples[-1].in_flight == 1


def test_samples_follow_the_batches() -> None:
    """Limit and batches under way at each change."""
    found = played(at_once(10))
    assert [(each.at, each.in_flight) for each in found.samples] == [(0.0, 1), (1.0, 0)]


def test_the_same_seed_is_the_same_prediction() -> None:
    """Byte for byte."""

    def once() -> Prediction:
        source = SourceInTime(
            SourceConfig(), QueueRules(), account(), "f", duration=Uniform(0.1, 3.0), seed=4
        )
        return predict(source, at_once(200))

    assert once() == once()


# -- properties -----


@dataclass
class Seen:
    """What a function sees: the order of each group, and the receives of each message."""

    chance: list[bool]
    order: dict[str, list[int]] = field(default_factory=dict)
    count: int = 0

    def __call__(self, batch: Batch) -> frozenset[str] | None:
        self.count += 1
        if self.chance[self.count % len(self.chance)]:
            return None
        for each in batch.messages:
            self.order.setdefault(each.group, []).append(int(each.id))
        return frozenset()


ARRIVALS = st.lists(
    st.builds(Arrival, st.integers(0, 40).map(float), st.sampled_from(["", "g", "h"])), max_size=40
).map(lambda found: sorted(found, key=lambda each: each.at))
CHANCES = st.lists(st.booleans(), min_size=1, max_size=7)


@pytest.mark.parametrize("fifo", [False, True])
@given(
    arrivals=ARRIVALS,
    chance=CHANCES,
    dead=st.sampled_from([None, 1, 3]),
    size=st.integers(1, 10),
    most=st.sampled_from([None, 2, 3]),
    reserved=st.sampled_from([None, 1, 4]),
)
def test_conservation(
    fifo: bool,
    arrivals: list[Arrival],
    chance: list[bool],
    dead: int | None,
    size: int,
    most: int | None,
    reserved: int | None,
) -> None:
    """Every message is processed or dead, and no more batches run than the mapping or the function allow."""
    rules = QueueRules(visibility_s=30.0, max_receive_count=dead, fifo=fifo)
    config = SourceConfig(batch_size=size, maximum_concurrency=most, fifo=fifo)
    # Without dead letters what fails for ever would be tried for ever.
    fails = Seen(chance if dead is not None or not all(chance) else [False])
    found = played(
        arrivals,
        config=config,
        rules=rules,
        reserved=reserved,
        duration_s=0.7,
        fails=fails,
        until_s=100_000.0,
    )
    ended = how(found)
    assert ended.get("processed", 0) + ended.get("dead-lettered", 0) == len(arrivals)
    assert dead is not None or ended.get("dead-lettered", 0) == 0
    assert all(each.in_flight <= (most or 1_250) for each in found.samples)
    assert found.peak_concurrency <= min(most or 1_250, reserved or 1_000)
    assert all(each.receives <= dead for each in found.messages if dead is not None)


@given(arrivals=ARRIVALS, chance=CHANCES, size=st.integers(1, 10))
def test_fifo_order(arrivals: list[Arrival], chance: list[bool], size: int) -> None:
    """Within a group messages are processed in the order they were sent, failures or not."""
    rules = QueueRules(visibility_s=30.0, max_receive_count=None, fifo=True)
    seen = Seen(chance if not all(chance) else [False])
    played(arrivals, config=SourceConfig(batch_size=size, fifo=True), rules=rules, duration_s=0.7, fails=seen)
    for numbers in seen.order.values():
        assert numbers == sorted(numbers)
        assert len(numbers) == len(set(numbers))
