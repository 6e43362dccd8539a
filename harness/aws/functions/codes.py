"""The code of functions and layers: kept by its digest, unpacked once into a folder of the run.

Limits: Lambda developer guide, "Lambda quotas" (50 MB zipped in a request, 250 MB unzipped with all layers).
"""

import asyncio
import base64
import hashlib
import io
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from harness.aws.aws_json import Refused
from harness.aws.functions.refusals import invalid

UNZIPPED_LIMIT_BYTES = 262_144_000
DIRECT_LIMIT_BYTES = 50 * 1024 * 1024
_NOT_UNZIPPED = "Could not unzip uploaded file. Please check your file, then try to upload again."
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)
_ENCRYPTED = 0x1


def digest(content: bytes) -> str:
    """Return CodeSha256 of a package: its SHA-256 in base 64."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def check(content: bytes) -> None:
    """Raise Refused, in Lambda's words, for a package that it would not take.

    One that is broken, that is larger unzipped than Lambda allows, or that would write outside its folder.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
    except _BROKEN:
        raise invalid(_NOT_UNZIPPED) from None
    if sum(entry.file_size for entry in entries) > UNZIPPED_LIMIT_BYTES:
        raise _too_large()
    for entry in entries:
        if _climbs(entry) or entry.flag_bits & _ENCRYPTED:
            raise invalid(_NOT_UNZIPPED)


def _too_large() -> Refused:
    return invalid(f"Unzipped size must be smaller than {UNZIPPED_LIMIT_BYTES} bytes")


def _climbs(entry: zipfile.ZipInfo) -> bool:
    """Return whether *entry* leads out of the folder that it is unpacked into."""
    name = PurePosixPath(entry.filename.replace("\\", "/"))
    return name.is_absolute() or ".." in name.parts or "\0" in entry.filename


class Codes:
    """Packages by digest, in a folder that `close` removes."""

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._packages: dict[str, bytes] = {}
        self._unpacked: dict[str, asyncio.Task[Path]] = {}

    @property
    def folder(self) -> Path:
        """The folder of the run; made when it is first asked for."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="harness-functions-"))
        return self._folder

    def keep(self, content: bytes, *also: str) -> str:
        """Keep a package and return its digest; *also* are other names by which it is asked for."""
        own = digest(content)
        for name in (own, *also):
            self._packages.setdefault(name, content)
        return own

    def has(self, name: str) -> bool:
        """Return whether the package of that digest is kept."""
        return name in self._packages

    async def unpacked(self, name: str) -> Path:
        """Return the folder of the package *name*, unpacked; raise Refused where it cannot be."""
        task = self._unpacked.get(name)
        if task is None:
            content = self._packages[name]
            target = self.folder / f"code-{hashlib.sha256(name.encode()).hexdigest()[:24]}"
            task = self._unpacked[name] = asyncio.ensure_future(_in_thread(lambda: _unpack(content, target)))
        return await asyncio.shield(task)

    def close(self) -> None:
        """Remove all that was unpacked."""
        if self._folder is not None:
            _protect(self._folder, 0o755)
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        self._packages.clear()
        self._unpacked.clear()


async def _in_thread(work: Callable[[], Path]) -> Path:
    return await asyncio.get_running_loop().run_in_executor(None, work)


def _unpack(content: bytes, target: Path) -> Path:
    """Unpack *content* into *target*, counting what really comes out: what a header says may be a lie."""
    check(content)
    target.mkdir(parents=True)
    left = UNZIPPED_LIMIT_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for entry in archive.infolist():
                left -= _write(archive, entry, target, left)
    except _BROKEN:
        raise invalid(_NOT_UNZIPPED) from None
    # On Lambda /var/task and /opt cannot be written to; who is root here can do it all the same.
    _protect(target, 0o555)
    return target


def _protect(folder: Path, mode: int) -> None:
    """Give *folder* and those in it *mode*; links are not followed."""
    for each, _, _ in os.walk(folder):
        os.chmod(each, mode)


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Write one *entry* and return its size; links are written as the files that Lambda does not follow."""
    path = target / PurePosixPath(entry.filename.replace("\\", "/"))
    if entry.is_dir():
        path.mkdir(parents=True, exist_ok=True)
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(entry) as source, path.open("wb") as sink:
        while piece := source.read(1 << 16):
            written += len(piece)
            if written > left:
                raise _too_large()
            sink.write(piece)
    mode = stat.S_IMODE(entry.external_attr >> 16) & 0o777  # no program runs as somebody else
    os.chmod(path, (mode or 0o644) | stat.S_IRUSR)
    return written
