"""The processes of all programs of a run, watched by a thread of their own from the first one on.

Whoever wants to break one (a fault's timer) does it here, by the name of its program and its rank.
"""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from harness.config import Credentials
from harness.errors import EnvironmentFault, HarnessError, ScenarioError
from harness.processes import GRACE_S
from harness.run.context import RunContext
from harness.run.process import Answer, ProgramProcess
from harness.scenario import Program

WATCH_EVERY_S = 0.02


class Workers:
    """Programs under way. Leaving its `with` block ends them all, side by side.

    Every method may be called from any thread. A program is known by its name once `begin` has started it.
    """

    def __init__(self, run: RunContext) -> None:
        self._run = run
        self._programs: dict[str, tuple[ProgramProcess, ...]] = {}
        self._began: dict[str, float] = {}
        self._lock = threading.RLock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="workers", daemon=True)
        self._error: HarnessError | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- for the phases of a run

    def begin(self, program: Program, credentials: Sequence[Credentials]) -> None:
        """Start the processes of *program*, one for each of *credentials*; return at once."""
        self._began[program.name] = self._run.clock.now()
        made = tuple(ProgramProcess(self._run, program, rank, own) for rank, own in enumerate(credentials))
        with self._lock:
            self._programs[program.name] = made
            for process in made:
                process.start()
        if self._thread.ident is None:
            self._thread.start()

    def check(self) -> None:
        """Raise what a process came to that no run can go on with.

        ScenarioError: a program said that the scenario, or its data, cannot work. EnvironmentFault: one could
        not be started again.
        """
        if self._error is not None:
            raise self._error

    def began(self, program: str) -> float:
        """Return the model second at which *program* was started."""
        return self._began[program]

    def over(self, program: str) -> bool:
        """Return whether every process of *program* has ended, and none will be started again."""
        return all(process.over for process in self._processes(program))

    def unready(self, program: str) -> tuple[int, ...]:
        """Return the ranks that have not said that they are ready, and have not ended either."""
        return tuple(process.rank for process in self._processes(program) if not process.ready)

    def tell_unready(self, program: str, waited_s: float) -> None:
        """Journal that the load begins without waiting any longer for the ranks that are not ready."""
        for process in self._processes(program):
            if not process.ready:
                process.tell("not ready", f"made no call within {waited_s:g} s; the load begins all the same")

    def progress(self, program: str) -> tuple[int, int] | None:
        """Return how far *program* says it is, its processes together: (done, total)."""
        told = [process.progress() for process in self._processes(program)]
        known = [one for one in told if one is not None]
        return (sum(done for done, _ in known), sum(total for _, total in known)) if known else None

    def access_keys(self, program: str) -> frozenset[str]:
        """Return what the calls of *program* are known by."""
        return frozenset(process.access_key for process in self._processes(program))

    def ask_to_stop(self, program: str) -> None:
        """Ask every process of *program* to end; the ones that do not are ended when their time is up."""
        with self._lock:
            for process in self._processes(program):
                process.ask_to_stop()

    def answers(self, program: str) -> list[Answer]:
        """Return what the processes of *program* came to, by rank; it must be over."""
        return [process.answer or Answer() for process in self._processes(program)]

    def logs(self, program: str) -> list[Path]:
        """Return where the processes of *program* write, by rank."""
        return [process.log_path for process in self._processes(program)]

    def close(self) -> None:
        """End what is still running; safe to call twice."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()
        with self._lock:
            left = [one for processes in self._programs.values() for one in processes]
            for process in left:
                process.ask_to_end()
            give_up_at = time.monotonic() + GRACE_S
            for process in left:
                process.end(max(0.0, give_up_at - time.monotonic()))

    # -- for faults

    def programs(self) -> tuple[str, ...]:
        """Return the names of the programs that were started."""
        return tuple(self._programs)

    def ranks(self, program: str) -> tuple[int, ...]:
        """Return the ranks of *program* that have a process now; raise ScenarioError for one not started."""
        return tuple(process.rank for process in self._processes(program) if process.running)

    def kill(self, program: str, rank: int | None = None, *, by: str = "a fault") -> str:
        """Kill the process *rank* of *program*, or all; return what was done, in words.

        It leaves no result, and that is no failure of the program: it is the rehearsal's own doing. Raises
        ScenarioError for a program or rank that there is not.
        """
        return self._do("killed", program, rank, lambda process: process.kill(by))

    def freeze(self, program: str, rank: int | None = None) -> str:
        """Stop the process where it stands, as `kill` names it; return what was done, in words."""
        return self._do("frozen", program, rank, ProgramProcess.freeze)

    def thaw(self, program: str, rank: int | None = None) -> str:
        """Let a frozen process go on; return what was done, in words."""
        return self._do("thawed", program, rank, ProgramProcess.thaw)

    def _do(self, done: str, program: str, rank: int | None, act: Callable[[ProgramProcess], bool]) -> str:
        with self._lock:
            found = [one for one in self._processes(program) if rank in (None, one.rank)]
            if not found:
                count = len(self._processes(program))
                raise ScenarioError(f"Program {program!r} has no rank {rank}; it has {count}, from 0 on")
            hit = [one.label for one in found if act(one)]
        return f"{', '.join(hit)} {done}" if hit else f"no process of {program} was there to be {done}"

    # -- inside

    def _processes(self, program: str) -> tuple[ProgramProcess, ...]:
        found = self._programs.get(program)
        if found is None:
            started = ", ".join(map(repr, self._programs)) or "none"
            raise ScenarioError(f"Program {program!r} has not been started; there is {started}")
        return found

    def _watch(self) -> None:
        while not self._stop.wait(WATCH_EVERY_S):
            with self._lock:
                for processes in self._programs.values():
                    for process in processes:
                        self._tick(process)

    def _tick(self, process: ProgramProcess) -> None:
        try:
            process.tick(time.monotonic())
        except (
            Exception
        ) as error:  # in this thread nobody would hear of it; `check` tells who can end the run
            self._error = self._error or _cannot_go_on(process, error)
        if process.answer is not None and process.answer.cannot_work:
            self._error = self._error or ScenarioError(process.answer.error)


def _cannot_go_on(process: ProgramProcess, error: Exception) -> HarnessError:
    if isinstance(error, HarnessError):
        return error
    return EnvironmentFault(f"Program {process.label} cannot go on: {type(error).__name__}: {error}")
