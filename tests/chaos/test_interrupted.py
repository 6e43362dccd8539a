"""A run that is interrupted, at twenty moments: two in each of its phases.

The moments and the signals are drawn from HARNESS_CHAOS_SEED: Ctrl-C, SIGTERM, a closed terminal, a second
Ctrl-C of somebody without patience, SIGKILL.
"""

import signal
import time
from random import Random

import pytest
from breaking import SEED, Left, Rehearsal, Start
from command import harness, none_left
from conservation import nothing_is_left

from harness import journal
from harness.run.results import JOURNAL

MOMENTS = 20
# The phases of a run as they are told, and what each takes on an ordinary machine, in seconds.
PHASES = {
    "start": 1.5,
    "train": 0.5,
    "deploy": 1.0,
    "program": 0.5,
    "load": 3.0,
    "settle": 3.0,
    "stop": 0.3,
    "inventory": 0.3,
    "teardown": 0.5,
    "report": 0.5,
}
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)
# How soon a second signal follows the first, where one does: some time within the end that the first began.
IMPATIENT_RATIO, AGAIN_AFTER_S = 0.25, 1.5

Signals = list[tuple[float, signal.Signals]]


def drawn(number: int) -> tuple[str, float, Signals]:
    """Return the phase of attempt *number*, how long after its beginning the first signal comes, and each
    signal with a pause after it."""
    random = Random(f"{SEED}/chaos/interrupted/{number}")
    phase = list(PHASES)[number % len(PHASES)]
    after_s, one = random.uniform(0.0, PHASES[phase]), random.choice(SIGNALS)
    if one is not signal.SIGKILL and random.random() < IMPATIENT_RATIO:
        return phase, after_s, [(random.uniform(0.0, AGAIN_AFTER_S), one), (0.0, signal.SIGINT)]
    return phase, after_s, [(0.0, one)]


# Three for every change: while it starts, under load, and while it clears up.
QUICK = (0, 4, 8)
ATTEMPTS = [
    pytest.param(number, marks=() if number in QUICK else pytest.mark.long, id=f"{number} {drawn(number)[0]}")
    for number in range(MOMENTS)
]


@pytest.mark.parametrize("number", ATTEMPTS)
def test_an_interrupted_run_leaves_what_can_be_read_and_nothing_else(start: Start, number: int) -> None:
    """A readable journal, no process, no port, no scratch folder; `harness report` draws what there is."""
    phase, after_s, signals = drawn(number)
    run = start(env={"CHAOS_SECONDS": "3"})
    run.command.until(f"\n  {phase}", 120.0)
    wait_s(run, after_s)
    for pause_s, one in signals:
        run.note_sockets()
        run.command.send(one)
        wait_s(run, pause_s)

    ended = run.command.end()
    assert ended.code in expected_codes(signals[-1][1]), ended.err
    assert "Traceback" not in ended.err
    if not any(run.runs.glob(f"*/2*/{JOURNAL}")):  # it ended before there was anything to run
        assert (none_left(ended.pid), list(run.scratch.iterdir())) == (True, [])
        return
    left = run.end()
    nothing_is_left(left)
    reads_back(left)


def wait_s(run: Rehearsal, seconds: float) -> None:
    """Return after *seconds*, or as soon as the run has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and run.command.is_running:
        time.sleep(0.01)


def expected_codes(last: signal.Signals) -> set[int]:
    """Return what the command may end with: 130, what the kernel says of SIGKILL, or its end came first."""
    return {-signal.SIGKILL, 0, 1} if last is signal.SIGKILL else {130, 0, 1}


def reads_back(left: Left) -> None:
    """Fail where the journal cannot be read, or `harness report` makes nothing of it."""
    records = journal.read(left.directory / JOURNAL)
    reported = harness("report", str(left.directory), "--json", cwd=left.directory.parent)
    if not records:
        assert left.ended.code == -signal.SIGKILL, (
            "only a killed run may have had no time to say that it began"
        )
        assert "ended before it began" in reported.err
        return
    assert isinstance(records[0], journal.RunStarted)
    assert reported.code == 0, reported.err
    assert (left.directory / "report.html").stat().st_size > 10_000
    if left.ended.code == 130:
        assert isinstance(records[-1], journal.RunEnded)
        assert reported.document["verdict"] == "invalid"
