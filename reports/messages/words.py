"""What a reader asks about messages, in words and rows: did they arrive, and what became of them. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness import journal
from harness.summary import ByType
from harness.summary.load import is_call
from reports.messages.flow import nobody
from reports.text import number, plural, short, span

QUESTION = "Does every message arrive once?"
DUPLICATED = "duplicated delivery"  # what the journal calls the fault that makes messages come again
FEW = 100  # below it nobody is one of the slowest in a hundred
NONE = "-"  # a figure that there is none of
NAMED = 20  # ids of lost or repeated messages; the journal has them all


# -- the first screen -----


def arrived(seen: ByType, summary: dict[str, Any]) -> tuple[str, str, str] | None:
    """Return headline, detail and tone of the answer to QUESTION; None where there were no messages."""
    found = summary.get("messages")
    if not found:
        return None
    bad = _troubles(seen, found)
    headline = bad[0] if bad else _went_well(seen, found)
    also = [f"Also: {'; '.join(bad[1:])}."] if bad[1:] else []
    detail = " ".join([*also, *_facts(seen, found)])
    if bad:
        # The expectations may allow for it: then it is a fact to know, not a failure.
        return headline, detail, "warn" if summary["verdict"] == "pass" else "bad"
    idle = found["still_there"] + found["purged"]
    if idle:
        unmet = "bad" if idle == found["copies"] else "warn"
        return headline, detail, "plain" if summary["verdict"] == "pass" else unmet
    return headline, detail, "ok"


def _noun(seen: ByType) -> tuple[str, str]:
    """Return what is counted: messages where none has more than one copy, else copies."""
    many = any(len(one.copies) > 1 for one in seen.all(journal.MessagePublished))
    return ("copy", "copies") if many else ("message", "messages")


def _troubles(seen: ByType, found: dict[str, Any]) -> list[str]:
    """Return what keeps messages from arriving once, the worst first; each a headline."""
    one, many = _noun(seen)
    due = found["copies"]

    def of(count: int, words: str) -> str:
        return f"{count:,} of {plural(due, one, many)} {'was' if count == 1 else 'were'} {words}"

    parts = [*_reached_nobody(seen), *_refused(found)]
    if found["lost"]:
        parts.append(of(found["lost"], "lost"))
    if found["expired"]:
        expired = found["expired"]
        parts.append(
            f"{expired:,} of {plural(due, one, many)} expired before anybody processed {_it(expired)}"
        )
    if found["duplicates"] > _on_purpose(seen):
        parts.append(of(found["duplicates"], "processed more than once"))
    if wrong := found["wrongly_delivered"]:
        verb = "copy came" if wrong == 1 else "copies came"
        parts.append(
            f"{wrong:,} {verb} to a queue where no subscription puts {'it' if wrong == 1 else 'them'}"
        )
    return parts


def _on_purpose(seen: ByType) -> int:
    """Return how many messages a fault made come again after they were processed."""
    return sum(one.hit for one in seen.all(journal.FaultEnded) if one.fault == DUPLICATED)


def _reached_nobody(seen: ByType) -> list[str]:
    published = seen.all(journal.MessagePublished)
    sent = Counter(one.topic for one in published if one.topic and not one.deduplicated)
    alone = Counter(one.topic for one in published if one.topic and nobody(one))
    why = "reached nobody: the topic has no subscriber"
    return [
        f"{count:,} of {plural(sent[topic], 'message')} to {topic} {why}" for topic, count in alone.items()
    ]


def _refused(found: dict[str, Any]) -> list[str]:
    """Return that AWS would not deliver, and to where; deliveries that no message asked for count too."""
    refused = found["refused"]
    to = [name for name, one in found["by_target"].items() if one["refused"]]
    if refused:
        where = to[0] if len(to) == 1 else f"{len(to)} targets"
        due = plural(found["copies"] + refused, "copy", "copies")
        return [f"AWS would refuse {refused:,} of {due}: no policy lets {_it(refused)} into {where}"]
    closed = [one for one in found["refusals"] if not one["mended"]]
    return (
        [f"AWS would refuse {plural(len(closed), 'way', 'ways')} that messages are to go"] if closed else []
    )


def _it(count: int) -> str:
    return "it" if count == 1 else "them"


def _went_well(seen: ByType, found: dict[str, Any]) -> str:
    one, many = _noun(seen)
    due, left = found["copies"], found["still_there"]
    if not due:
        return (
            "No message was due anywhere: filters left all of them out"
            if found["filtered"]
            else _beside(found)
        )
    all_of_them = f"All {due:,} {many} arrived" if due > 1 else f"The one {one} arrived"
    if left == due:
        return f"{all_of_them}, and none was processed"
    if left:
        return f"{all_of_them}; {left:,} {'was' if left == 1 else 'were'} still in a queue at the end"
    if found["purged"]:
        return f"{all_of_them}; {found['purged']:,} went when a queue was emptied"
    if found["duplicates"]:
        return f"{all_of_them}; only those came twice that a fault made come again"
    if found["dead_lettered"]:
        return f"{all_of_them} once; {found['dead_lettered']:,} ended in a dead-letter queue"
    return f"{all_of_them} once"


def _beside(found: dict[str, Any]) -> str:
    count = found["unexplained"]
    if count:
        return f"{plural(count, 'message')} came from elsewhere; nobody knows how many should have"
    return "Nothing was due to arrive at a queue or webhook"


def _facts(seen: ByType, found: dict[str, Any]) -> list[str]:
    """Return what there is to say beside the headline, in sentences."""
    facts = []
    if _noun(seen)[0] == "copy":
        facts.append(
            f"{plural(found['published'], 'message')} made {plural(found['copies'], 'copy', 'copies')}, one "
            "for each queue or webhook that must get it."
        )
    failed = [r for r in seen.all(journal.LoadRequest) if not is_call(r) and r.outcome != "ok"]
    if failed:
        facts.append(f"{plural(len(failed), 'call')} to publish failed.")
    if 0 < found["duplicates"] <= _on_purpose(seen):
        facts.append(
            f"{found['duplicates']:,} came again on purpose once they were processed: the fault {DUPLICATED}."
        )
    if found["redeliveries"]:
        facts.append(f"{plural(found['redeliveries'], 'receive')} gave a message out again.")
    times = found["latency_s"]
    for key, words in (("deletion", "processed"), ("first_receive", "received")):
        if key in times:
            few = found["delivered"] < FEW
            who, most = ("The slowest was", "max") if few else ("99 of 100 were", "p99")
            facts.append(f"{who} {words} within {short(times[key][most])} of the moment {_due(few)} due.")
            break
    return facts


def _due(one: bool) -> str:
    return "it was" if one else "they were"


def key_figures(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (label, value, what it is of) for the strip on the first screen."""
    found = summary.get("messages")
    if not found:
        return []
    figures = [("Published", number(found["published"]), plural(found["copies"], "copy due", "copies due"))]
    if found["copies"]:
        figures.append(("Processed", number(found["processed"]), f"of {found['copies']:,}"))
        twice = (
            plural(found["duplicates"], "other twice", "others twice")
            if found["duplicates"]
            else "none twice"
        )
        figures.append(("Lost", number(found["lost"]), twice))
    if times := found["latency_s"].get("deletion"):
        figures.append(("Processed in", short(times["p50"]), f"p50; p99 {short(times['p99'])}"))
    deep = {name: one["deepest"] for name, one in found["by_target"].items() if one.get("deepest")}
    if deep:
        name = max(deep, key=lambda each: deep[each])
        figures.append(("Deepest queue", number(deep[name]), name))
    return figures


