"""What a sweep costs: 1,000 policies over a day, whole commands and their parts, and the curve of the cost.

    python -m benchmarks.sweep [--json] [--quick] [--dir DIR]

The trace is a day with a sine of arrivals (a Poisson process, 100 a second in the mean, 8.64 million) and
lognormal service times. `fluid` and `exact` are timed in this process, compiled code loaded before; a command
is `harness sweep` as a process of its own, its start included, with the peak of its memory. The curve runs
the exact model over 1, 10 and 100 requests a second and 10 to 1,000 policies (three decades of arrivals x
policies) and fits the exponent, which is 1 where the cost is linear. `--quick` takes a hundredth of the
traffic.
"""

import argparse
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.results import Figure, Report, curve_of, main, rounded
from harness.errors import ExitCode
from harness.sweep.engine import KernelEngine, engine_of
from harness.sweep.executors import Threads, usable_cores
from harness.sweep.grid import Candidate
from harness.sweep.options import SweepPlan, add_options, plan_of

MINUTES = 1_440
KIND = "ml.m5.large"
CURVE = ((1.0, 10), (1.0, 100), (1.0, 1_000), (10.0, 10), (10.0, 100), (100.0, 10), (100.0, 100))
"""Requests a second in the mean, and policies."""
GRID = {
    "--targets": "300:2200:100",
    "--scale-out-cooldowns": "0,60,120,300,600",
    "--scale-in-cooldowns": "60,300,600,900,1800",
    "--min": "4",
    "--max": "16,40",
    "--instance-types": KIND,
    "--service-time": "lognormal:0.05,0.12",
    "--concurrency": "2",
    "--threshold": "p99<0.8",
}
GOALS = {
    "fluid_1000_s": (1.0, "s"),
    "exact_50_s": (30.0, "s"),
    "exact_1000_at_20_s": (45.0, "s"),
    "peak_mb": (500.0, "MB"),
}
"""At most these, on two cores."""
WHAT = {
    "fluid_1000_s": "the fluid model, 1,000 policies over a day at 100 requests a second",
    "exact_50_s": "the exact model, 50 of them",
    "exact_1000_at_20_s": "the whole command, all 1,000 exactly at 20 requests a second",
    "peak_mb": "peak memory of a command",
}


@dataclass(frozen=True, slots=True)
class Command:
    """One `harness sweep` as a process: seconds from start to end, and the peak of its memory."""

    what: str
    wall_s: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the curve, by threads on all cores."""

    arrivals: int
    policies: int
    wall_s: float
    ns_each: float


def measure(options: argparse.Namespace) -> Report:
    """Return what sweeps cost; `--quick` takes a hundredth of the traffic."""
    with tempfile.TemporaryDirectory() as temporary:
        found = _measure(options.dir or Path(temporary), 0.01 if options.quick else 1.0)
    figures = [
        Figure(name, WHAT[name], rounded(found["goals"][name]), unit, goal=most, better="less")
        for name, (most, unit) in GOALS.items()
    ]
    commands = [
        Figure(f"command_{at}", f"`harness sweep`: {one['what']}", rounded(one["wall_s"]), "s", better="less")
        for at, one in enumerate(found["commands"], 1)
    ]
    points = sorted((float(one["arrivals"] * one["policies"]), one["wall_s"]) for one in found["curve"])
    axes = ("arrivals x policies", "seconds")
    curve = curve_of("exact", "The exact model for a day", axes, points, exponent_at_most=1.1)
    return Report("sweep", (*figures, *commands), (curve,))


def _measure(folder: Path, share: float) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    heavy, light = (
        _diurnal(folder / "day-100.csv", 100.0 * share),
        _diurnal(folder / "day-20.csv", 20.0 * share),
    )
    # Commands first: the system counts what this process has in memory when it starts another as that one's.
    _command("to fill the cache of compiled code", _diurnal(folder / "day-1.csv", 1.0), folder / "first")
    default = _command("fluid for all, the best 50 exactly, 100/s", heavy, folder / "default")
    every = _command("all exactly, 20/s", light, folder / "all", "--exact", "all")
    plan = _plan(heavy)
    fluid_s, exact_s = _parts(plan)
    points = [_point(folder, rate * share, count) for rate, count in CURVE]
    return {
        "cores": usable_cores(),
        "policies": len(plan.combinations.candidates),
        "commands": [asdict(default), asdict(every)],
        "curve": [asdict(point) for point in points],
        "goals": {
            "fluid_1000_s": fluid_s,
            "exact_50_s": exact_s,
            "exact_1000_at_20_s": every.wall_s,
            "peak_mb": max(default.peak_mb, every.peak_mb),
        },
    }


def _parts(plan: SweepPlan) -> tuple[float, float]:
    """Return the seconds of the fluid model for all policies and of fifty exact runs, code loaded before."""
    engine, every = engine_of(plan), plan.combinations.candidates
    _exact(engine, every[:2])
    engine.fluid(every[:2])
    fluid_s = min(_seconds(lambda: engine.fluid(every)) for _ in range(5))
    return fluid_s, _seconds(lambda: _exact(engine, every[:: max(len(every) // 50, 1)][:50]))


def _diurnal(path: Path, rate: float) -> Path:
    """Write counts per minute of a day whose rate swings by 60 % around *rate* a second."""
    minutes = np.arange(MINUTES)
    counts = np.round(rate * 60.0 * (1.0 - 0.6 * np.cos(minutes / MINUTES * 2.0 * math.pi))).astype(int)
    lines = [f"{minute},{count}" for minute, count in enumerate(counts)]
    path.write_text("\n".join(["minute,invocations", *lines]) + "\n")
    return path


def _words(traffic: Path) -> list[str]:
    return ["--traffic", str(traffic), *(part for pair in GRID.items() for part in pair)]


def _plan(traffic: Path) -> SweepPlan:
    parser = argparse.ArgumentParser()
    add_options(parser)
    return plan_of(parser.parse_args(_words(traffic)))


def _exact(engine: KernelEngine, candidates: Sequence[Candidate]) -> None:
    with Threads() as workers:
        for _ in workers.each(engine.exact, engine.shared(KIND), candidates):
            pass


def _point(folder: Path, rate: float, count: int) -> Point:
    """Time *count* exact runs over a day at *rate* a second, the trace made before."""
    plan = _plan(_diurnal(folder / "day-curve.csv", rate))
    engine = engine_of(plan)
    shared = engine.shared(KIND)
    chosen = plan.combinations.candidates[:count]
    with Threads() as workers:
        wall_s = _seconds(lambda: [None for _ in workers.each(engine.exact, shared, chosen)])
    arrivals = int(engine.traffic["requests"])
    return Point(arrivals, count, wall_s, wall_s / (arrivals * count) * 1e9)


def _command(what: str, traffic: Path, out: Path, *more: str) -> Command:
    """Run `harness sweep` as a process of its own."""
    began = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "sweep", *_words(traffic), "--out", str(out), *more],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (ExitCode.PASS, ExitCode.FAIL):
        raise RuntimeError(f"harness sweep ended with {process.returncode}")
    return Command(what, time.perf_counter() - began, usage.ru_maxrss / 1024.0)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dir", type=Path, help="where traces and results are kept (default: a temporary folder)"
    )


if __name__ == "__main__":
    sys.exit(main("sweep", __doc__, measure, _options))
