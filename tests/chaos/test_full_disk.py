"""A disk that fills up in the run's folder while its load is under way."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from breaking import Rehearsal, Start, moment
from conservation import nothing_is_left, told_in_numbers

from harness import journal
from harness.run.results import JOURNAL

MOUNTED = 'mount -t tmpfs -o size=16m tmpfs runs && exec "$@"'


@pytest.fixture
def small(tmp_path: Path) -> list[str]:
    """A command that mounts a small file system of its own at `runs` and becomes what follows it."""
    (tmp_path / "runs").mkdir()
    unshare = shutil.which("unshare") or "unshare"
    probe = [unshare, "-rm", "mount", "-t", "tmpfs", "tmpfs", str(tmp_path / "runs")]
    try:
        subprocess.run(probe, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine lets nobody mount a file system of their own")
    return [unshare, "-rm", "sh", "-c", MOUNTED, "sh"]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    """What is closed at the test's end."""
    with ExitStack() as made:
        yield made


class OnSmallDisk(Rehearsal):
    """A rehearsal whose runs are on a file system that only it sees; kept in sight by an open file."""

    def look_in(self, stack: ExitStack) -> None:
        """See what the command sees from now on, also when it has ended."""
        descriptor = os.open(f"/proc/{self.command.pid}/root{self.cwd}/runs", os.O_RDONLY)
        stack.callback(os.close, descriptor)
        self.seen = Path(f"/proc/self/fd/{descriptor}")

    @property
    def runs(self) -> Path:
        return getattr(self, "seen", Path(f"/proc/{self.command.pid}/root{self.cwd}/runs"))

    def fill(self) -> None:
        """Leave no room at all."""
        with (self.runs / "ballast").open("wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"x" * 4096)
            except OSError:
                return


@pytest.mark.long
@pytest.mark.parametrize("freed", [True, False])
def test_a_full_disk_ends_the_run(start: Start, small: list[str], stack: ExitStack, freed: bool) -> None:
    """Exit code 3 and what to do, whether or not there is room again later; stdout tells of every request."""
    run = start(kind=OnSmallDisk, through=small)
    assert isinstance(run, OnSmallDisk)
    run.under_load(moment("fill the disk"))
    run.look_in(stack)
    run.fill()
    if freed:
        run.command.until("No space left on device")
        (run.runs / "ballast").unlink()
    left = run.end()

    assert left.ended.code == 3, left.ended.err
    assert "Traceback" not in left.ended.err
    told = left.ended.document
    assert told["verdict"] == "invalid"
    assert "No space left on device; make room, or name a place elsewhere with --runs" in told["error"]
    nothing_is_left(left)
    told_in_numbers(left.directory, told)
    records = journal.read(left.directory / JOURNAL)
    assert isinstance(records[0], journal.RunStarted)
    assert json.dumps(told["load"]["why"]).count("never came due") == 1
