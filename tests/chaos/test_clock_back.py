"""The time of day steps, back or forward, while a load is under way: nothing that lasts may notice.

A small library that is preloaded (stepped_clock.c) moves the time of day of the command, of its clients and
of its programs, and no other clock. That of the emulators does not move: their time is their own.
"""

import shutil
import struct
import subprocess
import time
from itertools import pairwise
from pathlib import Path

import pytest
from breaking import Start, moment
from conservation import check

from harness import journal
from harness.load_plan import LAG_LIMIT_S

SOURCE = Path(__file__).with_name("stepped_clock.c")
HOUR_S = 3600


@pytest.fixture
def offset(tmp_path: Path) -> Path:
    """Return the file that says by how many seconds the time of day differs."""
    path = tmp_path / "offset"
    step(path, 0)
    return path


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return the compiled library, or skip the test loudly."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        pytest.skip("no C compiler here; install one with `apt install gcc libc6-dev`")
    made = tmp_path / "stepped_clock.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", made, SOURCE, "-ldl"], check=True)
    return made


@pytest.mark.long
@pytest.mark.parametrize("step_s", [-HOUR_S, HOUR_S], ids=["back", "forward"])
def test_a_step_of_the_clock_is_not_noticed(start: Start, library: Path, offset: Path, step_s: int) -> None:
    """The run passes: what was due is sent in time, no session ends, no moment runs back, nothing is lost."""
    began = time.monotonic()
    run = start(env={"LD_PRELOAD": str(library), "STEPPED_CLOCK": str(offset), "CHAOS_SECONDS": "8"})
    run.under_load(moment("the clock steps"))
    step(offset, step_s)
    found = check(run.end(), code=0, verdict="pass")
    took_s = time.monotonic() - began

    (ended,) = found.all(journal.RunEnded)
    assert 0.0 < ended.wall_real_s <= took_s
    seen = [one.at for one in found.records if hasattr(one, "at")]
    assert 0.0 <= min(seen) <= max(seen) <= took_s
    phases = [one.at for one in found.all(journal.PhaseStarted)]
    assert all(sooner <= later for sooner, later in pairwise(phases))
    (load,) = found.all(journal.LoadEnded)
    assert 0.0 <= load.lag_p99_s <= LAG_LIMIT_S
    for one in found.all(journal.LoadRequest):
        assert one.lag_s >= 0.0
        assert one.sent_at <= one.received_at


def test_the_step_is_seen_by_who_asks_for_the_time_of_day(library: Path, offset: Path) -> None:
    """And by nobody else: otherwise the test above would show nothing."""
    ask = (
        "import datetime, sys, time\n"
        "for _ in sys.stdin:\n"
        "    days = datetime.datetime.now(datetime.UTC).timestamp()\n"
        "    print(time.time(), days, time.monotonic(), flush=True)\n"
    )
    env = {"LD_PRELOAD": str(library), "STEPPED_CLOCK": str(offset)}
    python = shutil.which("python3") or "python3"
    with subprocess.Popen([python, "-c", ask], env=env, stdin=-1, stdout=-1, text=True, bufsize=1) as asked:
        assert asked.stdin is not None
        assert asked.stdout is not None
        told = []
        for seconds in (0, -HOUR_S):
            step(offset, seconds)
            asked.stdin.write("\n")
            told.append([float(word) for word in asked.stdout.readline().split()])
        asked.stdin.close()
    (time_before, day_before, steady_before), (time_after, day_after, steady_after) = told
    assert time_after - time_before == pytest.approx(-HOUR_S, abs=60)
    assert day_after - day_before == pytest.approx(-HOUR_S, abs=60)
    assert 0.0 <= steady_after - steady_before < 60


def step(offset: Path, seconds: int) -> None:
    """Let the time of day differ by *seconds* from now on."""
    with offset.open("r+b" if offset.exists() else "wb") as file:
        file.write(struct.pack("=q", seconds))
