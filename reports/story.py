"""The words of the report: the two answers on the first screen, and why it scaled when it did. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness import journal
from harness.stats import percentile
from harness.summary import ByType, is_invocation, measures, response_s
from reports.text import clock, plural, share, short, span

# What comes first of several at one moment: cause before effect.
KINDS = ("phase", "fault", "alarm", "decision", "activity", "endpoint", "cooldown")
MOST_ROWS = 400  # a longer story is cut with a note; the journal has it all


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question of the first screen; `tone` is ok, bad or plain."""

    question: str
    headline: str
    detail: str
    tone: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the story: what happened at `at` (until `until`, `count` times), and its kind."""

    at: float
    kind: str
    text: str
    tone: str = "plain"
    until: float | None = None
    count: int = 1


def verdict_sentence(summary: dict[str, Any]) -> str:
    """Return the verdict in one sentence."""
    checks = summary["expectations"]
    missed = [check for check in checks if not check["ok"]]
    if summary["verdict"] == "invalid":
        return f"This run proves nothing: {_sentence(summary['reason'])}"
    if summary["verdict"] == "fail":
        if not missed:
            return f"It failed: {_sentence(summary['reason'])}"
        return f"{len(missed)} of {plural(len(checks), 'expectation')} {_was(len(missed))} not met."
    if not checks:
        return "The run ended well; no expectation was declared."
    return f"All {len(checks)} expectations were met." if len(checks) > 1 else "The one expectation was met."


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _sentence(reason: str) -> str:
    return (reason or "no reason was recorded").rstrip(".") + "."


# --- would it have held? -----------------------------------------------------------------------------------


def answers(seen: ByType, summary: dict[str, Any]) -> list[Answer]:
    """Return the answers to "would it have held?" and "would it have scaled in time?" where they apply.

    An invalid run answers neither: its figures are told as what they are, without a colour.
    """
    found = [answer for answer in (held(seen, summary), scaled(seen, summary)) if answer is not None]
    if summary["verdict"] != "invalid":
        return found
    return [
        Answer(
            a.question, "Not shown by this run", f"What was seen: {a.headline}. {a.detail}".strip(), "plain"
        )
        for a in found
    ]


def held(seen: ByType, summary: dict[str, Any]) -> Answer | None:
    """Return whether every request was answered, with the times of those that were."""
    offered, lost, words = _lost(seen, summary)
    if not offered:
        return None
    times = summary.get("latency", {})
    detail = "No request was answered."
    if times:
        detail = f"99 of 100 answers took at most {short(times['response_s']['p99'])}"
        detail += f" from the intended start; service alone {short(times['service_s']['p99'])}."
    if lost:
        return Answer(
            "Would it have held?",
            f"{plural(lost, 'call')} of {offered:,} ({share(lost, offered)}) got no good answer",
            f"{words}. {detail}",
            "bad",
        )
    headline = f"All {offered:,} calls were answered" if offered > 1 else "The one call was answered"
    return Answer("Would it have held?", headline, detail, "ok")


def _lost(seen: ByType, summary: dict[str, Any]) -> tuple[int, int, str]:
    """Return requests offered, those without a good answer, and what became of these in words."""
    load = summary.get("load")
    if load:
        parts = {name: load[name] for name in ("failed", "dropped", "unfinished") if load[name]}
        return load["offered"], sum(parts.values()), ", ".join(f"{n:,} {name}" for name, n in parts.items())
    calls = [e for e in seen.all(journal.Exchange) if is_invocation(e)]
    bad = sum(e.status >= 300 for e in calls)
    return len(calls), bad, f"{bad:,} failed"


# --- would it have scaled in time? -------------------------------------------------------------------------


def scaled(seen: ByType, summary: dict[str, Any]) -> Answer | None:
    """Return whether the first registered target grew before any call was lost, and how long that took."""
    scaling = summary.get("scaling")
    if scaling is None:
        return None
    question = "Would it have scaled in time?"
    outs = [a for a in scaling["activities"] if a["to"] > a["from"]]
    if not outs:
        return _never_scaled(question, seen, scaling["resource_id"])
    first = outs[0]
    if "in_service_s" not in first:
        headline = f"It asked for {first['to']} instances at {clock(first['at_s'])} and never got them all"
        return Answer(question, headline, f"The activity ended as {first['status']}.", "bad")
    lag = scaling.get("breach_to_in_service_s")
    began = first["in_service_s"] - lag if lag is not None else first["at_s"]
    waited = first["in_service_s"] - began
    lost, detail = _during(seen, scaling["resource_id"], began, first["in_service_s"])
    headline = f"From {first['from']} to {first['to']} instances in {span(waited)}"
    decision, launch = span(first["at_s"] - began), span(first["in_service_s"] - first["at_s"])
    parts = f"{decision} until the decision, {launch} to launch"
    tone = "plain" if lost is None else "bad" if lost else "ok"
    since = "from the first minute over the target" if lag is not None else "from the decision"
    return Answer(question, f"{headline} {since}", f"{parts}. {detail}".strip(), tone)


def _never_scaled(question: str, seen: ByType, resource: str) -> Answer:
    policies = [p for p in seen.all(journal.PolicyPut) if p.resource_id == resource]
    over = [
        point
        for point in seen.all(journal.MetricPublished)
        if policies and measures(policies[0], point) and point.value > policies[0].target_value
    ]
    if not over:
        return Answer(question, "It was not asked to: the metric never passed its target", "", "plain")
    words = f"{plural(len(over), 'datapoint')} above the target, the first from {clock(over[0].period_at)}."
    return Answer(question, "It never scaled out, though the metric passed its target", words, "bad")


def _during(seen: ByType, resource: str, start: float, end: float) -> tuple[int | None, str]:
    """Return the number of calls lost from *start* to *end*, None where there were none, and a sentence."""
    endpoint = resource.split("/")[1] if resource.count("/") == 3 else resource
    due = [r for r in seen.all(journal.LoadRequest) if r.endpoint == endpoint and start <= r.due_at < end]
    if not due:
        return None, ""
    answered = sorted(response_s(r) for r in due if r.outcome == "ok")
    lost = len(due) - len(answered)
    p99 = f"p99 was {short(percentile(answered, 0.99))}" if answered else "no call was answered"
    count = f"{lost:,} of {plural(len(due), 'call')} got no good answer" if lost else "no call was lost"
    return lost, f"During the wait {count} and {p99}."


# --- why it scaled when it did -----------------------------------------------------------------------------


def rows(seen: ByType) -> list[Row]:
    """Return all that bears on scaling in order of time, of several things at one moment the cause first."""
    alarms = {a.name: f"alarm {a.direction}" for a in seen.all(journal.AlarmChanged)}
    several = len({e.resource_id for e in seen.all(journal.ScalingEvaluated)}) > 1
    told = [
        *(_phase_row(p) for p in seen.all(journal.PhaseStarted)),
        *_endpoint_rows(seen.all(journal.EndpointChanged)),
        *(Row(f.at, "fault", f"{f.fault}: {f.detail}", "bad") for f in seen.all(journal.FaultInjected)),
        *(_alarm_row(a) for a in seen.all(journal.AlarmChanged)),
        *_decision_rows(seen.all(journal.ScalingEvaluated), several),
        *_activity_rows(seen.all(journal.ScalingActivity), alarms),
        *_cooldown_rows(seen.all(journal.CooldownStarted)),
    ]
    return sorted(told, key=lambda row: (row.at, KINDS.index(row.kind)))


def _phase_row(phase: journal.PhaseStarted) -> Row:
    return Row(phase.at, "phase", f"Phase {phase.phase} began{f': {phase.detail}' if phase.detail else ''}.")


def _endpoint_rows(changes: Iterable[journal.EndpointChanged]) -> Iterator[Row]:
    for change in changes:
        why = f": {change.reason}" if change.reason else "."
        tone = "bad" if "Failed" in change.status else "plain"
        yield Row(change.at, "endpoint", f"Endpoint {change.endpoint} is {change.status}{why}", tone)


def _alarm_row(alarm: journal.AlarmChanged) -> Row:
    words = (
        f"Alarm {alarm.direction} (threshold {alarm.threshold:g}) went from {alarm.before} to {alarm.after}."
    )
    return Row(
        alarm.at, "alarm", f"{words} {alarm.reason}".strip(), "warn" if alarm.after == "ALARM" else "plain"
    )


def _decision_rows(decisions: Sequence[journal.ScalingEvaluated], several: bool) -> Iterator[Row]:
    """Yield one row for each stretch of evaluations of one target with the same outcome."""
    open_rows: dict[str, tuple[object, Row]] = {}
    for decision in decisions:
        acts = decision.desired != decision.capacity
        outcome = (decision.code, decision.desired if acts else None)
        outcome_before, row = open_rows.get(decision.resource_id, (None, None))
        if row is not None and outcome_before == outcome:
            open_rows[decision.resource_id] = (outcome, replace(row, until=decision.at, count=row.count + 1))
            continue
        if row is not None:
            yield row
        where = f"{decision.resource_id}: " if several else ""
        fresh = Row(decision.at, "decision", f"{where}{decision.sentence}", "good" if acts else "plain")
        open_rows[decision.resource_id] = (outcome, fresh)
    yield from (row for _, row in open_rows.values())


def _activity_rows(activities: Iterable[journal.ScalingActivity], alarms: dict[str, str]) -> Iterator[Row]:
    seen_ids: set[str] = set()
    for activity in activities:
        change = f"{activity.from_capacity} → {activity.to_capacity}"
        if activity.activity_id not in seen_ids:
            seen_ids.add(activity.activity_id)
            words = (
                f"Scaling activity {change} began ({activity.status}): {_shortened(activity.cause, alarms)}."
            )
            tone = "bad" if activity.status == "Failed" else "good"
        else:
            words = f"Scaling activity {change} is {activity.status}."
            tone = (
                "good"
                if activity.status == "Successful"
                else "plain"
                if activity.status == "InProgress"
                else "bad"
            )
        message = activity.status_message if tone == "bad" else ""
        yield Row(activity.at, "activity", f"{words} {message}".strip(), tone)


def _shortened(cause: str, alarms: dict[str, str]) -> str:
    """Return *cause* with the long names of alarms replaced by their direction."""
    for name, words in alarms.items():
        cause = cause.replace(f"monitor alarm {name}", words).replace(name, words)
    return cause.rstrip(".")


def _cooldown_rows(waits: Iterable[journal.CooldownStarted]) -> Iterator[Row]:
    for wait in waits:
        held = f"no further scaling {wait.direction} until {clock(wait.until)}"
        yield Row(wait.at, "cooldown", f"Cooldown of {span(wait.until - wait.at)}: {held}.", until=wait.until)
