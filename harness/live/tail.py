"""Reads a journal while it is being written: each look returns the records that are new."""

import zlib
from pathlib import Path

from harness.journal import Record, decode

GZIP = 16 + zlib.MAX_WBITS  # zlib's way to ask for a gzip member, header and checksum included


class JournalTail:
    """The growing journal at *path*, which need not be there yet.

    `Recorder` writes gzip members, each of whole lines, and takes back what a full disk cut off: so only
    whole members count, and what follows the last of them is read again the next time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._whole_bytes = 0
        self._lines = 0
        self._strings: dict[str, str] = {}  # equal texts of the records are one text in memory

    def new(self) -> list[Record]:
        """Return the records since the last look, in order; raises JournalError for a line that is none."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._whole_bytes)
                data = file.read()
        except OSError:
            return []
        return [record for text in self._members(data) for record in self._decoded(text)]

    def _members(self, data: bytes) -> list[bytes]:
        """Return the text of each whole member at the beginning of *data*, and count them as read."""
        texts: list[bytes] = []
        while data:
            member = zlib.decompressobj(GZIP)
            try:
                text = member.decompress(data)
            except zlib.error:
                break
            if not member.eof:
                break
            texts.append(text)
            self._whole_bytes += len(data) - len(member.unused_data)
            data = member.unused_data
        return texts

    def _decoded(self, text: bytes) -> list[Record]:
        found: list[Record] = []
        for line in text.splitlines():
            self._lines += 1
            found.append(decode(line, self._lines, self._strings))
        return found
