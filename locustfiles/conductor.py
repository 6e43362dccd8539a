"""Runs a load inside Locust: alone, with `--processes`, or as master and workers.

The process that sends builds its clients, says that it is ready, walks its share and hands its account on. A
master gives each worker its share, waits for all accounts and ends the run; alone, a process does both.
"""

import gc
import json
import logging
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from harness.errors import ExitCode, HarnessError, ScenarioError
from harness.load import PLAN_VARIABLE
from harness.load_plan import BEGIN_FILE, LoadPlan, read_plan
from harness.load_result import Counts, ProcessReport, judge
from locustfiles.account import Account
from locustfiles.dispatch import Dispatcher
from locustfiles.publisher import OPERATIONS
from locustfiles.schedule import LoadClock, Share
from locustfiles.users import clients_of, fire_request

log = logging.getLogger(__name__)

SHARE, DONE = "harness-share", "harness-done"
BEGIN_POLL_S = 0.010
OVERSEE_S = 0.100
# Without a harness to say when, the load begins this long after the process is ready.
HEAD_START_S = 0.200
LAST_WORDS_S = 2.0


class Conductor:
    """One process's part in the load; `attach` connects it to Locust's events."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._runner = environment.runner
        self._share = Share()
        self._dispatcher: Dispatcher | None = None
        self._running: Any = None
        self._workers: list[str] = []
        self._accounts: dict[str, dict[str, Any]] = {}

    def attach(self) -> None:
        """Listen to Locust; end at once with one sentence when the arguments cannot work."""
        events = self._environment.events
        events.test_start.add_listener(self._on_start)
        events.test_stop.add_listener(self._on_stop)
        events.quitting.add_listener(self._on_stop)
        if isinstance(self._runner, WorkerRunner):
            self._runner.register_message(SHARE, self._on_share)
            return
        if isinstance(self._runner, MasterRunner):
            self._runner.register_message(DONE, self._on_done)
        if self._environment.parsed_options.headless:
            self._check()

    def _check(self) -> None:
        try:
            self._plan()
        except HarnessError as error:
            log.error("%s", error)
            raise SystemExit(int(error.exit_code)) from error

    def _plan(self) -> LoadPlan:
        """Return the plan the harness wrote, or the one that the command line's arguments make."""
        if path := os.environ.get(PLAN_VARIABLE):
            return read_plan(Path(path))
        return plan_of_options(self._environment.parsed_options, self._environment.host)

    def _on_start(self, **_: Any) -> None:
        self._accounts.clear()
        if isinstance(self._runner, MasterRunner):
            self._give_shares(self._runner)
            gevent.spawn(self._oversee, self._runner)
        else:
            self._running = gevent.spawn(self._send)

    def _on_stop(self, **_: Any) -> None:
        """Stop sending and wait until the account is written, unless that is what ends the run."""
        if self._dispatcher is not None:
            self._dispatcher.stop()
        if self._running is not None and self._running is not gevent.getcurrent():
            self._running.join(LAST_WORDS_S)

    def _on_share(self, msg: Any, **_: Any) -> None:
        self._share = Share(**msg.data)

    def _on_done(self, msg: Any, **_: Any) -> None:
        self._accounts[msg.node_id] = msg.data

    def _give_shares(self, runner: Any) -> None:
        """Tell each worker its share; it arrives before the message that starts the worker."""
        self._workers = [node.id for node in runner.clients.values() if node.state != STATE_MISSING]
        for index, worker in enumerate(self._workers):
            runner.send_message(SHARE, {"index": index, "of": len(self._workers)}, worker)

    def _oversee(self, runner: Any) -> None:
        """Wait until every worker has given its account or is gone; then end the run."""
        while any(worker not in self._accounts and _alive(runner, worker) for worker in self._workers):
            gevent.sleep(OVERSEE_S)
        self._conclude(list(self._accounts.values()), len(self._workers))

    def _send(self) -> None:
        """Send this process's share, then hand on its account, or the reason why there is none."""
        try:
            outcome = self._send_share().to_json()
        except HarnessError as error:
            outcome = {"error": str(error)}
        if isinstance(self._runner, WorkerRunner):
            self._runner.send_message(DONE, outcome)
        else:
            self._conclude([outcome], 1)

    def _send_share(self) -> ProcessReport:
        plan = self._plan()
        told = PLAN_VARIABLE in os.environ
        clock = LoadClock(plan.clock_zero, plan.speed)
        account = Account(
            clock,
            [model.label for model in plan.models],
            ", ".join(sorted({model.client for model in plan.models})),
            plan.results_dir if told else None,
        )
        clients = clients_of(plan, self._share)
        self._dispatcher = Dispatcher(plan, self._share, clients, account, self._fire)
        # What lives by now lives to the end: without this, each full collection walks Locust and boto3 anew
        # and stops the schedule for some 50 ms.
        gc.collect()
        gc.freeze()
        account.announce()
        start_at = _await_begin(plan) if told else clock.model(time.monotonic() + HEAD_START_S)
        return self._dispatcher.run(start_at)

    def _fire(self, model: Any, response_s: float, reply: Any) -> None:
        name, operation = model.endpoint_name, OPERATIONS[model.target]
        fire_request(self._environment, model.client, name, response_s, reply, operation)

    def _conclude(self, outcomes: list[dict[str, Any]], expected: int) -> None:
        """Say what the load came to, and end the run: with exit code 4 when it proves nothing."""
        errors = [str(outcome["error"]) for outcome in outcomes if "error" in outcome]
        reports = [ProcessReport.from_json(outcome) for outcome in outcomes if "error" not in outcome]
        why = [*errors, *self._judge(reports, expected - len(errors))]
        for sentence in why:
            log.error("%s", sentence)
        if why:
            self._environment.process_exit_code = int(ExitCode.USAGE if errors else ExitCode.INVALID)
        if self._environment.parsed_options.headless:
            self._runner.quit()
        else:
            self._runner.stop()

    def _judge(self, reports: list[ProcessReport], expected: int) -> list[str]:
        counts = sum((report.counts for report in reports), Counts())
        gone = expected - len(reports)
        missing = [f"{gone} of {expected} client processes ended without an account."] if gone else []
        stopped = (
            [] if all(report.finished for report in reports) else ["The load was stopped before its end."]
        )
        lag = max((report.lag_p99_s for report in reports), default=0.0)
        cpu = max((report.cpu_share_max for report in reports), default=0.0)
        log.info("offered %d, sent %d, %s; p99 of the lag %.4f s", counts.offered, counts.sent, counts, lag)
        return [
            *missing,
            *stopped,
            *judge(counts, cpu=cpu, lag_p99_s=lag, lag_limit_s=self._plan().lag_limit_s),
        ]


