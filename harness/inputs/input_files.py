"""Reading what users hand in: text that may be compressed or carry a byte order mark, and JSON."""

import gzip
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TextIO, cast

import orjson

from harness.errors import ScenarioError

_GZIP = b"\x1f\x8b"


def is_gzip(path: Path) -> bool:
    """Return whether the file is gzip, by its first bytes; its name does not matter."""
    with path.open("rb") as file:
        return file.read(2) == _GZIP


@contextmanager
def text_of(path: Path) -> Iterator[TextIO]:
    """Open *path* as UTF-8 text, decompressed, without a byte order mark; ScenarioError when it is none."""
    try:
        with path.open("rb") as file:
            raw = cast(BinaryIO, gzip.GzipFile(fileobj=file)) if is_gzip(path) else file
            with io.TextIOWrapper(raw, encoding="utf-8-sig", newline=None) as text:
                yield text
    except UnicodeDecodeError as error:
        raise ScenarioError(
            f"{path}: the file is not UTF-8 text ({error.reason}); save it as UTF-8"
        ) from error
    except (gzip.BadGzipFile, EOFError) as error:
        raise ScenarioError(f"{path}: the gzip file cannot be read: {error}") from error
    except OSError as error:
        raise ScenarioError(f"{path}: cannot be read: {error.strerror or error}") from error


def read_text(path: Path) -> str:
    """Return the whole text of *path*; ScenarioError as `text_of`."""
    with text_of(path) as text:
        return text.read()


def read_json(path: Path) -> Any:
    """Return the JSON value in *path*; ScenarioError names the line and column of what is no JSON."""
    return parse_json(path, read_text(path))


def parse_json(path: Path, text: str) -> Any:
    """Return the JSON value in *text*, which was read from *path*."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ScenarioError(
            f"{path}, line {error.lineno}, column {error.colno}: this is not JSON: {error.msg}"
        ) from error
