"""What goes from the store, and what never does."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.store import is_being_written, is_pinned, pin, point_latest, prune, unpin, writing
from harness.store.lock import take
from tests.unit.compare.made import written


def runs_of(tmp_path: Path, count: int, **of: str | None) -> list[Path]:
    """Write *count* runs, the oldest first."""
    return [written(tmp_path, f"run-{n:02}", epoch_s=float(n), **of) for n in range(count)]  # type: ignore[arg-type]


def test_the_last_runs_of_each_scenario_stay(tmp_path: Path) -> None:
    """The older ones go, and are told."""
    directories = runs_of(tmp_path, 5)
    other = written(tmp_path, "only", scenario="other")
    assert sorted(prune(tmp_path, keep=2)) == directories[:3]
    assert not any(one.exists() for one in directories[:3])
    assert all(one.is_dir() for one in (*directories[3:], other))
    assert not list((tmp_path / "ramp").glob(".pruned*"))


def test_one_scenario_alone_may_be_pruned(tmp_path: Path) -> None:
    """The others stay as they are."""
    runs_of(tmp_path, 3)
    others = [written(tmp_path, f"x{n}", scenario="other", epoch_s=n) for n in range(3)]
    assert len(prune(tmp_path, "ramp", keep=1)) == 2
    assert all(one.is_dir() for one in others)


def test_nothing_keeps_all(tmp_path: Path) -> None:
    """`--keep 0`."""
    runs_of(tmp_path, 3)
    assert prune(tmp_path, keep=0) == []


def test_what_somebody_needs_stays(tmp_path: Path) -> None:
    """Pinned, spared, the latest; what is being written is the newest of all."""
    pinned, spared, latest, drawing, gone, last = runs_of(tmp_path, 6)
    running = written(tmp_path, "running", verdict=None)
    pin(pinned)
    point_latest(latest)
    with writing(running), writing(drawing):
        assert prune(tmp_path, keep=2, spare=[spared]) == [gone]
    assert all(one.is_dir() for one in (pinned, spared, latest, drawing, running, last))
    unpin(pinned)
    assert pinned in prune(tmp_path, keep=1)


def test_a_pin_outlives_its_run(tmp_path: Path) -> None:
    """On the virtual clock the same run again takes the place of the first."""
    [directory] = runs_of(tmp_path, 1)
    pin(directory)
    os.rename(directory, tmp_path / "away")
    assert is_pinned(directory)
    unpin(directory)
    unpin(directory)
    assert not is_pinned(directory)


def test_a_young_run_without_an_end_stays(tmp_path: Path) -> None:
    """Where there are no locks it may be written still; an hour later it is abandoned."""
    young, old, _ = runs_of(tmp_path, 3, verdict=None)
    os.utime(old / "journal.jsonl.gz", (1.0, 1.0))
    assert prune(tmp_path, keep=1) == [old]
    assert young.is_dir()


def test_only_runs_of_ours_are_deleted_and_no_link_is_followed(tmp_path: Path) -> None:
    """Folders of somebody else's stay, within and without; so does what a run links to."""
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    store = tmp_path / "runs"
    old, _ = runs_of(store, 2)
    (old / "link").symlink_to(precious, target_is_directory=True)
    (old / "work").mkdir()
    (old / "work" / "link").symlink_to(precious, target_is_directory=True)
    (store / "ramp" / "foreign").mkdir()
    linked = written(tmp_path / "elsewhere", "run", scenario="x")
    (store / "ramp" / "a-run").symlink_to(linked, target_is_directory=True)
    (store / "scenario").symlink_to(linked.parent, target_is_directory=True)
    assert prune(store, keep=1) == [old]
    assert prune(store, "scenario", keep=1) == []
    assert (precious / "file").is_file()
    assert linked.is_dir()
    assert (store / "ramp" / "foreign").is_dir()


def test_what_a_killed_pruner_left_is_cleared_away(tmp_path: Path) -> None:
    """It is known by its name and its journal; anything else of that name stays."""
    [directory] = runs_of(tmp_path, 1)
    half = directory.with_name(".pruned-old")
    half.mkdir()
    (half / "journal.jsonl.gz").touch()
    strange = directory.with_name(".pruned-strange")
    strange.mkdir()
    prune(tmp_path, keep=5)
    assert not half.exists()
    assert strange.is_dir()
    assert directory.is_dir()


def test_two_pruners_at_once_delete_each_run_once(tmp_path: Path) -> None:
    """Together they tell each of them once."""
    directories = runs_of(tmp_path, 12)
    gone: list[list[Path]] = []
    pruners = [threading.Thread(target=lambda: gone.append(prune(tmp_path, keep=2))) for _ in range(4)]
    for each in pruners:
        each.start()
    for each in pruners:
        each.join()
    assert sorted(one for found in gone for one in found) == directories[:10]


def test_a_lock_dies_with_its_process(tmp_path: Path) -> None:
    """However it dies: there is no stale lock."""
    [directory] = runs_of(tmp_path, 1)
    code = (
        "import sys, pathlib; from harness.store.lock import writing\n"
        "with writing(pathlib.Path(sys.argv[1])):\n    print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(directory)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert is_being_written(directory)
        assert take(directory) is None
        process.send_signal(signal.SIGKILL)
    assert not is_being_written(directory)


def test_two_may_write_beside_each_other(tmp_path: Path) -> None:
    """A run and the report that is drawn of it; who deletes wants it alone."""
    [directory] = runs_of(tmp_path, 1)
    with writing(directory), writing(directory):
        assert take(directory) is None
    held = take(directory)
    assert held is not None
    os.close(held)


def test_a_run_that_is_gone_cannot_be_locked(tmp_path: Path) -> None:
    """Nor is it being written; a run goes on without a lock where there can be none."""
    with writing(tmp_path / "gone"):
        assert not is_being_written(tmp_path / "gone")
    assert take(tmp_path / "gone") is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_what_cannot_be_deleted_stays(tmp_path: Path) -> None:
    """A folder that is read-only."""
    directories = runs_of(tmp_path, 2)
    (tmp_path / "ramp").chmod(0o500)
    try:
        assert prune(tmp_path, keep=1) == []
    finally:
        (tmp_path / "ramp").chmod(0o700)
    assert all(one.is_dir() for one in directories)
