"""Writes journal records to a compressed file from any thread, in batches, off the hot path.

Each batch is a gzip member of its own: whatever kills the run, everything up to the last batch reads back.
"""

import gzip
import queue
import threading
from pathlib import Path

from harness.journal import Record, encode

FLUSH_EVERY_S = 0.25  # what a killed run may lose at most
BATCH_RECORDS = 20_000


class Recorder:
    """An append-only journal file; `record` never blocks and may be called from any thread.

    The records are also kept in memory (`records`), because summary and report are made from them when the
    run ends; one record is about 0.5 kB.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.records: list[Record] = []
        self._written = 0
        self._file = path.open("wb")
        self._stop: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._write_on, name="journal", daemon=True)
        self._thread.start()

    def record(self, record: Record) -> None:
        """Append *record*; it is on disk within `FLUSH_EVERY_S`."""
        self.records.append(record)

    def flush(self) -> None:
        """Write what is not yet written."""
        with self._lock:
            while batch := self.records[self._written : self._written + BATCH_RECORDS]:
                self._file.write(gzip.compress(b"".join(map(encode, batch)), compresslevel=3))
                self._written += len(batch)
            self._file.flush()

    def close(self) -> None:
        """Write the rest and close the file; a second call does nothing."""
        if self._file.closed:
            return
        self._stop.put(None)
        self._thread.join()
        self.flush()
        self._file.close()

    def _write_on(self) -> None:
        while True:
            try:
                self._stop.get(timeout=FLUSH_EVERY_S)
            except queue.Empty:
                self.flush()
            else:
                return
