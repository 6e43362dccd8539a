"""The first screen in words: the verdict, would it have held, would it have scaled in time? Pure."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from harness import journal
from harness.stats import percentile
from harness.summary import ByType, is_invocation, measures, response_s
from harness.summary.load import is_call
from reports.figures import minutes
from reports.figures.series import endpoint_of
from reports.functions import words as functions
from reports.messages import words as messages
from reports.permissions import words as permission_words
from reports.text import clock, plural, share, short, span

UNANSWERED = ("failed", "dropped", "unfinished", "lost")


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question of the first screen; `tone` is ok, bad or plain."""

    question: str
    headline: str
    detail: str
    tone: str


def verdict_sentence(summary: dict[str, Any]) -> str:
    """Return the verdict in one sentence."""
    checks = summary["expectations"]
    missed = [check for check in checks if not check["ok"]]
    if summary["verdict"] == "running":
        return "The run goes on; nothing is judged yet."
    if summary["verdict"] == "invalid":
        return f"This run proves nothing: {_sentence(summary['reason'])}"
    if summary["verdict"] == "fail":
        if not missed:
            return f"It failed: {_sentence(summary['reason'])}"
        return f"{len(missed)} of {plural(len(checks), 'expectation')} {_was(len(missed))} not met."
    if not checks:
        if summary["clock"] == "virtual":
            return "No expectation was declared, so nothing was judged; this is what would happen."
        return "The run ended well; no expectation was declared."
    return f"All {len(checks)} expectations were met." if len(checks) > 1 else "The one expectation was met."


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _sentence(reason: str) -> str:
    return _inner((reason or "no reason was recorded").rstrip(".") + ".")


def _inner(words: str) -> str:
    """Return *words* as they stand after a colon: in lower case, unless they begin with CAPITALS."""
    return words[0].lower() + words[1:] if words[1:2].islower() else words


def answers(seen: ByType, summary: dict[str, Any]) -> list[Answer]:
    """Return the answers to the questions on calls, scaling, messages, functions, permissions; what applies.

    An invalid run answers neither: its figures are told as what they are, without a colour. A run that goes
    on has no answer yet.
    """
    first = (held(seen, summary), scaled(seen, summary))
    asked = (*first, arrived(seen, summary), admitted(summary), permitted(summary))
    found = [answer for answer in asked if answer is not None]
    if summary["verdict"] == "running":
        return [Answer(a.question, f"So far: {_inner(a.headline)}", a.detail, "plain") for a in found]
    if summary["verdict"] != "invalid":
        return found
    return [
        Answer(
            a.question,
            "Not shown by this run",
            f"What was seen: {_inner(a.headline)}. {a.detail}".strip(),
            "plain",
        )
        for a in found
    ]


def arrived(seen: ByType, summary: dict[str, Any]) -> Answer | None:
    """Return whether every message arrived once; None where there were none."""
    found = messages.arrived(seen, summary)
    return None if found is None else Answer(messages.QUESTION, *found)


def admitted(summary: dict[str, Any]) -> Answer | None:
    """Return whether every invocation of a function ran and ended well; None where there was no function."""
    found = functions.answer(summary)
    return None if found is None else Answer(functions.QUESTION, *found)


def permitted(summary: dict[str, Any]) -> Answer | None:
    """Return whether the roles held what they needed and no more; None where nothing is known of it."""
    found = permission_words.answer(summary)
    return None if found is None else Answer(permission_words.QUESTION, *found)


def held(seen: ByType, summary: dict[str, Any]) -> Answer | None:
    """Return whether every request was answered, with the times of those that were."""
    offered, lost, words = _lost(seen, summary)
    if not offered:
        return None
    times = summary.get("latency", {})
    detail = "No request was answered." if lost == offered else ""
    if times:
        detail = f"99 of 100 answers took at most {short(times['response_s']['p99'])}"
        detail += f" from the intended start; service alone {short(times['service_s']['p99'])}."
    if lost:
        return Answer(
            "Would it have held?",
            f"{plural(lost, 'call')} of {offered:,} ({share(lost, offered)}) got no good answer",
            f"{words}{_after_fault(seen)}. {detail}".strip(),
            # The expectations may allow for it: then it is a fact to know, not a failure.
            "warn" if summary["verdict"] == "pass" else "bad",
        )
    headline = f"All {offered:,} calls were answered" if offered > 1 else "The one call was answered"
    return Answer("Would it have held?", headline, detail, "ok")


def _lost(seen: ByType, summary: dict[str, Any]) -> tuple[int, int, str]:
    """Return requests offered, those without a good answer, and what became of these in words."""
    load = summary.get("load")
    if not all(is_call(r) for r in seen.all(journal.LoadRequest)):
        # Messages have an answer of their own; here only what was to be answered counts.
        outcomes = Counter(r.outcome for r in seen.all(journal.LoadRequest) if is_call(r))
        load = {"offered": outcomes.total(), **{name: outcomes[name] for name in UNANSWERED}}
    if load:
        parts = {name: load[name] for name in UNANSWERED if load.get(name)}
        return load["offered"], sum(parts.values()), ", ".join(f"{n:,} {name}" for name, n in parts.items())
    calls = [e for e in seen.all(journal.Exchange) if is_invocation(e)]
    bad = sum(e.status >= 300 for e in calls)
    return len(calls), bad, f"{bad:,} failed"


def _after_fault(seen: ByType) -> str:
    """Return a clause saying so where no call of the load was lost before the first injected fault."""
    faults = [f.at for f in seen.all(journal.FaultInjected)]
    lost = [r.due_at for r in seen.all(journal.LoadRequest) if r.outcome != "ok"]
    if not faults or not lost or min(lost) < min(faults):
        return ""
    return f", all after the fault at {clock(min(faults))}"


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
    due, lost, slowest = _calls(seen, endpoint_of(resource), start, end)
    if not due:
        return None, ""
    p99 = "no call was answered" if slowest is None else f"p99 was {short(slowest)}"
    count = f"{lost:,} of {plural(due, 'call')} got no good answer" if lost else "no call was lost"
    return lost, f"During the wait {count} and {p99}."


def _calls(seen: ByType, endpoint: str, start: float, end: float) -> tuple[int, int, float | None]:
    """Return the calls due from *start* to *end*, those lost among them, and the p99 of the others."""
    if seen.all(journal.ServedMinute):
        return minutes.during(seen, endpoint, start, end)
    load = [r for r in seen.all(journal.LoadRequest) if r.endpoint == endpoint]
    due = [r for r in load if start <= r.due_at < end]
    answered = sorted(response_s(r) for r in due if r.outcome == "ok")
    return len(due), len(due) - len(answered), percentile(answered, 0.99) if answered else None