# -- the table by queue -----

# Counts in the order of the table; those that are zero everywhere and not `ALWAYS` are left out.
COLUMNS = (
    ("copies", "Copies"), ("processed", "Processed"), ("duplicates", "Twice"), ("redeliveries", "Again"),
    ("dead_lettered", "Dead-lettered"), ("dead_letters", "Dead letters"), ("expired", "Expired"),
    ("purged", "Purged"), ("still_there", "Still there"), ("lost", "Lost"), ("refused", "Refused"),
    ("filtered", "Filtered"), ("unexplained", "From elsewhere"), ("wrongly_delivered", "Wrong"),
    ("deepest", "Deepest"),
)  # fmt: skip
ALWAYS = ("copies", "processed", "duplicates", "still_there", "lost")
LOUD = ("duplicates", "expired", "lost", "refused", "wrongly_delivered")


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure of the table: its column's name, what is written, and how loud."""

    label: str
    text: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One queue or webhook with its figures."""

    name: str
    kind: str
    cells: list[Cell]


def target_rows(found: dict[str, Any], order: Sequence[str] = ()) -> list[TargetRow]:
    """Return one row for each queue and webhook, those in *order* first; all with the same columns."""
    targets = found["by_target"]
    places = {name: place for place, name in enumerate(order)}
    columns = [
        (key, label)
        for key, label in COLUMNS
        if key in ALWAYS or any(one.get(key) for one in targets.values())
    ]
    timed = any("deletion" in one.get("latency_s", {}) for one in targets.values())
    aged = any("oldest_s" in one for one in targets.values())
    return [
        TargetRow(name, one["kind"], _cells(one, columns, aged=aged, timed=timed))
        for name, one in sorted(targets.items(), key=lambda item: places.get(item[0], len(places)))
    ]


def _cells(one: dict[str, Any], columns: Sequence[tuple[str, str]], *, aged: bool, timed: bool) -> list[Cell]:
    cells = [_count(label, one.get(key, 0), loud=key in LOUD) for key, label in columns]
    if aged:
        cells.append(Cell("Oldest", span(one["oldest_s"]) if one.get("oldest_s") else NONE, ""))
    if timed:
        times = one.get("latency_s", {}).get("deletion")
        for key in ("p50", "p99"):
            cells.append(Cell(f"Done {key}", short(times[key]) if times else NONE))
    return cells


def _count(label: str, count: int, *, loud: bool) -> Cell:
    return Cell(label, f"{count:,}", "zero" if not count else "loud" if loud else "")


# -- ids -----


@dataclass(frozen=True, slots=True)
class Named:
    """Ids of messages that were lost or processed more than once, `count` in all."""

    title: str
    count: int
    ids: list[tuple[str, str]]

    @property
    def where(self) -> str:
        """The queue or webhook of all of them, "" where they are of several."""
        names = {name for name, _ in self.ids}
        return names.pop() if len(names) == 1 else ""


def named(found: dict[str, Any]) -> list[Named]:
    """Return the first ids, with the queue each is of."""
    kinds = (("lost", "Lost"), ("duplicates", "Processed more than once"))
    keys = {"lost": "lost_messages", "duplicates": "duplicate_messages"}
    return [
        Named(
            title,
            found[kind],
            [(name, one) for name, of in found["by_target"].items() for one in of[keys[kind]]][:NAMED],
        )
        for kind, title in kinds
        if found[kind]
    ]
