"""What receipt handles can do: delete, change the visibility; and the purge."""

import pytest
from reference_worlds import a_world, code, rules, send, take

from harness.messaging.reference.values import Counts, Done, Given, QueueAttributes, Redrive, Refused
from harness.messaging.reference.world import World


def _taken(world: World, now: float = 0.0, queue: str = "q", **options: int) -> tuple[str, str]:
    copy = send(world, "a", now, group="g" if queue == "q.fifo" else None)
    (receipt,), broken = take(world, now, copy, queue=queue, **options)
    assert broken == []
    return copy, receipt


def test_a_deleted_message_is_gone() -> None:
    """And deleting it once more succeeds."""
    world = a_world()
    _, receipt = _taken(world)
    assert world.delete("q", receipt, 1.0) == Done()
    assert world.delete("q", receipt, 2.0) == Done()
    assert world.receivable("q", 100.0).any_of == frozenset()
    assert world.account("q", 100.0).deleted == 1


def test_nobodys_receipt_handle_is_invalid() -> None:
    """For deleting and for changing the visibility."""
    world = a_world()
    assert code(world.delete("q", "x", 0.0)) == "ReceiptHandleIsInvalid"
    assert code(world.change_visibility("q", "x", 1, 0.0)) == "ReceiptHandleIsInvalid"


def test_the_latest_receipt_of_a_standard_queue_deletes_even_when_the_message_is_visible() -> None:
    """Standard queues do not let receipts expire with the time-out."""
    world = a_world(visibility_s=5)
    _, receipt = _taken(world)
    assert world.delete("q", receipt, 6.0) == Done()
    assert world.counts("q", 6.0) == Counts(0, 0, 0)


def test_an_old_receipt_of_a_standard_queue_may_delete_or_not() -> None:
    """The call succeeds; after it the message may come and need not. If it comes, it is there."""
    world = a_world(visibility_s=5)
    copy, old = _taken(world)
    take(world, 5.0, copy)
    answer = world.delete("q", old, 6.0)
    assert isinstance(answer, Done)
    assert not answer.certain
    offer = world.receivable("q", 10.0)
    assert (offer.any_of, offer.sure) == ({copy}, frozenset())
    assert world.missing("q", 10.0) == ()
    assert world.counts("q", 10.0) == Counts(0, 0, 0, 1)
    take(world, 10.0, copy)
    assert world.counts("q", 10.0) == Counts(0, 1, 0)


def test_receipts_of_a_fifo_queue_expire() -> None:
    """With the visibility time-out, and with the next receive; both recorded or documented as expired."""
    world = a_world(fifo=True, visibility_s=5)
    copy, old = _taken(world, queue="q.fifo")
    assert code(world.delete("q.fifo", old, 5.0)) == "InvalidParameterValue"
    (new,), _ = take(world, 6.0, copy, queue="q.fifo")
    assert code(world.delete("q.fifo", old, 7.0)) == "InvalidParameterValue"
    assert code(world.change_visibility("q.fifo", old, 9, 7.0)) == "InvalidParameterValue"
    assert world.delete("q.fifo", new, 8.0) == Done()


def test_a_fifo_receipt_just_at_its_end() -> None:
    """Either it deletes or it is expired."""
    world = a_world(fifo=True, tolerance_s=1.0, visibility_s=5)
    _, receipt = _taken(world, queue="q.fifo")
    answer = world.delete("q.fifo", receipt, 5.5)
    assert isinstance(answer, Done)
    assert not answer.certain
    assert world.counts("q.fifo", 7.0).unsure == 1


def test_whether_a_fifo_receipt_of_an_expired_message_is_refused_is_open() -> None:
    """A standard queue just succeeds."""
    for fifo, queue in ((True, "q.fifo"), (False, "q")):
        world = a_world(fifo=fifo, retention_s=60)
        _, receipt = _taken(world, queue=queue)
        answer = world.delete(queue, receipt, 100.0)
        assert isinstance(answer, Done)
        assert answer.certain is not fifo


def test_visibility_counts_from_the_change() -> None:
    """To 0 it is visible at once, for longer it stays hidden."""
    world = a_world(visibility_s=30)
    copy, receipt = _taken(world)
    assert world.change_visibility("q", receipt, 100, 20.0) == Done()
    assert world.receivable("q", 119.9).any_of == frozenset()
    assert world.change_visibility("q", receipt, 0, 110.0) == Done()
    assert world.receivable("q", 110.0).sure == {copy}


@pytest.mark.parametrize("seconds", [-1, 43_201])
def test_visibility_is_at_most_twelve_hours(seconds: int) -> None:
    """The range of the parameter."""
    world = a_world()
    _, receipt = _taken(world)
    assert code(world.change_visibility("q", receipt, seconds, 1.0)) == "InvalidParameterValue"


def test_twelve_hours_count_from_the_receive() -> None:
    """Extending does not begin anew."""
    world = a_world(visibility_s=43_200)
    _, receipt = _taken(world)
    assert world.change_visibility("q", receipt, 43_100, 100.0) == Done()
    assert code(world.change_visibility("q", receipt, 43_101, 100.0)) == "InvalidParameterValue"


def test_just_at_twelve_hours_either_is_right() -> None:
    """The message may be hidden until the old moment or the new."""
    world = a_world(tolerance_s=1.0, visibility_s=100)
    copy, receipt = _taken(world)
    answer = world.change_visibility("q", receipt, 43_200, 0.5)
    assert answer == Done(certain=False, reason="just about the 12 hours that a message may be hidden for")
    assert world.receivable("q", 150.0).any_of == {copy}
    assert world.receivable("q", 150.0).sure == frozenset()


