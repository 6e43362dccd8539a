"""Properties of the model itself, over random histories of a subject that behaves."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from reference_worlds import a_topic, a_world, send

from harness.messaging.reference.values import (
    Done,
    Given,
    Message,
    Offer,
    QueueAttributes,
    Redrive,
    Sent,
)
from harness.messaging.reference.world import World


class Histories(RuleBasedStateMachine):
    """A standard and a FIFO queue with dead-letter queues, a topic to each; time passes, messages come and
    go, and the subject returns only what the model offers."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World(tolerance_s=0.5, delivery_s=0.2)
        self.now = 0.0
        self.receipts: list[tuple[str, str]] = []
        self.taken: dict[str, list[str]] = {}
        self.deleted: set[str] = set()
        for ending, fifo in (("", False), (".fifo", True)):
            dead = QueueAttributes(fifo=fifo, retention_s=120)
            source = QueueAttributes(
                fifo=fifo, content_based=fifo, visibility_s=5, retention_s=60, delay_s=1,
                redrive=Redrive(f"dead{ending}", 2),
            )  # fmt: skip
            assert self.world.create_queue(f"dead{ending}", dead, 0.0) == Done()
            assert self.world.create_queue(f"q{ending}", source, 0.0) == Done()
            a_topic(self.world, f"t{ending}", queues=(f"q{ending}",))

    queues = st.sampled_from(["q", "q.fifo", "dead", "dead.fifo"])

    @rule(
        fifo=st.booleans(), body=st.sampled_from("abcdefgh"), group=st.sampled_from("gh"), topic=st.booleans()
    )
    def send(self, fifo: bool, body: str, group: str, topic: bool) -> None:
        """Send or publish; of a duplicate there is no copy."""
        message = Message(body, group=group if fifo else None)
        call = self.world.publish if topic else self.world.send
        name = ("t" if topic else "q") + (".fifo" if fifo else "")
        answer = call(name, message, self.now)
        assert isinstance(answer, Sent)
        assert not (answer.duplicate_of and answer.copies)

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0, 3.0, 5.0, 20.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.now += seconds

    @rule(queue=queues, data=st.data(), wait_s=st.sampled_from([0, 1]))
    def receive(self, queue: str, data: Any, wait_s: int) -> None:
        """What the model offers, the model accepts."""
        offer = self.world.receive(queue, self.now)
        assert isinstance(offer, Offer)
        chosen = self._choose(offer, data)
        if offer.sure and not chosen:
            wait_s = 0
        given = [Given(each, f"r{len(self.receipts) + number}") for number, each in enumerate(chosen)]
        assert self.world.took(queue, given, self.now, wait_s=wait_s) == ()
        self.receipts += [(queue, each.receipt) for each in given]

    def _choose(self, offer: Offer, data: Any) -> list[str]:
        if offer.any_of:
            return data.draw(st.lists(st.sampled_from(sorted(offer.any_of)), unique=True, max_size=10))
        chosen: list[str] = []
        for group in offer.ordered:
            # A copy that may be there holds up nobody, one that must be there cannot be left out.
            length = data.draw(st.integers(0, len(group)))
            chosen += group[:length]
        return chosen[: offer.at_most]

    @precondition(lambda self: self.receipts)
    @rule(data=st.data(), change=st.booleans())
    def use_receipt(self, data: Any, change: bool) -> None:
        """Delete, or make visible; any receipt that was ever given."""
        queue, receipt = data.draw(st.sampled_from(self.receipts))
        if change:
            self.world.change_visibility(queue, receipt, data.draw(st.sampled_from([0, 10])), self.now)
        else:
            self.world.delete(queue, receipt, self.now)

    @rule(queue=queues)
    def purge(self, queue: str) -> None:
        """Sometimes refused."""
        self.world.purge(queue, self.now)

    @rule(queue=queues, seconds=st.sampled_from([0, 5, 10]))
    def change(self, queue: str, seconds: int) -> None:
        """Another visibility time-out."""
        assert self.world.set_attributes(queue, {"visibility_s": seconds}, self.now) == Done()

    @invariant()
    def nothing_is_lost_or_made(self) -> None:
        """sent = deleted + expired + purged + moved on + still there, in every queue."""
        accounts = {each: self.world.account(each, self.now) for each in ("q", "q.fifo", "dead", "dead.fifo")}
        assert all(each.balanced for each in accounts.values())
        for ending in ("", ".fifo"):
            assert accounts[f"q{ending}"].moved_out == accounts[f"dead{ending}"].moved_in

    @invariant()
    def the_offer_is_of_what_is_there(self) -> None:
        """What surely is there is offered, and there are as many as are counted."""
        for queue in ("q", "q.fifo", "dead", "dead.fifo"):
            offer = self.world.receivable(queue, self.now)
            offered = offer.any_of.union(*offer.ordered) if offer.ordered else offer.any_of
            assert offer.sure <= offered
            counts = self.world.counts(queue, self.now)
            there = counts.visible + counts.in_flight + counts.delayed + counts.unsure
            assert len(offered) <= there

    @invariant()
    def time_goes_on(self) -> None:
        """The next moment lies ahead."""
        moment = self.world.next_moment(self.now)
        assert moment is None or moment > self.now


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)


@given(st.lists(st.sampled_from("gh"), min_size=1, max_size=6), st.data())
@settings(max_examples=40, deadline=None)
def test_groups_are_never_overtaken(groups: list[str], data: Any) -> None:
    """Whatever order a subject gives them in: the model agrees exactly when each group is in its order."""
    world = a_world(fifo=True)
    copies = [send(world, f"{number}", group=group) for number, group in enumerate(groups)]
    order = data.draw(st.permutations(range(len(copies))))
    handed = [Given(copies[each], f"r{each}") for each in order]
    in_order = all(
        [each for each in order if groups[each] == group]
        == sorted(each for each in order if groups[each] == group)
        for group in "gh"
    )
    assert (world.took("q.fifo", handed, 0.0) == ()) is in_order


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12))
@settings(max_examples=40, deadline=None)
def test_a_message_comes_at_most_as_often_as_redrive_allows(gaps: list[int]) -> None:
    """Received whenever it may be: never more than maxReceiveCount times, whatever the pauses."""
    world = a_world(visibility_s=10)
    world.create_queue("dead", QueueAttributes(), 0.0)
    world.set_attributes("q", {"redrive": Redrive("dead", 3)}, 0.0)
    copy = send(world, "a")
    now, receives = 0.0, 0
    for number, gap in enumerate(gaps):
        now += gap
        chosen = world.receivable("q", now).any_of
        assert world.took("q", [Given(each, f"r{number}") for each in chosen], now) == ()
        receives += len(chosen)
    assert receives <= 3
    assert (world.account("dead", now).moved_in == 1) == (copy in world.receivable("dead", now).any_of)
