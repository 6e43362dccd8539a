"""The faults of a run: done in time, drawn by the seed, counted, and over when they are stopped."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from harness import journal
from harness.clock import Clock, ClockSpec
from harness.run.faults import RunFaults
from harness.scenario import ZoneFailure
from harness.scenario.faults import (
    ClockSkew,
    DuplicatedDelivery,
    Fault,
    FrozenConsumer,
    KilledConsumer,
    KilledFunction,
    Throttle,
)

SPEED = 200.0  # a model second is 5 ms
PATIENCE_S = 10.0


class Zones:
    """Keeps the zone failures that were asked for."""

    def __init__(self) -> None:
        self.failed: list[ZoneFailure] = []

    def inject(self, fault: ZoneFailure) -> None:
        self.failed.append(fault)


class Workers:
    """Three processes that say what is done to them; *ranks* are those that run."""

    def __init__(self, ranks: Sequence[int] = (0, 1, 2)) -> None:
        self.said: list[str] = []
        self._ranks = ranks

    def ranks(self, program: str) -> Sequence[int]:
        return self._ranks

    def kill(self, program: str, rank: int | None) -> str:
        return self._say(f"{program} {rank} was killed")

    def freeze(self, program: str, rank: int | None) -> str:
        return self._say(f"{program} {rank} was frozen")

    def thaw(self, program: str, rank: int | None) -> str:
        return self._say(f"{program} {rank} was thawed")

    def _say(self, what: str) -> str:
        self.said.append(what)
        return what


class Environments:
    """Has one environment to kill, and then none."""

    def __init__(self, *left: str) -> None:
        self.left = list(left)

    def kill_one(self, function: str) -> str:
        return self.left.pop() if self.left else ""


class Run:
    """Faults under way from now on, with what they did."""

    def __init__(self, *faults: Any, workers: Workers | None = None, seed: int = 1) -> None:
        self.records: list[journal.Record] = []
        self.workers = workers or Workers()
        self.zones = Zones()
        clock = Clock(ClockSpec(SPEED))
        self.faults = RunFaults(faults, clock, self.records.append, seed=seed)
        self.faults.begin(clock.now(), self.zones, self.workers, Environments("env-1"))

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until *holds*, then stop the faults."""
        give_up_at = time.monotonic() + PATIENCE_S
        while not holds():
            assert time.monotonic() < give_up_at, "it did not come"
            time.sleep(0.002)
        self.faults.stop()

    def of(self, kind: type[Any]) -> list[Any]:
        return [one for one in self.records if isinstance(one, kind)]


def test_zones_fail_at_their_moment() -> None:
    """The stage is told, and journals it itself."""
    fault = ZoneFailure(("a",), 2.0)
    run = Run(fault)
    run.until(lambda: bool(run.zones.failed))
    assert run.zones.failed == [fault]
    assert run.records == []


def test_processes_are_killed_in_the_order_of_the_seed() -> None:
    """The same seed kills the same ranks, and each kill is journalled in the words of who did it."""
    runs = [Run(KilledConsumer("worker", 1.0), seed=seed) for seed in (1, 1, 2)]
    for run in runs:
        run.until(lambda run=run: len(run.workers.said) >= 12)
    first, second, third = (run.workers.said[:12] for run in runs)
    assert first == second != third
    injected = runs[0].of(journal.FaultInjected)
    assert [one.detail for one in injected] == runs[0].workers.said
    assert {one.fault for one in injected} == {"killed consumer"}
    (ended,) = runs[0].of(journal.FaultEnded)
    assert ended.matching == ended.hit == len(injected)


def test_what_is_frozen_is_thawed() -> None:
    """The same process, after its time."""
    run = Run(FrozenConsumer("worker", 0.0, 1.0))
    run.until(lambda: len(run.workers.said) == 2)
    frozen, thawed = run.workers.said
    assert thawed == frozen.replace("frozen", "thawed")


def test_nothing_stays_frozen_when_the_faults_end() -> None:
    """A run that is over at once lets every process go on."""
    run = Run(FrozenConsumer("worker", 0.0, 1e6))
    run.until(lambda: len(run.workers.said) == 1)
    assert run.workers.said[1].endswith("was thawed")
    run.faults.stop()
    assert len(run.workers.said) == 2


