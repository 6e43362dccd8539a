"""Thresholds on the virtual clock: judged as anywhere, where what they ask about is played there at all."""

from collections.abc import Sequence

from harness import journal
from harness.journal import Record
from harness.thresholds.threshold import Threshold
from harness.whatif.case import Case

# What the bill of endpoints and functions is made of is all here; calls of other services are not.
_BILLED_HERE = ("sagemaker", "lambda")


def judge_thresholds(
    case: Case, records: Sequence[Record], at: float
) -> tuple[list[journal.Expectation], list[journal.NotJudged]]:
    """Return the thresholds of *case* judged over *records*, and those that nothing here can judge.

    One that somebody asked for by name is always judged: what cannot be measured, it fails.
    """
    if not case.thresholds:
        return [], []
    from harness.thresholds.judging import judge

    judged: list[journal.Expectation] = []
    not_judged: list[journal.NotJudged] = []
    for limit, one in zip(
        case.thresholds, judge(case.thresholds, records, None, at, wall_s=0.0), strict=True
    ):
        why = "" if limit.asked else _why_not(limit, one, case)
        if why:
            not_judged.append(journal.NotJudged(at, one.name, why))
        else:
            judged.append(one)
    return judged, not_judged


def _why_not(limit: Threshold, one: journal.Expectation, case: Case) -> str:
    """Return why *limit* of the scenario proves nothing here, "" when it does."""
    if limit.metric.needs and limit.tags.get("service") not in _BILLED_HERE:
        return f"It needs {limit.metric.needs}, which the virtual clock has not."
    if one.value is None and limit.metric.path:
        return f"It is not known on the virtual clock: {one.reason}."
    if not one.ok and case.has_programs:
        return (
            "It is not met here; the scenario's programs or triggers, which the virtual clock does not run, "
            "may matter."
        )
    return ""
