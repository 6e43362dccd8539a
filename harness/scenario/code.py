"""The package of a function's code, as CreateFunction takes it: the same code is the same bytes."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

from harness.scenario.functions import Function
from harness.scenario.handlers import source_of

# The earliest moment that a zip can write, so that a package tells nothing of when it was made.
_NO_MOMENT = (1980, 1, 1, 0, 0, 0)
# Lambda guide, "Working with .zip file archives": code must be readable by everybody.
_READABLE = 0o100644 << 16
_LEFT_OUT = {"__pycache__", ".git"}


def package_of(function: Function) -> bytes:
    """Return the zip of *function*: its handler's file alone, the folder in `code`, or that zip as it is."""
    if function.code is None or Path(function.code).is_dir():
        return _zipped(function)
    return Path(function.code).read_bytes()


def _zipped(function: Function) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in _files(function):
            entry = zipfile.ZipInfo(name, _NO_MOMENT)
            entry.external_attr = _READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return written.getvalue()


def _files(function: Function) -> Iterator[tuple[str, Path]]:
    """Yield each file of *function* with its name in the package, in order."""
    if function.code is None:
        assert not isinstance(function.handler, str)  # checked when it was built
        source = source_of(function.handler)
        yield source.name, source
        return
    folder = Path(function.code)
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not _LEFT_OUT & set(inside.parts):
            yield inside.as_posix(), path
