"""Runs a load inside Locust: alone, with `--processes`, or as master and workers, on one host or several.

The process that sends builds its clients, says that it is ready, walks its share and hands its account on. A
master (`master.py`) gives each worker its share, waits for all accounts and ends the run; alone, a process
does both.
"""

import gc
import json
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gevent
import gevent.event
from locust.runners import MasterRunner, WorkerRunner

from harness.errors import EnvironmentFault, ExitCode, HarnessError, ScenarioError
from harness.load import PLAN_VARIABLE
from harness.load_plan import ERROR_FILE, LoadPlan, read_plan
from harness.load_result import Counts, ProcessReport, judge
from locustfiles.account import Account
from locustfiles.dispatch import Dispatcher
from locustfiles.master import Master, await_begin
from locustfiles.orders import ASKED_FOR_THE_TIME, BEGIN, DONE, ORDERS, TIME, Ahead, Orders
from locustfiles.publisher import OPERATIONS
from locustfiles.schedule import LoadClock, Share
from locustfiles.sinks import Files, Messages, Sink
from locustfiles.users import clients_of, fire_request

log = logging.getLogger(__name__)

# Without a harness to say when, the load begins this long after the process is ready.
HEAD_START_S = 0.200
LAST_WORDS_S = 2.0
ANSWERS_WITHIN_S = 5.0


class Conductor:
    """One process's part in the load; `attach` connects it to Locust's events."""

    def __init__(self, environment: Any) -> None:
        self._environment = environment
        self._runner = environment.runner
        # A worker's own: what the master has on its command line overwrites these later.
        self._own_gateway = environment.parsed_options.host
        self._own_allowed = tuple(environment.parsed_options.allow_endpoint or ())
        self._orders: Orders | None = None
        self._begin = gevent.event.AsyncResult()
        self._heard = gevent.event.Event()
        self._ahead = Ahead()
        self._dispatcher: Dispatcher | None = None
        self._running: Any = None
        self._master: Master | None = None

    def attach(self) -> None:
        """Listen to Locust; end at once with one sentence when the arguments cannot work."""
        events = self._environment.events
        events.test_start.add_listener(self._on_start)
        events.test_stop.add_listener(self._on_stop)
        events.quitting.add_listener(self._on_stop)
        if isinstance(self._runner, WorkerRunner):
            self._runner.register_message(ORDERS, self._on_orders)
            self._runner.register_message(TIME, self._on_time)
            self._runner.register_message(BEGIN, self._on_begin)
            return
        if isinstance(self._runner, MasterRunner):
            self._master = Master(self._environment, self._plan, self._conclude)
            self._master.attach()
        if self._environment.parsed_options.headless:
            self._check()

    def _check(self) -> None:
        try:
            self._plan()
        except HarnessError as error:
            log.error("%s", error)
            raise SystemExit(int(error.exit_code)) from error

    def _plan(self) -> LoadPlan:
        """Return the plan from the master, from the harness, or of the command line's arguments."""
        if self._orders is not None and self._orders.files:
            return self._orders.plan(self._own_gateway, self._own_allowed, self._ahead.seconds)
        if path := os.environ.get(PLAN_VARIABLE):
            return read_plan(Path(path))
        return plan_of_options(self._environment.parsed_options, self._environment.host)

    def _on_start(self, **_: Any) -> None:
        if self._master is not None:
            self._master.start()
        elif self._orders is not None or not isinstance(self._runner, WorkerRunner):
            self._running = gevent.spawn(self._send)

    def _on_stop(self, **_: Any) -> None:
        """Stop sending and wait until the account is written, unless that is what ends the run."""
        if self._dispatcher is not None:
            self._dispatcher.stop()
        if self._running is not None and self._running is not gevent.getcurrent():
            self._running.join(LAST_WORDS_S)

    def _on_orders(self, msg: Any, **_: Any) -> None:
        self._orders = Orders.from_message(msg.data)
        self._begin = gevent.event.AsyncResult()

    def _on_time(self, msg: Any, **_: Any) -> None:
        self._ahead.heard(msg.data["asked_at"], msg.data["masters_at"], time.monotonic())
        self._heard.set()

    def _on_begin(self, msg: Any, **_: Any) -> None:
        self._begin.set(float(msg.data["start_at"]))

    def _send(self) -> None:
        """Send this process's share, then hand on its account, or the reason why there is none."""
        try:
            outcome = self._send_share(self._orders).to_json()
        except HarnessError as error:
            outcome = {"error": str(error)}
        if isinstance(self._runner, WorkerRunner):
            self._orders = None
            self._runner.send_message(DONE, outcome)
        else:
            self._conclude([outcome], 1)

    def _send_share(self, orders: Orders | None) -> ProcessReport:
        far = orders is not None and bool(orders.files)
        if far:
            self._ask_the_time()
        plan = self._plan()
        told = orders.told if orders is not None else PLAN_VARIABLE in os.environ
        share = orders.share if orders is not None else Share()
        clock = LoadClock(plan.clock_zero, plan.speed)
        account = Account(
            clock,
            [model.label for model in plan.models],
            ", ".join(sorted({model.client for model in plan.models})),
            self._sink(plan, far=far) if told else None,
        )
        clients = clients_of(plan, share)
        self._dispatcher = Dispatcher(plan, share, clients, account, self._fire)
        # What lives by now lives to the end: without this, each full collection walks Locust and boto3 anew
        # and stops the schedule for some 50 ms.
        gc.collect()
        gc.freeze()
        account.announce()
        if not told:
            return self._dispatcher.run(clock.model(time.monotonic() + HEAD_START_S))
        return self._dispatcher.run(self._begin.get() if far else await_begin(plan))

    def _sink(self, plan: LoadPlan, *, far: bool) -> Sink:
        """Return where the rows go: to the master's files, where this process has no folder of the run."""
        return Messages(self._runner.send_message) if far else Files(plan.results_dir, str(os.getpid()))

    def _ask_the_time(self) -> None:
        """Learn by how much the master's clock differs from ours."""
        self._ahead = Ahead()
        for _ in range(ASKED_FOR_THE_TIME):
            self._heard.clear()
            self._runner.send_message(TIME, {"asked_at": time.monotonic()})
            if not self._heard.wait(ANSWERS_WITHIN_S):
                raise EnvironmentFault(f"Locust's master did not tell the time in {ANSWERS_WITHIN_S:g} s")

    def _fire(self, model: Any, response_s: float, reply: Any) -> None:
        name, operation = model.endpoint_name, OPERATIONS[model.target]
        fire_request(self._environment, model.client, name, response_s, reply, operation)

    def _conclude(self, outcomes: Sequence[dict[str, Any]], expected: int) -> None:
        """Say what the load came to, and end the run: with exit code 4 when it proves nothing."""
        errors = [str(outcome["error"]) for outcome in outcomes if "error" in outcome]
        reports = [ProcessReport.from_json(outcome) for outcome in outcomes if "error" not in outcome]
        why = [*errors, *([] if errors else self._judge(reports, expected))]
        for sentence in why:
            log.error("%s", sentence)
        if errors and (told := os.environ.get(PLAN_VARIABLE)):
            Path(told).with_name(ERROR_FILE).write_text(json.dumps({"why": errors}))
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
