"""The records of a run by their kind."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, TypeVar

from harness.journal import Record

R = TypeVar("R")


class ByType:
    """The records of a run, grouped by their class once."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._groups: defaultdict[type[Any], list[Any]] = defaultdict(list)
        for record in records:
            self._groups[type(record)].append(record)

    def all(self, kind: type[R]) -> list[R]:
        """Return the records of *kind* in journal order."""
        return self._groups.get(kind, [])

    def last(self, kind: type[R]) -> R | None:
        """Return the last record of *kind*, if there is one."""
        return next(reversed(self.all(kind)), None)
