"""Every copy has one end, whatever happened and in whatever order it was written down."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from time import process_time

import pytest
from amount import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from harness import journal as j
from harness.messaging.account import account
from harness.messaging.statement import ENDS, Account

QUEUES = ("orders", "audit")  # each with a dead-letter queue of its own
END_AT = 1_000.0
RETENTION_S = 600.0
DECLARED: list[j.Record] = [
    *(j.QueueDeclared(0.0, name, RETENTION_S, f"{name}-dead", 2) for name in QUEUES),
    *(j.QueueDeclared(0.0, f"{name}-dead", RETENTION_S) for name in QUEUES),
]


def publication(name: str, *copies: str, at: float = 500.0, **more: object) -> j.MessagePublished:
    """Return the record of a message to the topic "t"."""
    return j.MessagePublished(at, at - 1.0, name, "t", list(copies), **more)  # type: ignore[arg-type]


def got(queue: str, name: str, at: float = 510.0, message: str = "", count: int = 1) -> j.MessageReceived:
    """Return the record of a receive; the message's id is that of its publication and queue."""
    return j.MessageReceived(at, queue, message or f"{name} in {queue}", name, count)


def done(queue: str, name: str, how: str = "deleted", at: float = 520.0, message: str = "") -> j.MessageEnded:
    """Return the record of an end."""
    return j.MessageEnded(at, queue, message or f"{name} in {queue}", name, how)


def left(queue: str, name: str, message: str = "") -> j.MessageFound:
    """Return the record of a message found by the inventory."""
    return j.MessageFound(END_AT, queue, message or f"{name} in {queue}", name, 0)


def taken(found: int = 0, said: int | None = None) -> list[j.Record]:
    """Return inventories of all queues; "orders" has the figures given."""
    said = found if said is None else said
    return [
        j.InventoryTaken(END_AT, "orders", found, said),
        *(j.InventoryTaken(END_AT, name, 0, 0) for name in ("audit", "orders-dead", "audit-dead")),
    ]


def ends(found: Account, target: str) -> dict[str, int]:
    """Return how many copies of *target* ended how."""
    return dict(Counter(copy.end for copy in found.target(target).copies))


# -- the property -----


@dataclass(frozen=True)
class Fate:
    """What happens to one publication's copy in one queue."""

    queue: str
    end: str
    receives: int
    deletions: int
    by_id: bool  # in the dead-letter queue it has its id; else only its publication is known
    dead_found: bool  # in the dead-letter queue it is found and not received


FATES = st.builds(
    Fate, st.sampled_from(QUEUES), st.sampled_from(ENDS), st.integers(0, 3), st.integers(1, 2), st.booleans(),
    st.booleans(),
)  # fmt: skip


def history(number: int, fates: Sequence[Fate]) -> list[j.Record]:
    """Return the records of one publication whose copies have these fates."""
    name, records = f"p{number}", list[j.Record]()
    old = any(fate.end == "expired" for fate in fates)
    at = 100.0 if old else 500.0
    records.append(publication(name, *(fate.queue for fate in fates), at=at))
    for fate in fates:
        receives = max(fate.receives, fate.deletions if fate.end == "processed" else 0)
        records += [got(fate.queue, name, count=count + 1) for count in range(receives)]
        if fate.end == "processed":
            records += [done(fate.queue, name) for _ in range(fate.deletions)]
        elif fate.end == "purged":
            records.append(done(fate.queue, name, "purged"))
        elif fate.end == "still_there":
            records.append(left(fate.queue, name))
        elif fate.end == "dead_lettered":
            message = f"{name} in {fate.queue}" if receives and fate.by_id else f"{name} moved {fate.queue}"
            make = left if fate.dead_found else got
            records.append(make(f"{fate.queue}-dead", name, message=message))
    return records


