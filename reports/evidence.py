"""Which records stand behind a failed expectation or a finding. Pure.

A journal keeps an expectation as it was judged: a name, a limit, a value and a sentence, and a scenario may
name it as it likes. So what it is about is read from the names of the run's own resources in these words;
where none is named and nothing fits, there is no evidence to open and the sentence stands alone.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from harness import journal
from harness.summary import ByType
from reports import evidence_messages, evidence_others, evidence_requests, evidence_scaling
from reports.evidence_values import Evidence
from reports.figures.series import endpoint_of

MOST_CHECKS = 40  # failed expectations whose evidence the page carries
MOST_FINDINGS = 60
MOST_WORDS = 2_000  # characters of a message that are searched for names

_SCALING = re.compile(r"scal(?:e|ing|ed)|\binstances?\b|\bcapacity\b|\bcooldown|\bbreach", re.IGNORECASE)
_CAPACITY = re.compile(r"\b(?:peak|least|zones|at the end|left when|minimum)\b", re.IGNORECASE)
_IN = re.compile(r"scale-?_?in|scaled in|low load|less traffic|below", re.IGNORECASE)
_TIME = re.compile(r"response|latency|duration|_time|\blag\b|\bp\(?\d|slow", re.IGNORECASE)
_COST = re.compile(r"\bcosts?\b|\bcost_per|\bUSD\b")
_ROLES = re.compile(r"\bpolicy\b|\bactions\b|\brefused calls|\brisks?\b")
_MESSAGES = re.compile(
    r"\b(?:messages?|lost|duplicates?|dead|still|expired|redeliver|undeliver|published|queue_(?:age|depth)"
    r"|delivery_|processing_)"
)
_FUNCTIONS = re.compile(
    r"\b(?:invocations?|functions?|cold|throttle[sd]?|spill|init_time|event_age|events_lost)"
)
_REQUESTS = re.compile(r"\brequests?\b|\berror|\bcalls?\b")
_JOBS = re.compile(r"\bjobs?\b|_time\b")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?")


class Evidences:
    """The evidence of one run: what its records say about each of its checks and findings."""

    def __init__(self, seen: ByType, summary: dict[str, Any]) -> None:
        self._seen = seen
        self._summary = summary
        self._names = _names(seen, summary)

    def of_checks(self) -> list[Evidence | None]:
        """Return the evidence of each expectation in order: None of one that was met, or has none to show."""
        found: list[Evidence | None] = []
        failed = 0
        for check in self._summary["expectations"]:
            failed += not check["ok"]
            found.append(self._of_check(check) if not check["ok"] and failed <= MOST_CHECKS else None)
        return found

    def of_findings(self) -> list[Evidence | None]:
        """Return the evidence of each finding in order, None where there is none to show."""
        return [
            self._of_words(f"{f['rule']}: {f['resource']}", f["message"]) if place < MOST_FINDINGS else None
            for place, f in enumerate(self._summary["findings"])
        ]

    def _of_check(self, check: Mapping[str, Any]) -> Evidence | None:
        limit = _NUMBER.search(check["limit"])
        in_seconds = float(limit[0]) if limit and check["unit"] == "s" else None
        return self._of_words(check["name"], check["reason"], in_seconds)

    def _of_words(self, name: str, reason: str, limit_s: float | None = None) -> Evidence | None:
        """Return what is behind *name*, explained by *reason*; the subject is looked for in this order."""
        both = f"{name} {reason}"[:MOST_WORDS]
        found = self._about(name, both, limit_s) or self._without_subject(name, both, limit_s)
        return found or None

    def _about(self, name: str, both: str, limit_s: float | None) -> Evidence:
        subject = _mentioned(self._names, name) or _mentioned(self._names, both)
        if subject is None:
            return Evidence()
        kind, which = subject
        if kind == "endpoint":
            return self._of_endpoint(which, name, both, limit_s)
        if kind == "function":
            return evidence_others.of_function(self._seen, which, both)
        if kind == "role":
            return evidence_others.of_role(self._summary, which, name)
        if kind == "queue":
            return evidence_messages.of_queue(self._seen, self._summary, which, name)
        if kind == "topic":
            queue = _mentioned([one for one in self._names if one[0] == "queue"], name)
            return evidence_messages.of_topic(self._seen, self._summary, which, queue[1] if queue else "")
        if kind == "program":
            return evidence_others.of_program(self._seen, which, name.rpartition(": ")[2])
        return evidence_others.of_jobs(self._summary, both)

    def _of_endpoint(self, endpoint: str, name: str, both: str, limit_s: float | None) -> Evidence:
        if _SCALING.search(both):
            if _CAPACITY.search(name):
                return evidence_scaling.capacity(self._seen, endpoint)
            direction = evidence_scaling.IN if _IN.search(name) else evidence_scaling.OUT
            return evidence_scaling.scaling(self._seen, endpoint, direction)
        if _TIME.search(name):
            return evidence_requests.slowest(self._seen, endpoint, limit_s)
        return evidence_requests.failed(self._seen, endpoint)

    def _without_subject(self, name: str, both: str, limit_s: float | None) -> Evidence:
        """Return what a figure over all resources is made of; of roles, queues, functions the worst one."""
        seen, summary = self._seen, self._summary
        ways: dict[re.Pattern[str], Callable[[str], Evidence]] = {
            _COST: lambda words: evidence_others.of_cost(summary),
            _ROLES: lambda words: evidence_others.of_role(summary, _worst_role(summary, words), words),
            _MESSAGES: lambda words: evidence_messages.of_queue(seen, summary, _worst_queue(summary), words),
            _FUNCTIONS: lambda words: evidence_others.of_function(seen, _worst_function(seen), words),
            _SCALING: lambda words: evidence_scaling.scaling(seen, "", _direction(words)),
            _TIME: lambda words: evidence_requests.slowest(seen, "", limit_s),
            _REQUESTS: lambda words: evidence_requests.failed(seen, ""),
            _JOBS: lambda words: evidence_others.of_jobs(summary, words),
        }
        for words in (name, both):
            for pattern, way in ways.items():
                if pattern.search(words) and (found := way(words)):
                    return found
        return Evidence()


def _direction(words: str) -> str:
    return evidence_scaling.IN if _IN.search(words) else evidence_scaling.OUT


def _worst_role(summary: dict[str, Any], words: str) -> str:
    """Return the role with the most refused calls where *words* ask for these, else with the most unused."""
    refused = re.search(r"denied|refus", words)
    roles = summary.get("iam", {})
    count = {
        name: len(one["denied"]) if refused else one.get("unused_actions") or 0 for name, one in roles.items()
    }
    return max(count, key=lambda name: count[name], default="")


def _worst_queue(summary: dict[str, Any]) -> str:
    """Return the target of which the most messages did not come to a good end, "" where there is none."""
    targets = summary.get("messages", {}).get("by_target", {})
    bad = ("lost", "dead_lettered", "still_there", "expired", "duplicates")
    return max(targets, key=lambda name: sum(targets[name][key] for key in bad), default="")


def _worst_function(seen: ByType) -> str:
    """Return the function with the most failed invocations and throttles, "" where none was called."""
    calls = Counter({one.function: 0 for one in seen.all(journal.FunctionInvoked)})
    calls.update(one.function for one in seen.all(journal.FunctionInvoked) if one.outcome != "ok")
    calls.update(one.function for one in seen.all(journal.FunctionThrottled))
    return max(calls, key=lambda name: calls[name], default="")


def _names(seen: ByType, summary: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (kind, name) of what the run's words may be about, the longest name first."""
    messages = summary.get("messages", {})
    kinds: dict[str, Iterable[str]] = {
        "endpoint": [*summary.get("endpoints", {}), *_endpoints(seen)],
        "function": [one.function for one in seen.all(journal.FunctionDeclared)],
        "role": summary.get("iam", {}),
        "queue": [*messages.get("by_target", {}), *(one.queue for one in seen.all(journal.QueueDeclared))],
        "topic": [one["source"] for one in messages.get("edges", [])],
        "program": [*summary.get("programs", {}), *(one.program for one in seen.all(journal.ProgramEnded))],
        "job": [one["job"] for one in summary.get("jobs", [])],
    }
    found = {(kind, name): None for kind, names in kinds.items() for name in names if name}
    return sorted(found, key=lambda one: -len(one[1]))


def _endpoints(seen: ByType) -> set[str]:
    targets = {endpoint_of(one.resource_id) for one in seen.all(journal.TargetRegistered)}
    return targets | {one.endpoint for one in seen.all(journal.CapacityChanged)}


def _mentioned(names: Sequence[tuple[str, str]], words: str) -> tuple[str, str] | None:
    """Return the one of *names* that *words* name first, the longest of several there."""
    best: tuple[int, tuple[str, str]] | None = None
    for one in names:
        at = _place(one[1], words)
        if at is not None and (best is None or at < best[0]):
            best = at, one
    return None if best is None else best[1]


def _place(name: str, words: str) -> int | None:
    """Return where *name* stands in *words* as a whole word; a longer name that holds it is another."""
    if name not in words:
        return None
    found = re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", words)
    return None if found is None else found.start()