def test_only_a_message_in_flight_can_be_hidden() -> None:
    """Visible again: MessageNotInflight; deleted: the handle is of no use."""
    world = a_world(visibility_s=5)
    _, receipt = _taken(world)
    visible = world.change_visibility("q", receipt, 10, 5.0)
    assert isinstance(visible, Refused)
    assert visible.code == "MessageNotInflight"
    assert visible.allows("AWS.SimpleQueueService.MessageNotInflight")
    world.delete("q", receipt, 6.0)
    gone = world.change_visibility("q", receipt, 10, 7.0)
    assert isinstance(gone, Refused)
    assert gone.code == "InvalidParameterValue"
    assert gone.allows("MessageNotInflight")


def test_just_at_the_end_of_the_time_out_the_change_may_come_too_late() -> None:
    """Within the tolerance of the moment, either."""
    world = a_world(tolerance_s=1.0, visibility_s=5)
    copy, receipt = _taken(world)
    answer = world.change_visibility("q", receipt, 100, 5.5)
    assert answer == Done(certain=False, reason="the visibility time-out ends just about now")
    offer = world.receivable("q", 50.0)
    assert (offer.any_of, offer.sure) == ({copy}, frozenset())


def test_an_old_receipt_may_change_the_visibility_or_not() -> None:
    """In a standard queue."""
    world = a_world(visibility_s=5)
    copy, old = _taken(world)
    take(world, 5.0, copy)
    answer = world.change_visibility("q", old, 0, 6.0)
    assert answer == Done(certain=False, reason="not the most recent receipt handle")
    assert world.receivable("q", 6.0).any_of == {copy}
    assert world.receivable("q", 6.0).sure == frozenset()


def test_a_message_that_may_be_gone_may_be_hidden_or_not() -> None:
    """Deleted by an old receipt or not, and then hidden by the latest one."""
    world = a_world(visibility_s=5)
    copy, old = _taken(world)
    (new,), _ = take(world, 5.0, copy)
    world.delete("q", old, 6.0)
    answer = world.change_visibility("q", new, 100, 7.0)
    assert answer == Done(certain=False, reason="the message may be gone")


def test_a_batch_has_a_result_for_each_entry() -> None:
    """One wrong receipt does not stop the others."""
    world = a_world()
    _, receipt = _taken(world)
    assert world.change_visibility_batch("q", [(receipt, 0)], 0.0) == [Done()]
    answers = world.delete_batch("q", [receipt, "x"], 1.0)
    assert isinstance(answers, list)
    assert answers[0] == Done()
    assert code(answers[1]) == "ReceiptHandleIsInvalid"


@pytest.mark.parametrize(("fifo", "queue", "dead"), [(False, "q", "dead"), (True, "q.fifo", "dead.fifo")])
def test_a_receipt_of_before_the_redrive(fifo: bool, queue: str, dead: str) -> None:
    """The message is in another queue: a standard queue succeeds with or without effect, FIFO refuses."""
    world = a_world(fifo, visibility_s=5)
    world.create_queue(dead, QueueAttributes(fifo=fifo), 0.0)
    world.set_attributes(queue, {"redrive": Redrive(dead, 1)}, 0.0)
    _, receipt = _taken(world, queue=queue)
    take(world, 5.0, queue=queue, wait_s=1)
    assert world.counts(dead, 6.0).visible == 1
    assert code(world.change_visibility(queue, receipt, 9, 6.0)) == "InvalidParameterValue"
    assert isinstance(world.delete(queue, receipt, 6.0), Refused) is fifo
    assert world.counts(dead, 6.0).unsure == (not fifo)


def test_a_purge_takes_up_to_a_minute() -> None:
    """Until then what was there may come; afterwards it is forbidden."""
    world = a_world()
    first, second = send(world, "a"), send(world, "b")
    take(world, 0.0, second)
    assert world.purge("q", 10.0) == Done()
    assert world.counts("q", 10.0) == Counts(0, 0, 0, 2)
    assert take(world, 69.9, first)[1] == []
    assert world.receivable("q", 70.0).any_of == frozenset()
    assert world.account("q", 70.0).purged == 2
    assert take(world, 70.0, second)[1] == ["forbidden purged"]


def test_what_is_sent_during_a_purge_may_go_with_it() -> None:
    """Within the minute it is unsure for good, after it nothing happens to it."""
    world = a_world()
    world.purge("q", 0.0)
    during, after = send(world, "a", 59.9), send(world, "b", 60.0)
    offer = world.receivable("q", 1_000.0)
    assert offer.any_of == {during, after}
    assert offer.sure == {after}


def test_one_purge_a_minute() -> None:
    """Recorded on AWS; just at its end either answer is right."""
    world = a_world(tolerance_s=1.0)
    send(world, "a")
    assert world.purge("q", 0.0) == Done()
    assert code(world.purge("q", 58.9)) == "AWS.SimpleQueueService.PurgeQueueInProgress"
    send(world, "b", 59.0)
    assert world.purge("q", 59.5) == Done(certain=False)
    assert world.counts("q", 200.0).unsure == 1
    assert world.purge("q", 200.0) == Done()
    assert world.next_moment(201.0) == 260.0


def test_a_purged_message_that_comes_keeps_its_end() -> None:
    """Received within the minute, it must be gone after it all the same."""
    world = a_world(visibility_s=0)
    copy = send(world, "a")
    world.purge("q", 0.0)
    assert rules(world.took("q", [Given(copy, "r")], 30.0)) == []
    assert world.receivable("q", 60.0).any_of == frozenset()
