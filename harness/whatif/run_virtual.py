"""A simulated run from its first record to its last: played, judged, concluded. Writes nothing."""

import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness import __version__, journal
from harness.clock import ClockSpec
from harness.journal import Record
from harness.run.verdict import decide
from harness.virtual.driver import Engine
from harness.whatif.case import Case
from harness.whatif.options import shown
from harness.whatif.simulate import Story, simulate
from harness.whatif.thresholds import judge_thresholds

if TYPE_CHECKING:
    from harness.scenario.expectations.expectation import Expectation

ENGINES = {
    "auto": Engine.AUTO,
    "exact": Engine.EXACT,
    "reference": Engine.REFERENCE,
    "counts": Engine.COUNTS,
}
VIRTUAL = ClockSpec.parse("virtual")


def played(
    case: Case,
    engine: str,
    told: dict[str, Any],
    *,
    command: str,
    with_ranges: bool = True,
    asked: Mapping[str, Any] | None = None,
) -> list[Record]:
    """Return the journal of *case*, played by the engine of that name; *told* is what its `model` adds, and
    *asked* what the command line asked for beside it."""
    story = simulate(case, ENGINES[engine], with_ranges=with_ranges)
    records = [_started(case, story, told, command, asked or {}), *story.records]
    judged, not_judged = _judge(case, records, story.ended_at)
    limits, not_held = judge_thresholds(case, [*records, *judged], story.ended_at)
    judged, not_judged = [*judged, *limits], [*not_judged, *not_held]
    verdict, reason = decide(judged, [], _why_invalid(case, judged), None, "load")
    ended = journal.RunEnded(story.ended_at, verdict, reason, 0.0)
    return [*records, *judged, *not_judged, ended]


def _judge(
    case: Case, records: list[Record], at: float
) -> tuple[list[journal.Expectation], list[journal.NotJudged]]:
    """Return what can be judged without calls and programs, and what cannot.

    Programs may change endpoints, which nobody does here: what is missed where there are some proves nothing.
    """
    if not case.expectations:
        return [], []
    from harness.scenario.expectations.expectation import (
        judge,  # with all that a scenario may say: slow to import
    )

    judged = list(judge([one for one in case.expectations if _can_be_judged(one, case)], records, at))
    reasons = {one.name: _why_not(one, case) for one in case.expectations if not _can_be_judged(one, case)}
    asked = {one.name: one for one in case.expectations}
    reasons |= {
        one.name: f"It needs {asked[one.name].needs}; what it asks about is not played in virtual time."
        for one in judged
        if asked[one.name].needs and one.value is None
    }
    if case.has_programs:
        why = (
            "It is not met here; the scenario's programs or triggers, which the virtual clock does not run, "
            "may matter."
        )
        reasons |= {one.name: why for one in judged if not one.ok}
    kept = [one for one in judged if one.name not in reasons]
    return kept, [journal.NotJudged(at, name, reason) for name, reason in reasons.items()]


def _why_not(one: "Expectation", case: Case) -> str:
    if case.functions is not None and not case.keeps_requests:
        return f"It needs {one.needs}; so many invocations are kept by the minute, not one by one."
    return f"It needs {one.needs}, which the virtual clock has not."


def _can_be_judged(one: "Expectation", case: Case) -> bool:
    """Return whether *one* asks about what may happen here: functions run where each call is kept."""
    if not one.needs:
        return True
    from harness.scenario.expectations.functions import NEEDS

    return one.needs == NEEDS and case.functions is not None and case.keeps_requests


def _why_invalid(case: Case, judged: list[journal.Expectation]) -> list[str]:
    if (case.expectations or case.thresholds) and not judged:
        return ["No expectation of this scenario can be judged on the virtual clock."]
    arrived = any(trace.rows_until(case.until_s) for trace in case.traffic.values())
    arrived = arrived or (case.functions is not None and len(case.functions.calls) > 0)
    # Minutes without a call are what was asked about where a policy alone is played: how it shrinks.
    if not arrived and (case.expectations or case.thresholds or any(map(len, case.traffic.values()))):
        return ["There was no traffic, so nothing was measured."]
    return []


def _started(
    case: Case, story: Story, told: dict[str, Any], command: str, asked: Mapping[str, Any]
) -> journal.RunStarted:
    import numpy

    model = {
        "engine": story.engine,
        **told,
        "settings": settings_of(case),
        "given": sorted(case.given),
        "corners": story.corners,
    }
    limits = {"thresholds": [str(one) for one in case.thresholds]} if case.thresholds else {}
    return journal.RunStarted(
        at=0.0,
        scenario=case.name,
        variant=case.variant,
        description=case.description,
        clock=str(VIRTUAL),
        seed=case.seed,
        started_epoch_s=case.epoch_s,
        backend="none",
        emulators={},
        versions={
            "harness": __version__,
            "python": platform.python_version(),
            "numpy": numpy.__version__,
        },
        command=command,
        configuration={"model": model, **limits, **asked},
    )


def settings_of(case: Case) -> dict[str, Any]:
    """Return every setting of the model that *case* is played with, in the form `--set` takes."""
    scaled = case.function_settings if case.provisioned else case.endpoint_settings
    used = [case.scaling_settings, scaled]
    if case.functions is not None:
        used = [*used, case.function_settings] if case.endpoints else [case.function_settings]
    return {
        name: shown(getattr(settings, name)) for settings in used for name in settings.__dataclass_fields__
    }
