"""Order, groups and dead-letter queues."""

import pytest
from reference_worlds import a_world, rules, send, take

from harness.messaging.reference.values import Counts, Given, QueueAttributes, Redrive, Refused
from harness.messaging.reference.world import World


def _fifo(*bodies: str, **attributes: float) -> tuple[World, list[str]]:
    """A FIFO queue with messages named by their group and number: `g1`, `g2`, `h1`."""
    world = a_world(fifo=True, **attributes)
    return world, [send(world, each, group=each[0]) for each in bodies]


def _take(world: World, now: float, *copies: str, **options: int) -> tuple[list[str], list[str]]:
    return take(world, now, *copies, queue="q.fifo", **options)


def test_each_group_comes_in_its_order() -> None:
    """Several of one group at once, as long as none is left out; groups are free of each other."""
    world, (g1, g2, h1) = _fifo("g1", "g2", "h1")
    assert world.receivable("q.fifo", 0.0).ordered == ((g1, g2), (h1,))
    assert _take(world, 0.0, h1, g1, g2)[1] == []


def test_a_later_message_first_is_forbidden() -> None:
    """Alone, or before the earlier one in the same answer."""
    world, (g1, g2) = _fifo("g1", "g2")
    assert _take(world, 0.0, g2)[1] == ["forbidden order"]
    world, (g1, g2) = _fifo("g1", "g2")
    assert _take(world, 0.0, g2, g1)[1] == ["forbidden order"]


def test_a_group_is_locked_while_one_of_it_is_in_flight() -> None:
    """Until that is deleted or visible again; other groups go on."""
    world, (g1, g2, h1) = _fifo("g1", "g2", "h1", visibility_s=30)
    (receipt,), _ = _take(world, 0.0, g1)
    assert world.receivable("q.fifo", 1.0).ordered == ((h1,),)
    assert _take(world, 1.0, g2)[1] == ["forbidden group-lock"]
    world, (g1, g2, h1) = _fifo("g1", "g2", "h1", visibility_s=30)
    (receipt,), _ = _take(world, 0.0, g1)
    world.delete("q.fifo", receipt, 1.0)
    assert _take(world, 1.0, g2)[1] == []
    assert world.receivable("q.fifo", 31.0).ordered == ((g2,), (h1,))


def test_another_group_holds_nobody_up() -> None:
    """While one of g is in flight, one of h that never comes is lost for certain."""
    world, (g1, _, h1) = _fifo("g1", "g2", "h1", visibility_s=30)
    _take(world, 0.0, g1)
    assert h1 in world.receivable("q.fifo", 1.0).sure
    assert [each.message for each in world.missing("q.fifo", 1.0)] == [h1]


def test_a_message_visible_again_comes_before_those_behind_it() -> None:
    """The order holds across receives."""
    world, (g1, g2) = _fifo("g1", "g2", visibility_s=5)
    _take(world, 0.0, g1)
    assert world.receivable("q.fifo", 5.0).ordered == ((g1, g2),)
    assert _take(world, 5.0, g2)[1] == ["forbidden order"]


def test_a_second_time_while_in_flight_is_forbidden() -> None:
    """Exactly once: no duplicates in a FIFO queue."""
    world, (g1,) = _fifo("g1")
    _take(world, 0.0, g1)
    assert _take(world, 1.0, g1)[1] == ["forbidden visibility"]


def test_a_delayed_message_holds_up_its_group() -> None:
    """Only those behind it that can be seen already: here its delay grew after the fact."""
    world, (g1,) = _fifo("g1", delay_s=10)
    world.set_attributes("q.fifo", {"delay_s": 0}, 0.0)
    g2 = send(world, "g2", 70.0, group="g")
    assert world.receivable("q.fifo", 70.0).ordered == ((g1, g2),)
    world, (g1,) = _fifo("g1", delay_s=900)
    world.set_attributes("q.fifo", {"delay_s": 800}, 0.0)
    assert world.receivable("q.fifo", 799.0).ordered == ()
    assert world.receivable("q.fifo", 800.0).ordered == ((g1,),)


