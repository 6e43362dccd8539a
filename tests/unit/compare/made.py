"""Runs made for the tests of comparisons: summaries, first records, requests of a queue."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from harness import journal
from harness.compare.document import Run
from harness.compare.windows import Requests
from harness.recorder import Recorder
from harness.run.results import write_summary

COUNT = 2_000


def summary(**parts: Any) -> dict[str, Any]:
    """Return the least summary, with *parts* over it."""
    return {
        "scenario": "ramp",
        "variant": "corrected",
        "clock": "compressed:60",
        "backend": {"name": "embedded", "emulators": {}},
        "seed": 1,
        "verdict": "pass",
        "reason": "",
        "started_at": "2026-11-22T20:00:00Z",
        "expectations": [],
        "findings": [],
    } | parts


def started(**parts: Any) -> dict[str, Any]:
    """Return the least first record, with *parts* over it."""
    return {
        "scenario": "ramp",
        "variant": "corrected",
        "clock": "compressed:60",
        "seed": 1,
        "backend": "embedded",
        "configuration": {},
    } | parts


def run(name: str = "one", of: dict[str, Any] | None = None, **parts: Any) -> Run:
    """Return a run whose record and summary say *of*, and whose summary says *parts*."""
    return Run(f"runs/ramp/{name}", started(**(of or {})), summary(**(of or {}), **parts))


def priced(*usd: float, **of: Any) -> list[Run]:
    """Return runs that cost so much."""
    return [run(str(number), of, cost={"usd": each}) for number, each in enumerate(usd)]


def queue(seed: int, count: int = COUNT, load: float = 0.7, slower: float = 1.0) -> Requests:
    """Return the requests of one server with a queue (Lindley's recursion), 40 ms each on average."""
    random = np.random.default_rng(seed)
    gaps = random.exponential(0.04 / load, count)
    service = 0.04 * slower * np.exp(0.3 * random.normal(size=count) - 0.045)
    ahead = np.concatenate([[0.0], np.cumsum(service[:-1] - gaps[1:])])
    wait = ahead - np.minimum.accumulate(np.minimum(ahead, 0.0))
    due = np.cumsum(gaps)
    return Requests(due - due[0], wait + service, service, random.random(count) > 0.003)


def written(
    runs: Path,
    name: str,
    *,
    scenario: str = "ramp",
    epoch_s: float = 1_000_000.0,
    verdict: str | None = "pass",
    clock: str = "compressed:60",
    variant: str = "corrected",
    seed: int = 1,
    response_s: Iterable[float] = (),
) -> Path:
    """Write a run of *scenario* called *name* below *runs*, cut off where its verdict is None."""
    directory = runs / scenario / name
    directory.mkdir(parents=True)
    recorder = Recorder(directory / "journal.jsonl.gz")
    recorder.record(
        journal.RunStarted(
            0.0, scenario, variant, "", clock, seed, epoch_s, "embedded", {}, {}, "harness run", {}
        )
    )
    for number, each in enumerate(response_s):
        recorder.record(
            journal.LoadRequest(
                float(number), "ranker", "ok", 200, float(number), float(number) + each, service_s=each
            )
        )
    if verdict is not None:
        recorder.record(journal.RunEnded(1.0, verdict, "" if verdict == "pass" else "told", 2.0))
    recorder.close()
    if verdict is not None:
        write_summary(directory, recorder.records)
    return directory
