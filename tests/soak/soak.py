"""A soak: steady traffic for an hour, or as long as you say, and whether all stays as it was.

    python tests/soak/soak.py --minutes 60 --rps 200 --out FOLDER

The run is a real one (`harness run` of steady_pipeline.py); it is looked at from outside. What must hold from
the end of the warm-up to the end of the load: memory, descriptors, threads, the lag of the requests and the
CPU time a request do not grow. Then `harness report` must draw the run again, and nothing may be left
running. Exit code 0 when all holds, 1 when something does not.
"""

import argparse
import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]  # run as a command

from command import Command, Ended, none_left
from flatness import Held, by_window, trend
from sampling import Sample, Sampling

from harness.errors import ExitCode

PIPELINE = Path(__file__).with_name("steady_pipeline.py")
MB = 1e6
# Of the load: caches fill, instances come, the newest records are all in memory.
WARM_UP_RATIO = 0.10
LEAST_WARM_UP_S = 60.0
MEMORY_LIMIT = 0.05
# Sockets come and go by one or two; a leak of one in five minutes is twelve in an hour.
DESCRIPTORS_LIMIT = 4.0
CPU_LIMIT = 0.15
# The median is robust: it may grow by a millisecond. 1 % of the requests meet whatever else the machine does.
LAG_P50_LIMIT_S, LAG_P99_LIMIT_S = 0.001, 0.010
# What others use of a core, at most, in a window whose lag is judged: a machine that is busy with something
# else is no lag of ours. So many windows there must be to say anything, and so large a share of them: a few
# at one end are no trend.
NEIGHBOURS_LIMIT, LEAST_WINDOWS, QUIET_SHARE = 0.5, 6, 2 / 3
WINDOWS = 30


@dataclass(frozen=True, slots=True)
class Soak:
    """What was seen: samples by part, the load's rows as (sent at, lag), and the run's folder.

    Moments are on the monotonic clock; `began` and `ended` are those of the load.
    """

    samples: Mapping[str, Sequence[Sample]]
    busy: Sequence[tuple[float, float]]
    lags: Sequence[tuple[float, float]]
    began: float
    ended: float
    ended_as: Ended
    directory: Path

    @property
    def steady_from(self) -> float:
        """The end of the warm-up."""
        return self.began + max(LEAST_WARM_UP_S, WARM_UP_RATIO * (self.ended - self.began))

    def steady(self, part: str, figure: str) -> list[tuple[float, float]]:
        """Return a figure of *part* while all should stay as it is."""
        seen = self.samples.get(part, ())
        return [(one.at, getattr(one, figure)) for one in seen if self.steady_from <= one.at <= self.ended]

    def neighbours(self, window_s: float) -> Callable[[float], float]:
        """Return a function: how many cores others used in the window of *window_s* around a moment."""
        own = dict(self.steady("all", "cpu_s"))
        others = [(at, busy - own[at]) for at, busy in self.busy if at in own]

        def used(moment: float) -> float:
            inside = [point for point in others if abs(point[0] - moment) <= window_s / 2]
            if len(inside) < 2:
                return math.inf
            return (inside[-1][1] - inside[0][1]) / (inside[-1][0] - inside[0][0])

        return used


def run_soak(minutes: float, rps: float, folder: Path, every_s: float) -> Soak:
    """Carry the soak out below *folder*; raise AssertionError where no run came of it."""
    folder.mkdir(parents=True, exist_ok=True)
    env = {"SOAK_MINUTES": str(minutes), "SOAK_RPS": str(rps)}
    command = Command("run", str(PIPELINE), "--json", "--runs", str(folder / "runs"), cwd=folder, env=env)
    sampling = Sampling(command.pid, every_s)
    try:
        ended = command.end(timeout_s=minutes * 60 + 900)
    finally:
        sampling.end()
    directory = folder / "runs" / "soak" / "latest"
    assert directory.is_dir(), ended.err
    directory = directory.resolve()
    zero, began, over = _moments(directory)
    lags = [(zero + sent_at, lag_s) for sent_at, lag_s in _lags(directory)]
    return Soak(sampling.samples, sampling.busy, lags, zero + began, zero + over, ended, directory)


