"""What all modules of one configuration share: where it stands, its folder, what was not looked at."""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatch
from itertools import islice
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.inputs.input_files import read_text
from harness.templates.hcl import Body, NotKnown, parse
from harness.templates.place import Place

_MOST_BYTES = 256 << 20  # the package of a function may have 250 MB
_MOST_FILES = 100_000
_HASHES: dict[str, Callable[[bytes], str]] = {
    "filesha256": lambda data: hashlib.sha256(data).hexdigest(),
    "filesha1": lambda data: hashlib.sha1(data, usedforsecurity=False).hexdigest(),
    "filesha512": lambda data: hashlib.sha512(data).hexdigest(),
    "filemd5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "filebase64": lambda data: base64.b64encode(data).decode(),
    "filebase64sha256": lambda data: base64.b64encode(hashlib.sha256(data).digest()).decode(),
    "filebase64sha512": lambda data: base64.b64encode(hashlib.sha512(data).digest()).decode(),
}


@dataclass(slots=True)
class World:
    """One configuration: *folder* is where Terraform is run, to which relative paths belong."""

    place: Place
    folder: Path
    notes: list[str] = field(default_factory=list)
    archives: dict[str, str] = field(default_factory=dict)  # what archive_file packs, by the archive's path

    def absolute(self, file: str) -> str:
        """Return the path of a file that the configuration names."""
        return str((self.folder / file).resolve())

    def note(self, text: str) -> None:
        """Say once that something is not looked at."""
        if text not in self.notes:
            self.notes.append(text)

    def read(self, file: str) -> bytes:
        """Return the bytes of a file; NotKnown when it cannot be read."""
        path = self.folder / file
        try:
            if not path.is_file() or path.stat().st_size > _MOST_BYTES:
                raise NotKnown(f"the file {file} is none, or of more than {_MOST_BYTES >> 20} MB")
            return path.read_bytes()
        except (OSError, ValueError) as error:
            raise NotKnown(f"the file {file} cannot be read: {error}") from error

    def call(self, name: str, arguments: list[Any]) -> Any:
        """Return what a function gives that reads files; NotKnown for any other."""
        if name == "file":
            return self.read(str(arguments[0])).decode("utf-8", "replace")
        if name == "fileexists":
            return (self.folder / str(arguments[0])).is_file()
        if name == "abspath":
            return self.absolute(str(arguments[0]))
        if name == "pathexpand":
            return str(Path(str(arguments[0])).expanduser())
        if name == "fileset":
            return self._fileset(str(arguments[0]), str(arguments[1]))
        if name in _HASHES:
            return self._hash(name, str(arguments[0]))
        raise NotKnown(f"the function {name} is not worked out here")

    def _hash(self, name: str, file: str) -> str:
        """Return the hash of a file; of an archive that is still to be made, a text that stands for it."""
        if file in self.archives and not (self.folder / file).is_file():
            return "known-when-packed"
        return _HASHES[name](self.read(file))

    def _fileset(self, folder: str, pattern: str) -> list[str]:
        root = self.folder / folder
        try:
            found = list(islice(root.rglob("*"), _MOST_FILES + 1))
            names = [str(each.relative_to(root)) for each in found if each.is_file()]
        except (OSError, ValueError) as error:
            raise NotKnown(f"the folder {folder} cannot be read: {error}") from error
        if len(found) > _MOST_FILES:
            raise NotKnown(f"the folder {folder} holds more than {_MOST_FILES} files")
        return sorted(name for name in names if fnmatch(name, pattern.replace("**/", "*")))


def bodies(path: Path) -> dict[Path, Body]:
    """Return what each file of *path* holds, overrides last; ScenarioError when there is none."""
    files = [path]
    if path.is_dir():
        found = sorted(path.glob("*.tf"))
        last = [each for each in found if each.name == "override.tf" or each.name.endswith("_override.tf")]
        files = [each for each in found if each not in last] + last
    if not files or not files[0].is_file():
        what = "there is no .tf file in this folder" if path.is_dir() else "there is no such file"
        raise ScenarioError(f"{path}: {what}")
    return {file: parse(_text(file), str(file)) for file in files}


def _text(file: Path) -> str:
    return read_text(file)
