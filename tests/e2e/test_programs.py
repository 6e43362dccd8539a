"""Programs as a run has them: under their roles, beside the load, killed, deaf, crashing, and at Ctrl-C."""

import json
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from command import Command, Ended, none_left

from harness import journal
from harness.run.results import JOURNAL, REPORT

THIS = Path(__file__)
WORKERS = str(THIS.with_name("workers.py"))
MESSAGES = 20

T = TypeVar("T")


@dataclass(frozen=True)
class Run:
    """How a run ended, and what it left in its folder."""

    ended: Ended
    directory: Path

    @property
    def summary(self) -> dict[str, Any]:
        """What is in its summary.json."""
        found: dict[str, Any] = json.loads((self.directory / "summary.json").read_text())
        return found

    def of(self, kind: type[T], **equal: object) -> list[T]:
        """Return the journal's records of one *kind* whose fields have the values *equal*."""
        found = [record for record in journal.read(self.directory / JOURNAL) if isinstance(record, kind)]
        return [one for one in found if all(getattr(one, name) == value for name, value in equal.items())]

    def program(self, name: str) -> journal.ProgramEnded:
        """Return what the one *program* came to."""
        (ended,) = self.of(journal.ProgramEnded, program=name)
        return ended

    def changes(self, program: str, rank: int = 0) -> list[str]:
        """Return what happened to one process."""
        return [one.what for one in self.of(journal.ProgramChanged, program=program, rank=rank)]

    def log(self, name: str) -> str:
        """Return the log of one process."""
        return (self.directory / "logs" / f"program-{name}.log").read_text()


def begin(case: str, folder: Path, backend: str = "embedded") -> Command:
    """Start the scenario of the *case*."""
    return Command("run", WORKERS, "--backend", backend, "--json", cwd=folder, env={"WORKERS": case})


def finished(command: Command, folder: Path) -> Run:
    """Return the one run in *folder* when its command has ended."""
    ended = command.end()
    (directory,) = (path.parent for path in folder.glob(f"runs/*/2*/{JOURNAL}"))
    return Run(ended, directory)


def run(case: str, folder: Path) -> Run:
    """Return the run of the *case*, left alone."""
    return finished(begin(case, folder), folder)


def interrupted(phase: str, folder: Path) -> Run:
    """Return the run whose harness got SIGINT in the *phase*; moto alone is the quickest to start."""
    command = begin(phase, folder, "moto")
    command.until(f"  {phase}")
    command.send(signal.SIGINT)
    return finished(command, folder)


JOBS: dict[str, Callable[[Path], Run]] = {
    "works": lambda folder: run("works", folder),
    "wrong": lambda folder: run("wrong", folder),
    "SIGINT in settle": lambda folder: interrupted("settle", folder),
    "SIGINT in stop": lambda folder: interrupted("stop", folder),
}


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Run]]:
    """Give the run of a job; all that the chosen tests may need are begun together, two at a time."""
    long = any(item.get_closest_marker("long") and item.path == THIS for item in request.session.items)
    ends: dict[str, Future[Run]] = {}
    with ThreadPoolExecutor(2) as pool:
        for name, job in JOBS.items():
            if long or name != "SIGINT in stop":
                ends[name] = pool.submit(job, tmp_path_factory.mktemp("run"))
        yield lambda name: ends[name].result()


@pytest.fixture
def works(runs: Callable[[str], Run]) -> Run:
    """The run in which all goes well, but for one death."""
    return runs("works")


@pytest.fixture
def wrong(runs: Callable[[str], Run]) -> Run:
    """The run in which nothing does."""
    return runs("wrong")


# -- what works -----


def test_a_run_of_queues_and_programs_alone_passes(works: Run) -> None:
    """No model, no endpoint, no load: what programs returned is judged."""
    assert works.ended.code == 0, works.ended.err
    assert works.summary["verdict"] == "pass"
    assert "load" not in works.summary
    assert none_left(works.ended.pid)


