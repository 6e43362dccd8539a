"""What the doctor says: what stops a run fails, what is only poor is a note, each with what mends it."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from harness.backends import doctor_machine, doctor_packages
from harness.backends.doctor_machine import machine_rows
from harness.backends.doctor_packages import package_rows
from harness.backends.doctor_row import DoctorRow
from harness.config import Settings


def rows_of(runs: Path) -> dict[str, DoctorRow]:
    return {row.check: row for row in machine_rows(Settings(runs_dir=runs))}


def test_a_machine_that_can_run_is_found_well(tmp_path: Path) -> None:
    """No row stops a run; the folder need not be there yet."""
    rows = rows_of(tmp_path / "not" / "yet")
    assert [row.check for row in rows.values() if not row.ok] == []
    assert "can be written to" in rows["runs folder"].detail
    assert not (tmp_path / "not").exists()
    assert "late" in rows["timer"].detail


def test_a_disk_that_is_nearly_full_stops_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command that mends it deletes old runs."""
    monkeypatch.setattr(doctor_machine, "NEEDED_BYTES", 1 << 62)
    monkeypatch.setattr(doctor_machine, "WANTED_BYTES", 1 << 62)
    row = rows_of(tmp_path)["disk"]
    assert (row.ok, row.state, row.mend) == (False, "FAIL", "harness runs --prune")


def test_few_open_files_are_a_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs, and `ulimit` lets it run better."""
    monkeypatch.setattr(doctor_machine, "_covers", lambda limit, wanted: wanted < 1_000)
    row = rows_of(tmp_path)["open files"]
    assert (row.ok, row.state) == (True, "note")
    assert row.mend.startswith("ulimit -n ")


def test_a_runs_folder_that_is_a_file_stops_a_run(tmp_path: Path) -> None:
    """Named, with another way."""
    (tmp_path / "runs").touch()
    row = rows_of(tmp_path / "runs")["runs folder"]
    assert not row.ok
    assert "--runs DIR or HARNESS_RUNS_DIR=DIR" in row.detail
    assert row.mend


def test_a_package_that_is_missing_or_old_is_named_with_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one command that gets it; an extra that is missing is only a note."""

    def changed(name: str) -> str:
        if name in ("orjson", "torch", "uvloop"):
            raise PackageNotFoundError(name)
        return "0.1" if name == "rich" else version(name)

    monkeypatch.setattr(doctor_packages, "version", changed)
    rows = {row.check: row for row in package_rows()}
    assert (rows["orjson"].state, rows["rich"].state, rows["uvloop"].state) == ("FAIL", "FAIL", "note")
    assert rows["orjson"].mend.endswith("-m pip install 'orjson>=3.10'")
    assert "0.1 is installed, but >=13.7 is wanted" in rows["rich"].detail
    assert rows["extra torch"].state == "note"
    assert rows["extra torch"].mend.endswith("-m pip install 'aws-ml-rehearsal-harness[torch]'")


def test_a_clone_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """One command installs all."""
    monkeypatch.setattr(doctor_packages, "packages_distributions", dict)
    (row,) = package_rows()
    assert not row.ok
    assert "-m pip install -e " in row.mend


def test_programs_that_are_not_here_are_notes_with_a_way_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of them stops a run."""
    monkeypatch.setattr(doctor_packages.shutil, "which", lambda name: None)
    rows = {row.check: row for row in package_rows()}
    assert {rows[name].state for name in doctor_packages.PROGRAMS} == {"note"}
    assert all(rows[name].mend for name in doctor_packages.PROGRAMS)
