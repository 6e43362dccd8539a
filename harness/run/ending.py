"""The end of a rehearsal: it is judged, and its files are written, the cheap and certain ones first."""

import time

from harness import journal
from harness.interrupts import Deferred
from harness.run import thresholds
from harness.run.afterwards import compared
from harness.run.outcome import Outcome
from harness.run.permission_phase import smallest_policies
from harness.run.rehearsal import Rehearsal
from harness.run.results import draw, save_summary, write_policies, write_profile
from harness.run.started import run_started
from harness.run.verdict import decide
from harness.scenario.expectations.expectation import judge
from harness.store import point_latest
from harness.summary import summarise


def close(rehearsal: Rehearsal, outcome: Outcome) -> None:
    """Judge the run and write its files into *outcome*; raises HarnessError when the disk refuses them.

    What is cheap comes first, and a report that cannot be drawn loses nothing of the rest.
    """
    records = rehearsal.run.recorder.records
    with Deferred():
        records.keep_all()
        _conclude(rehearsal, outcome.error)
        outcome.summary = summarise(records)  # told on stdout, also where no file can be written
        try:
            rehearsal.run.recorder.close()
        finally:
            save_summary(rehearsal.run.directory, outcome.summary)
        write_profile(rehearsal.run.directory, rehearsal.scenario, records)
        write_policies(rehearsal.run.directory, smallest_policies(records))
        point_latest(rehearsal.run.directory)
    run = rehearsal.run
    outcome.comparison, untold = compared(run.directory, run.options.baseline, run.settings.runs_dir)
    with_report = rehearsal.run.options.report
    if with_report:
        rehearsal.run.view.phase("report")
    outcome.trouble = draw(
        rehearsal.run.directory,
        records,
        outcome.summary,
        comparison=outcome.comparison,
        with_report=with_report,
        with_index=run.options.index,
    )
    outcome.trouble = outcome.trouble or untold


def _conclude(rehearsal: Rehearsal, error: BaseException | None) -> None:
    """Journal the verdict, after what it follows from."""
    run = rehearsal.run
    if not run.recorder.records:
        run.recorder.record(run_started(run, run.settings.backend, {}, rehearsal.began_epoch_s))
    now = run.clock.now() if rehearsal.has_model_time else 0.0
    judged = list(judge(rehearsal.scenario.expectations, run.recorder.records, now)) if error is None else []
    for expectation in judged:
        run.recorder.record(expectation)
    if error is None:  # after the expectations, of which a threshold may speak too
        limits = list(thresholds.judged(rehearsal, now, time.monotonic() - rehearsal.began))
        for limit in limits:
            run.recorder.record(limit)
        judged += limits
    forgiven = {program.name for program in rehearsal.scenario.programs if program.may_fail}
    ended = (one for one in run.recorder.records if isinstance(one, journal.ProgramEnded))
    programs = [one for one in ended if one.program not in forgiven]
    verdict, reason = decide(judged, programs, rehearsal.why_invalid, error, rehearsal.phase)
    if verdict == "fail" and run.crossing is not None:
        reason = f"{run.crossing.sentence}; {reason}"
    run.recorder.record(journal.RunEnded(now, verdict, reason, time.monotonic() - rehearsal.began))
