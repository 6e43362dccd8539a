"""Calls of boto3 through the gateway against the same calls directly: calls a second, and the added median.

    python -m benchmarks.boto3_calls [--json] [--quick] [--calls 300] [--repeats 41]

InvokeEndpoint with 100 bytes to an nginx that answers 100 bytes of JSON, by one client of boto3 with one
thread and with eight; the gateway between identifies the call, verifies its signature, looks its permission
up, draws a fault and records it. Rounds over both ways take turns; a ratio is that of one round.
"""

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.gateway import ANSWER
from benchmarks.gateway_served import KEY, REGION
from benchmarks.measuring import (
    CLIENT_CORE,
    SERVER_CORE,
    free_port,
    in_turns,
    need,
    nginx_static,
    pin,
    running,
)
from benchmarks.results import Figure, Report, main, median_of, ratios

GOALS = {1: 0.85, 8: 0.95}
ADDED_US = 150.0
BODY = b"0.123," * 16 + b"0.12"


@dataclass(frozen=True, slots=True)
class Round:
    """How long the calls of one round took, together and the median one."""

    took_s: float
    median_us: float


def measure(options: argparse.Namespace) -> Report:
    """Return the figures for each number of threads."""
    need("nginx")
    calls, repeats = (64, 4) if options.quick else (options.calls, options.repeats)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        direct = stack.enter_context(nginx_static(Path(folder), ANSWER, core=SERVER_CORE)).port
        through, module = free_port(), "benchmarks.gateway_served"
        command = [sys.executable, "-m", module, "verified", str(through), str(direct)]
        stack.enter_context(running(command, through, core=SERVER_CORE))
        stack.callback(os.sched_setaffinity, 0, os.sched_getaffinity(0))
        pin(CLIENT_CORE)
        for threads, goal in GOALS.items():
            pool = stack.enter_context(ThreadPoolExecutor(threads))
            ways = {"direct": _client(direct, threads), "through": _client(through, threads)}
            figures += _figures(threads, goal, _rounds(ways, pool, threads, calls, repeats))
    return Report(
        "boto3_calls",
        tuple(figures),
        notes=(
            "Wall time: client on one core, nginx and gateway on the other. With eight threads boto3's own "
            "work, done by one thread at a time, hides the gateway's.",
        ),
    )


def _rounds(
    ways: dict[str, Any], pool: ThreadPoolExecutor, threads: int, calls: int, repeats: int
) -> dict[str, list[Round]]:
    for client in ways.values():
        _round(client, pool, threads, calls)  # connections are made, code is warm
    works: dict[str, Callable[[], Round]] = {
        name: partial(_round, client, pool, threads, calls) for name, client in ways.items()
    }
    return in_turns(works, repeats, quiet=False)


def _figures(threads: int, goal: float, found: dict[str, list[Round]]) -> list[Figure]:
    direct, through = found["direct"], found["through"]
    word = "thread" if threads == 1 else "threads"
    rates = ratios([one.took_s for one in direct], [one.took_s for one in through])
    figures = [
        median_of(
            f"through_{threads}",
            f"boto3's calls a second through the gateway, {threads} {word}",
            rates,
            "of direct",
            goal=goal,
            against="direct to a fast upstream",
        )
    ]
    if threads == 1:
        added = [b.median_us - a.median_us for a, b in zip(direct, through, strict=True)]
        what = "what the gateway adds to the median call of boto3, 1 thread"
        figures.append(
            median_of("added_median", what, added, "us", goal=ADDED_US, better="less", against="direct")
        )
    per_call = [one.median_us for one in direct]
    figures.append(
        median_of(f"direct_{threads}", f"the median call of boto3, direct, {threads} {word}", per_call, "us")
    )
    return figures


def _client(port: int, threads: int) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name=REGION,
        aws_access_key_id=KEY.access_key,
        aws_secret_access_key=KEY.secret_key,
        config=Config(max_pool_connections=threads, retries={"total_max_attempts": 1}),
    )


def _round(client: Any, pool: ThreadPoolExecutor, threads: int, calls: int) -> Round:
    def work(count: int) -> list[float]:
        took = []
        for _ in range(count):
            began = time.perf_counter()
            answer = client.invoke_endpoint(EndpointName="ranker", ContentType="text/csv", Body=BODY)
            answer["Body"].read()
            took.append(time.perf_counter() - began)
        return took

    began = time.perf_counter()
    times = [each for part in pool.map(work, [calls // threads] * threads) for each in part]
    return Round(time.perf_counter() - began, statistics.median(times) * 1e6)


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--calls", type=int, default=300, help="calls of a round")
    parser.add_argument("--repeats", type=int, default=41, help="rounds over each way")


if __name__ == "__main__":
    sys.exit(main("boto3_calls", __doc__, measure, _options))
