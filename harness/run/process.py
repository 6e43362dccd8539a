"""One process of a program: started, looked at, started again, asked to stop, and what came of it.

Nothing here waits. `Workers` calls `tick` every few milliseconds, and it goes from one state to the next.
"""

import json
import time
from dataclasses import dataclass, field
from signal import SIGTERM
from typing import Any

from harness import journal
from harness.config import Credentials, program_environment
from harness.processes import ChildProcess, ending
from harness.run.context import RunContext
from harness.run.jobs import job_of
from harness.scenario import Program

# What a program may write into its log: enough for any that works, and a disk has room for it.
LOG_AT_MOST_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Answer:
    """What a process came to: what it returned, or why it failed.

    `cannot_work`: the program itself says that the scenario, or the data it was given, cannot work.
    """

    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    cannot_work: bool = False


class ProgramProcess:
    """The process *rank* of *program*; over when it has ended and will not be started again.

    `answer` is that of its last life, None until it is over. Not thread-safe: `Workers` holds a lock.
    """

    def __init__(self, run: RunContext, program: Program, rank: int, credentials: Credentials) -> None:
        self.program = program
        self.rank = rank
        self.answer: Answer | None = None
        self._run = run
        self._credentials = credentials
        self.label = f"{program.name}-{rank}" if program.processes > 1 else program.name
        self.folder = run.directory / "work" / f"program-{self.label}"
        self.log_path = run.logs / f"program-{self.label}.log"
        self._child: ChildProcess | None = None
        self._lives = 0
        self._first_started_at = 0.0
        self._start_again_at: float | None = None
        self._asked_at: float | None = None
        self._killed_by = ""  # who killed it in this life, "" for nobody
        self._ended_because = ""  # why the rehearsal itself ended it
        self._last_answer = Answer()  # of the life before the one that is waited for

    # -- what it is doing

    @property
    def running(self) -> bool:
        """Whether there is a process now."""
        return self._child is not None

    @property
    def over(self) -> bool:
        """Whether it has ended for good."""
        return self.answer is not None

    @property
    def ready(self) -> bool:
        """Whether the load need not wait for it: it said so, or has ended, be it to be started again."""
        return self.over or (self.folder / "ready").exists()

    @property
    def access_key(self) -> str:
        """What its calls are known by."""
        return self._credentials.access_key

    def progress(self) -> tuple[int, int] | None:
        """Return how far it says it is: (done, total)."""
        try:
            done, total = json.loads((self.folder / "progress.json").read_text())
        except (OSError, ValueError):  # not begun, or being written this moment
            return None
        return done, total

    # -- what is done to it

    def start(self) -> None:
        """Start it. Raises EnvironmentFault when the interpreter cannot be run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "result.json").unlink(missing_ok=True)
        job = job_of(
            self._run, "program", self.program.name, self.folder, program=self.program, rank=self.rank
        )
        self._lives += 1
        if self._lives > 1:
            with self.log_path.open("a", encoding="utf-8") as log:
                log.write(f"--- life {self._lives}, from {self._run.clock.now():.3f} s on ---\n")
        self._killed_by, self._start_again_at = "", None
        self._child = ChildProcess(
            self.label,
            ("-m", "harness.program", str(job)),
            log_path=self.log_path,
            env=program_environment(self._run.url_for(self.program), self._run.settings, self._credentials),
        ).start()
        self._first_started_at = self._first_started_at or time.monotonic()
        self.tell("started", f"access key {self.access_key}")

    def ask_to_stop(self) -> None:
        """Ask it to end; a process that waits to be started again is over at once."""
        if self.over or self._asked_at is not None:
            return
        self._asked_at = time.monotonic()
        self._start_again_at = None
        if self._child is None:
            self.answer = self._last_answer
            return
        self.tell("asked to stop", f"it has {self.program.stop_within_s:g} s")
        self._child.ask_to_end()

    def kill(self, by: str) -> bool:
        """Kill it, as *by* wants; return whether there was a process to kill."""
        if self._child is None or self._killed_by or self._child.poll() is not None:
            return False
        self._killed_by = by
        self._child.kill()
        return True

    def freeze(self) -> bool:
        """Stop it where it stands; return whether there was a process."""
        if self._child is None:
            return False
        self._child.freeze()
        self.tell("frozen", f"pid {self._child.pid}")
        return True

    def thaw(self) -> bool:
        """Let it go on; return whether there was a process."""
        if self._child is None:
            return False
        self._child.thaw()
        self.tell("thawed", f"pid {self._child.pid}")
        return True

    def end(self, grace_s: float) -> None:
        """End it for good, within *grace_s* seconds: the run is over, and nobody asks for its result."""
        if self._child is not None:
            self._child.terminate(grace_s)
            self.tell("ended", "with the run", self._child.poll())
        self._child = self._start_again_at = None
        self.answer = self.answer or Answer()

    def ask_to_end(self) -> None:
        """Send the signal that `end` would send, and wait for nothing."""
        if self._child is not None:
            self._child.ask_to_end()

    # -- from one state to the next

    def tick(self, now: float) -> None:
        """Do what is due at *now*, on this machine's monotonic clock."""
        if self._child is None:
            if self._start_again_at is not None and now >= self._start_again_at:
                self.start()
            return
        code = self._child.poll()
        if code is not None:
            self._bury(code, now)
        elif not self._ended_because:
            self._watch(now)

    def _watch(self, now: float) -> None:
        """End it when it takes too long, to stop or in all, or fills the disk."""
        program = self.program
        if self._asked_at is not None and now > self._asked_at + program.stop_within_s:
            self._end_because(
                f"Program {program.name!r} did not stop within {program.stop_within_s:g} s of being asked; "
                "let it look at context.stopping more often, or raise stop_within_s",
            )
        elif now > self._first_started_at + program.at_most_real_s:
            self._end_because(
                f"Program {program.name!r} was ended after {program.at_most_real_s:g} s, the most it may take"
            )
        elif self._log_bytes() > LOG_AT_MOST_BYTES:
            self._end_because(
                f"Program {program.name!r} was ended because it wrote more than "
                f"{LOG_AT_MOST_BYTES >> 20} MB into its log"
            )

    def _end_because(self, why: str) -> None:
        self._ended_because = why
        if self._child is not None:
            self._child.kill()

    def _log_bytes(self) -> int:
        return self.log_path.stat().st_size

    def _bury(self, code: int, now: float) -> None:
        """It has ended: say how, and start it again or be over."""
        assert self._child is not None
        answer = self._read(code)
        self._child = None
        failed = bool(answer.error or self._killed_by)
        ended_by_us = self._asked_at is not None or bool(self._ended_because) or answer.cannot_work
        if failed and not ended_by_us and self.program.restart == "on-failure":
            self._start_again_at = now + self.program.restart_after_s
            (self.folder / "ready").touch()
            self._last_answer = answer
            again = f"; it is started again in {self.program.restart_after_s:g} s"
        else:
            self.answer = answer
            again = ""
        self._tell_end(code, answer, again)

    def _tell_end(self, code: int, answer: Answer, again: str) -> None:
        if self._killed_by:
            self.tell("killed", f"by {self._killed_by}; this life leaves no result{again}", code)
        else:
            self.tell("ended", (answer.error or "as it should") + again, code)

    def _read(self, code: int) -> Answer:
        """Return what the process left, or why it left nothing."""
        if self._ended_because:
            return Answer(error=self._ended_because)
        if self._killed_by:
            return Answer()
        asked = self._asked_at is not None
        try:
            found = json.loads((self.folder / "result.json").read_text())
        except (OSError, ValueError):
            # One that has no ear for the signal, or not yet, ends by it: that is stopping when asked, and
            # what came of the program is what came of the life before, if there was one.
            return self._last_answer if asked and code == -SIGTERM else Answer(error=self._why(code))
        error = found.get("error", "") or (self._why(code) if code else "")
        return Answer(found.get("result", {}), error, found.get("kind") == "scenario")

    def _why(self, code: int) -> str:
        assert self._child is not None
        left = "" if code else ", and left no result"
        return f"Program {self.program.name!r} {ending(code)}{left}; {self._child.last_line()}"

    def tell(self, what: str, detail: str, exit_code: int | None = None) -> None:
        """Journal what became of it."""
        now = self._run.clock.now()
        record = journal.ProgramChanged(now, self.program.name, self.rank, what, exit_code, detail)
        self._run.recorder.record(record)