def test_phases_are_journalled_in_their_order(works: Run) -> None:
    """Programs before, programs beside, the wait for the queues, the stop, programs after."""
    phases = [(one.phase, one.detail) for one in works.of(journal.PhaseStarted)]
    assert phases == [
        ("deploy", "seen, done, jobs, orders.fifo, heard"),
        ("program", "send"),
        ("program", "work, plain, wait (beside the load)"),
        ("settle", "until jobs, orders.fifo are empty"),
        ("stop", "work, plain, wait"),
        ("program", "count"),
        ("inventory", "jobs, orders.fifo, heard"),
        ("teardown", ""),
    ]


def test_each_process_calls_under_credentials_of_its_own(works: Run) -> None:
    """Those of its program's role, assumed once a process; without a role the account's."""
    started = works.of(journal.ProgramChanged, what="started")
    keys = {(one.program, one.rank): one.detail.removeprefix("access key ") for one in started}
    called = {one.access_key for one in works.of(journal.Exchange, service="sqs")}

    assert keys["plain", 0] == "test"
    assert len({keys["send", 0], keys["work", 0], keys["work", 1]}) == 3
    assert {keys["send", 0], keys["work", 0], keys["work", 1]} <= called
    assert all(keys[one].startswith("ASIA") for one in [("send", 0), ("work", 0), ("work", 1)])


def test_results_of_several_processes_are_one(works: Run) -> None:
    """Figures are summed, with the least and the most beside; of words the first rank has the last."""
    result = works.program("work").result
    assert (result["worked"], result["who"]) == (MESSAGES, "rank 0")
    assert (result["rank"], result["rank.min"], result["rank.max"]) == (1, 0, 1)
    assert works.program("send").result == {
        "sent": MESSAGES,
        "named": "arn:aws:sns:us-east-1:123456789012:done",
    }


def test_a_worker_that_dies_is_started_again(works: Run) -> None:
    """Its message comes back, its folder is the same, its log goes on after a line that says so."""
    assert works.changes("work") == ["started", "ended", "started", "asked to stop", "ended"]
    assert works.changes("work", 1) == ["started", "asked to stop", "ended"]
    died = works.of(journal.ProgramChanged, program="work", what="ended")[0]
    assert died.exit_code == -signal.SIGSEGV
    assert "was ended by SIGSEGV" in died.detail
    assert "; it is started again in 0.1 s" in died.detail
    assert works.log("work-0").count("a life of rank 0 of 2 begins") == 2
    assert "--- life 2, from " in works.log("work-0")
    assert "--- life" not in works.log("work-1")


def test_long_polls_and_waits_end_when_the_program_is_asked(works: Run) -> None:
    """20 s of waiting for a message, in plain boto3 too, or an hour of waiting do not hold up the end."""
    asked, ended = (
        {(one.program, one.rank): one.at for one in works.of(journal.ProgramChanged, what=what)}
        for what in ("asked to stop", "ended")
    )
    assert set(asked) == {("work", 0), ("work", 1), ("plain", 0), ("wait", 0)}
    assert max(ended[process] - asked[process] for process in asked) < 5.0
    assert works.program("plain").result["took_s"] > 0.0
    assert works.program("wait").result["waited_s"] < 60.0


# -- what goes wrong -----