def test_who_may_be_gone_does_not_hold_up_those_behind() -> None:
    """That a later one comes tells that it is gone."""
    world, (g1, g2) = _fifo("g1", "g2", visibility_s=5, tolerance_s=1.0)
    (receipt,), _ = _take(world, 0.0, g1)
    world.delete("q.fifo", receipt, 5.0)
    assert world.counts("q.fifo", 8.0).unsure == 1
    assert _take(world, 8.0, g2)[1] == []
    account = world.account("q.fifo", 8.0)
    assert (account.deleted, account.counts) == (1, Counts(0, 1, 0))


def test_who_may_be_purged_does_not_lock_the_group() -> None:
    """In flight or not: it may be gone."""
    world, (g1, g2) = _fifo("g1", "g2", visibility_s=30)
    _take(world, 0.0, g1)
    world.purge("q.fifo", 1.0)
    assert world.receivable("q.fifo", 2.0).ordered == ((g2,),)


def test_who_may_have_expired_does_not_hold_up_those_behind() -> None:
    """The same within the tolerance of the retention period."""
    world = a_world(fifo=True, tolerance_s=1.0, retention_s=60)
    send(world, "g1", group="g")
    g2 = send(world, "g2", 10.0, group="g")
    assert _take(world, 60.0, g2)[1] == []
    assert world.account("q.fifo", 60.0).expired == 1


def _with_dead(fifo: bool, most: int = 2, **attributes: float) -> tuple[World, str, str]:
    queue, dead = ("q.fifo", "dead.fifo") if fifo else ("q", "dead")
    world = a_world(fifo, visibility_s=5, **attributes)
    world.create_queue(dead, QueueAttributes(fifo=fifo, retention_s=1_000), 0.0)
    world.set_attributes(queue, {"redrive": Redrive(dead, most)}, 0.0)
    return world, queue, dead


def test_after_so_many_receives_the_next_moves_a_message() -> None:
    """Twice it comes, the third receive finds it gone: in the dead-letter queue, under the same id."""
    world, queue, dead = _with_dead(fifo=False)
    copy = send(world, "a")
    take(world, 0.0, copy)
    take(world, 5.0, copy)
    assert take(world, 6.0)[1] == []
    assert world.account(queue, 6.0).moved_out == 0
    assert world.receivable(queue, 10.0).any_of == frozenset()
    assert world.counts(queue, 10.0).visible == 1
    assert take(world, 10.0)[1] == []
    assert world.receivable(dead, 10.0).any_of == {copy}
    assert world.account(queue, 10.0).moved_out == 1
    assert world.account(dead, 10.0).moved_in == 1


def test_a_short_poll_may_not_have_come_across_it() -> None:
    """After a long poll with room to spare it must be there."""
    world, _, dead = _with_dead(fifo=False, most=1)
    copy = send(world, "a")
    take(world, 0.0, copy)
    take(world, 5.0)
    assert world.missing(dead, 6.0) == ()
    take(world, 6.0, wait_s=1)
    assert [each.message for each in world.missing(dead, 6.0)] == [copy]


def test_once_more_than_allowed_is_forbidden() -> None:
    """maxReceiveCount receives, not one more."""
    world, *_ = _with_dead(fifo=False, most=1)
    copy = send(world, "a")
    take(world, 0.0, copy)
    assert take(world, 5.0, copy)[1] == ["forbidden redrive"]


def test_in_the_dead_letter_queue_before_the_next_receive() -> None:
    """Unusual when its visibility time-out is over, unknown there before that."""
    world, _, dead = _with_dead(fifo=False, most=1)
    copy = send(world, "a")
    take(world, 0.0, copy)
    assert take(world, 4.0, copy, queue=dead)[1] == ["forbidden unknown-message"]
    assert take(world, 5.0, copy, queue=dead)[1] == ["unusual early-redrive"]
    assert world.account(dead, 5.0).balanced


def test_just_when_the_time_out_ends_a_receive_may_have_moved_it() -> None:
    """Then it may be in either queue."""
    world, queue, dead = _with_dead(fifo=False, most=1, tolerance_s=1.0)
    copy = send(world, "a", -2.0)
    take(world, 0.0, copy)
    take(world, 5.0)
    assert world.account(queue, 5.0).moved_out == 0
    assert take(world, 5.5, copy, queue=dead)[1] == []
    assert world.account(queue, 5.5).moved_out == 1


