"""The one check that ends every test of this folder: nothing that was due or sent is unaccounted for.

Requests: what the schedule made due is answered, failed, dropped, unfinished or told as lost with its client;
the rest is told as never due. Messages: each copy is processed, a dead letter, still there, expired, purged
or told as lost; what a worker says it deleted it has written down before. Verdict and exit code say the same,
no process lives on, no port is held, no scratch folder is left.
"""

import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from breaking import Left, summary_of
from pipeline import HANDLED

from harness import journal
from harness.journal import Record
from harness.load_plan import BEGIN_FILE, PLAN_FILE, read_plan
from harness.messaging.account import account
from harness.messaging.statement import ENDS, LOST, PROCESSED
from harness.run.results import JOURNAL, records_of
from harness.scenario.workload import schedule
from harness.store.lock import is_being_written

OUTCOMES = {"ok", "failed", "dropped", "unfinished", "lost"}
# DESIGN 7: what a verdict may end the command with.
CODES = {"pass": {0}, "fail": {1}, "invalid": {3, 4, 130}}
Request = tuple[str, str]  # when it was due, to the microsecond as the clients write it, and whom it was for


@dataclass(frozen=True)
class Conserved:
    """What the check has counted, for what a test asks beyond it. `uncounted` are the copies of messages in
    queues that nobody could look into at the end: with a backend that is gone, they are gone too."""

    verdict: str
    reason: str
    outcomes: Counter[str]
    never_due: int
    messages: Counter[str]
    uncounted: int
    records: list[Record]

    def all(self, kind: type[Any]) -> list[Any]:
        """Return the records of *kind*."""
        return [one for one in self.records if isinstance(one, kind)]


def check(left: Left, *, code: int, verdict: str) -> Conserved:
    """Return what became of everything; fail where something is unaccounted for, or another end was told."""
    nothing_is_left(left)
    assert left.ended.code == code, left.ended.err
    assert "Traceback" not in left.ended.err
    summary = summary_of(left)
    assert summary["verdict"] == verdict, summary["reason"]
    told = left.ended.document
    assert (told["verdict"], told["exit_code"]) == (verdict, code)
    assert code in CODES[verdict]
    assert (verdict == "pass") == (not summary["reason"])
    return conserved(left.directory, summary, whole=True)


def nothing_is_left(left: Left) -> None:
    """Fail where a process, a port, a lock or a scratch folder has outlived the command."""
    assert left.processes() == []
    assert left.held() == frozenset()
    assert left.scratch_left() == []
    assert not is_being_written(left.directory)


def conserved(directory: Path, summary: dict[str, Any], *, whole: bool) -> Conserved:
    """Return what became of all requests and messages of the run; fail where one has no end.

    *whole*: its journal ends by itself, and so may not lack anything.
    """
    records = records_of(directory)
    assert isinstance(records[0], journal.RunStarted)
    if whole:
        assert isinstance(journal.read(directory / JOURNAL)[-1], journal.RunEnded)
    outcomes, never_due = _requests(directory, records, summary)
    messages, uncounted = _messages(records, summary)
    _agree(records, outcomes)
    _written_down(directory, records)
    if uncounted or messages[LOST] or outcomes["lost"] or never_due:
        assert summary["verdict"] != "pass", "what is lost is no pass"
    return Conserved(summary["verdict"], summary["reason"], outcomes, never_due, messages, uncounted, records)


def told_in_numbers(directory: Path, told: dict[str, Any]) -> None:
    """Fail where the figures of *told*, a summary, leave a request of the schedule or a message out: for a
    run whose journal could not be written to its end."""
    load, plan = told["load"], read_plan(directory / "load" / PLAN_FILE)
    counted = sum(load.get(name, 0) for name in ("completed", "failed", "dropped", "unfinished", "lost"))
    assert counted == load["offered"]
    assert load["offered"] + load.get("never_due", 0) == sum(1 for _ in schedule(plan.models, plan.seed))
    messages = told.get("messages", {})
    assert sum(messages.get(end, 0) for end in ENDS) == messages.get("copies", 0)


