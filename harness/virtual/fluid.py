"""A policy over a day in half a millisecond: requests as a fluid, decisions as they are.

The control loop is the exact one, on counts of arrivals: what it decides rests on the number of requests in
each minute and the instances in service, and hardly on waits, so its decisions are those of the exact kernel
but for the second in which an instance joins. Requests are a flow into the instances' queues: an instance
that gets more than it can serve builds up a backlog, second by second, and whoever comes waits for it. What
waits by chance, without a backlog, is read from tables by utilisation (`waiting`). The result ranks policies;
`benchmarks/virtual_time.py` states how far its figures are from the exact ones.
"""

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.endpoint.distributions import Distribution
from harness.endpoint.metrics import MINUTE_S
from harness.endpoint.settings import EndpointSettings
from harness.scaling.settings import ScalingSettings
from harness.virtual.cases import KernelCase, LaunchDraws, Records, launch_draws, records_of, rules_of
from harness.virtual.draws import draw_spans
from harness.virtual.flow import Flow, make_measures
from harness.virtual.fluid_loop import Rows, play_fluid, play_fluid_many
from harness.virtual.instances import STATE, Draws
from harness.virtual.kernel import LAUNCHES, ROWS
from harness.virtual.loop import Log
from harness.virtual.recursion import Floats
from harness.virtual.results import Estimate, KernelResult, result_of
from harness.virtual.tally import OUTCOMES
from harness.virtual.trace import Trace
from harness.virtual.waiting import Table, WaitingTables

SMOOTH_S = 10
"""Arrivals are a rate over so many seconds: shorter bursts are chance, which the tables hold already."""


