"""Writes journal records to a compressed file from any thread, in batches, off the hot path.

Each batch is a gzip member of its own: whatever kills the run, everything up to the last batch reads back.
"""

import queue
import threading
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.errors import DiskFault
from harness.journal import Record, encode_all
from harness.recorded import Recorded

FLUSH_EVERY_S = 0.25  # what a killed run may lose at most
BATCH_RECORDS = 20_000
COMPRESSION = 1  # takes half of what level 3 takes, which was most of a record's cost, for 6 % more bytes
_PIECE_RECORDS = 64
_GZIP_WINDOW = 31  # the largest of deflate's, 15, and 16 for gzip's head and end around it


class Recorder:
    """An append-only journal file; `record` never blocks and may be called from any thread.

    What is recorded is on disk within `FLUSH_EVERY_S`. `records` are all of them, the newest in memory and
    the older ones read back from the file when they are asked for. Raises DiskFault when there can be none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records = Recorded(path)
        self.record: Callable[[Record], None] = self.records.append
        self._written = 0
        self._refused: DiskFault | None = None
        try:
            # Without a buffer, so that what a full disk refused is not written later, in the middle of more.
            self._file = path.open("wb", buffering=0)
        except OSError as error:
            raise _cannot_write(path, error) from error
        self._stop: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._write_on, name="journal", daemon=True)
        self._thread.start()

    def flush(self) -> None:
        """Write what is not yet written; raise DiskFault when the disk refuses it."""
        with self._lock:
            while batch := self.records.newest(self._written, BATCH_RECORDS):
                began = self._file.tell()
                self._write(_member(batch))
                self._written += len(batch)
                self.records.wrote(len(batch), began, self._file.tell())

    def check(self) -> None:
        """Raise what refused the last attempt to write, if it failed: a run that nobody records can end."""
        if self._refused is not None:
            raise self._refused

    def close(self) -> None:
        """Write the rest and close the file; a second call does nothing.

        Raises DiskFault when the disk refuses the rest; the file then ends with a whole batch.
        """
        if self._file.closed:
            return
        self._stop.put(None)
        self._thread.join()
        try:
            self.flush()
        finally:
            self._file.close()

    def _write(self, member: bytes) -> None:
        """Append the whole of *member* or nothing of it."""
        began = self._file.tell()
        try:
            left = memoryview(member)
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._file.seek(began)
            self._file.truncate()
            raise _cannot_write(self.path, error) from error

    def _write_on(self) -> None:
        while True:
            try:
                self._stop.get(timeout=FLUSH_EVERY_S)
            except queue.Empty:
                try:
                    self.flush()
                except DiskFault as error:  # tried again the next time, and told by `check` and `close`
                    self._refused = error
                else:
                    self._refused = None
            else:
                return


def _member(batch: Sequence[Record]) -> bytes:
    """Return the gzip member with *batch*, made in pieces that fit the caches."""
    gzip = zlib.compressobj(COMPRESSION, zlib.DEFLATED, _GZIP_WINDOW)
    starts = range(0, len(batch), _PIECE_RECORDS)
    pieces = [gzip.compress(encode_all(batch[at : at + _PIECE_RECORDS])) for at in starts]
    return b"".join([*pieces, gzip.flush()])


def _cannot_write(path: Path, error: OSError) -> DiskFault:
    return DiskFault(
        f"The journal {path} cannot be written: {error.strerror}; make room, or name a place with --runs"
    )
