"""One client process's own account: rows, counts, lags, its CPU share; handed on where there is a sink."""

import json
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.load_result import COMPLETED, DROPPED, FAILED, UNFINISHED, Counts, ProcessReport
from harness.scenario.workload import Due
from locustfiles.schedule import LoadClock
from locustfiles.sinks import Sink

# A share of CPU counts as sustained when it lasts this long; one garbage collection is no saturation.
SUSTAINED_WINDOWS = 3
# How finely lags are told apart; a limit of theirs is tens of milliseconds.
LAG_STEP_S = 0.0001


class Reply(NamedTuple):
    """What a client got for one request. `status` is 0 when no answer came, and `error` then says why.

    The four times are the gateway's own, None when it did not state them.
    """

    status: int
    error: str = ""
    response_bytes: int = 0
    modelled_s: float | None = None
    queue_s: float | None = None
    service_s: float | None = None
    overhead_s: float | None = None

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300 and not self.error


NO_REPLY = Reply(0)


@dataclass(slots=True)
class CpuWatch:
    """Shares of a core this process used, one window after another."""

    shares: list[float] = field(default_factory=list)
    _wall: float = field(default_factory=time.monotonic)
    _cpu: float = field(default_factory=time.process_time)

    def close_window(self) -> None:
        """End the present window and begin the next one."""
        wall, cpu = time.monotonic(), time.process_time()
        if wall > self._wall:
            self.shares.append((cpu - self._cpu) / (wall - self._wall))
        self._wall, self._cpu = wall, cpu

    @property
    def mean(self) -> float:
        return sum(self.shares) / len(self.shares) if self.shares else 0.0

    @property
    def sustained_max(self) -> float:
        """Return the highest mean of `SUSTAINED_WINDOWS` windows in a row, of all when there are fewer."""
        size = min(SUSTAINED_WINDOWS, len(self.shares))
        windows = (self.shares[at : at + size] for at in range(len(self.shares) - size + 1))
        return max((sum(window) / size for window in windows), default=0.0) if size else 0.0


class Account:
    """Counts every offered request once and makes a row of it. Without a sink it only counts."""

    def __init__(self, clock: LoadClock, labels: list[str], client: str, sink: Sink | None) -> None:
        self.clock = clock
        self.cpu = CpuWatch()
        self._labels = [json.dumps(label) for label in labels]
        self._client = client
        self._sink = sink
        self._process = os.getpid()
        self._lines: list[str] = []
        self._lags: Counter[int] = Counter()  # in steps of LAG_STEP_S: a load of hours has few of them
        self._longest_lag_s = 0.0
        self._outcomes = dict.fromkeys((COMPLETED, FAILED, DROPPED, UNFINISHED), 0)
        self._sent = 0
        self._began_at = 0.0

    def begin(self, began_at: float) -> None:
        """Note the model second of the load's start; CPU use counts from here on."""
        self._began_at = began_at
        self.cpu = CpuWatch()

    def sent(self, lag_s: float) -> None:
        """Count a request that is being sent *lag_s* real seconds after it was due."""
        self._sent += 1
        self._lags[round(lag_s / LAG_STEP_S)] += 1
        if lag_s > self._longest_lag_s:
            self._longest_lag_s = lag_s

    def dropped(self, due: Due, request_bytes: int) -> None:
        """Count a request that could not be sent because too many others wait for their answers."""
        self._row(due, None, None, 0.0, DROPPED, Reply(0, "MaxInFlight"), request_bytes)

    def answered(self, due: Due, sent: float, received: float, lag_s: float, reply: Reply, size: int) -> None:
        """Count a request that ended; moments on `time.monotonic()`."""
        self._row(due, sent, received, lag_s, COMPLETED if reply.ok else FAILED, reply, size)

    def unfinished(self, due: Due, sent: float, lag_s: float, request_bytes: int) -> None:
        """Count a request that had no answer when the load ended."""
        self._row(due, sent, None, lag_s, UNFINISHED, NO_REPLY, request_bytes)

    def flush(self) -> None:
        """Hand on the rows so far, and how far the load is."""
        if self._sink is None:
            return
        lines, self._lines = self._lines, []
        self._sink.rows("".join(lines), self.progress())

    def progress(self) -> dict[str, int]:
        """Return the counts that `harness.load.LoadProgress` is made of."""
        found = self._outcomes
        return {
            "due": self._sent + found[DROPPED],
            "sent": self._sent,
            "completed": found[COMPLETED],
            "failed": found[FAILED],
            "dropped": found[DROPPED],
        }

    def close(self, *, finished: bool) -> ProcessReport:
        """Return the account, handed on after the last row."""
        if not self.cpu.shares:
            self.cpu.close_window()
        report = ProcessReport(
            process=self._process,
            client=self._client,
            counts=Counts(*self._outcomes.values()),
            lag_p50_s=self._lag_s(0.50),
            lag_p99_s=self._lag_s(0.99),
            lag_max_s=self._longest_lag_s,
            cpu_share_mean=self.cpu.mean,
            cpu_share_max=self.cpu.sustained_max,
            began_at=self._began_at,
            ended_at=self.clock.model(time.monotonic()),
            finished=finished,
        )
        self.flush()
        if self._sink is not None:
            self._sink.report(report.to_json())
        return report

    def _lag_s(self, ratio: float) -> float:
        """Return the nearest-rank percentile of the lags, 0 when there are none."""
        rank, seen = ratio * self._lags.total(), 0
        for step in sorted(self._lags):
            seen += self._lags[step]
            if seen >= rank:
                return min(step * LAG_STEP_S, self._longest_lag_s)
        return 0.0

    def announce(self) -> None:
        """Tell the harness that this process can begin."""
        if self._sink is not None:
            self._sink.ready(self._process)

    def _row(
        self,
        due: Due,
        sent: float | None,
        received: float | None,
        lag_s: float,
        outcome: str,
        reply: Reply,
        request_bytes: int,
    ) -> None:
        self._outcomes[outcome] += 1
        if self._sink is None:
            return
        model, error = self._labels[due.model], json.dumps(reply.error) if reply.error else '""'
        moments = f"{self._began_at + due.at:.6f},{self._moment(sent)},{self._moment(received)},{lag_s:.6f}"
        times = ",".join(map(_number, reply[3:7]))
        self._lines.append(
            f'[{due.number},{model},{moments},"{outcome}",{reply.status},{error},{times},'
            f"{request_bytes},{reply.response_bytes}]\n"
        )

    def _moment(self, real_at: float | None) -> str:
        return "null" if real_at is None else f"{self.clock.model(real_at):.6f}"


def _number(value: float | None) -> str:
    return "null" if value is None else repr(value)