@settings(max_examples=EXAMPLES, deadline=None)
@given(
    st.lists(st.lists(FATES, max_size=2, unique_by=lambda fate: fate.queue), max_size=8),
    st.randoms(use_true_random=False),
)
def test_expected_copies_are_the_sum_of_their_ends(story: list[list[Fate]], random: Random) -> None:
    """And each ended as it did: over random histories whose records were interleaved at random."""
    # A copy of an old publication that nobody sees is expired, not lost.
    kept = [f for f in story if not ({"lost", "expired"} <= {fate.end for fate in f})]
    lines = [history(number, fates) for number, fates in enumerate(kept)]
    records: list[j.Record] = list(DECLARED)
    while lines:
        line = random.choice(lines)
        records.append(line.pop(0))
        if not line:
            lines.remove(line)
    found = account([*records, *taken()])
    wanted = Counter((fate.queue, fate.end) for fates in kept for fate in fates)
    seen = Counter((name, copy.end) for name in QUEUES for copy in found.target(name).copies)
    assert seen == wanted
    assert sum(found.total(end) for end in ENDS) == found.expected == sum(len(fates) for fates in kept)
    moved = sum(len(found.target(f"{name}-dead").dead_letters) for name in QUEUES)
    assert moved == found.total("dead_lettered")


# -- one by one -----


def test_a_publication_may_be_told_after_its_copy_was_seen() -> None:
    """A fast consumer is journalled before the publisher's call has been answered."""
    found = account(
        [*DECLARED, got("orders", "p"), done("orders", "p"), publication("p", "orders"), *taken()]
    )
    assert ends(found, "orders") == {"processed": 1}


def test_times_count_from_the_due_publication() -> None:
    """To the first receive and to the first deletion, however often it came."""
    records = [got("orders", "p", at) for at in (510.0, 530.0)] + [
        done("orders", "p", at=at) for at in (520.0, 540.0)
    ]
    target = account([publication("p", "orders"), *records]).target("orders")
    assert (target.first_receive_s(), target.deletion_s()) == ([11.0], [21.0])
    assert (target.redeliveries, len(target.duplicates), len(target.delivered)) == (1, 1, 1)


def test_what_nobody_published_has_no_times() -> None:
    """A dead-letter queue's copy, or one from elsewhere, counts from nowhere."""
    target = account([*DECLARED, publication("p", "orders"), got("orders", "p"), got("audit", "p")])
    assert target.target("audit").first_receive_s() == []
    assert target.target("orders").first_receive_s() == [11.0]


def test_without_an_inventory_nothing_is_called_lost() -> None:
    """A run that was cut off does not know; a webhook has no inventory and what never came is lost."""
    found = account([*DECLARED, publication("p", "orders", "hook")])
    assert ends(found, "orders") == {"still_there": 1}
    assert ends(found, "hook") == {"lost": 1}
    assert not found.target("hook").is_queue


def test_what_was_counted_and_could_not_be_read_is_the_youngest() -> None:
    """Delayed messages: the backend says that there are two more."""
    records = [publication(name, "orders", at=at) for name, at in (("a", 500.0), ("b", 600.0), ("c", 700.0))]
    found = account([*DECLARED, *records, *taken(found=0, said=2)])
    assert [copy.end for copy in found.target("orders").copies] == ["lost", "still_there", "still_there"]
    everything = account([*DECLARED, *records, *taken(found=0, said=9)])
    assert ends(everything, "orders") == {"still_there": 3}


def test_repeats_have_no_copies() -> None:
    """A FIFO topic accepted it and had it already; the same copy is not expected twice."""
    again = publication("p", deduplicated=True)
    found = account([*DECLARED, publication("p", "orders", "orders"), again, got("orders", "p"), *taken()])
    assert found.expected == 1
    assert [one.publication for one in found.to_topic("t")] == ["p"]


def test_filtered_and_refused_copies_are_counted_apart() -> None:
    """They are not expected, and say so."""
    found = account([publication("p", filtered=["orders"], refused=["audit"])])
    assert (found.target("orders").filtered, found.target("audit").refused, found.expected) == (1, 1, 0)


