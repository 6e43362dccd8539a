"""The code behind a template: the Python files of its functions, from folders and zip files beside it."""

import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from harness.audit.names import FUNCTION
from harness.audit.view import Package
from harness.templates.model import Template

# What is read of one package: rules look at what people write, not at the libraries that come with it.
MOST_BYTES, MOST_FILE_BYTES = 4_000_000, 500_000
_LEFT_OUT = frozenset({"__pycache__", ".git", ".venv", "venv", "node_modules", ".tox", ".aws-sam"})
_BUILT_FROM = "requirements.txt"
# What `zipfile` raises for a file that is broken, encrypted, or packed in a way that it does not know.
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError)


def packages(template: Template) -> Mapping[str, Package]:
    """Return the packages of the functions of *template* whose code is on this machine, by logical id."""
    found = {}
    known: dict[str, Package] = {}
    for function in template.of_type(FUNCTION):
        where = template.assets.get((function.logical_id, "Code"))
        if where is not None:
            known.setdefault(where, package_at(Path(where)))
            found[function.logical_id] = known[where]
    return found


def package_at(path: Path) -> Package:
    """Return the package in the folder, zip or single file *path*; an empty one where it cannot be read."""
    try:
        if path.is_dir():
            return Package(_within_limits(_of_folder(path)), shown(path))
        if path.suffix == ".py":
            return Package({path.name: path.read_text(encoding="utf-8")}, shown(path.parent))
        return Package(_within_limits(_of_zip(path)))
    except _UNREADABLE:
        return Package({})


def shown(path: Path) -> str:
    """Return *path* as findings tell it: from here on where it is below."""
    whole, here = path.resolve(), Path.cwd()
    return (whole.relative_to(here) if whole.is_relative_to(here) else path).as_posix()


def _is_read(name: PurePosixPath, size: int) -> bool:
    wanted = name.suffix == ".py" or name.name == _BUILT_FROM
    return wanted and not _LEFT_OUT & set(name.parts) and size <= MOST_FILE_BYTES


def _of_folder(folder: Path) -> Iterator[tuple[str, str]]:
    for path in sorted(folder.rglob("*")):
        name = PurePosixPath(path.relative_to(folder).as_posix())
        if path.is_file() and _is_read(name, path.stat().st_size):
            yield str(name), path.read_text(encoding="utf-8", errors="replace")


def _of_zip(path: Path) -> Iterator[tuple[str, str]]:
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            if _is_read(PurePosixPath(entry.filename), entry.file_size):
                yield entry.filename, archive.read(entry).decode(errors="replace")


def _within_limits(files: Iterator[tuple[str, str]]) -> dict[str, str]:
    """Return *files* until they are more than is read of one package."""
    found: dict[str, str] = {}
    size = 0
    for name, text in files:
        size += len(text)
        if size > MOST_BYTES:
            break
        found[name] = text
    return found
