"""What a run left, for whoever measures it: its records by kind, and its summary when it is asked for."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

from harness import journal
from harness.journal import Record
from harness.summary.grouped import ByType
from harness.summary.load import VIRTUAL
from harness.thresholds.found import Counted, Found, Nothing, Share, Values

Tags: TypeAlias = Mapping[str, str]
# What one record adds: values of a gauge or trend, amounts of a counter, 1 or 0 for each of which a rate is.
Follow: TypeAlias = Callable[[Any], Iterable[float]]


@dataclass(frozen=True, slots=True)
class Following:
    """What a metric is made of, record by record: `of` the kinds in `kinds`, with some tags."""

    kinds: tuple[type[Any], ...]
    of: Callable[[Tags], Follow]


class Run:
    """The *records* of a run that is at model second *at*. *wall_s* are the real seconds that it took."""

    def __init__(
        self,
        records: Sequence[Record],
        at: float,
        *,
        summary: Mapping[str, Any] | None = None,
        wall_s: float | None = None,
    ) -> None:
        self.records = records
        self.at = at
        self._given = summary
        self._wall_s = wall_s

    @cached_property
    def seen(self) -> ByType:
        """The records by their kind."""
        return ByType(self.records)

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """What is in summary.json, but for what only the end knows; made once, where it was not given."""
        from harness.summary import summarise  # the cost of it is that of all its parts

        found = self._given if self._given is not None else summarise(self.records)
        return found if self._wall_s is None else {**found, "wall_s": self._wall_s}

    def part(self, *names: str) -> Any:
        """Return the part of the summary below *names*, an empty dict where the run has none."""
        found: Any = self.summary
        for name in names:
            found = found.get(name, {})
        return found

    @property
    def is_virtual(self) -> bool:
        """Whether nothing was waited for."""
        return any(one.clock == VIRTUAL for one in self.seen.all(journal.RunStarted))

    @property
    def span_s(self) -> float:
        """The model seconds that a rate is over: those of the load, of the whole run where there was none."""
        loads = self.seen.all(journal.LoadEnded)
        if total := self.seen.last(journal.ServedTotal):
            return total.at - total.began_at
        if loads:
            return max(one.at for one in loads) - min(one.began_at for one in loads)
        return self.at

    def each(self, following: Following, tags: Tags) -> list[float]:
        """Return all that the records of the run add, in the order of the journal."""
        follow = following.of(tags)
        if len(following.kinds) == 1:
            return [value for one in self.seen.all(following.kinds[0]) for value in follow(one)]
        kinds = following.kinds
        return [value for one in self.records if isinstance(one, kinds) for value in follow(one)]


def values(said: str, found: Sequence[float], nothing: str) -> Found:
    """Return *found* with *said* of it, or that there is *nothing*."""
    return Values(said, found) if found else Nothing(nothing)


def counted(run: Run, said: str, found: Iterable[float]) -> Counted:
    """Return the sum of *found*."""
    return Counted(said, sum(found), run.span_s)


def share(said: str, found: Sequence[float], nothing: str) -> Found:
    """Return which share of *found* is 1."""
    return Share(said, sum(found), len(found)) if found else Nothing(nothing)


def about(tags: Tags) -> str:
    """Return the tags in words, with a space before them."""
    return f" ({', '.join(f'{tag} {value}' for tag, value in tags.items())})" if tags else ""
