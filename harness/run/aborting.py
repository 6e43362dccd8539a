"""Stops a load once a threshold is crossed: looks at what is new each second, and says when."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from harness.journal import LoadRequest
from harness.load_result import RequestRow
from harness.run.context import RunContext
from harness.thresholds import Crossing, Watch

EVERY_REAL_S = 1.0


class Aborting:
    """Watches the thresholds of *run* over the rows that the load's clients leave in *results*.

    `request_of` makes a row what the journal will have of it. `crossing` is what ends the load, if anything.
    Where no threshold aborts, nothing is read.
    """

    def __init__(
        self, run: RunContext, results: Path, request_of: Callable[[RequestRow], LoadRequest]
    ) -> None:
        self._run = run
        self._rows = RowsSoFar(results)
        self._request_of = request_of
        self._watch: Watch | None = None
        self._looked_at = 0.0
        self.crossing: Crossing | None = None

    def begin(self, began_at: float) -> None:
        """Watch from model second *began_at* on."""
        limits = self._run.scenario.limits
        self._looked_at = began_at
        if any(one.abort_on_fail for one in limits):
            self._watch = Watch(limits, began_at)

    def must_stop(self) -> bool:
        """Look at what is new, at most once a second; return whether a threshold is crossed."""
        now = self._run.clock.now()
        if self._watch is None or now - self._looked_at < EVERY_REAL_S * self._run.clock.speed:
            return self.crossing is not None
        self._looked_at = now
        wants_rows = LoadRequest in self._watch.kinds
        beside = [self._request_of(row) for row in self._rows.new()] if wants_rows else []
        self.crossing = self.crossing or self._watch.each_second(self._run.recorder.records, now, beside)
        return self.crossing is not None


class RowsSoFar:
    """The rows of the client processes as they come, each once; they are written four times a second."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}

    def new(self) -> Iterator[RequestRow]:
        """Yield the rows that were not there the last time."""
        for path in sorted(self._folder.glob("results-*.jsonl")):
            with path.open("rb") as file:
                file.seek(self._read.get(path, 0))
                data = file.read()
            whole = data[: data.rfind(b"\n") + 1]  # the last line may be under way
            self._read[path] = self._read.get(path, 0) + len(whole)
            # All in one go: line by line takes twice as long.
            yield from (RequestRow(*row) for row in json.loads(b"[%s]" % b",".join(whole.splitlines())))
