"""The clock that tests put forward: all that tells the time of day in a process is ahead, waiting is not."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.backends.shifted_clock import set_shift

# Runs as the emulator would; prints the seconds by which each way to tell the time is ahead of the real one.
PROGRAM = """
import datetime, os, sys, time
from datetime import UTC
real = os.stat(sys.argv[1]).st_mtime
readings = {
    "time": time.time(),
    "time_ns": time.time_ns() / 1e9,
    "gmtime": datetime.datetime(*time.gmtime()[:6], tzinfo=UTC).timestamp(),
    "localtime": time.mktime(time.localtime()),
    "strftime": time.mktime(time.strptime(time.strftime("%Y-%m-%d %H:%M:%S"), "%Y-%m-%d %H:%M:%S")),
    "now": datetime.datetime.now().timestamp(),
    "now(tz)": datetime.datetime.now(UTC).timestamp(),
    "now(tz=)": datetime.datetime.now(tz=UTC).timestamp(),
    "today": datetime.datetime.today().timestamp(),
    "utcnow": datetime.datetime.utcnow().replace(tzinfo=UTC).timestamp(),
    "monotonic": real + time.monotonic() - float(sys.argv[2]),
}
for name, seconds in readings.items():
    print(name, round((seconds - real) / 100))
assert time.gmtime(0).tm_year == 1970
assert isinstance(datetime.datetime.now(), datetime.datetime)
"""


@pytest.fixture
def shift(tmp_path: Path) -> Path:
    (tmp_path / "program.py").write_text(PROGRAM)
    return tmp_path / "shift"


def run(shift: Path) -> dict[str, int]:
    """Run the program under the clock of *shift*; return by how many hundreds of seconds each was ahead."""
    import time

    touched = shift.parent / "touched"
    touched.touch()
    module = "harness.backends.shifted_clock"
    command = [sys.executable, "-W", "ignore", "-m", module, str(shift), "program", str(touched)]
    environment = {"PYTHONPATH": f"{Path(__file__).parents[3]}:{shift.parent}"}
    done = subprocess.run(
        [*command, str(time.monotonic())], capture_output=True, text=True, env=environment, check=True
    )
    return {name: int(ahead) for name, ahead in map(str.split, done.stdout.splitlines())}


def test_every_reading_of_the_time_is_ahead(shift: Path) -> None:
    """Of `time` and of `datetime`, whichever way a program asks; `monotonic` is real."""
    set_shift(shift, 36_000)

    ahead = run(shift)

    assert ahead.pop("monotonic") == 0
    assert set(ahead.values()) == {360}
    assert len(ahead) == 10


def test_a_shift_of_nothing_is_the_real_time(shift: Path) -> None:
    """Zero leaves everything as it is."""
    set_shift(shift, 0)

    assert set(run(shift).values()) == {0}


def test_a_file_that_is_being_written_keeps_the_last_shift(shift: Path) -> None:
    """Between the moment it is emptied and the moment it is filled nothing jumps."""
    from harness.backends.shifted_clock import _reader

    set_shift(shift, 31.5)
    read = _reader(shift)
    before = read()
    shift.write_text("")
    between = read()
    shift.write_text("62")

    assert (before, between, read()) == (31.5, 31.5, 62.0)


def test_a_missing_file_is_an_error(tmp_path: Path) -> None:
    """An emulator whose clock nobody can move does not start."""
    from harness.backends.shifted_clock import main

    with pytest.raises(FileNotFoundError):
        main([str(tmp_path / "missing"), "json"])
