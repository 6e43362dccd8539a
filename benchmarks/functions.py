"""Admission of Lambda invocations: one by one, a million in virtual time, and the cost of 500 a second.

    python -m benchmarks.functions [--json] [--quick] [--repeats 3]

Poisson arrivals at 500 a second, log-normal durations, 100 reserved and 60 provisioned environments. All
figures are CPU time on one core. `one by one` is how fast the account admits and finishes, as the gateway has
it do; `a million in bulk` is virtual time, from the first draw to the fate of the last; `at 500 a second` is
the share of a core that admission takes on the wall clock. The loop adds up a million integers a round, which
compares machines.
"""

import argparse
import sys
import time
from collections.abc import Callable
from heapq import heappop, heappush

import numpy as np

from benchmarks.results import Report, main, median_of
from harness.endpoint.distributions import LogNormal
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


def measure(options: argparse.Namespace) -> Report:
    """Return the figures of admission."""
    repeats = 2 if options.quick else options.repeats
    each_s = [span / FEW for span in _times(_one_by_one, repeats)]
    in_bulk()  # compiled once and kept on disk
    bulk_s = _times(in_bulk, 1 if options.quick else repeats)
    one_by_one = median_of(
        "one_by_one",
        "invocations admitted and finished, one by one",
        [1.0 / span for span in each_s],
        "a CPU second",
        goal=RATE,
    )
    bulk = median_of("bulk_s", "a million in virtual time", bulk_s, "s", goal=3.0, better="less")
    share = median_of(
        "share",
        "admission of 500 invocations a second",
        [span * RATE for span in each_s],
        "of a core",
        goal=0.05,
        better="less",
    )
    loop = median_of(
        "loop_s", "Python adds up 1,000,000 integers", _times(_loop, repeats), "s", better="less"
    )
    return Report("functions", (one_by_one, bulk, share, loop))


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


def _times(work: Callable[[], None], repeats: int) -> list[float]:
    """Return the CPU seconds that *work* takes, each time."""
    spent = []
    for _ in range(repeats):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return spent


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repeats", type=int, default=3, help="runs that the medians are taken of")


if __name__ == "__main__":
    sys.exit(main("functions", __doc__, measure, _options))
