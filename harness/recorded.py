"""What a run has recorded so far: the newest records in memory, older ones read back from the journal's file.

A run of an hour makes more than a million records, half a gigabyte of them, and most are looked at when the
run has ended: until then its memory must not grow with its length.
"""

import os
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import overload

from harness.journal import Record
from harness.journal.codec import decode_member

# About 4 MB. Runs of seconds have fewer, and read nothing back.
NEWEST = 10_000


class Recorded(Sequence[Record]):
    """The records in the order they were made. `append` may be called from any thread and never blocks.

    The others are for the one who writes (`newest`, `wrote`) and the one who reads; reading looks at the
    records that were there when it began. Equal to any sequence of equal records.
    """

    def __init__(self, path: Path, keep: int = NEWEST) -> None:
        self._path = path
        self._keep: int | None = keep
        self._newest: list[Record] = []
        self._older = 0  # how many are no longer in `_newest`
        # Of each batch in the file, four a second as long as the run lasts: the number of its first record,
        # and where its bytes begin and end.
        self._firsts, self._offsets, self._ends = array("q"), array("q"), array("q")
        self._in_file = 0
        self._moving = Lock()
        self.append = self._newest.append

    def newest(self, start: int, most: int) -> list[Record]:
        """Return up to *most* records from number *start* on, which nobody may have written yet."""
        with self._moving:
            return self._newest[start - self._older : start - self._older + most]

    def wrote(self, count: int, offset: int, end: int) -> None:
        """Take note that the next *count* records are the file's bytes from *offset* to *end*.

        What is older than the newest few is then no longer kept in memory.
        """
        with self._moving:
            self._firsts.append(self._in_file)
            self._offsets.append(offset)
            self._ends.append(end)
            self._in_file += count
            if self._keep is not None:
                self._drop(min(len(self._newest) - self._keep, self._in_file - self._older))

    def _drop(self, count: int) -> None:
        if count > 0:
            del self._newest[:count]  # in one step, and in place: others append to this very list
            self._older += count

    def keep_all(self) -> None:
        """Have every record in memory from now on: they are about to be looked at as a whole."""
        with self._moving:
            self._keep = None
            if self._older:
                self._newest[:0] = self._read(0, self._older)
                self._older = 0

    def __len__(self) -> int:
        with self._moving:
            return self._older + len(self._newest)

    @overload
    def __getitem__(self, at: int) -> Record: ...
    @overload
    def __getitem__(self, at: slice) -> list[Record]: ...
    def __getitem__(self, at: int | slice) -> Record | list[Record]:
        """Return the record there, or a list of those there."""
        with self._moving:
            numbers = range(self._older + len(self._newest))[at]
            if isinstance(numbers, int):
                return self._from(numbers, numbers + 1)[0]
            if not numbers:
                return []
            low = min(numbers[0], numbers[-1])
            found = self._from(low, max(numbers[0], numbers[-1]) + 1)
        return found if numbers.step == 1 else [found[number - low] for number in numbers]

    def __iter__(self) -> Iterator[Record]:
        with self._moving:
            older, newest = self._older, self._newest[:]
        yield from self._stored(0, older)
        yield from newest

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Iterable):
            return NotImplemented
        return list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def __repr__(self) -> str:
        return f"Recorded({self._path}, {len(self)} records)"

    def _from(self, start: int, end: int) -> list[Record]:
        older = self._read(start, min(end, self._older))
        return older + self._newest[max(start - self._older, 0) : max(end - self._older, 0)]

    def _read(self, start: int, end: int) -> list[Record]:
        return list(self._stored(start, end))

    def _stored(self, start: int, end: int) -> Iterator[Record]:
        """Yield the records from number *start* to before *end* out of the file."""
        if start >= end:
            return
        strings: dict[str, str] = {}
        at = bisect_right(self._firsts, start) - 1
        file = os.open(self._path, os.O_RDONLY)
        try:
            while at < len(self._firsts) and (first := self._firsts[at]) < end:
                member = os.pread(file, self._ends[at] - self._offsets[at], self._offsets[at])
                yield from decode_member(member, strings)[max(start - first, 0) : end - first]
                at += 1
        finally:
            os.close(file)