def _moments(directory: Path) -> tuple[float, float, float]:
    """Return the monotonic moment of model second 0, and the load's model seconds."""
    plan = json.loads((directory / "load" / "plan.json").read_text())
    began = json.loads((directory / "load" / "begin.json").read_text())["start_at"]
    load = json.loads((directory / "summary.json").read_text())["load"]
    return float(plan["clock_zero"]), float(began), float(load["ended_at_s"])


def _lags(directory: Path) -> Iterator[tuple[float, float]]:
    for file in sorted((directory / "load").glob("results-*.jsonl")):
        with file.open() as lines:
            for line in lines:
                row = json.loads(line)
                if row[3] is not None:
                    yield row[3], row[5]


def judge(soak: Soak) -> list[Held]:
    """Return every promise of a soak, kept or not."""
    summary = json.loads((soak.directory / "summary.json").read_text())
    load = summary["load"]
    return [
        *_memory(soak),
        *_descriptors(soak),
        *_lag(soak),
        _cpu(soak, load["sent"] / (soak.ended - soak.began)),
        Held("failed", "requests that failed", float(load["failed"]), 0.0, "requests"),
        Held(
            "missing",
            "requests without an answer",
            float(load["offered"] - load["completed"]),
            0.0,
            "requests",
        ),
        _verdict(soak, summary),
        Held("left", "processes left", float(not none_left(soak.ended_as.pid)), 0.0, ""),
    ]


def _verdict(soak: Soak, summary: Mapping[str, Any]) -> Held:
    """The run passes. On a machine that others keep busy it may be invalid, for requests sent late alone."""
    words = f"exit code ({summary['verdict']}{': ' if summary['reason'] else ''}{summary['reason']})"
    late = all(why.startswith("Requests were sent late") for why in summary["load"]["why"])
    busy = soak.neighbours(soak.ended - soak.steady_from)((soak.ended + soak.steady_from) / 2)
    if soak.ended_as.code == ExitCode.INVALID and late and busy > NEIGHBOURS_LIMIT:
        return Held("verdict", f"{words}: others used {busy:.1f} cores", 0.0, 0.0, "")
    return Held("verdict", words, float(soak.ended_as.code), 0.0, "")


def _memory(soak: Soak) -> Iterator[Held]:
    for part in ("all", "harness", "Locust"):
        found = trend(soak.steady(part, "memory_bytes"))
        words = f"memory of {part}, grown from {found.first / MB:.1f} to {found.last / MB:.1f} MB"
        yield Held(f"memory_{part.lower()}", words, found.growth_ratio, MEMORY_LIMIT, "of it")


def _descriptors(soak: Soak) -> Iterator[Held]:
    """A client keeps as many connections as it ever had requests under way, which is no leak: each of them
    is one descriptor there and one in the gateway, and both are left out."""
    load = dict(soak.steady("Locust", "descriptors"))
    others = [(at, count - 2 * load[at]) for at, count in soak.steady("all", "descriptors") if at in load]
    for figure, points in (("descriptors", others), ("threads", soak.steady("all", "threads"))):
        found = trend(points)
        words = f"{figure}, grown from {found.first:.0f} to {found.last:.0f}"
        yield Held(figure, words, found.growth, DESCRIPTORS_LIMIT, figure)
    most = max(load.values())
    yield Held("connections", "descriptors of the load, at most", float(most), 1_000.0, "descriptors")


