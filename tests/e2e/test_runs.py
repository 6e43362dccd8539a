"""Runs that do not go as planned: each ends with a sentence, its exit code and its files, nothing running."""

import json
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from command import Command, Ended, harness, none_left

from harness import journal
from harness.run.results import JOURNAL, REPORT, SUMMARY

TINY = str(Path(__file__).with_name("tiny.py"))
# Looks like what a real account gives out; it must not matter.
REAL_LOOKING = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "FwoGZXIvYXdzEXAMPLE",
    "AWS_PROFILE": "no-such-profile",
}


@dataclass(frozen=True)
class Run:
    """How a run ended, and what it left in its folder."""

    ended: Ended
    folder: Path

    @property
    def directory(self) -> Path:
        """The one directory of the one run in the folder."""
        (found,) = (path.parent for path in self.folder.glob(f"runs/*/2*/{JOURNAL}"))
        return found

    @property
    def summary(self) -> dict[str, Any]:
        """What is in its summary.json."""
        summary: dict[str, Any] = json.loads((self.directory / SUMMARY).read_text())
        return summary


def begin(case: str, folder: Path, *arguments: str, **env: str) -> Command:
    """Start the tiny scenario *case* on moto alone, which is the quickest to start."""
    return Command(
        "run", TINY, "--backend", "moto", "--json", *arguments, cwd=folder, env={"TINY": case} | env
    )


def stuck(case: str, folder: Path) -> Command:
    """Return a command that has come to the phase *case* and stays there; a load has begun to send."""
    command = begin(case, folder)
    command.until(f"  {case}")
    if case == "load":
        command.until_true(lambda: any(map(_has_sent, folder.glob("runs/*/2*/load/progress-*.json"))))
    return command


def _has_sent(progress: Path) -> bool:
    return bool(json.loads(progress.read_text())["completed"])


def interrupted(case: str, folder: Path, number: signal.Signals) -> Run:
    """Return the run whose harness got the signal *number* in the phase *case*."""
    command = stuck(case, folder)
    command.send(number)
    return Run(command.end(), folder)


def bereft(folder: Path) -> Run:
    """Return the run whose emulator was killed under load."""
    command = stuck("load", folder)
    for pid in command.children("moto"):
        os.kill(pid, signal.SIGKILL)
    return Run(command.end(), folder)


JOBS: dict[str, Callable[[Path], Run]] = {
    "SIGINT in train": lambda folder: interrupted("train", folder, signal.SIGINT),
    "SIGINT in deploy": lambda folder: interrupted("deploy", folder, signal.SIGINT),
    "SIGINT in load": lambda folder: interrupted("load", folder, signal.SIGINT),
    "SIGINT in settle": lambda folder: interrupted("settle", folder, signal.SIGINT),
    "SIGTERM in train": lambda folder: interrupted("train", folder, signal.SIGTERM),
    "SIGKILL in load": lambda folder: interrupted("load", folder, signal.SIGKILL),
    "dead emulator": bereft,
    "programs": lambda folder: Run(begin("programs", folder).end(), folder),
}


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Run]]:
    """Give the run of a job; all that the chosen tests name are begun together, two at a time."""
    chosen = (getattr(item, "callspec", None) for item in request.session.items)
    named = {spec.params.get("name") for spec in chosen if spec}
    ends: dict[str, Future[Run]] = {}
    with ThreadPoolExecutor(2) as pool:
        for name, job in JOBS.items():
            if name in named:
                ends[name] = pool.submit(job, tmp_path_factory.mktemp("run"))
        yield lambda name: ends[name].result()


GENTLE = [name for name in JOBS if name.startswith("SIG") and "KILL" not in name]
# Told too by another signal in the same phase, by `settle` in test_programs.py, and for every change by
# tests/chaos: interrupted under load, the runner killed, the emulator killed.
OFTEN = ("SIGTERM in train", "programs")


def of(*names: str) -> pytest.MarkDecorator:
    """Return what gives a test the runs of these jobs, one after the other."""
    return pytest.mark.parametrize(
        "name", [pytest.param(name, marks=() if name in OFTEN else pytest.mark.long) for name in names]
    )


@of(*GENTLE)
def test_an_interrupted_run_ends_with_130_and_its_files(runs: Callable[[str], Run], name: str) -> None:
    """The summary says invalid and where it was; the journal reads to its end; nothing is left running."""
    run = runs(name)
    phase = name.split()[-1]
    reason = f"The run was interrupted in the phase '{phase}'."

    assert run.ended.code == 130, run.ended.err
    assert (run.summary["verdict"], run.summary["reason"]) == ("invalid", reason)
    told = {"scenario_path": TINY, "run_dir": str(run.directory), "exit_code": 130}
    assert run.ended.document == told | run.summary
    assert isinstance(journal.read(run.directory / JOURNAL)[-1], journal.RunEnded)
    assert (run.directory / REPORT).is_file()
    assert none_left(run.ended.pid)