def test_where_nothing_runs_nothing_is_hit() -> None:
    """A program that has ended, or is about to start again, is no failure of the fault; the counts say it."""
    run = Run(KilledConsumer("worker", 1.0, until_s=2.5), ZoneFailure(("a",), 3.0), workers=Workers(()))
    run.until(lambda: bool(run.zones.failed))
    assert run.faults.failures == []
    (ended,) = run.of(journal.FaultEnded)
    assert (ended.matching, ended.hit) == (2, 0)


def test_faults_of_calls_and_messages_are_told_when_they_begin_and_end() -> None:
    """Each once; a wrong clock is there from the start and has no count."""
    run = Run(Throttle("sns", 0.1, after_s=1), DuplicatedDelivery(0.1), ClockSkew("worker", 960))
    run.until(lambda: len(run.records) == 3)
    assert [one.fault for one in run.of(journal.FaultInjected)] == [
        "clock skew",
        "duplicated delivery",
        "throttle",
    ]
    assert [(one.fault, one.matching, one.hit) for one in run.of(journal.FaultEnded)] == [
        ("throttle", 0, 0),
        ("duplicated delivery", 0, 0),
    ]


def test_a_fault_that_fails_is_told() -> None:
    """The run has then not shown what it was to show; the faults after it come all the same."""

    class Unwilling(Workers):
        def kill(self, program: str, rank: int | None) -> str:
            raise RuntimeError("not permitted")

    run = Run(KilledConsumer("worker", 1.0, until_s=1.5), ZoneFailure(("a",), 2.0), workers=Unwilling())
    run.until(lambda: bool(run.zones.failed))
    (failure,) = run.faults.failures
    assert failure.startswith("KilledConsumer(program='worker'")
    assert failure.endswith("could not be injected: not permitted.")


def test_a_fault_far_away_does_not_hold_up_the_end() -> None:
    """Stopping takes no longer than what is happening."""
    run = Run(ZoneFailure(("a",), 1e7))
    began = time.monotonic()
    run.faults.stop()
    assert time.monotonic() - began < 1.0
    assert run.zones.failed == []


def test_without_faults_there_is_nothing_to_begin() -> None:
    """No thread, no record; and without anybody to act on, a moment passes by."""
    threads = threading.active_count()
    run = Run()
    assert threading.active_count() == threads
    run.faults.stop()
    assert run.records == []
    alone = RunFaults(
        [ZoneFailure(("a",), 0), KilledConsumer("w", 1e-3, until_s=0.01)], Clock(), print, seed=1
    )
    alone.begin(-1.0)
    alone.begin(-1.0)
    alone.stop()
    assert alone.failures == []


def test_environments_of_a_function_are_killed() -> None:
    """Those that there are: where there was none it is said that it was tried."""
    run = Run(KilledFunction("score", 1.0, until_s=2.5))
    run.until(lambda: run.faults._tried.get(0) == 2)
    (told,) = run.of(journal.FaultInjected)
    assert (told.fault, told.detail) == ("killed function", "environment env-1 of score killed")
    (ended,) = run.of(journal.FaultEnded)
    assert (ended.matching, ended.hit) == (2, 1)


def test_nobody_is_killed_where_there_are_no_functions() -> None:
    """A gateway without them lets the fault be."""
    records: list[journal.Record] = []
    clock = Clock(ClockSpec(SPEED))
    faults = RunFaults([KilledFunction("score", 0.1, until_s=0.15)], clock, records.append, seed=1)
    faults.begin(clock.now())
    assert faults._thread is not None
    faults._thread.join(PATIENCE_S)
    faults.stop()
    assert [one.hit for one in records if isinstance(one, journal.FaultEnded)] == [0]


def test_only_faults_of_calls_are_in_the_way_of_requests() -> None:
    """A run without them answers as fast as one without faults; the clock of a program is nobody's call."""
    kinds: list[list[Fault]] = [[], [KilledFunction("score", 1.0)], [Throttle("sqs", 0.5)]]
    ways = [RunFaults(faults, Clock(), print, seed=1).handlers for faults in kinds]
    assert [len(handlers) for handlers in ways] == [0, 0, 1]
