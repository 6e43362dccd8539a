"""A Locust master's part in a load: it hands out the shares, keeps the workers' books, and ends the run."""

import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gevent
from locust import runners
from locust.runners import STATE_MISSING

from harness.errors import HarnessError
from harness.load import PLAN_VARIABLE
from harness.load_plan import BEGIN_FILE, LoadPlan
from locustfiles.orders import BEGIN, DONE, ORDERS, TIME, Orders, packed
from locustfiles.schedule import Share
from locustfiles.sinks import READY, ROWS, Files

BEGIN_POLL_S = 0.010
OVERSEE_S = 0.100
# A worker speaks once a second. Locust gives it up after three of silence: too soon where much else runs, and
# for a process that was stopped for ten. Less than what the harness waits after the last request.
SILENT_BEATS = 11

# called with what each worker said at its end, and how many there were
Concludes = Callable[[Sequence[dict[str, Any]], int], None]


class Master:
    """Gives the workers their orders, writes down what those say that share no folder with us, concludes."""

    def __init__(self, environment: Any, plan: Callable[[], LoadPlan], conclude: Concludes) -> None:
        self._environment = environment
        self._runner = environment.runner
        self._plan = plan
        self._conclude = conclude
        self._workers: list[str] = []
        self._accounts: dict[str, dict[str, Any]] = {}
        self._books: dict[str, Files] = {}

    def attach(self) -> None:
        """Listen to the workers, and have Locust wait for them as long as we do."""
        runners.HEARTBEAT_LIVENESS = SILENT_BEATS
        for kind, listener in (
            (TIME, self._on_time),
            (READY, self._on_ready),
            (ROWS, self._on_rows),
            (DONE, self._on_done),
        ):
            self._runner.register_message(kind, listener)

    def start(self) -> None:
        """Tell each worker its share, before Locust's message that starts it, and watch over them."""
        self._accounts.clear()
        self._books.clear()
        try:
            self._give_orders(self._plan())
        except HarnessError as error:
            self._conclude([{"error": str(error)}], 1)
            return
        gevent.spawn(self._oversee)

    def _give_orders(self, plan: LoadPlan) -> None:
        """Share *plan* out among the workers that are there; who is one too many stays idle."""
        told, forked = PLAN_VARIABLE in os.environ, bool(self._environment.parsed_options.processes)
        present = [node.id for node in self._runner.clients.values() if node.state != STATE_MISSING]
        wanted = self._environment.parsed_options.expect_workers if told else len(present)
        self._workers = present[:wanted]
        files = {} if forked and told else packed(plan)
        for index, worker in enumerate(self._workers):
            orders = Orders(Share(index, len(self._workers)), files, told)
            self._runner.send_message(ORDERS, orders.to_message(), worker)
        if told and files:
            gevent.spawn(self._say_when, plan)

    def _say_when(self, plan: LoadPlan) -> None:
        """Tell the workers when the load begins, as soon as the harness says it."""
        start_at = await_begin(plan)
        for worker in self._workers:
            self._runner.send_message(BEGIN, {"start_at": start_at}, worker)

    def _on_time(self, msg: Any, **_: Any) -> None:
        """Answer a worker's question for the time with what our clock says now."""
        self._runner.send_message(TIME, msg.data | {"masters_at": time.monotonic()}, msg.node_id)

    def _on_ready(self, msg: Any, **_: Any) -> None:
        books = Files(self._plan().results_dir, f"w{self._workers.index(msg.node_id)}")
        self._books[msg.node_id] = books
        books.ready(msg.data["process"])

    def _on_rows(self, msg: Any, **_: Any) -> None:
        self._books[msg.node_id].rows(msg.data["lines"], msg.data["progress"])

    def _on_done(self, msg: Any, **_: Any) -> None:
        self._accounts[msg.node_id] = msg.data
        if "error" not in msg.data and msg.node_id in self._books:
            self._books[msg.node_id].report(msg.data)

    def _oversee(self) -> None:
        """Wait until every worker has given its account or is gone, or one cannot begin; end the run."""
        while self._awaited() and not any("error" in account for account in self._accounts.values()):
            gevent.sleep(OVERSEE_S)
        self._conclude(list(self._accounts.values()), len(self._workers))

    def _awaited(self) -> bool:
        return any(worker not in self._accounts and self._is_there(worker) for worker in self._workers)

    def _is_there(self, worker: str) -> bool:
        node = self._runner.clients.get(worker)
        return node is not None and node.state != STATE_MISSING


def await_begin(plan: LoadPlan) -> float:
    """Return the model second at which the load begins, once the harness has said it."""
    path: Path = plan.results_dir / BEGIN_FILE
    while not path.exists():
        gevent.sleep(BEGIN_POLL_S)
    return float(json.loads(path.read_text())["start_at"])
