"""What a load came to: one row a request, one account a process, and whether the run may be believed."""

import heapq
import json
import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple

from harness.errors import JournalError

# Above 70 % of a core a Python client's own queueing shows in its latencies: near full load Locust's median
# was measured at 6 to 19 times the true one.
CPU_LIMIT = 0.70
SENT_RATIO_LIMIT = 0.95
COMPLETED, FAILED, DROPPED, UNFINISHED, LOST = "ok", "failed", "dropped", "unfinished", "lost"


class RequestRow(NamedTuple):
    """One offered request. Moments are model seconds of the run; `lag_s` (sent after due) is real seconds.

    `outcome` is `ok`, `failed`, `dropped`, `unfinished` or, where the client died that could have told,
    `lost`. `status` is the HTTP status, 0 without an answer; `error` then says what happened. The gateway's
    four own times are None when the answer did not hold them.
    """

    number: int
    model: str
    due_at: float
    sent_at: float | None
    received_at: float | None
    lag_s: float
    outcome: str
    status: int
    error: str
    modelled_s: float | None
    queue_s: float | None
    service_s: float | None
    overhead_s: float | None
    request_bytes: int
    response_bytes: int


@dataclass(frozen=True, slots=True)
class Counts:
    """How many requests came to what; offered = completed + failed + dropped + unfinished + lost.

    Of the lost ones nobody knows whether they were sent; they are not counted as such.
    """

    completed: int = 0
    failed: int = 0
    dropped: int = 0
    unfinished: int = 0
    lost: int = 0

    @property
    def offered(self) -> int:
        return self.completed + self.failed + self.dropped + self.unfinished + self.lost

    @property
    def sent(self) -> int:
        return self.completed + self.failed + self.unfinished

    def __add__(self, other: "Counts") -> "Counts":
        pairs = zip(asdict(self).values(), asdict(other).values(), strict=True)
        return Counts(*(mine + theirs for mine, theirs in pairs))


@dataclass(frozen=True, slots=True)
class ProcessReport:
    """One client process's own account. CPU shares are of one core; `cpu_share_max` is a sustained one.

    `began_at` and `ended_at` are model seconds; `finished` is false when it was stopped before its schedule
    had ended.
    """

    process: int
    client: str
    counts: Counts
    lag_p50_s: float
    lag_p99_s: float
    lag_max_s: float
    cpu_share_mean: float
    cpu_share_max: float
    began_at: float
    ended_at: float
    finished: bool

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        totals = {"offered": self.counts.offered, "sent": self.counts.sent}
        return asdict(self) | {"counts": asdict(self.counts) | totals}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "ProcessReport":
        """Return the report that `to_json` wrote."""
        counts = {name: int(values["counts"][name]) for name in Counts.__slots__}
        return cls(**{**values, "counts": Counts(**counts)})


@dataclass(frozen=True, slots=True)
class LoadResult:
    """The whole load. `saturated` means that it proves nothing about the endpoint, and `why` says so.

    `client_cpu` is the highest sustained share of a core of any client process. `rows()` reads the requests
    from the results' files, roughly in the order they ended. `never_due` are those of the schedule whose
    moment had not come when the load ended; they have no row.
    """

    counts: Counts
    lag_p50_s: float
    lag_p99_s: float
    lag_max_s: float
    client: str
    client_cpu: float
    processes: int
    began_at: float
    ended_at: float
    why: tuple[str, ...]
    files: tuple[Path, ...]
    lost_rows: tuple[RequestRow, ...] = ()
    never_due: int = 0

    @property
    def saturated(self) -> bool:
        return bool(self.why)

    @property
    def offered(self) -> int:
        return self.counts.offered

    @property
    def sent(self) -> int:
        return self.counts.sent

    @property
    def completed(self) -> int:
        return self.counts.completed

    @property
    def failed(self) -> int:
        return self.counts.failed

    @property
    def dropped(self) -> int:
        return self.counts.dropped

    @property
    def unfinished(self) -> int:
        return self.counts.unfinished

    @property
    def lost(self) -> int:
        return self.counts.lost

    def rows(self) -> Iterator[RequestRow]:
        """Yield every offered request once."""
        return heapq.merge(*map(read_rows, self.files), self.lost_rows, key=_ended_at)


