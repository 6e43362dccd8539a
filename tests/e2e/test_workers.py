"""The processes of programs, killed, frozen, thawed and ended by whoever breaks or ends a run."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from command import none_left, started_by

from harness import journal
from harness.clock import Clock
from harness.config import Credentials, Settings
from harness.errors import ScenarioError
from harness.recorder import Recorder
from harness.run import process
from harness.run.context import Options, RunContext
from harness.run.workers import Workers
from harness.scenario import find
from harness.view import View

PROGRAMS = Path(__file__).parent / "programs"
IDLE = str(PROGRAMS / "idle.py")
SOON_S = 20.0


class Stand:
    """Workers of a run without a backend, and what they journalled."""

    def __init__(self, directory: Path) -> None:
        (directory / "logs").mkdir(parents=True)
        recorder = Recorder(directory / "journal.jsonl.gz")
        options = Options(scenario_path=IDLE)
        scenario = find(IDLE)
        self.run = RunContext(scenario, options, Settings(), View(), directory, Clock(), recorder)
        self.workers = Workers(self.run)

    def begin(self, name: str) -> str:
        """Start the program *name* and return its name."""
        (program,) = (one for one in self.run.scenario.programs if one.name == name)
        self.workers.begin(program, [Credentials()] * program.processes)
        return name

    def ready(self, name: str) -> str:
        """Start the program *name* and return its name once its processes are ready."""
        self.begin(name)
        until(lambda: not self.workers.unready(name))
        return name

    def stopped(self, name: str) -> list[process.Answer]:
        """Ask the program *name* to stop and return what its processes came to."""
        self.workers.ask_to_stop(name)
        until(lambda: self.workers.over(name))
        return self.workers.answers(name)

    def turns(self, label: str) -> int:
        """Return how often a process has turned."""
        return int((self.run.directory / "work" / f"program-{label}" / "turns").read_text() or 0)

    def changes(self, rank: int = 0) -> list[str]:
        """Return what happened to a rank."""
        found = [one for one in self.run.recorder.records if isinstance(one, journal.ProgramChanged)]
        return [one.what for one in found if one.rank == rank]


def until(holds: Callable[[], bool]) -> None:
    """Return once *holds* does; fail when it takes too long."""
    end = time.monotonic() + SOON_S
    while not holds():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    """Workers of a run of their own; what a failed test leaves running is ended."""
    made = Stand(tmp_path / "run")
    with made.workers:
        yield made
    made.run.recorder.close()


def test_one_of_two_is_killed_and_the_other_works_on(stand: Stand) -> None:
    """The killed one leaves no result and no error: whoever rehearses has killed it."""
    pair = stand.ready("pair")
    assert stand.workers.kill(pair, 1, by="a test") == "pair-1 killed"
    until(lambda: stand.workers.ranks(pair) == (0,))
    first, second = stand.stopped(pair)

    assert (first.error, second.error, second.result) == ("", "", {})
    assert first.result["turns"] > 0
    assert stand.changes(1) == ["started", "killed"]
    assert stand.workers.kill(pair) == "no process of pair was there to be killed"


def test_who_is_killed_is_started_again_where_that_is_declared(stand: Stand) -> None:
    """Each time, in the same folder, until the program is asked to stop."""
    again = stand.ready("again")
    for lives in (2, 3):
        turns = stand.turns(again)
        stand.workers.kill(again)
        until(lambda lives=lives: stand.changes().count("started") == lives)
        until(lambda turns=turns: 0 < stand.turns(again) != turns)
    (answer,) = stand.stopped(again)
    assert (answer.error, answer.result["speaks"]) == ("", 0)
    assert stand.changes() == ["started", "killed"] * 2 + ["started", "asked to stop", "ended"]


def test_who_is_frozen_stands_still_until_it_is_thawed(stand: Stand) -> None:
    """And then goes on where it was."""
    again = stand.ready("again")
    assert stand.workers.freeze(again, 0) == "again frozen"
    before = stand.turns(again)
    time.sleep(0.3)
    assert stand.turns(again) - before <= 1  # the one that was being written
    assert stand.workers.ranks(again) == (0,)
    stand.workers.thaw(again, 0)
    until(lambda: stand.turns(again) > before + 2)
    assert stand.changes() == ["started", "frozen", "thawed"]


def test_who_is_frozen_hears_that_it_should_stop(stand: Stand) -> None:
    """A consumer that a fault has frozen does not have to be killed at the end."""
    again = stand.ready("again")
    stand.workers.freeze(again)
    (answer,) = stand.stopped(again)
    assert answer.error == ""
    assert answer.result["turns"] > 0


def test_progress_is_that_of_all_processes(stand: Stand) -> None:
    """Done and total are summed over the ranks that have told of any."""
    pair = stand.ready("pair")
    until(lambda: (stand.workers.progress(pair) or (0, 0))[1] == 20_000)


@pytest.mark.parametrize(
    ("name", "rank", "sentence"),
    [
        ("nobody", None, "Program 'nobody' has not been started; there is 'again'"),
        ("again", 1, "Program 'again' has no rank 1; it has 1, from 0 on"),
    ],
)
def test_who_is_not_there_cannot_be_killed(stand: Stand, name: str, rank: int | None, sentence: str) -> None:
    """A fault that names a program that does not run is told so."""
    stand.begin("again")
    with pytest.raises(ScenarioError) as error:
        stand.workers.kill(name, rank)
    assert str(error.value) == sentence


def test_a_disk_is_not_filled(stand: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that prints without an end is ended, with the reason."""
    monkeypatch.setattr(process, "LOG_AT_MOST_BYTES", 2 * 2**20)
    prints = stand.begin("prints")
    until(lambda: stand.workers.over(prints))
    (answer,) = stand.workers.answers(prints)
    assert answer.error == "Program 'prints' was ended because it wrote more than 2 MB into its log"


def test_nobody_works_longer_than_is_allowed(stand: Stand) -> None:
    """`at_most_real_s` holds beside the load as well."""
    brief = stand.begin("brief")
    until(lambda: stand.workers.over(brief))
    assert stand.workers.answers(brief)[0].error == (
        "Program 'brief' was ended after 0.3 s, the most it may take"
    )


def test_a_program_that_finds_that_nothing_can_work_ends_the_run(stand: Stand) -> None:
    """Its ScenarioError reaches whoever asks whether the run may go on."""
    gives_up = stand.begin("gives-up")
    until(lambda: stand.workers.over(gives_up))
    with pytest.raises(ScenarioError, match="The data has no column 7"):
        stand.workers.check()


def test_closing_ends_everyone_and_says_so(stand: Stand) -> None:
    """Frozen or not, within the time that processes get; a second call does nothing."""
    pair = stand.ready("pair")
    stand.workers.freeze(pair, 1)
    stand.workers.close()
    assert stand.workers.over(pair)
    assert [stand.changes(rank)[-1] for rank in (0, 1)] == ["ended", "ended"]
    stand.workers.close()


def test_a_frozen_child_does_not_outlive_its_parent(tmp_path: Path) -> None:
    """It cannot see that its parent was killed, and ends all the same."""
    command = [sys.executable, str(PROGRAMS / "freezer.py"), str(tmp_path / "log")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"frozen\n"
        assert started_by(parent.pid)
        parent.send_signal(signal.SIGKILL)
    assert none_left(parent.pid)
