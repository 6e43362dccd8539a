"""Sends each request when it is due, whatever became of the ones before: the open model.

One greenlet a process walks the schedule and never waits for an answer; every request has a greenlet of its
own. Latency counts from the moment a request was due, never from when it got away.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gevent

from harness.load_plan import LoadPlan
from harness.load_result import ProcessReport
from harness.scenario.workload import Due, OpenModel
from locustfiles.account import NO_REPLY, Account, Reply
from locustfiles.clients import Sends
from locustfiles.schedule import Share, share_of

FLUSH_S = 0.25
CPU_WINDOW_S = 1.0
DRAIN_POLL_S = 0.01
# A turn of the event loop costs as much as a request, and timers are exact to a millisecond: that many
# requests may start between two turns.
BURST = 8

# called with the model, the real seconds from due to answer, and the reply
Ended = Callable[[OpenModel, float, Reply], None]


@dataclass(slots=True)
class Flight:
    """A request between its start and its answer."""

    due: Due
    due_real: float
    greenlet: Any = None
    sent: float = 0.0
    lag_s: float = 0.0
    size: int = 0
    received: float = 0.0
    reply: Reply = NO_REPLY


class Dispatcher:
    """Sends one process's share of a load and returns its account."""

    def __init__(
        self,
        plan: LoadPlan,
        share: Share,
        clients: list[Sends],
        account: Account,
        on_end: Ended = lambda model, response_s, reply: None,
    ) -> None:
        self._plan = plan
        self._share = share
        self._clients = clients
        self._account = account
        self._on_end = on_end
        self._clock = account.clock
        self._limits = [share.part(model.max_in_flight) for model in plan.models]
        self._flights: list[dict[int, Flight]] = [{} for _ in plan.models]
        self._ended: deque[Flight] = deque()
        self._settling = False
        self._start_at = 0.0
        self._stopping = False

    def run(self, start_at: float) -> ProcessReport:
        """Send the share from model second *start_at* on, wait for the last answers, return the account."""
        self._start_at = start_at
        self._account.begin(start_at)
        helpers = [gevent.spawn(self._keep_books), gevent.spawn(self._watch_cpu)]
        try:
            finished = self._walk(start_at)
            self._drain()
        finally:
            gevent.killall(helpers)
            self._give_up()
            while self._ended:
                self._settle_one(self._ended.popleft())
        return self._account.close(finished=finished)

    def stop(self) -> None:
        """Send no more, wait for no more: `run` returns soon."""
        self._stopping = True

    def _walk(self, start_at: float) -> bool:
        """Start every request when it is due; return whether the schedule was walked to its end."""
        monotonic, sleep, real, launch = time.monotonic, gevent.sleep, self._clock.real, self._launch
        in_burst = 0
        for due in share_of(self._plan, self._share):
            due_real = real(start_at + due.at)
            while (wait := due_real - monotonic()) > 0.0 and not self._stopping:
                in_burst = 0
                sleep(min(wait, FLUSH_S))
            # Several are due at once, or this is late: it must not keep their greenlets from starting.
            in_burst += 1
            if in_burst > BURST:
                in_burst = 0
                sleep(0)
            if self._stopping:
                return False
            launch(due, due_real)
        return True

    def _launch(self, due: Due, due_real: float) -> None:
        model = self._plan.models[due.model]
        body = model.payload.body(due.nth, self._plan.seed)
        flights = self._flights[due.model]
        if len(flights) >= self._limits[due.model]:
            self._account.dropped(due, len(body))
            return
        flight = Flight(due, due_real, size=len(body))
        flights[due.number] = flight
        flight.greenlet = gevent.spawn(self._send, flight, model, body)

    def _send(self, flight: Flight, model: OpenModel, body: bytes) -> None:
        due = flight.due
        flight.sent = time.monotonic()
        flight.lag_s = flight.sent - flight.due_real
        self._account.sent(flight.lag_s)
        flight.reply = self._clients[due.model].send(model, body, due.nth, self._start_at + due.at)
        flight.received = time.monotonic()
        if self._flights[due.model].pop(due.number, None) is None:
            return  # given up meanwhile, and counted as unfinished
        self._ended.append(flight)
        if not self._settling:
            self._settling = True
            gevent.spawn(self._settle)

    def _settle(self) -> None:
        """Account for the requests that ended, once all answers that are there by now have been read.

        A server that stood still answers a hundred requests at once: each of them would be read later by what
        the accounts of those before it take.
        """
        in_burst = 0
        while self._ended:
            self._settle_one(self._ended.popleft())
            in_burst += 1
            if in_burst > BURST:
                in_burst = 0
                gevent.sleep(0)
        self._settling = False

    def _settle_one(self, flight: Flight) -> None:
        self._account.answered(
            flight.due, flight.sent, flight.received, flight.lag_s, flight.reply, flight.size
        )
        self._on_end(self._plan.models[flight.due.model], flight.received - flight.due_real, flight.reply)

    def _drain(self) -> None:
        """Wait until all answers are there, the limit has passed, or somebody stops the load."""
        deadline = time.monotonic() + self._plan.drain_s
        while any(self._flights) and time.monotonic() < deadline and not self._stopping:
            gevent.sleep(DRAIN_POLL_S)

    def _give_up(self) -> None:
        """Count what is still on its way as unfinished, and end it."""
        waiting = [flight for flights in self._flights for flight in flights.values()]
        for flights in self._flights:
            flights.clear()
        for flight in waiting:
            if not flight.sent:  # its greenlet never ran
                flight.sent = time.monotonic()
                flight.lag_s = flight.sent - flight.due_real
                self._account.sent(flight.lag_s)
            self._account.unfinished(flight.due, flight.sent, flight.lag_s, flight.size)
        gevent.killall([flight.greenlet for flight in waiting], block=False)

    def _keep_books(self) -> None:
        while True:
            gevent.sleep(FLUSH_S)
            self._account.flush()

    def _watch_cpu(self) -> None:
        while True:
            gevent.sleep(CPU_WINDOW_S)
            self._account.cpu.close_window()