@of("SIGINT in load")
def test_an_interrupted_load_keeps_what_was_sent(runs: Callable[[str], Run], name: str) -> None:
    """Requests that were answered by then are in the journal, and the load says that it was stopped."""
    run = runs(name)
    # What was on its way at that moment may stand behind it as a second reason.
    assert run.summary["load"]["why"][0] == "The load was stopped before its end."
    records = journal.read(run.directory / JOURNAL)
    sent = sum(isinstance(one, journal.LoadRequest) for one in records)
    assert sent == run.summary["load"]["offered"]


@of("SIGKILL in load")
def test_a_killed_harness_leaves_no_orphan_and_a_readable_journal(
    runs: Callable[[str], Run], name: str
) -> None:
    """`harness report` draws what there is, as cut off."""
    run = runs(name)
    assert run.ended.code == -signal.SIGKILL
    assert none_left(run.ended.pid)

    redrawn = harness("report", "--json", cwd=run.folder)

    assert redrawn.code == 0, redrawn.err
    assert redrawn.document["verdict"] == "invalid"
    assert "cut off" in run.summary["reason"]
    assert (run.directory / REPORT).is_file()


@of("dead emulator")
def test_an_emulator_that_dies_ends_the_run(runs: Callable[[str], Run], name: str) -> None:
    """Exit code 3, one sentence that names it, the journal with what was sent, nothing left."""
    run = runs(name)
    assert run.ended.code == 3
    assert "moto was ended by SIGKILL" in run.ended.document["error"]
    assert "start it again" in run.ended.document["error"]
    assert f"invalid: {run.ended.document['error']}" in run.ended.err
    assert run.summary["verdict"] == "invalid"
    assert "load" in run.summary
    assert none_left(run.ended.pid)


@of("programs")
def test_programs_that_fail_are_results(runs: Callable[[str], Run], name: str) -> None:
    """One that raises, one that returns nothing, one that hangs, no load: the run ends, and fails."""
    run = runs(name)
    reason = run.summary["reason"]

    assert (run.ended.code, run.summary["verdict"]) == (1, "fail"), run.ended.err
    assert "Program 'raises' failed: RuntimeError: the queue is gone (log: " in reason
    assert "Program 'hangs' failed: Program 'hangs' was ended after 0.5 s, the most it may take" in reason
    assert "returns-nothing' failed" not in reason
    assert "load" not in run.summary
    assert none_left(run.ended.pid)


@of("programs")
def test_what_cannot_be_measured_is_not_ok(runs: Callable[[str], Run], name: str) -> None:
    """However generous the limit."""
    found = {one["name"]: one for one in runs(name).summary["expectations"]}
    missing = ["echo: error ratio", "raises: rows", "returns-nothing: rows"]
    assert [(found[name]["ok"], found[name]["value"]) for name in missing] == [(False, None)] * 3
    assert found["echo: instances at the end"]["ok"]


@pytest.mark.long
def test_credentials_of_a_real_account_do_not_matter(tmp_path: Path) -> None:
    """The run passes, has used none of them and has left none of them anywhere."""
    ended = begin("quick", tmp_path, **REAL_LOOKING).end()

    assert (ended.code, ended.document["verdict"]) == (0, "pass"), ended.err
    assert none_left(ended.pid)
    assert "\x1b" not in ended.err  # no terminal, no escape codes
    assert "  load      echo\n" in ended.err
    assert used_fake_keys_only(Path(ended.document["run_dir"]))


@pytest.mark.long  # the scenarios' tests run four at once in one folder
def test_two_runs_at_once_in_one_folder_both_complete(tmp_path: Path) -> None:
    """Each has a directory and ports of its own, and `latest` is one of them."""
    both = [begin("quick", tmp_path), begin("quick", tmp_path)]
    ends = [command.end() for command in both]
    directories = {Path(ended.document["run_dir"]) for ended in ends}

    assert [(ended.code, ended.document["verdict"]) for ended in ends] == [(0, "pass")] * 2, ends
    assert len(directories) == 2
    assert (tmp_path / "runs" / "tiny" / "latest").resolve() in directories
    assert all(none_left(ended.pid) for ended in ends)


def used_fake_keys_only(directory: Path) -> bool:
    """Return whether no call was signed with, and no file holds, anything of the user's own."""
    calls = (one for one in journal.read(directory / JOURNAL) if isinstance(one, journal.Exchange))
    texts = (path.read_bytes() for path in directory.rglob("*") if path.is_file())
    return {call.access_key for call in calls} == {"test"} and not any(
        b"AKIAIOSFODNN7" in text for text in texts
    )