def test_what_came_without_a_reason_is_told_apart() -> None:
    """Published elsewhere, or a second time: wrong. From nowhere: unexplained."""
    records: list[j.Record] = [
        publication("p", "orders"),
        got("audit", "p"),
        got("orders", "p"),
        got("orders", "p", message="another"),
        got("orders", "", message="event"),
        left("orders", "", message=""),
    ]
    found = account([*DECLARED, *records, *taken(1)])
    assert [copy.message for copy in found.target("audit").wrong] == ["p in audit"]
    assert [copy.message for copy in found.target("orders").wrong] == ["another"]
    assert [copy.message for copy in found.target("orders").unexplained] == ["event", " in orders"]


def test_messages_sent_to_a_queue_are_its_own() -> None:
    """They have no topic."""
    sent = j.MessagePublished(1.0, 1.0, "m", "", ["orders"], queue="orders")
    found = account([*DECLARED, sent])
    assert [one.publication for one in found.to_queue("orders")] == ["m"]
    assert found.to_queue("audit") == []


def test_a_purge_ends_what_was_never_seen() -> None:
    """Such a copy has no message id yet."""
    purged = j.MessageEnded(1.0, "orders", "", "p", "purged")
    assert ends(account([*DECLARED, publication("p", "orders"), purged, *taken()]), "orders") == {"purged": 1}


def test_samples_give_depth_and_age() -> None:
    """The most of each; an age that is not known is none."""
    rows = [(1, 2, 3, None), (0, 0, 0, 4.0), (9, 0, 0, 2.0)]
    found = account([j.QueueSampled(1.0, "orders", *row) for row in rows])
    assert (found.target("orders").deepest, found.target("orders").oldest_s) == (9, 4.0)


def test_dead_letters_pass_through_a_chain_of_queues() -> None:
    """A queue's dead-letter queue may have one itself; a circle is no trap."""
    declared = [
        j.QueueDeclared(0.0, name, 600.0, dead) for name, dead in (("a", "b"), ("b", "c"), ("c", "b"))
    ]
    records = [publication("p", "a"), got("a", "p", message="m"), left("c", "p", "m")]
    found = account([*declared, *records, *(j.InventoryTaken(END_AT, name, 0, 0) for name in "abc")])
    assert ends(found, "a") == {"dead_lettered": 1}
    assert len(found.target("c").dead_letters) == 1


def test_two_queues_may_share_a_dead_letter_queue() -> None:
    """What came there is the copy that was not processed; once found, twice seen, it is one message."""
    declared = [j.QueueDeclared(0.0, name, RETENTION_S, "dead") for name in QUEUES]
    records = [publication("p", "audit", "orders"), got("audit", "p"), done("audit", "p")]
    found = account([*declared, *records, left("dead", "p", "x"), left("dead", "p", "x"), *taken()])
    assert (ends(found, "orders"), ends(found, "audit")) == ({"dead_lettered": 1}, {"processed": 1})


@pytest.mark.parametrize("how", ["deleted", "delivered"])
def test_webhook_deliveries_count_as_processed(how: str) -> None:
    """Received and ended in one."""
    found = account([publication("p", "hook"), got("hook", "p"), done("hook", "p", how)])
    assert ends(found, "hook") == {"processed": 1}


@pytest.mark.untraced
@pytest.mark.alone
def test_a_hundred_thousand_records_take_less_than_a_second() -> None:
    """Linear, for runs of hours; the best of three, since a busy core takes twice as long."""
    records: list[j.Record] = list(DECLARED)
    for number in range(33_333):
        name = f"p{number}"
        records += [publication(name, "orders"), got("orders", name), done("orders", name)]
    took = []
    for _ in range(3):
        began = process_time()
        found = account(records)
        took.append(process_time() - began)
        assert found.total("processed") == 33_333
        if took[-1] < 1.0:
            break
    assert min(took) < 1.0


def test_a_target_that_nothing_is_known_of_has_an_empty_account() -> None:
    """A question about it gets zeros and not an error."""
    found = account([])
    assert (found.target("none").copies, found.expected) == ([], 0)
    assert account([publication("p", "hook")]).target("hook").copies[0].name == "p"