def plan_of_options(options: Any, host: str | None) -> LoadPlan:
    """Return the plan of `--scenario` and its companions; raise ScenarioError when they cannot work."""
    from harness.clock import ClockSpec
    from harness.scenario.find import find

    if not options.scenario:
        raise ScenarioError("No scenario is named; add --scenario NAME (`harness list` shows the names)")
    scenario = find(options.scenario).resolve(options.variant)
    url = host or os.environ.get("AWS_ENDPOINT_URL")
    if not url:
        raise ScenarioError("No address is given; add --host http://127.0.0.1:PORT or set AWS_ENDPOINT_URL")
    models = tuple(replace(one, client=options.client or one.client) for one in scenario.workload)
    return LoadPlan(
        gateway_url=url,
        models=models,
        results_dir=Path(),
        clock_zero=time.monotonic(),
        seed=options.seed,
        speed=ClockSpec.parse(options.clock or scenario.clock).speed,
        allowed_endpoints=tuple(options.allow_endpoint or ()),
    )


def _await_begin(plan: LoadPlan) -> float:
    path = plan.results_dir / BEGIN_FILE
    while not path.exists():
        gevent.sleep(BEGIN_POLL_S)
    return float(json.loads(path.read_text())["start_at"])


def _alive(runner: Any, worker: str) -> bool:
    node = runner.clients.get(worker)
    return node is not None and node.state != STATE_MISSING
