"""Reading what users hand in: text that may be compressed or carry a byte order mark, and JSON."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import orjson

from harness.errors import ScenarioError

MOST_BYTES = 512 << 20
"""Of a trace, decompressed: a gzip file of a few megabytes could otherwise fill any memory."""
MOST_WHOLE_BYTES = 32 << 20
"""What is read as one text may hold this much: a template has 1 MB, a plan of a thousand resources ten."""
MOST_DEPTH = 200
"""So many values may stand one in another: a template's own functions need less than a tenth of it."""
MOST_VALUES = 2_000_000
"""Of JSON that is read whole: a plan of Terraform's with a thousand resources has half a million."""
_GZIP = b"\x1f\x8b"


def is_gzip(path: Path) -> bool:
    """Return whether the file is gzip, by its first bytes; its name does not matter."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


@contextmanager
def text_of(path: Path, *, most_bytes: int = MOST_BYTES) -> Iterator[TextIO]:
    """Open *path* as UTF-8 text, decompressed, without a byte order mark; ScenarioError when it is none.

    ScenarioError too as soon as more than *most_bytes* of it, decompressed, have been read.
    """
    try:
        with path.open("rb") as file:
            raw = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if is_gzip(path) else file
            bounded = io.BufferedReader(_Bounded(path, raw, most_bytes), buffer_size=_BLOCK_BYTES)
            with io.TextIOWrapper(bounded, encoding="utf-8-sig", newline=None) as text:
                yield text
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{path}: the file is not UTF-8 text ({error.reason}); save it as UTF-8"
        ) from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ScenarioError(f"{path}: the gzip file cannot be read: {error}") from error
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror or error}") from error


_BLOCK_BYTES = 1 << 20


class _Bounded(io.RawIOBase):
    """The bytes of a file, up to a bound."""

    def __init__(self, path: Path, raw: BinaryIO, most_bytes: int) -> None:
        self._path, self._raw = path, raw
        self._most_bytes, self._left = most_bytes, most_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        view = memoryview(buffer)
        data = self._raw.read(len(view))
        self._left -= len(data)
        if self._left < 0:
            raise ScenarioError(
                f"{self._path}: it holds more than {self._most_bytes >> 20} MB of text; give a smaller file"
            )
        view[: len(data)] = data
        return len(data)


def read_text(path: Path) -> str:
    """Return the whole text of *path*; ScenarioError as `text_of`, and when it is longer than can be."""
    with text_of(path, most_bytes=MOST_WHOLE_BYTES) as text:
        return text.read()


def read_json(path: Path) -> Any:
    """Return the JSON value in *path*; ScenarioError names the line and column of what is no JSON."""
    return parse_json(path, read_text(path))


def parse_json(path: Path, text: str) -> Any:
    """Return the JSON value in *text*, which was read from *path*."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ScenarioError(
            f"{path}, line {error.lineno}, column {error.colno}: this is not JSON: {error.msg}"
        ) from error
    _check_size(path, value)
    return value


def _check_size(path: Path, value: Any) -> None:
    """Raise ScenarioError where *value*, fresh from JSON, has too many values, or they stand too deep."""
    level, values = [value], 1
    for _ in range(MOST_DEPTH):
        held = [each for each in level if isinstance(each, list | dict)]
        values += sum(map(len, held))
        if values > MOST_VALUES:
            raise ScenarioError(f"{path}: it holds more than {MOST_VALUES} values; give a smaller file")
        level = [each for one in held for each in (one.values() if isinstance(one, dict) else one)]
        if not level:
            return
    raise ScenarioError(f"{path}: its values are nested more than {MOST_DEPTH} deep")
