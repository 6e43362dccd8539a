"""Two runs of one pipeline in one folder, begun in the same second: neither sees anything of the other."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import pytest
from breaking import PIPELINE, Left, listened_on, sockets_of, summary_of
from command import Command
from conservation import conserved, nothing_is_left

from harness import journal
from harness.run.results import JOURNAL


@pytest.mark.long
def test_two_runs_at_once_keep_to_themselves(tmp_path: Path) -> None:
    """Each has its own folder, ports, roles and requests, all of them accounted for, and both pass."""
    with ExitStack() as stack:
        commands = [stack.enter_context(_begun(tmp_path, name)) for name in ("one", "two")]
        for command in commands:
            command.until("  load      echo")
        ports = [_listened_on(command) for command in commands]
        ends = [command.end() for command in commands]

    assert ports[0]
    assert ports[1]
    assert ports[0].isdisjoint(ports[1])
    lefts = [
        Left(ended, Path(ended.document["run_dir"]), held, tmp_path / name)
        for ended, held, name in zip(ends, ports, ("one", "two"), strict=True)
    ]
    for left in lefts:
        assert left.ended.code == 0, left.ended.err
        nothing_is_left(left)
        found = conserved(left.directory, summary_of(left), whole=True)
        assert (found.verdict, found.never_due, found.uncounted) == ("pass", 0, 0)
    directories = [left.directory for left in lefts]
    assert len(set(directories)) == 2
    assert (tmp_path / "runs" / "chaos" / "latest").resolve() in directories
    assert _sessions(lefts[0]).isdisjoint(_sessions(lefts[1]))


@contextmanager
def _begun(folder: Path, name: str) -> Iterator[Command]:
    """Run the pipeline in *folder*, with a folder of its own for what is temporary."""
    (folder / name).mkdir()
    more = {"CHAOS_SECONDS": "5", "TMPDIR": str(folder / name)}
    command = Command("run", str(PIPELINE), "--json", cwd=folder, env=more)
    try:
        yield command
    finally:
        for pid in [*([command.pid] if command.is_running else []), *command.children()]:
            with suppress(ProcessLookupError):  # as it should be
                os.kill(pid, signal.SIGKILL)


def _listened_on(command: Command) -> frozenset[str]:
    """Return the sockets, by their inodes, that the command and what it started listen on."""
    mine = {socket for pid in [command.pid, *command.children()] for socket in sockets_of(pid)}
    return frozenset(mine & set(listened_on()))


def _sessions(left: Left) -> set[str]:
    """Return the access keys of the sessions of roles that called."""
    records = journal.read(left.directory / JOURNAL)
    keys = {one.access_key for one in records if isinstance(one, journal.Exchange)}
    return {key for key in keys if key.startswith("ASIA")}
