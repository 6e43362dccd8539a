"""When the rehearsal itself has stood still is noted, and nothing else is."""

import threading

from harness.clock import Clock
from harness.run.standstill import Standstill


class Hands(Clock):
    """A clock whose hands the test moves; `looked` is set whenever somebody has looked at it twice."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 100.0
        self.looks = 0
        self.looked = threading.Event()

    def now(self) -> float:
        self.looks += 1
        if self.looks % 2 == 0:
            self.looked.set()
        return self.at

    def seen(self) -> None:
        """Return once somebody has looked at the clock as it stands."""
        self.looked.clear()
        assert self.looked.wait(10.0)


def test_a_clock_that_jumps_is_a_rehearsal_that_stood_still() -> None:
    """From when, and for how long."""
    hands = Hands()
    with Standstill(hands) as still:
        hands.seen()
        hands.at = 110.4
        hands.seen()
    assert still.why == [
        "The rehearsal itself stood still for 10 s from model second 100 on, and its gateway with it; run it "
        "again, and leave it the machine."
    ]


def test_a_late_turn_is_none() -> None:
    """A busy machine lets a thread wait for a moment."""
    hands = Hands()
    with Standstill(hands) as still:
        hands.seen()
        hands.at = 101.9
        hands.seen()
    assert still.why == []
