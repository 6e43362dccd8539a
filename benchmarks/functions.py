"""Admission of Lambda invocations: one by one, a million in virtual time, and the cost of 500 a second.

    python -m benchmarks.functions [--json] [--repeats 3]

Poisson arrivals at 500 a second, log-normal durations, 100 reserved and 60 provisioned environments. All
figures are CPU time on one core. `one by one` is how fast the account admits and finishes, as the gateway has
it do; `a million in bulk` is virtual time, from the first draw to the fate of the last; `at 500 a second` is
the share of a core that admission takes on the wall clock. The loop adds up a million integers a round, which
compares machines. Exit code 1: a figure misses its goal.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from heapq import heappop, heappush

import numpy as np

from harness.endpoint.distributions import LogNormal
from harness.errors import ExitCode
from harness.functions.concurrency import Account
from harness.functions.outcomes import Admitted
from harness.virtual.admission import play_calls
from harness.virtual.calls import Calls
from harness.virtual.draws import draw_spans, stream
from harness.virtual.driver import Engine

MILLION = 1_000_000
RATE = 500.0
FEW = 20_000
BEGIN_S = 1_000.0
DURATION = LogNormal(0.13, 0.35)
INIT = LogNormal(0.3, 0.8)


@dataclass(frozen=True, slots=True)
class Row:
    """One figure, its goal, whether it is met; `loop_s` is what a round of the loop takes."""

    name: str
    value: float
    unit: str
    goal: float
    ok: bool
    loop_s: float


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args()
    loop_s = _median(_loop, options.repeats)
    each_s = _median(_one_by_one, options.repeats) / FEW
    in_bulk()  # compiled once and kept on disk
    bulk_s = _median(in_bulk, options.repeats)
    rows = [
        Row("one by one", 1.0 / each_s, "invocations/s", RATE, 1.0 / each_s >= RATE, loop_s),
        Row("a million in bulk", bulk_s, "s", 3.0, bulk_s <= 3.0, loop_s),
        Row("at 500 a second", each_s * RATE, "of a core", 0.05, each_s * RATE <= 0.05, loop_s),
    ]
    if options.json:
        print(json.dumps([asdict(row) for row in rows], indent=2))
    else:
        for row in rows:
            print(f"{row.name:18} {row.value:12,.3f} {row.unit:14} (goal {row.goal:g})")
        print(f"{'the loop':18} {loop_s:12.3f} s a round")
    return ExitCode.PASS if all(row.ok for row in rows) else ExitCode.FAIL


def account() -> Account:
    """Return an account with the function when its provisioned concurrency is there."""
    made = Account(seed=1)
    made.put_function("ranker", 0.0, init_time=INIT)
    made.point_alias("ranker", "live", "1", 0.0)
    made.set_reserved("ranker", 100, 0.0)
    made.set_provisioned("ranker", "live", 60, 0.0)
    made.advance(BEGIN_S)
    return made


def calls(count: int) -> Calls:
    """Return the calls, from BEGIN_S on."""
    at = BEGIN_S + np.cumsum(stream(1, "arrivals").exponential(1.0 / RATE, count))
    return Calls([("ranker", "live")], at, draw_spans(DURATION, count, 1, "duration"))


def in_bulk() -> None:
    """Play a million."""
    play_calls(account(), calls(MILLION), engine=Engine.EXACT)


def _one_by_one() -> None:
    some, ends = account(), list[tuple[float, int]]()
    asked = calls(FEW)
    for now, span in zip(asked.at.tolist(), asked.duration_s.tolist(), strict=True):
        while ends and ends[0][0] <= now:
            at, execution = heappop(ends)
            some.finish(execution, at)
        answer = some.admit("ranker", "live", now)
        if isinstance(answer, Admitted):
            heappush(ends, (now + answer.init_s + span, answer.execution))


def _loop() -> None:
    total = 0
    for number in range(MILLION):
        total += number


def _median(work: Callable[[], None], repeats: int) -> float:
    """Return the median of the CPU seconds that *work* takes."""
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return statistics.median(spent)


if __name__ == "__main__":
    sys.exit(main())
