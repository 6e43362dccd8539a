"""The faults of a run: armed when the load begins, done at their moments, counted when they are over."""

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from harness import journal
from harness.clock import Clock
from harness.gateway.chain import Handler
from harness.gateway.inject import Injector
from harness.scenario.faults import (
    ClockSkew,
    Fault,
    FrozenConsumer,
    KilledConsumer,
    KilledFunction,
    SpotInterruption,
    ZoneFailure,
)
from harness.scenario.faults.calls import CallFaults, Count
from harness.scenario.faults.deliveries import Deliveries
from harness.scenario.faults.moments import Moment, moments


class Zones(Protocol):
    """Who can make availability zones fail, and journals it: the stage."""

    def inject(self, fault: ZoneFailure) -> None: ...


class Workers(Protocol):
    """Who has the processes of programs; each method returns what was done, in words."""

    def ranks(self, program: str) -> Sequence[int]:
        """Return the ranks that have a process now."""

    def kill(self, program: str, rank: int | None) -> str: ...
    def freeze(self, program: str, rank: int | None) -> str: ...
    def thaw(self, program: str, rank: int | None) -> str: ...


class Environments(Protocol):
    """Who has the execution environments of functions."""

    def kill_one(self, function: str) -> str:
        """Kill the process of one environment of *function*; return which, "" where there is none."""


class SpotInstances(Protocol):
    """Who has the spot instances."""

    def take_back(self, key: str, fault: SpotInterruption) -> None:
        """Take back spot instances as *fault* has it, from now on."""

    def taken_back(self, key: str) -> int:
        """Return how many instances the fault *key* has hit; each is journalled when it is."""


class RunFaults:
    """Everything that *faults* break in one run. `handlers` belong into the request path, `deliveries` to
    who watches messages; nothing acts before `begin` and after `stop`. Only clocks are wrong from the start,
    in the processes of their programs; that is journalled here.

    `failures` says what could not be broken: such a run has not shown what it was to show.
    """

    def __init__(
        self,
        faults: Sequence[Fault],
        clock: Clock,
        record: Callable[[journal.Record], None],
        *,
        seed: int,
    ) -> None:
        self.failures: list[str] = []
        self._faults = tuple(faults)
        self._clock = clock
        self._record = record
        self._seed = seed
        self._calls = CallFaults(self._faults, seed)
        self.injector = Injector(self._calls, clock)
        self.deliveries = Deliveries(self._faults, seed)
        self._tried: dict[int, int] = {}  # by the fault's number: how often it tried to act on a process
        self._done: dict[int, int] = {}
        self._frozen: dict[int, int] = {}  # by the fault's number: the rank that it has frozen
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._zones: Zones | None = None
        self._workers: Workers | None = None
        self._environments: Environments | None = None
        self._spot: SpotInstances | None = None
        for fault in self._faults:
            if isinstance(fault, ClockSkew):
                self._tell(fault)

    @property
    def handlers(self) -> list[Handler]:
        """What belongs into the request path: nothing where no fault hits calls, which are then answered as
        fast as they are without faults."""
        return [self.injector.handle] if self._calls.services else []

    def begin(
        self,
        began_at: float,
        zones: Zones | None = None,
        workers: Workers | None = None,
        environments: Environments | None = None,
        spot: SpotInstances | None = None,
    ) -> None:
        """Arm every fault; the load begins at model second *began_at*. A second call changes nothing."""
        if self._thread is not None or not self._faults:
            return
        self._zones, self._workers, self._environments, self._spot = zones, workers, environments, spot
        self.injector.begin(began_at)
        self.deliveries.begin(began_at)
        self._thread = threading.Thread(target=self._run, args=(began_at,), name="faults", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Let no fault happen any more, wait for one that is happening, let go on what stands still, and
        journal how often each one hit. A second call changes nothing."""
        if self._thread is None or self._stop.is_set():
            return
        self._stop.set()
        self._thread.join()
        for number in list(self._frozen):
            self._attempt(self._faults[number], partial(self._thaw, number))
        self.injector.end()
        self.deliveries.end()
        now = self._clock.now()
        for count in [*self._calls.counts(), *self.deliveries.counts(), *self._counts()]:
            self._record(journal.FaultEnded(now, count.fault, count.detail, count.matching, count.hit))

    def _run(self, began_at: float) -> None:
        for moment in moments(self._faults, self._seed):
            if self._stop.wait(max(0.0, self._clock.real_until(began_at + moment.at_s))):
                return
            self._attempt(self._faults[moment.number], partial(self._act, moment))

    def _attempt(self, fault: Fault, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # in a thread of its own nobody else would hear of it
            self.failures.append(f"{fault} could not be injected: {error}.")

    def _act(self, moment: Moment) -> None:
        fault = self._faults[moment.number]
        if isinstance(fault, ZoneFailure):
            if self._zones is not None:
                self._zones.inject(fault)
        elif isinstance(fault, KilledConsumer | FrozenConsumer):
            self._act_on_process(moment, fault)
        elif isinstance(fault, KilledFunction):
            self._act_on_function(moment.number, fault)
        elif isinstance(fault, SpotInterruption):
            if self._spot is not None:
                self._spot.take_back(str(moment.number), fault)
        else:
            self._tell(fault)

    def _tell(self, fault: Fault) -> None:
        self._record(journal.FaultInjected(self._clock.now(), fault.KIND, fault.detail))

    def _act_on_process(self, moment: Moment, fault: KilledConsumer | FrozenConsumer) -> None:
        if self._workers is None:
            return
        if moment.what == "thaws":
            self._thaw(moment.number)
            return
        self._tried[moment.number] = self._tried.get(moment.number, 0) + 1
        ranks = self._workers.ranks(fault.program_name)
        if not ranks:  # it has ended, or is about to be started again
            return
        rank = ranks[int(moment.draw * len(ranks))]
        act = self._workers.kill if moment.what == "kills" else self._workers.freeze
        said = act(fault.program_name, rank)
        if moment.what == "freezes":
            self._frozen[moment.number] = rank
        self._done[moment.number] = self._done.get(moment.number, 0) + 1
        self._record(journal.FaultInjected(self._clock.now(), fault.KIND, said))

    def _act_on_function(self, number: int, fault: KilledFunction) -> None:
        if self._environments is None:
            return
        self._tried[number] = self._tried.get(number, 0) + 1
        killed = self._environments.kill_one(fault.function_name)
        if killed:
            self._done[number] = self._done.get(number, 0) + 1
            said = f"environment {killed} of {fault.function_name} killed"
            self._record(journal.FaultInjected(self._clock.now(), fault.KIND, said))

    def _thaw(self, number: int) -> None:
        fault, rank = self._faults[number], self._frozen.pop(number, None)
        if rank is not None and self._workers is not None and isinstance(fault, FrozenConsumer):
            self._workers.thaw(fault.program_name, rank)

    def _counts(self) -> list[Count]:
        """Return how often processes, environments and spot instances were to be hit and were."""
        spot = self._spot
        return [
            Count(fault.KIND, fault.detail, fault.times, spot.taken_back(str(number)))
            for number, fault in enumerate(self._faults)
            if isinstance(fault, SpotInterruption) and spot is not None
        ] + [
            Count(fault.KIND, fault.detail, self._tried.get(number, 0), self._done.get(number, 0))
            for number, fault in enumerate(self._faults)
            if isinstance(fault, KilledConsumer | FrozenConsumer | KilledFunction)
        ]
