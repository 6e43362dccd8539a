"""What became of messages on their way: from topics to queues and webhooks to their ends, with counts. Pure.

Drawing is `flow_chart.py`; the same in words is `words`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from harness import journal
from harness.messaging.statement import DEAD_LETTERED, ENDS, EXPIRED, LOST, PROCESSED, PURGED, STILL_THERE
from harness.summary import ByType
from reports.text import plural

MOST_STOPS = 40  # more would be a wall; the table has them all
SENT, ELSEWHERE, WRONGLY = "sent to the queue itself", "from elsewhere", "without a subscription"
HANDED, UNFOLLOWED = "handed_over", "not_followed"
WORDS = {
    PROCESSED: "processed", DEAD_LETTERED: "dead-lettered", EXPIRED: "expired", PURGED: "purged",
    STILL_THERE: "still there", LOST: "lost", HANDED: "handed over", UNFOLLOWED: "not followed",
}  # fmt: skip
TROUBLE = (LOST, EXPIRED, PURGED, DEAD_LETTERED)


@dataclass(frozen=True, slots=True)
class Source:
    """Where messages come from: a topic (`is_topic`), or one of SENT, ELSEWHERE, WRONGLY.

    `nobody` of the `published` had no subscriber at all.
    """

    name: str
    published: int
    nobody: int = 0
    is_topic: bool = True


@dataclass(frozen=True, slots=True)
class Way:
    """From a source to a stop: copies that go there, and those that a filter or a policy keeps back."""

    source: str
    stop: str
    copies: int = 0
    filtered: int = 0
    refused: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """How `count` copies ended; `where` is the dead-letter queue that they went to."""

    how: str
    count: int
    where: str = ""

    @property
    def words(self) -> str:
        """The end as a reader calls it."""
        return WORDS[self.how]


@dataclass(frozen=True, slots=True)
class Stop:
    """A queue, a webhook or another subscriber, and the ends of the copies that come to it."""

    name: str
    kind: str
    ends: tuple[End, ...] = ()


@dataclass(frozen=True, slots=True)
class Flow:
    """Sources and stops in the order of their drawing; `cut` stops are left out."""

    sources: tuple[Source, ...]
    stops: tuple[Stop, ...]
    ways: tuple[Way, ...]
    cut: int = 0

    def to(self, stop: Stop) -> list[Way]:
        """Return the ways that lead to *stop*, that of the first source first."""
        return [way for way in self.ways if way.stop == stop.name]

    def first_from(self, source: Source) -> list[Stop]:
        """Return the stops whose first way comes from *source*: they stand beside it."""
        return [stop for stop in self.stops if (to := self.to(stop)) and to[0].source == source.name]

    @property
    def most(self) -> int:
        """The largest count on any edge, at least 1."""
        counts = [count for way in self.ways for count in (way.copies, way.filtered, way.refused)]
        counts += [end.count for stop in self.stops for end in stop.ends]
        return max([*counts, *(source.nobody for source in self.sources), 1])


def flow(seen: ByType, messages: dict[str, Any]) -> Flow:
    """Return the flow that the summary's part *messages* describes; no stops where nothing was on its way."""
    ways = _ways(seen, messages)
    sources = _sources(seen, ways)
    order = {source.name: number for number, source in enumerate(sources)}
    ways.sort(key=lambda way: order[way.source])
    stops = _stops(messages["by_target"], ways)
    shown = {stop.name for stop in _chosen(stops, messages["by_target"])}
    return Flow(
        tuple(sources),
        tuple(stop for stop in stops if stop.name in shown),
        tuple(way for way in ways if way.stop in shown),
        len(stops) - len(shown),
    )


def _ways(seen: ByType, messages: dict[str, Any]) -> list[Way]:
    ways = [
        Way(
            edge["source"] or SENT,
            edge["target"],
            *(edge.get(k, 0) for k in ("copies", "filtered", "refused")),
        )
        for edge in messages["edges"]
        if edge.keys() & {"copies", "filtered", "refused"}  # not the way to a dead-letter queue
    ]
    others = Counter((one.topic, name) for one in _published(seen) for name in one.others)
    ways += [Way(topic, name, count) for (topic, name), count in others.items()]
    for source, key in ((ELSEWHERE, "unexplained"), (WRONGLY, "wrongly_delivered")):
        ways += [Way(source, name, one[key]) for name, one in messages["by_target"].items() if one[key]]
    return ways