def merge(
    reports: Sequence[ProcessReport],
    files: Sequence[Path],
    *,
    lag_limit_s: float,
    began_at: float,
    ended_at: float,
    troubles: Iterable[str] = (),
    lost_rows: Sequence[RequestRow] = (),
    never_due: int = 0,
) -> LoadResult:
    """Return the load that *reports* and the rows in *files* make; *troubles* are reasons known before.

    Counts and lags come from the rows, so that a process that died is counted as far as it got; *lost_rows*,
    by their due moments, are the requests that it should have sent and told nothing of.
    """
    counts, lags = _tally(chain(lost_rows, chain.from_iterable(map(read_rows, files))))
    cpu = max((report.cpu_share_max for report in reports), default=0.0)
    p99 = percentile(lags, 0.99)
    return LoadResult(
        counts=counts,
        lag_p50_s=percentile(lags, 0.50),
        lag_p99_s=p99,
        lag_max_s=max(lags, default=0.0),
        client=", ".join(sorted({report.client for report in reports})),
        client_cpu=cpu,
        processes=len(reports),
        began_at=began_at,
        ended_at=ended_at,
        why=(
            *troubles,
            *_cut_short(counts.offered, never_due),
            *judge(counts, cpu=cpu, lag_p99_s=p99, lag_limit_s=lag_limit_s),
        ),
        files=tuple(files),
        lost_rows=tuple(lost_rows),
        never_due=never_due,
    )


def _cut_short(offered: int, never_due: int) -> tuple[str, ...]:
    return (f"{never_due} of {offered + never_due} requests never came due.",) if never_due else ()


def judge(counts: Counts, *, cpu: float, lag_p99_s: float, lag_limit_s: float) -> tuple[str, ...]:
    """Return one sentence for each reason why a load with these figures proves nothing; none when it does."""
    why: list[str] = []
    if not counts.offered:
        return ("The load sent no request at all; look into its log and its schedule.",)
    if counts.dropped:
        why.append(
            f"{counts.dropped} of {counts.offered} requests were dropped because max_in_flight others had no "
            "answer yet; raise max_in_flight, or find out why the answers take so long."
        )
    if counts.lost:
        why.append(
            f"{counts.lost} of {counts.offered} requests were due and the client process is gone that could "
            "tell what became of them; see Locust's log."
        )
    if (counts.sent + counts.lost) / counts.offered < SENT_RATIO_LIMIT:
        why.append(
            f"Only {counts.sent / counts.offered:.1%} of the offered requests were sent "
            f"({counts.sent} of {counts.offered}); at least {SENT_RATIO_LIMIT:.0%} are needed."
        )
    if counts.unfinished:
        why.append(
            f"{counts.unfinished} of {counts.offered} requests had no answer when the load ended; "
            "look for a server that hangs, or wait longer for the last ones."
        )
    if cpu > CPU_LIMIT:
        why.append(
            f"A client process used {cpu:.0%} of a core, above {CPU_LIMIT:.0%}, so that its latencies are "
            "its own; use the lean client or more processes."
        )
    if lag_p99_s > lag_limit_s:
        why.append(
            f"Requests were sent late: 1 % of them by {lag_p99_s * 1e3:.0f} ms or more (limit "
            f"{lag_limit_s * 1e3:.0f} ms); use the lean client, more processes or a slower clock."
        )
    return tuple(why)


def percentile(values: Sequence[float], ratio: float) -> float:
    """Return the nearest-rank percentile of *values*, 0 when there are none."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(ratio * len(ordered)) - 1)] if ordered else 0.0


def read_rows(file: Path) -> Iterator[RequestRow]:
    """Yield the rows of one process's *file*; a last line that was cut off by a crash is left out.

    Raises JournalError for any other line that is not a row.
    """
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if not line.endswith(b"\n"):
                return
            try:
                yield RequestRow(*json.loads(line))
            except (TypeError, ValueError) as error:
                raise JournalError(f"{file} holds no request there ({error})", line=number) from error


def _tally(rows: Iterable[RequestRow]) -> tuple[Counts, "array[float]"]:
    found = dict.fromkeys((COMPLETED, FAILED, DROPPED, UNFINISHED, LOST), 0)
    lags = array("d")
    for row in rows:
        found[row.outcome] += 1
        if row.sent_at is not None:
            lags.append(row.lag_s)
    return Counts(*found.values()), lags


def _ended_at(row: RequestRow) -> float:
    return row.due_at if row.received_at is None else row.received_at