class FluidTraffic:
    """Arrivals of one variant by the second, and the tables of waits for its service times."""

    def __init__(self, counts_per_second: npt.NDArray[np.int64], service_s: Floats) -> None:
        """*service_s* are service times to sample from, not necessarily one for each request."""
        before = np.concatenate([[0.0], np.cumsum(counts_per_second, dtype=np.float64)])
        width = 2 * (SMOOTH_S // 2) + 1
        padded = np.pad(before, width // 2, mode="edge")
        smooth = np.convolve(padded, np.full(width, 1.0 / width), mode="valid")
        rates = np.diff(smooth)
        minutes = max(1, math.ceil(len(rates) / MINUTE_S))
        rates.resize(minutes * int(MINUTE_S))
        self.flow = Flow(before, smooth, rates.reshape(minutes, -1).max(axis=1))
        self.mean_s = float(service_s.mean()) if len(service_s) else 1e-3
        self.until_s = float(len(counts_per_second))
        self.tables = WaitingTables(service_s)

    @classmethod
    def of_trace(cls, trace: Trace, until_s: float) -> "FluidTraffic":
        """Return the arrivals of *trace* before *until_s*, which is taken to the next whole second."""
        moments = np.arange(math.ceil(until_s) + 1, dtype=np.float64)
        return cls(np.diff(np.searchsorted(trace.at, moments)), trace.service_s)

    @classmethod
    def of_counts(
        cls, per_minute: Sequence[int] | npt.NDArray[np.int64], service_time: Distribution, seed: str | int
    ) -> "FluidTraffic":
        """Return arrivals spread evenly over each minute, with service times drawn from *service_time*."""
        counts = np.asarray(per_minute, dtype=np.int64)
        second = np.arange(61)
        before = np.floor(counts[:, None] * second[None, :] / 60.0 + 0.5).astype(np.int64)
        return cls(np.diff(before, axis=1).ravel(), draw_spans(service_time, 30_000, seed, "service"))


@dataclass(frozen=True, slots=True)
class FluidSummary:
    """The figures of many cases, one row each: see `KernelResult` for what they mean.

    `response_s` has the columns of `RATIOS`, `outcomes` those of `recursion` (OK, TIMED_OUT, ...);
    `minutes_in_breach` is an expectation.
    """

    instance_s: Floats
    in_service_s: Floats
    activities: npt.NDArray[np.int64]
    outcomes: Floats
    response_s: Floats
    minutes_in_breach: Floats


RATIOS = (0.5, 0.9, 0.95, 0.99)


class FluidRun:
    """Many cases over one flow of arrivals with the same settings: what they share is made once."""

    def __init__(
        self,
        traffic: FluidTraffic,
        endpoint_settings: EndpointSettings,
        scaling_settings: ScalingSettings,
        *,
        until_s: float,
        own: str = "1/endpoint/AllTraffic",
    ) -> None:
        self._traffic = traffic
        self._endpoint_settings = endpoint_settings
        self._scaling_settings = scaling_settings
        self._until_s = min(until_s, traffic.until_s)
        self._own = own
        self._rules = rules_of(endpoint_settings, scaling_settings)

    def play(self, case: KernelCase) -> KernelResult:
        """Return the estimate for one case."""
        launches, rows = LAUNCHES, ROWS
        record = records_of([case], self._scaling_settings)[0]
        table = self._table(case)
        while True:
            draws = launch_draws(self._own, self._endpoint_settings, launches, case.most_instances)
            state: Any = np.zeros(1, STATE)[0]
            log = Log(np.empty((rows, 5)), np.empty((rows * 4, 3)), np.empty((0, 6)))
            measures = make_measures(self._minutes, len(table.turned_away))
            play_fluid(
                record,
                self._rules,
                state,
                self._traffic.flow,
                self._traffic.mean_s,
                table,
                Draws(draws.first_s, draws.gaps_s),
                measures,
                log,
                self._until_s,
            )
            if not state["full"]:
                tally = Estimate(*measures[:4])
                return result_of(state, tally, log, None, 0)
            launches, rows = launches * 4, rows * 4

    def play_all(
        self, cases: Sequence[KernelCase], *, workers: int = 1, bad_ratio: float = 0.01
    ) -> FluidSummary:
        """Return the estimates for all *cases* in their order, the same for any number of *workers*, threads.

        A minute is in breach when more than *bad_ratio* of its requests are bad.
        """
        summary = _empty_summary(len(cases))
        groups: dict[tuple[int, int, bool], list[int]] = {}
        records = records_of(cases, self._scaling_settings)
        for index, case in enumerate(cases):
            least = bool(records[index]["least"])
            groups.setdefault((case.concurrency, case.queue_limit, least), []).append(index)
        most = max((each.most_instances for each in cases), default=1)
        draws = launch_draws(self._own, self._endpoint_settings, LAUNCHES, most)
        pieces = [
            (key, np.array(members[first::workers], np.int64))
            for key, members in groups.items()
            for first in range(min(workers, len(members)))
        ]
        tables = {key: self._traffic.tables.table(*key) for key in groups}

        def work(piece: tuple[tuple[int, int, bool], npt.NDArray[np.int64]]) -> None:
            key, members = piece
            self._play_some(records, members, tables[key], draws, summary, bad_ratio)

        if workers == 1:
            for piece in pieces:
                work(piece)
        else:
            with ThreadPoolExecutor(workers) as pool:
                list(pool.map(work, pieces))
        return summary

    def _play_some(
        self,
        records: Records,
        members: npt.NDArray[np.int64],
        table: Table,
        draws: LaunchDraws,
        summary: FluidSummary,
        bad_ratio: float,
    ) -> None:
        rows, waiting = ROWS, members
        while len(waiting):
            finished = np.zeros(len(waiting), np.bool_)
            play_fluid_many(
                records,
                waiting,
                self._rules,
                self._traffic.flow,
                self._traffic.mean_s,
                table,
                Draws(draws.first_s, draws.gaps_s),
                self._until_s,
                self._minutes,
                rows,
                bad_ratio,
                np.array(RATIOS),
                finished,
                Rows(
                    summary.instance_s,
                    summary.in_service_s,
                    summary.activities,
                    summary.outcomes,
                    summary.response_s,
                    summary.minutes_in_breach,
                ),
            )
            waiting = waiting[~finished]
            rows *= 4
            if len(waiting):
                draws = launch_draws(
                    self._own, self._endpoint_settings, 4 * len(draws.first_s), draws.gaps_s.shape[1] + 1
                )

    @property
    def _minutes(self) -> int:
        return max(1, math.ceil(self._until_s / MINUTE_S))

    def _table(self, case: KernelCase) -> Table:
        least = bool(records_of([case], self._scaling_settings)[0]["least"])
        return self._traffic.tables.table(case.concurrency, case.queue_limit, least)


def _empty_summary(count: int) -> FluidSummary:
    return FluidSummary(
        np.zeros(count),
        np.zeros(count),
        np.zeros(count, np.int64),
        np.zeros((count, OUTCOMES)),
        np.zeros((count, len(RATIOS))),
        np.zeros(count),
    )