def _published(seen: ByType) -> Iterable[journal.MessagePublished]:
    return (one for one in seen.all(journal.MessagePublished) if not one.deduplicated)


def nobody(one: journal.MessagePublished) -> bool:
    """Return whether a publication was to a topic that had no subscriber."""
    return not one.deduplicated and not (one.copies or one.filtered or one.refused or one.others)


def _sources(seen: ByType, ways: Iterable[Way]) -> list[Source]:
    """Return topics in the order of their first publication, then where else messages came from."""
    published = Counter(one.topic or SENT for one in _published(seen))
    alone = Counter(one.topic or SENT for one in seen.all(journal.MessagePublished) if nobody(one))
    for way in ways:
        if way.source in (ELSEWHERE, WRONGLY):
            published[way.source] += way.copies
        else:
            published.setdefault(way.source, 0)
    last = (SENT, ELSEWHERE, WRONGLY)
    names = sorted(published, key=lambda name: last.index(name) if name in last else -1)
    return [Source(name, published[name], alone[name], name not in last) for name in names]


def _stops(by_target: dict[str, dict[str, Any]], ways: Iterable[Way]) -> list[Stop]:
    """Return every stop that a way leads to, in the order of the ways."""
    return [_stop(name, by_target.get(name), ways) for name in dict.fromkeys(way.stop for way in ways)]


def _stop(name: str, target: dict[str, Any] | None, ways: Iterable[Way]) -> Stop:
    if target is None:
        return Stop(name, "subscriber", (End(HANDED, sum(way.copies for way in ways if way.stop == name)),))
    where = {DEAD_LETTERED: target.get("dead_letter_queue", "")}
    ends = [End(how, target[how], where.get(how, "")) for how in ENDS if target[how]]
    if beside := target["unexplained"] + target["wrongly_delivered"]:
        ends.append(End(UNFOLLOWED, beside))
    return Stop(name, target["kind"], tuple(ends))


def _chosen(stops: list[Stop], by_target: dict[str, dict[str, Any]]) -> list[Stop]:
    """Return the stops to draw: of too many those with trouble, then those with the most copies."""
    if len(stops) <= MOST_STOPS:
        return stops

    def weight(stop: Stop) -> tuple[int, int]:
        target = by_target.get(stop.name, {})
        trouble = sum(end.count for end in stop.ends if end.how in TROUBLE) + target.get("refused", 0)
        return -trouble, -target.get("copies", 0)

    return sorted(stops, key=weight)[:MOST_STOPS]


def words(shown: Flow) -> str:
    """Return what the drawing of the flow shows, in sentences."""
    said = ["Flow of messages from where they were published to their ends."]
    for source in shown.sources:
        verb = "published to topic " if source.is_topic else "came " if source.name != SENT else ""
        said.append(f"{plural(source.published, 'message')} {verb}{source.name}.")
        if source.nobody:
            said.append(f"{source.nobody:,} of them reached nobody: the topic has no subscriber.")
    for stop in shown.stops:
        said.append(f"{stop.kind.capitalize()} {stop.name}: {', '.join(_into(shown, stop))}.")
        ends = [f"{e.count:,} {e.words}{f' to {e.where}' if e.where else ''}" for e in stop.ends]
        if ends:
            said.append(f"Of these {', '.join(ends)}.")
    if shown.cut:
        said.append(f"{plural(shown.cut, 'more target is', 'more targets are')} not drawn.")
    return " ".join(said)


def _into(shown: Flow, stop: Stop) -> list[str]:
    said = []
    for way in shown.to(stop):
        parts = ((way.copies, "copies"), (way.filtered, "filtered out"), (way.refused, "refused"))
        counts = " and ".join(f"{count:,} {what}" for count, what in parts if count)
        said.append(f"{counts or 'nothing'} from {way.source}")
    return said