def test_a_moved_message_keeps_its_age_in_a_standard_queue() -> None:
    """1,000 s of retention in the dead-letter queue count from the first send."""
    world, _, dead = _with_dead(fifo=False, most=1)
    copy = send(world, "a")
    take(world, 0.0, copy)
    take(world, 900.0, wait_s=1)
    assert world.receivable(dead, 999.0).sure == {copy}
    assert world.receivable(dead, 1_000.0).any_of == frozenset()


def test_a_moved_message_is_new_in_a_fifo_queue() -> None:
    """The enqueue timestamp is reset; when exactly it moved, only its receive tells."""
    world, queue, dead = _with_dead(fifo=True, most=1)
    copy = send(world, "a", group="g")
    take(world, 0.0, copy, queue=queue)
    take(world, 900.0, queue=queue, wait_s=1)
    assert world.receivable(dead, 1_004.0).sure == {copy}
    assert world.receivable(dead, 1_899.0).ordered == ((copy,),)
    assert world.receivable(dead, 1_900.0).ordered == ()


def test_a_moved_message_no_longer_holds_up_its_group() -> None:
    """The next of the group comes, which tells that the first was moved."""
    world, queue, dead = _with_dead(fifo=True, most=1)
    g1, g2 = send(world, "g1", group="g"), send(world, "g2", group="g")
    take(world, 0.0, g1, queue=queue)
    assert world.receivable(queue, 5.0).ordered == ((g2,),)
    assert take(world, 5.0, g2, queue=queue)[1] == []
    assert world.account(dead, 5.0).moved_in == 1


def test_a_message_that_may_not_have_arrived_holds_nobody_up() -> None:
    """In a FIFO dead-letter queue, after a short poll on the source."""
    world, queue, dead = _with_dead(fifo=True, most=1)
    g1, g2 = send(world, "g1", group="g"), send(world, "g2", group="g")
    take(world, 0.0, g1, queue=queue)
    take(world, 5.0, g2, queue=queue)
    take(world, 10.0, queue=queue)
    assert take(world, 11.0, g2, queue=dead)[1] == []


def test_an_exhausted_message_in_a_locked_group_stays() -> None:
    """A receive does not look into a group that is locked."""
    world, queue, _ = _with_dead(fifo=True, most=1)
    g1, g2 = send(world, "g1", group="g"), send(world, "g2", group="g")
    (_, second), _ = take(world, 0.0, g1, g2, queue=queue, visibility_s=5)
    world.change_visibility(queue, second, 100, 1.0)
    take(world, 5.0, queue=queue)
    assert world.account(queue, 5.0).moved_out == 0
    take(world, 101.0, queue=queue)
    assert world.account(queue, 101.0).moved_out == 2


def test_receive_counts_after_the_redrive_are_left_open() -> None:
    """ApproximateReceiveCount is that of all queues; what emulators begin with is no difference."""
    world, _, dead = _with_dead(fifo=False, most=1)
    copy = send(world, "a")
    take(world, 0.0, copy)
    take(world, 5.0)
    assert rules(world.took(dead, [Given(copy, "r", receive_count=1)], 6.0)) == []


@pytest.mark.parametrize("redrive", [Redrive("nowhere", 1), Redrive("q", 0), Redrive("q.fifo", 1)])
def test_a_redrive_policy_that_cannot_work(redrive: Redrive) -> None:
    """No such queue, not one receive, another type of queue."""
    world = a_world()
    world.create_queue("q.fifo", QueueAttributes(fifo=True), 0.0)
    refused = world.set_attributes("q", {"redrive": redrive}, 0.0)
    assert isinstance(refused, Refused)
    assert refused.allows("InvalidParameterValue")
    # SQS may name the queue instead, under either of its two codes.
    missing = ("QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue")
    assert [refused.allows(code) for code in missing] == [redrive.dead_letter == "nowhere"] * 2
