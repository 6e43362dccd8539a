"""Where a client process's account goes: into files of the run, or to a master that has the files."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol


class Sink(Protocol):
    """What an account is written to, in this order: ready, then rows as they come, then the report."""

    def ready(self, process: int) -> None:
        """Say that this process, a pid of its own machine, can begin."""
        ...

    def rows(self, lines: str, progress: Mapping[str, int]) -> None:
        """Take whole lines of rows, and the counts so far."""
        ...

    def report(self, values: Mapping[str, Any]) -> None:
        """Take the account, after the last row: who finds it finds everything."""
        ...


class Files:
    """The files that `harness.load` reads, those of the process called *name*."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._name = name
        self._rows = (directory / f"results-{name}.jsonl").open("w")

    def ready(self, process: int) -> None:
        """Tell the harness that the process can begin."""
        self._write("ready", {"process": process})

    def rows(self, lines: str, progress: Mapping[str, int]) -> None:
        """Append *lines*, and replace the counts."""
        self._rows.write(lines)
        self._rows.flush()
        self._write("progress", progress)

    def report(self, values: Mapping[str, Any]) -> None:
        """Close the rows and write the account."""
        self._rows.close()
        self._write("report", values)

    def _write(self, kind: str, values: Mapping[str, Any]) -> None:
        """Write a file that is complete as soon as it is there."""
        path = self._directory / f"{kind}-{self._name}.json"
        path.with_suffix(".tmp").write_text(json.dumps(values))
        path.with_suffix(".tmp").rename(path)


READY, ROWS = "harness-ready", "harness-rows"


class Messages:
    """Messages to the master, which writes the files; the report goes with the worker's last words."""

    def __init__(self, send: Callable[[str, Any], None]) -> None:
        self._send = send

    def ready(self, process: int) -> None:
        """Tell the master that this process can begin."""
        self._send(READY, {"process": process})

    def rows(self, lines: str, progress: Mapping[str, int]) -> None:
        """Send *lines* and the counts."""
        self._send(ROWS, {"lines": lines, "progress": dict(progress)})

    def report(self, values: Mapping[str, Any]) -> None:
        """Send nothing: the account is the answer to the share that was given."""
