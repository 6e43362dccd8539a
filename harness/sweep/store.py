"""What a sweep has already worked out, in an append-only file, so that the same command goes on after Ctrl-C.

A file belongs to one fingerprint: of the trace and of everything else that a policy's figures depend on. Its
name carries it, so that a changed input begins a file of its own and nothing is mixed. The grid is no part
of it: a policy's figures do not depend on which others are tried.
"""

import fcntl
import json
from collections.abc import Mapping
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from harness.errors import EnvironmentFault, ScenarioError
from harness.sweep.figures import Figures
from harness.sweep.grid import Candidate

VERSION = 1


def fingerprint(inputs: Mapping[str, Any]) -> str:
    """Return the SHA-256 of *inputs* (plain JSON values), whatever the order of their keys."""
    text = json.dumps(inputs, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return sha256(text.encode()).hexdigest()


class Store:
    """The exact figures found so far under one fingerprint, in *directory*; a context manager.

    `done` holds what an earlier run has left. A last line that a killed run left half-written is dropped.
    """

    def __init__(self, directory: Path, inputs: Mapping[str, Any]) -> None:
        self._inputs = dict(inputs)
        self._mark = fingerprint(inputs)
        self.path = directory / f"exact-{self._mark[:16]}.jsonl"
        self.done: dict[Candidate, Figures] = {}
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self.path.open("a+b")
        except OSError as error:
            raise ScenarioError(
                f"--out {self.path.parent} cannot be written ({error}); name another"
            ) from error
        try:
            self._lock(self._file)
            self._read(self._file)
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, candidate: Candidate, figures: Figures) -> None:
        """Keep one result; it is in the file when this returns."""
        self.done[candidate] = figures
        self._append({"policy": astuple(candidate), "figures": figures.as_json()})

    def _append(self, record: Mapping[str, Any]) -> None:
        assert self._file is not None, "a Store is used inside its with block"
        self._file.write(json.dumps(record, separators=(",", ":")).encode() + b"\n")
        self._file.flush()

    def _lock(self, file: IO[bytes]) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise EnvironmentFault(
                f"Another sweep is writing {self.path}; wait for it, or give this one another --out"
            ) from error

    def _read(self, file: IO[bytes]) -> None:
        file.seek(0)
        content = file.read()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            file.truncate(len(whole))
        lines = whole.splitlines()
        if not lines:
            self._append({"version": VERSION, "fingerprint": self._mark, "inputs": self._inputs})
            return
        try:
            self._check(json.loads(lines[0]))
            for line in lines[1:]:
                record = json.loads(line)
                self.done[Candidate(*record["policy"])] = Figures.of_json(record["figures"])
        except (ValueError, KeyError, TypeError) as error:
            raise ScenarioError(
                f"{self.path} is not what a sweep left there ({error}); delete it to begin anew"
            ) from error

    def _check(self, head: Mapping[str, Any]) -> None:
        if head["version"] != VERSION or head["fingerprint"] != self._mark:
            raise ValueError("its first line names another version or other inputs")
