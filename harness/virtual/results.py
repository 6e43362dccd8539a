"""What became of one case: its activities, its capacity over time, its requests, and what it paid for."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.scaling.activities import ActivityStatus
from harness.scaling.decision import Reason
from harness.virtual.cases import REASONS
from harness.virtual.loop import Log
from harness.virtual.recursion import LOST, NO_CAPACITY, OK, QUEUE_FULL, TIMED_OUT, Fates
from harness.virtual.tally import Tally, quantile

STATUSES = (ActivityStatus.IN_PROGRESS, ActivityStatus.SUCCESSFUL, ActivityStatus.FAILED)
"""The status of an activity by its code in the log."""


@dataclass(frozen=True, slots=True)
class KernelActivity:
    """One scaling activity; `in_service_at` is when its update was over, None while it runs."""

    decided_at: float
    from_capacity: int
    to_capacity: int
    in_service_at: float | None
    status: ActivityStatus


@dataclass(frozen=True, slots=True)
class KernelDecision:
    """One decision that an alarm asked for, with the capacity before and after and the one wanted."""

    at: float
    reason: Reason
    previous: int
    desired: int
    wanted: int
    alarm: str


@dataclass(frozen=True, slots=True)
class KernelRequests:
    """The fate of each request by its index in the trace: as `recursion.Fates`, at full length."""

    queue_s: npt.NDArray[np.float64]
    outcome: npt.NDArray[np.uint8]
    instance: npt.NDArray[np.int32]
    ended_at: npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KernelResult:
    """The figures of one case. A request that fails or is slower than the limit is bad.

    `instance_s` is paid time (from the request for an instance until it is gone), `in_service_s` the time
    that instances took part in the capacity. `capacity` has (at, desired, in service) at each change.
    `responses` counts OK requests by bucket of `tally.bucket_edges`; `arrived` and `bad` count by minute of
    arrival. `decisions` and `requests` are there only where they were asked for.
    """

    activities: tuple[KernelActivity, ...]
    capacity: tuple[tuple[float, int, int], ...]
    decisions: tuple[KernelDecision, ...]
    instance_s: float
    in_service_s: float
    responses: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    ok: float
    timed_out: float
    lost: float
    no_capacity: float
    queue_full: float
    arrived: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    bad: npt.NDArray[np.int64] | npt.NDArray[np.float64]
    requests: KernelRequests | None = None

    @property
    def failed(self) -> float:
        """How many requests got no answer in time."""
        return self.timed_out + self.lost + self.no_capacity + self.queue_full

    def response_s(self, ratio: float) -> float:
        """Return the response time that *ratio* of the OK requests do not exceed, within 0.8 %; NaN: none."""
        return quantile(self.responses, ratio)

    def minutes_in_breach(self, bad_ratio: float = 0.01) -> int:
        """Return in how many minutes more than *bad_ratio* of the requests were bad."""
        return int(np.count_nonzero(self.bad > bad_ratio * self.arrived))


class Estimate(NamedTuple):
    """As `tally.Tally`, for a fluid: parts of requests."""

    responses: npt.NDArray[np.float64]
    outcomes: npt.NDArray[np.float64]
    arrived: npt.NDArray[np.float64]
    bad: npt.NDArray[np.float64]


def result_of(
    state: Any, tally: Tally | Estimate, log: Log, fates: Fates | None, served: int
) -> KernelResult:
    """Return what compiled code left behind; *fates* of the first *served* requests where they were kept."""
    outcomes = tally.outcomes
    return KernelResult(
        tuple(_activity(row) for row in log.activities[: state["activities"]].tolist()),
        tuple(
            (at, int(desired), int(active))
            for at, desired, active in log.changes[: state["changes"]].tolist()
        ),
        tuple(_decision(row) for row in log.decisions[: state["decisions"]].tolist()),
        float(state["instance_s"]),
        float(state["in_service_s"]),
        tally.responses,
        outcomes[OK].item(),
        outcomes[TIMED_OUT].item(),
        outcomes[LOST].item(),
        outcomes[NO_CAPACITY].item(),
        outcomes[QUEUE_FULL].item(),
        tally.arrived,
        tally.bad,
        None if fates is None else _requests(fates, served),
    )


def _requests(fates: Fates, served: int) -> KernelRequests:
    return KernelRequests(
        fates.queue_s[:served], fates.outcome[:served], fates.instance[:served], fates.ended_at[:served]
    )


def _activity(row: list[float]) -> KernelActivity:
    decided_at, before, after, ended_at, status = row
    in_service_at = None if np.isnan(ended_at) else ended_at
    return KernelActivity(decided_at, int(before), int(after), in_service_at, STATUSES[int(status)])


def _decision(row: list[float]) -> KernelDecision:
    at, reason, previous, desired, wanted, high = row
    return KernelDecision(
        at, REASONS[int(reason)], int(previous), int(desired), int(wanted), "high" if high else "low"
    )
