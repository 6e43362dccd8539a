"""The messages behind a figure: which they are, when they were seen, and how each ended. Pure."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from harness import journal
from harness.summary import ByType
from reports.evidence_values import MOST_ROWS, Document, Evidence, Table, document, evidence, table
from reports.messages.refusals import refusals
from reports.text import clock, plural, span

COLUMNS = ("Message", "Published", "First received", "Receives", "End")
KEYS = ("Key", "Published", "Message")
SAMPLES = ("At", "Visible", "In flight", "Delayed", "Oldest")
MOST_REFUSALS = 2
GOOD_ENDS = ("deleted", "delivered")


@dataclass(slots=True)
class _Copy:
    """What the journal tells of one publication in one queue."""

    publication: str
    key: str
    at: float
    received: list[float] = field(default_factory=list)
    end: str = ""
    end_at: float | None = None

    @property
    def took_s(self) -> float:
        return (self.end_at or 0.0) - self.at


def of_queue(seen: ByType, summary: dict[str, Any], queue: str, words: str) -> Evidence:
    """Return the copies in *queue* that the figure called *words* counts, and how full the queue was."""
    copies = _copies(seen, queue)
    caption, shown = _chosen(seen, summary, queue, words, copies)
    found = table(caption, COLUMNS, map(_row, shown[:MOST_ROWS]), numeric=COLUMNS[1:4], of=len(shown))
    return evidence("messages", found, _samples(seen, queue), *_statements(summary, queue))


def of_topic(seen: ByType, summary: dict[str, Any], topic: str, queue: str = "") -> Evidence:
    """Return the keys published to *topic* that are not in *queue* exactly once; without one, refusals."""
    published = [one for one in seen.all(journal.MessagePublished) if topic in (one.topic, one.queue)]
    if not queue:
        nobody = [one for one in published if not one.copies]
        caption = f"{len(nobody):,} of {plural(len(published), 'message')} had nowhere to go"
        rows = ((one.key, clock(one.at), one.publication) for one in nobody[:MOST_ROWS])
        found = table(caption, KEYS, rows, numeric=("Published",), of=len(nobody))
        return evidence("messages", found, *_statements(summary, topic))
    answers: defaultdict[str, set[str]] = defaultdict(set)
    for one in seen.all(journal.MessagePublished):
        if queue == one.queue or queue in one.copies:
            answers[one.key].add(one.publication)
    wrong = [one for one in published if one.key and len(answers[one.key]) != 1]
    caption = f"{plural(len(wrong), 'message')} whose key is not in {queue} exactly once"
    rows = ((one.key, clock(one.at), one.publication) for one in wrong[:MOST_ROWS])
    found = table(caption, KEYS, rows, numeric=("Published",), of=len(wrong))
    return evidence("messages", found, *_statements(summary, queue))


def _copies(seen: ByType, queue: str) -> dict[str, _Copy]:
    """Return each publication that was, or should have been, in *queue*."""
    copies = {
        one.publication: _Copy(one.publication, one.key, one.due_at)
        for one in seen.all(journal.MessagePublished)
        if queue in one.copies or queue == one.queue
    }
    for got in seen.all(journal.MessageReceived):
        if got.queue == queue:
            _at(copies, got.publication or got.message, got.key, got.at).received.append(got.at)
    for end in seen.all(journal.MessageEnded):
        if end.queue == queue:
            copy = _at(copies, end.publication or end.message, end.key, end.at)
            copy.end, copy.end_at = end.how, end.at
    for left in seen.all(journal.MessageFound):
        if left.queue == queue:
            copy = _at(copies, left.publication or left.message, left.key, left.at)
            copy.end, copy.end_at = "in flight at the end" if left.in_flight else "still there", left.at
    return copies


def _at(copies: dict[str, _Copy], name: str, key: str, at: float) -> _Copy:
    return copies.setdefault(name, _Copy(name, key, at))


def _chosen(
    seen: ByType, summary: dict[str, Any], queue: str, words: str, copies: dict[str, _Copy]
) -> tuple[str, list[_Copy]]:
    """Return which copies *words* are about, and these."""
    target = summary.get("messages", {}).get("by_target", {}).get(queue, {})
    dead = {one.queue: one.dead_letter for one in seen.all(journal.QueueDeclared)}.get(queue, "")
    ways: list[tuple[tuple[str, ...], str, Callable[[], Iterable[_Copy]]]] = [
        (("lost",), "Messages that were lost", lambda: _named(copies, target.get("lost_messages"))),
        (
            ("dead",),
            f"Messages that are in {dead or 'the dead-letter queue'}",
            lambda: _moved(seen, dead, copies),
        ),
        (
            ("duplicat", "twice"),
            "Messages processed again",
            lambda: _named(copies, target.get("duplicate_messages")),
        ),
        (("still", "drained", "left in"), "Messages left when the run ended", lambda: _left(copies)),
    ]
    lower = words.lower()
    for marks, caption, chosen in ways:
        if any(mark in lower for mark in marks):
            return caption, list(chosen())
    bad = [copy for copy in copies.values() if copy.end not in GOOD_ENDS]
    if bad:
        return "Messages that did not come to a good end", bad
    slow = sorted(copies.values(), key=lambda copy: -copy.took_s)
    return "The messages that took longest from the due publication to their end", slow


def _named(copies: dict[str, _Copy], names: Iterable[str] | None) -> list[_Copy]:
    return [copies[name] for name in names or () if name in copies]


def _left(copies: dict[str, _Copy]) -> list[_Copy]:
    return [one for one in copies.values() if one.end in ("in flight at the end", "still there")]


def _moved(seen: ByType, dead: str, copies: dict[str, _Copy]) -> list[_Copy]:
    """Return those of *copies* that were seen in their dead-letter queue."""
    there = {one.publication for one in seen.all(journal.MessageFound) if one.queue == dead}
    there |= {one.publication for one in seen.all(journal.MessageReceived) if one.queue == dead}
    return [copy for name, copy in copies.items() if name in there]


def _row(copy: _Copy) -> tuple[str, ...]:
    end = copy.end or "none seen"
    when = "" if copy.end_at is None else f" at {clock(copy.end_at)}, after {span(max(copy.took_s, 0.0))}"
    name = f"{copy.key} ({copy.publication})" if copy.key else copy.publication
    first = clock(copy.received[0]) if copy.received else "never"
    return name, clock(copy.at), first, str(len(copy.received)), f"{end}{when}"


def _samples(seen: ByType, queue: str) -> Table | None:
    """Return *queue* when it was deepest, and at its last look."""
    found = [one for one in seen.all(journal.QueueSampled) if one.queue == queue]
    if not found:
        return None
    deepest = max(found, key=lambda one: one.visible + one.in_flight + one.delayed)
    shown = sorted({deepest.at: deepest, found[-1].at: found[-1]}.items())
    rows = (
        (
            clock(at),
            f"{one.visible:,}",
            f"{one.in_flight:,}",
            f"{one.delayed:,}",
            "-" if one.oldest_s is None else span(one.oldest_s),
        )
        for at, one in shown
    )
    return table(f"{queue} at its deepest and at the end", SAMPLES, rows, numeric=SAMPLES)


def _statements(summary: dict[str, Any], name: str) -> list[Document | None]:
    """Return the policy statements that deliveries from or to *name* lack."""
    found = summary.get("messages")
    refused = refusals(found) if found else []
    about = [one for one in refused if name in (one.source, one.target) and not one.mended]
    return [
        document(f"The statement that the policy of {one.target} lacks", one.statement)
        for one in about[:MOST_REFUSALS]
    ]
