"""Carries out a rehearsal: starts what it needs, walks through its phases, judges it and leaves its files.

Nothing is decided here: plans, verdicts and pages are functions of values. What starts is always ended, and
the journal is kept whatever happens.
"""

import traceback
import uuid
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from harness.clock import Clock, ClockSpec
from harness.config import Settings
from harness.errors import DiskFault, EnvironmentFault, HarnessError, InvalidRun, machine_fault
from harness.live.watching import Follow, unwatched
from harness.recorder import Recorder
from harness.run.context import Options, RunContext
from harness.run.ending import close
from harness.run.outcome import Outcome
from harness.run.rehearsal import Rehearsal
from harness.run.results import JOURNAL
from harness.scenario import Scenario
from harness.store.lock import writing
from harness.view import View

CRASH_LOG = "harness.log"


def rehearse(
    scenario: Scenario, options: Options, settings: Settings, view: View, follow: Follow = unwatched
) -> Outcome:
    """Run *scenario* (already resolved to its variant) and return what it came to.

    A failed expectation or an invalid run is an outcome with a verdict. An error of the environment, of the
    scenario or an interruption is the outcome's `error`; the files of the run are written all the same.
    *follow* is told where they will be. Raises EnvironmentFault when there is no place for them.
    """
    directory = _run_directory(settings.runs_dir, scenario.name).resolve()
    with writing(directory):
        clock = Clock(options.clock or ClockSpec.parse(scenario.clock))
        run = RunContext(scenario, options, settings, view, directory, clock, Recorder(directory / JOURNAL))
        follow(directory)
        return _carried_out(run)


def _carried_out(run: RunContext) -> Outcome:
    rehearsal = Rehearsal(run)
    outcome = Outcome(run.directory)
    try:
        rehearsal.carry_out()
    except (HarnessError, KeyboardInterrupt) as error:
        outcome.error = error
    except Exception as error:  # a fault of our own: the run ends with its files all the same
        outcome.error = _crashed(run, error)
    try:
        close(rehearsal, outcome)
    except (HarnessError, KeyboardInterrupt) as error:
        outcome.error = _first(outcome.error, error)
    except Exception as error:
        outcome.error = _first(outcome.error, _crashed(run, error))
    return outcome


def _first(
    before: HarnessError | KeyboardInterrupt | None, error: HarnessError | KeyboardInterrupt
) -> HarnessError | KeyboardInterrupt:
    """Return what came first, of which the rest may follow; but on a full disk all follows from that."""
    if before is None or (isinstance(error, DiskFault) and not isinstance(before, KeyboardInterrupt)):
        return error
    return before


def _run_directory(runs: Path, name: str) -> Path:
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    directory = runs / name / f"{stamp}-{uuid.uuid4().hex[:6]}"
    try:
        (directory / "logs").mkdir(parents=True)
    except OSError as error:
        raise EnvironmentFault(
            f"The run directory {directory} cannot be made: {error.strerror}; name a place with --runs"
        ) from error
    return directory


def _crashed(run: RunContext, error: Exception) -> HarnessError:
    """Return what to tell of an *error* that nobody expected: of the machine, or a fault of our own."""
    if isinstance(error, OSError) and (fault := machine_fault(error, run.directory)) is not None:
        return fault
    log = run.logs / CRASH_LOG
    with suppress(OSError):
        log.write_text(traceback.format_exc(), encoding="utf-8")
    return InvalidRun(
        f"The harness itself failed ({type(error).__name__}: {error}); please report it with {log}"
    )
