"""Spot interruptions of a run: handed on when they begin, and counted at the end."""

import time

from harness import journal
from harness.clock import Clock, ClockSpec
from harness.run.faults import RunFaults
from harness.scenario import SpotInterruption

PATIENCE_S = 5.0


class Spot:
    """Keeps what was to be taken back, and says that one instance was."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, SpotInterruption]] = []

    def take_back(self, key: str, fault: SpotInterruption) -> None:
        self.asked.append((key, fault))

    def taken_back(self, key: str) -> int:
        return 1


def test_an_interruption_is_handed_on_and_counted() -> None:
    """Under the number of the fault; how often it hit is what the market says."""
    records: list[journal.Record] = []
    fault, spot = SpotInterruption(running_s=90.0, times=3), Spot()
    faults = RunFaults([fault], Clock(ClockSpec(200.0)), records.append, seed=1)
    faults.begin(0.0, spot=spot)
    give_up_at = time.monotonic() + PATIENCE_S
    while not spot.asked and time.monotonic() < give_up_at:
        time.sleep(0.001)
    faults.stop()

    assert spot.asked == [("0", fault)]
    (ended,) = [one for one in records if isinstance(one, journal.FaultEnded)]
    assert (ended.fault, ended.matching, ended.hit) == ("spot interruption", 3, 1)
    assert faults.failures == []


def test_without_a_market_nothing_is_counted() -> None:
    """A run that has none has no spot instances either."""
    records: list[journal.Record] = []
    faults = RunFaults([SpotInterruption()], Clock(ClockSpec(200.0)), records.append, seed=1)
    faults.begin(0.0)
    faults.stop()
    assert not [one for one in records if isinstance(one, journal.FaultEnded)]