def test_what_goes_wrong_in_a_program_is_a_result(wrong: Run) -> None:
    """The run goes on to its end, within its limits, and fails with every reason; nothing is left running."""
    reason = wrong.summary["reason"]
    assert (wrong.ended.code, wrong.summary["verdict"]) == (1, "fail"), wrong.ended.err
    for name in ("exit-3", "killed", "deaf", "endless", "denied", "crashes"):
        assert f"Program {name!r} failed: " in reason
    for name in ("fill", "prints", "family", "forgiven"):
        assert f"Program {name!r} failed: " not in reason
    assert [one.phase for one in wrong.of(journal.PhaseStarted)][-1] == "teardown"
    assert none_left(wrong.ended.pid)


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        ("exit-3", "Program 'exit-3' ended with exit code 3; last line of "),
        ("killed", "Program 'killed' was ended by SIGKILL; last line of "),
        ("deaf", "Program 'deaf' did not stop within 0.5 s of being asked; let it look at context.stopping"),
        ("endless", "Program 'endless' did not stop within 0.5 s of being asked"),
        ("denied", "ClientError: An error occurred (AccessDenied) when calling the ReceiveMessage operation"),
        ("crashes", "RuntimeError: no such model (log: "),
        ("forgiven", "RuntimeError: no such model (log: "),
    ],
)
def test_a_program_that_fails_says_why(wrong: Run, program: str, sentence: str) -> None:
    """In a sentence that a newcomer understands, with the log to look into."""
    ended = wrong.program(program)
    assert sentence in ended.error
    assert f"program-{program}.log" in ended.error
    assert ended.result == {}


def test_a_role_that_lacks_a_permission_is_denied_it(wrong: Run) -> None:
    """The gateway checks the policies of the role: who, what, on what and why stand in the error.

    SQS writes the action in small letters.
    """
    error = wrong.program("denied").error
    assert "assumed-role/sender-role/denied-0 is not authorized to perform: sqs:receivemessage on" in error
    assert "because no identity-based policy allows the sqs:receivemessage action" in error


def test_what_prints_or_leaves_much_does_no_harm(wrong: Run) -> None:
    """Ten megabytes of log are kept; children that were left are gone."""
    assert len(wrong.log("prints")) == 10_000_000
    assert (wrong.program("prints").error, wrong.program("family").error) == ("", "")


def test_a_crash_loop_is_bounded(wrong: Run) -> None:
    """It goes on until the run has settled, a second here, with a pause before each new start."""
    assert 2 <= wrong.changes("crashes").count("started") <= 30
    assert "it is started again in 0.5 s" in (
        wrong.of(journal.ProgramChanged, program="crashes", what="ended")[0].detail
    )


def test_queues_that_nobody_empties_are_named(wrong: Run) -> None:
    """With what is in them, and whether the program that should read them ever asked for a message."""
    found = {one["resource"]: one for one in wrong.summary["findings"] if one["rule"] == "queue-not-drained"}
    assert set(found) == {"never-read", "denied"}
    assert "1 (1 visible, 0 in flight, 0 delayed)" in found["never-read"]["message"]
    assert (
        "Program 'endless', which is said to read it, never asked for a message."
        in (found["never-read"]["message"])
    )
    assert "Program 'denied', which reads it, had ended before." in found["denied"]["message"]


# -- what is interrupted -----


@pytest.mark.long
def test_an_endpoint_under_load_and_a_program_beside_it_are_one_run(runs: Callable[[str], Run]) -> None:
    """The load begins when the program is ready, and the queue is waited for after the load."""
    both = runs("SIGINT in stop")
    phases = [(one.phase, one.detail) for one in both.of(journal.PhaseStarted)]
    assert phases == [
        ("train", "echo"),
        ("deploy", "echo, never-read"),
        ("program", "deaf (beside the load)"),
        ("load", "echo"),
        ("settle", "until never-read is empty"),
        ("stop", "deaf"),
    ]
    (load,) = both.of(journal.LoadEnded)
    assert load.completed == load.offered > 0


@pytest.mark.parametrize("phase", ["settle", pytest.param("stop", marks=pytest.mark.long)])
def test_an_interrupted_run_ends_its_programs(runs: Callable[[str], Run], phase: str) -> None:
    """Exit code 130, the files are written, what was still working has ended with the run, deaf or not."""
    found = runs(f"SIGINT in {phase}")
    assert found.ended.code == 130, found.ended.err
    assert found.summary["reason"] == f"The run was interrupted in the phase '{phase}'."
    assert (found.directory / REPORT).is_file()
    assert found.of(journal.ProgramChanged, what="ended")[-1].detail == "with the run"
    assert none_left(found.ended.pid)
