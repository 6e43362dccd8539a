"""The child process of the live view: `python -m harness.live.server --socket FD --control FD --runs N`.

It reads one JSON document a line from the control pipe: `{"follow": DIRECTORY}` when a run begins, and
`{"end": true}` when the command is done. Without readers it reads and draws nothing.
"""

import argparse
import json
import os
import queue
import socket
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.live.board import Board, Page
from harness.live.pace import Pace
from harness.live.run_page import RunPage
from harness.live.sections import Changes
from harness.live.web import GOODBYE_S, LiveServer
from reports.live import INDEX, Live, index_page

NICENESS = 10
# How often the journal is looked at while somebody reads; the status line on the page moves with it.
TICK_S = 1.0
# For how long nobody may look before what was read is let go of: to read it again costs seconds.
FORGET_S = 60.0
# Once the verdict is in, the report is a moment away.
LAST_TICK_S = 0.1


def main(argv: Sequence[str] | None = None) -> int:
    """Serve until told to end, or until whoever tells has gone."""
    parser = argparse.ArgumentParser(prog="harness.live.server")
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--runs", type=int, required=True)
    arguments = parser.parse_args(argv)
    os.nice(NICENESS)
    board = Board()
    server = LiveServer(socket.socket(fileno=arguments.socket), board, only_run=arguments.runs == 1)
    newsroom = Newsroom(board, arguments.runs)
    threading.Thread(target=newsroom.listen, args=(arguments.control,), name="control", daemon=True).start()
    newsroom.begin()
    threading.Thread(target=server.serve_forever, args=(0.1,), name="http", daemon=True).start()
    newsroom.work()
    return 0


class Newsroom:
    """Follows the runs, draws their pages and puts them on *board*."""

    def __init__(self, board: Board, expected: int) -> None:
        self._board = board
        self._expected = expected
        self._runs: list[RunPage] = []
        self._orders: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self._index = Changes()
        self._over = False
        self._read_at = time.monotonic()
        self._pace = Pace(time.process_time())

    def listen(self, control: int) -> None:
        """Take orders from the pipe *control* until it is closed."""
        with open(control, encoding="utf-8") as lines:
            for line in lines:
                self._order(json.loads(line))
        self._order({"end": True})

    def _order(self, order: dict[str, Any]) -> None:
        self._orders.put(order)
        self._board.wake()

    def begin(self) -> None:
        """Wait for the first order: from then on there is a page for whoever asks."""
        self._obey(self._orders.get())

    def work(self) -> None:
        """Go on until the end is told, and until those who read have the last pages, or their time is up."""
        _load_what_draws()
        self._pace = Pace(time.process_time())
        while not self._over:
            self._board.await_reader(self._tick_s)
            while not self._orders.empty():
                self._obey(self._orders.get())
            self._update()
        self._board.await_no_readers(GOODBYE_S)

    @property
    def _tick_s(self) -> float:
        return LAST_TICK_S if self._runs and self._runs[-1].state == "judged" else TICK_S

    def _obey(self, order: dict[str, Any]) -> None:
        """Go on to another run, or to the end: either way the run before it is over."""
        if self._runs and self._runs[-1].state != "over":
            self._guarded(self._runs[-1], lambda run: run.finish(wait=False))
        if "follow" in order:
            self._runs.append(RunPage(len(self._runs) + 1, Path(order["follow"])))
        self._over = self._over or "end" in order
        self._put_up()

    def _update(self) -> None:
        """Look at the run that goes on, draw it when it is time, and put up what there is."""
        run = self._runs[-1] if self._runs else None
        if run is None or run.state == "over":
            self._put_up(drawn=True)
            return
        if not (self._board.is_read or run.state == "judged"):
            if time.monotonic() - self._read_at > FORGET_S:
                run.forget()
            return
        self._read_at = time.monotonic()
        before = run.state
        began_at = time.monotonic()
        drawn = False
        self._guarded(run, RunPage.look)
        if self._board.is_read and (self._pace.is_due(began_at) or run.state != before):
            drawn = True
            self._guarded(run, RunPage.draw)
            self._pace.drawn(began_at, time.process_time())
        if run.state == "judged":
            self._guarded(run, lambda one: one.finish(wait=True))
        self._put_up(drawn=drawn)

    def _guarded(self, run: RunPage, act: Any) -> None:
        """Do *act* with *run*; what goes wrong is told on the page and in the log, and the rest goes on."""
        try:
            act(run)
        except Exception as error:
            trouble = f"This page could not be drawn anew ({type(error).__name__}: {error})"
            if trouble != run.trouble:
                traceback.print_exc()
            run.trouble = trouble

    def _put_up(self, *, drawn: bool = False) -> None:
        """Put the pages and how the runs stand on the board."""
        pages = {one.number: Page(one.html.encode(), one.changes.version) for one in self._runs[-2:]}
        if self._expected > 1:
            live = Live(INDEX, self._index.version + 1)
            index = index_page(live, [one.row() for one in self._runs], self._expected)
            if self._index.note(index):
                pages[INDEX] = Page(index.encode(), self._index.version)
        now = time.monotonic()
        state = {
            "over": self._over,
            "current": len(self._runs),
            "index": {"version": self._index.version, "sections": dict(self._index.changed)},
            "runs": [one.status(now) for one in self._runs],
        }
        self._board.publish(state, pages, drawn=drawn)


def _load_what_draws() -> None:
    """Import the summary's and the report's modules now, before there is anything to measure."""
    import harness.summary  # noqa: F401
    import reports.html  # noqa: F401


if __name__ == "__main__":
    sys.exit(main())
