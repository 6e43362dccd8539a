"""What it costs to record a call while its client waits, and whether anything is lost at 10,000 a second.

    python -m benchmarks.recording [--json] [--quick] [--seconds 10] [--repeats 7]

A finished exchange is handed to the recorder as the gateway does it (harness.gateway.handlers.record_to), in
the loop's thread; another thread writes the journal meanwhile. What is counted at 10,000 a second is read
back from the file.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.results import Figure, Gain, Report, main, median_of, rounded
from harness.gateway.chain import Exchange
from harness.gateway.handlers import identify, record_to
from harness.journal import read
from harness.recorder import Recorder

GOAL_US = 1.0
RATE = 10_000
_BURST_S = 0.002
_HEAD = (
    b"POST /endpoints/ranker/invocations HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    b"Authorization: AWS4-HMAC-SHA256 Credential=AKIA/20260301/us-east-1/sagemaker/aws4_request\r\n\r\n"
)

FASTER = (
    Gain(
        "Handing a finished request to the journal",
        "3.4 us",
        "0.5 us",
        "journal.Exchange is no frozen dataclass any more: that sets each of 17 fields by a call.",
    ),
    Gain(
        "Writing a request's record to the journal, in the writer's thread (on a busy machine)",
        "10.8 us",
        "6.8 us",
        "Rows are made by compiled functions, compressed at level 1 and in pieces that fit the caches.",
    ),
)


def measure(options: argparse.Namespace) -> Report:
    """Return the cost of one record, and what became of RATE a second."""
    repeats, seconds = (3, 2) if options.quick else (options.repeats, options.seconds)
    with tempfile.TemporaryDirectory() as folder:
        costs = [_cost_us(Path(folder) / f"{number}.jsonl.gz") for number in range(repeats)]
        paced = _paced(Path(folder) / "paced.jsonl.gz", seconds)
    cost = median_of("hot_path", "recording a call on the hot path", costs, "us", goal=GOAL_US, better="less")
    notes = ("CPU time of the thread that records; the journal's writer runs beside it in its own thread.",)
    return Report("recording", (cost, *paced), notes=notes, faster=FASTER)


def _cost_us(path: Path, calls: int = 20_000) -> float:
    """Return the CPU microseconds of one record in the thread that makes it."""
    recorder = Recorder(path)
    record, exchange = record_to(recorder.record), _finished()
    try:
        empty = _loop_s(lambda _exchange: None, exchange, calls)
        return (_loop_s(record, exchange, calls) - empty) / calls * 1e6
    finally:
        recorder.close()


def _loop_s(call: Callable[[Exchange], None], exchange: Exchange, calls: int) -> float:
    began = time.thread_time()
    for _ in range(calls):
        call(exchange)
    return time.thread_time() - began


def _paced(path: Path, seconds: int) -> list[Figure]:
    recorder = Recorder(path)
    record, exchange = record_to(recorder.record), _finished()
    began, given, longest = time.perf_counter(), 0, 0.0
    used = time.process_time() - time.thread_time()
    while given < RATE * seconds:
        time.sleep(_BURST_S)
        due = min(int((time.perf_counter() - began) * RATE), RATE * seconds)
        for _ in range(due - given):
            before = time.perf_counter()
            record(exchange)
            longest = max(longest, time.perf_counter() - before)
        given = due
    took = time.perf_counter() - began
    recorder.close()
    used = time.process_time() - time.thread_time() - used
    lost = given - len(read(path))
    what = f"records lost of {given:,} at {given / took:,.0f} a second"
    return [
        Figure("lost", what, float(lost), "records", goal=0.0, better="less"),
        Figure(
            "achieved", "records a second that were asked for and given", rounded(given / took), "a second"
        ),
        Figure(
            "longest",
            "the longest that one record took, while the writer wrote",
            rounded(longest * 1e3),
            "ms",
        ),
        Figure("writing", "what writing one takes in the writer's thread", rounded(used / given * 1e6), "us"),
    ]


def _finished() -> Exchange:
    exchange = Exchange.from_head(_HEAD, received_at=12.345678)
    identify(exchange)
    exchange.status, exchange.bytes_in, exchange.bytes_out, exchange.overhead_s = 200, 575, 300, 0.000123
    return exchange


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=int, default=10, help="how long 10,000 a second are recorded")
    parser.add_argument("--repeats", type=int, default=7, help="runs that the median is taken of")


if __name__ == "__main__":
    sys.exit(main("recording", __doc__, measure, _options))