def _requests(directory: Path, records: list[Record], summary: dict[str, Any]) -> tuple[Counter[str], int]:
    """Every request of the schedule once: with an outcome, or told in number as one that never came due."""
    found = [one for one in records if isinstance(one, journal.LoadRequest)]
    outcomes = Counter(one.outcome for one in found)
    assert set(outcomes) <= OUTCOMES
    due = _schedule(directory / "load", records)
    journalled = Counter((f"{one.due_at:.6f}", one.endpoint) for one in found)
    assert not journalled - due, "a request that nobody planned"
    assert all(count <= due[request] for request, count in journalled.items()), "a request twice"
    accounts = [one for one in records if isinstance(one, journal.LoadEnded)]
    missing = due - journalled
    never_due = sum(one.never_due for one in accounts)
    assert never_due == missing.total(), f"{missing.total()} without an end, {never_due} told as never due"
    if missing:
        first_missing, last_told = min(float(at) for at, _ in missing), max(one.due_at for one in found)
        assert first_missing >= last_told - SLACK_S
    load = summary.get("load", {})
    if accounts:
        assert load["offered"] == len(found)
        assert load["completed"] == outcomes["ok"]
        assert load.get("lost", 0) == outcomes["lost"]
        assert load.get("never_due", 0) == never_due
    return outcomes, never_due


# Clients stop at slightly different moments: so much before the last request that one of them sent, another
# may have stopped already.
SLACK_S = 0.5


def _schedule(folder: Path, records: list[Record]) -> Counter[Request]:
    """Return when requests were due, and for whom, by the plan that the clients were given."""
    if not (folder / BEGIN_FILE).exists():
        return Counter()
    plan = read_plan(folder / PLAN_FILE)
    began = next(one.began_at for one in records if isinstance(one, journal.LoadEnded))
    names = [model.endpoint_name for model in plan.models]
    return Counter((f"{began + due.at:.6f}", names[due.model]) for due in schedule(plan.models, plan.seed))


def _messages(records: list[Record], summary: dict[str, Any]) -> tuple[Counter[str], int]:
    """Every copy of every message once, by how it ended; and how many are in queues that nobody counted."""
    found = account(records)
    ends: Counter[str] = Counter()
    uncounted = 0
    for target in found.targets.values():
        assert not target.wrong
        assert not target.unexplained
        for copy in target.copies:
            assert copy.end in ENDS
        ends.update(copy.end for copy in target.copies)
        if target.is_queue and target.counted is None:
            uncounted += sum(not copy.deletions and not copy.dead_lettered for copy in target.copies)
    assert ends.total() == found.expected
    told = summary.get("messages", {})
    assert all(told.get(end, 0) == ends[end] for end in ENDS)
    return ends, uncounted


def _agree(records: list[Record], outcomes: Counter[str]) -> None:
    """What the clients were told and what the gateway saw is the same: no answer comes from nowhere.

    A journal that was cut off lacks the calls of its last moments, which the clients may still have told of.
    """
    calls = [one for one in records if isinstance(one, journal.Exchange)]
    until = math.inf if isinstance(records[-1], journal.RunEnded) else max(one.at for one in calls)
    requests = [one for one in records if isinstance(one, journal.LoadRequest)]
    requests = [one for one in requests if (one.received_at or 0.0) < until]
    answered = sum(one.outcome == "ok" and one.target == "endpoint" for one in requests)
    assert answered <= sum(one.operation == "InvokeEndpoint" and one.status == 200 for one in calls)
    accepted = sum(one.outcome == "ok" and one.target == "topic" for one in requests)
    assert accepted <= sum(isinstance(one, journal.MessagePublished) for one in records)


def _written_down(directory: Path, records: list[Record]) -> None:
    """No copy counts as processed that no worker had in its hands."""
    books = (directory / "work").glob(f"program-work*/{HANDLED}")
    handled = {line for book in books for line in book.read_text().splitlines()}
    found = account(records)
    processed = {copy.message for one in found.targets.values() for copy in one.ended(PROCESSED)}
    assert processed <= handled