def _lag(soak: Soak) -> Iterator[Held]:
    steady = sorted(point for point in soak.lags if point[0] >= soak.steady_from)
    window_s = (soak.ended - soak.steady_from) / WINDOWS
    busy = soak.neighbours(window_s)
    for name, ratio, limit in (("p50", 0.50, LAG_P50_LIMIT_S), ("p99", 0.99, LAG_P99_LIMIT_S)):
        windows = by_window(steady, window_s, ratio)
        quiet = [(at, lag_s) for at, lag_s in windows if busy(at) <= NEIGHBOURS_LIMIT]
        words = f"{name} of the lag in {len(quiet)} of {len(windows)} windows"
        if len(quiet) < max(LEAST_WINDOWS, QUIET_SHARE * len(windows)):
            yield Held(f"lag_{name}", f"{words}: not judged, others kept the machine busy", 0.0, limit, "s")
            continue
        found = trend(quiet)
        grown = f"grown from {found.first * 1e3:.2f} to {found.last * 1e3:.2f} ms"
        yield Held(f"lag_{name}", f"{words}, {grown}", found.growth, limit, "s")


def _cpu(soak: Soak, rps: float) -> Held:
    points = soak.steady("all", "cpu_s")
    window = max(1, len(points) // WINDOWS)
    each = [
        (later[0], (later[1] - sooner[1]) / (later[0] - sooner[0]) / rps)
        for sooner, later in pairwise(points[::window])
    ]
    # Who shares a core with others needs more time for the same.
    busy = soak.neighbours((soak.ended - soak.steady_from) / WINDOWS)
    quiet = [(at, cpu_s) for at, cpu_s in each if busy(at) <= NEIGHBOURS_LIMIT]
    if len(quiet) < max(LEAST_WINDOWS, QUIET_SHARE * len(each)):
        return Held(
            "cpu", "CPU time a request: not judged, others kept the machine busy", 0.0, CPU_LIMIT, "of it"
        )
    found = trend(quiet)
    words = f"CPU time a request, grown from {found.first * 1e6:.0f} to {found.last * 1e6:.0f} us"
    return Held("cpu", words, found.growth_ratio, CPU_LIMIT, "of it")


def report_again(directory: Path) -> list[Held]:
    """Draw the report of the run again; return that it works, and tell what it takes."""
    words = [sys.executable, "-m", "harness", "report", str(directory)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    cpu_s, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / MB
    told = f"exit code of harness report, which takes {cpu_s:.1f} s of CPU and {peak:.0f} MB"
    return [Held("report", told, float(process.returncode), 0.0, "")]


def document(soak: Soak, held: Sequence[Held], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that was found, for JSON; of the samples one in each minute or so."""
    step = max(1, len(soak.samples["all"]) // 120)
    return {
        "name": "soak",
        "options": dict(options),
        "cores": os.cpu_count(),
        "held": [asdict(one) | {"ok": one.ok} for one in held],
        "steady_from_s": soak.steady_from - soak.began,
        "load_s": soak.ended - soak.began,
        "peak_bytes": {name: max(one.memory_bytes for one in seen) for name, seen in soak.samples.items()},
        "samples": {
            name: [asdict(one) | {"at": one.at - soak.began} for one in seen[::step]]
            for name, seen in soak.samples.items()
        },
    }


def main() -> int:
    """Carry out a soak as the command line says and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rps", type=float, default=200.0)
    parser.add_argument("--out", type=Path, default=Path("runs/soak"))
    parser.add_argument("--every", type=float, default=5.0, help="seconds from one look to the next")
    options = parser.parse_args()
    soak = run_soak(options.minutes, options.rps, options.out.resolve(), options.every)
    held = [*judge(soak), *report_again(soak.directory)]
    told = document(soak, held, {"minutes": options.minutes, "rps": options.rps})
    (options.out / "soak.json").write_text(json.dumps(told, indent=1) + "\n")
    for one in held:
        print(
            f"{'ok  ' if one.ok else 'MISS'} {one.what}: {one.value:.4g} {one.unit} (at most {one.limit:g})"
        )
    return 0 if all(one.ok for one in held) else 1


if __name__ == "__main__":
    sys.exit(main())
