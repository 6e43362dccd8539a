"""A reader of the live view without a browser (pages, events), and a run that a test writes."""

import http.client
import json
import socket
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from harness import journal
from harness.recorder import Recorder
from harness.run.results import JOURNAL


@dataclass(frozen=True)
class Answer:
    """What came back for a GET."""

    status: int
    headers: dict[str, str]
    text: str


def get(url: str, path: str = "/", *, method: str = "GET", **headers: str) -> Answer:
    """Return the answer of the live view at *url*; *headers* have underscores for hyphens."""
    where = urlsplit(url).netloc
    connection = http.client.HTTPConnection(where, timeout=10)
    sent = {"Host": where} | {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, headers=sent)
    answer = connection.getresponse()
    found = Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
    connection.close()
    return found


@dataclass
class Events:
    """Follows `/events` in a thread of its own; `states` are what came.

    Like the page it closes the stream itself once it has heard that all is over, after fetching `last`; one
    that is not `polite` stays.
    """

    url: str
    last: str = "/"
    polite: bool = True
    states: list[dict[str, Any]] = field(default_factory=list)
    final: Answer | None = None
    _news: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> Self:
        self._connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        self._connection.request("GET", "/events")
        self._answer = self._connection.getresponse()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._connection.sock is not None:
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        self._connection.close()

    def _read(self) -> None:
        for line in self._answer:
            if line.startswith(b"data: "):
                state = json.loads(line[6:])
                if state["over"] and self.polite:
                    self.final = get(self.url, self.last)
                with self._news:
                    self.states.append(state)
                    self._news.notify_all()
                if state["over"] and self.polite:
                    break
        self._answer.close()

    def until(self, holds: Any, what: str) -> dict[str, Any]:
        """Return the first state for which *holds*; fail when it does not come."""
        with self._news:
            assert self._news.wait_for(lambda: any(map(holds, self.states)), 30), (
                f"never {what}: {self.states}"
            )
            return next(state for state in self.states if holds(state))


class WrittenRun:
    """A run's directory with a journal that the test writes record by record."""

    def __init__(self, runs: Path, scenario: str) -> None:
        self.directory = runs / scenario / "1"
        self.directory.mkdir(parents=True)
        self.recorder = Recorder(self.directory / JOURNAL)
        self._scenario = scenario

    def write(self, *records: journal.Record) -> None:
        """Append *records* and have them on disk."""
        for record in records:
            self.recorder.record(record)
        self.recorder.flush()

    def begin(self) -> None:
        """Write what every journal begins with."""
        self.write(
            journal.RunStarted(
                0.0,
                self._scenario,
                "corrected",
                "A run.",
                "wall",
                1,
                1.7e9,
                "embedded",
                {"moto": "5"},
                {},
                "harness",
            ),
            journal.PhaseStarted(1.0, "load", "echo"),
        )

    def end(self, verdict: str = "pass") -> None:
        """Write the verdict and the report, as a run does."""
        from reports.html import write_report

        self.write(
            journal.Expectation(
                60.0, "error ratio", "<= 0.001", 0.0, "ratio", verdict == "pass", "lost", "declared"
            ),
            journal.RunEnded(60.0, verdict, "", 6.0),
        )
        self.recorder.close()
        write_report(self.directory, self.recorder.records)
