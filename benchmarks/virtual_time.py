"""How fast virtual time is, beside C and SimPy, and how far the fluid model is from the exact one.

    python -m benchmarks.virtual_time [--json] [--quick] [--rounds 5] [--only hour,compile,memory,sweep,curve]

The hour: 360,000 Poisson arrivals, lognormal service, one policy that changes the capacity. All engines play
it in turn in each round and must agree to 1e-9 s on every wait; figures are medians, so compare ratios of one
run. The sweep: 1,000 policies over a day with a daily wave. Needs gcc and SimPy besides the project.
"""

import argparse
import contextlib
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.measuring import need
from benchmarks.results import Report, main
from benchmarks.virtual_time_figures import curve_over, figures_of
from benchmarks.virtual_time_twins import CTwin, play_simpy
from harness.endpoint import EndpointConfig, EndpointSettings, VariantSpec, resource_id_of
from harness.endpoint.distributions import LogNormal
from harness.errors import ExitCode
from harness.scaling.policies import ScalableTarget, TargetTracking
from harness.scaling.settings import ScalingSettings
from harness.virtual.cases import KernelCase, records_of, rules_of
from harness.virtual.driver import Engine, Played, play, virtual_world
from harness.virtual.fluid import FluidRun, FluidSummary, FluidTraffic
from harness.virtual.instances import STATE, Draws
from harness.virtual.kernel import ExactRun, play_exact
from harness.virtual.loop import Log
from harness.virtual.plane import Traffic
from harness.virtual.recursion import make_fates
from harness.virtual.results import KernelResult
from harness.virtual.tally import make_tally
from harness.virtual.trace import Trace, trace_of_counts

SERVICE = LogNormal(0.03, 0.08)
ENDPOINT, SCALING = EndpointSettings(), ScalingSettings()
RESOURCE, OWN = resource_id_of("ranker", "AllTraffic"), "1/ranker/AllTraffic"
HOUR_S, DAY_S = 3600.0, 86_400.0
CASE = KernelCase(
    target_value=900.0,
    min_capacity=1,
    max_capacity=20,
    initial=4,
    scale_in_cooldown_s=60.0,
    scale_out_cooldown_s=30.0,
    latency_limit_s=0.2,
)
Figures = dict[str, Any]


def measure(options: argparse.Namespace) -> Report:
    """Return the figures of the parts; what they print of themselves goes to stderr."""
    if options.child:
        print(json.dumps({"compile": first_calls, "memory": day_in_memory}[options.child]()))
        sys.exit(ExitCode.PASS)
    need("gcc")
    parts: dict[str, Callable[[int], Figures]] = {
        "hour": hour,
        "compile": compile_times,
        "memory": memory,
        "sweep": sweep,
        "curve": curve,
    }
    asked = ["hour"] if options.quick else options.only.split(",")
    with contextlib.redirect_stdout(sys.stderr):
        found = {name: parts[name](1 if options.quick else options.rounds) for name in asked}
    curves = [curve_over(found["curve"])] if "curve" in found else []
    return Report("virtual_time", tuple(figures_of(found)), tuple(curves))


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=5, help="runs that the medians are taken of")
    parser.add_argument(
        "--only", default="hour,compile,memory,sweep,curve", help="parts, separated by commas"
    )
    parser.add_argument("--child", choices=("compile", "memory"), help=argparse.SUPPRESS)


def hour(rounds: int) -> Figures:
    """Play one hour by every engine, in turn, and compare times and waits."""
    trace = hour_trace()
    result = ExactRun(trace, ENDPOINT, SCALING, until_s=HOUR_S, own=OWN).play(CASE, keep_requests=True)
    assert result.requests is not None
    assert result.lost == 0
    waits = result.requests.queue_s
    twin = CTwin(trace, CASE, result)
    kernel = CompiledHour(trace, result)
    others: dict[str, Callable[[], npt.NDArray[np.float64]]] = {
        "C -O3": twin.play,
        "exact kernel, control loop included": kernel.play,
        "play, engine exact": lambda: played(trace, Engine.EXACT).requests[RESOURCE].queue_s,
        "play, engine reference": lambda: played(trace, Engine.REFERENCE).requests[RESOURCE].queue_s,
        "SimPy": lambda: play_simpy(trace, CASE, result),
    }
    times: dict[str, list[float]] = {name: [] for name in others}
    differences: dict[str, float] = {}
    for _ in range(rounds):
        for name, engine in others.items():
            found, took_s = timed(engine)
            times[name].append(took_s)
            differences[name] = worst_difference(found, waits)
    medians = {name: statistics.median(each) for name, each in times.items()}
    print(f"\none hour, {len(trace):,} arrivals, {len(result.activities)} activities, median of {rounds}")
    print(f"{'engine':38s} {'ms':>9s} {'of C':>7s} {'x SimPy':>8s}  largest difference of a wait")
    for name, median_s in medians.items():
        print(
            f"{name:38s} {median_s * 1e3:9.2f} {ratio(times['C -O3'], times[name]):7.3f} "
            f"{ratio(times['SimPy'], times[name]):8.1f}  {differences[name]:.1e} s"
        )
        assert differences[name] <= 1e-9
    return {
        "ms": {name: each * 1e3 for name, each in medians.items()},
        "of_c": {name: ratio(times["C -O3"], each) for name, each in times.items()},
        "times_simpy": {name: ratio(times["SimPy"], each) for name, each in times.items()},
        "largest_difference_s": differences,
    }


class CompiledHour:
    """The exact kernel with its room made once, as the C twin has it."""

    def __init__(self, trace: Trace, result: KernelResult) -> None:
        size = 1 << len(trace).bit_length()
        self._fates = make_fates(size, size)
        self._traffic = Traffic(trace.at, trace.service_s, trace.place)
        self._case = records_of([CASE], SCALING)[0]
        self._rules = rules_of(ENDPOINT, SCALING)
        run = ExactRun(trace, ENDPOINT, SCALING, until_s=HOUR_S, own=OWN)
        drawn = run.drawn(64, CASE.most_instances)
        self._draws = Draws(drawn.first_s, drawn.gaps_s)
        self._count = len(trace)
        self._activities = len(result.activities)

    def play(self) -> npt.NDArray[np.float64]:
        """Return the waits; the same decisions must have been made."""
        state: Any = np.zeros(1, STATE)[0]
        log = Log(np.empty((256, 5)), np.empty((1024, 3)), np.empty((0, 6)))
        tally = make_tally(60)
        play_exact(
            self._case, self._rules, state, self._traffic, self._draws, self._fates, tally, log, HOUR_S
        )
        assert state["activities"] == self._activities
        return self._fates.queue_s[: self._count]


def played(trace: Trace, engine: Engine) -> Played:
    """Play the hour by `World` and return what became of it."""
    world = virtual_world(seed=1, endpoint_settings=ENDPOINT, scaling_settings=SCALING)
    spec = VariantSpec("AllTraffic", "ml.m5.large", CASE.initial, service_time=SERVICE)
    world.adopt_endpoint("ranker", EndpointConfig("first", (spec,)), 0.0)
    world.register_target(ScalableTarget(RESOURCE, CASE.min_capacity, CASE.max_capacity), 0.0)
    policy = TargetTracking(
        "tracking",
        CASE.target_value,
        scale_in_cooldown_s=CASE.scale_in_cooldown_s,
        scale_out_cooldown_s=CASE.scale_out_cooldown_s,
    )
    world.put_policy(RESOURCE, policy, 0.0)
    return play(world, {RESOURCE: trace}, until_s=HOUR_S, engine=engine)


def compile_times(rounds: int) -> Figures:
    """Time the first calls in a new process, with an empty cache of compiled code and with a full one."""
    with tempfile.TemporaryDirectory() as cache:
        cold = child("compile", NUMBA_CACHE_DIR=cache)
        warm = child("compile", NUMBA_CACHE_DIR=cache)
    print(f"\ncompiled code, first call in a process{'':6s} {'exact':>8s} {'fluid':>8s}")
    for name, each in (("compiling", cold), ("from the disk", warm)):
        print(f"  {name:43s} {each['exact_s']:7.2f}s {each['fluid_s']:7.2f}s")
    return {"cold": cold, "warm": warm}


def first_calls() -> Figures:
    """Return how long the first runs took (in a child process)."""
    trace = trace_of_counts([600] * 30, service_time=SERVICE, seed=1)
    _, exact_s = timed(lambda: ExactRun(trace, ENDPOINT, SCALING, until_s=1800.0).play(CASE))
    flow = FluidTraffic.of_trace(trace, 1800.0)
    _, fluid_s = timed(lambda: FluidRun(flow, ENDPOINT, SCALING, until_s=1800.0).play_all([CASE]))
    return {"exact_s": exact_s, "fluid_s": fluid_s}


def memory(rounds: int) -> Figures:
    """Play a day at 100/s in a process of its own and return its peak memory."""
    found = child("memory")
    print(f"\na day at 100/s, {found['arrivals']:,} arrivals: peak memory {found['peak_mb']:.0f} MB")
    return found


def day_in_memory() -> Figures:
    """Return the peak memory of making a day's trace and playing it (in a child process)."""
    trace = trace_of_counts(day_counts(100.0), service_time=SERVICE, seed=1)
    ExactRun(trace, ENDPOINT, SCALING, until_s=DAY_S).play(CASE)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    return {"peak_mb": peak_mb, "arrivals": len(trace)}


def sweep(rounds: int) -> Figures:
    """Time 1,000 policies over a day, fluid and exact, and state how far apart the two are."""
    cases = policies()
    found: Figures = {"policies": len(cases)}
    print(f"\n{len(cases):,} policies over a day, 2 threads")
    busy = trace_of_counts(day_counts(100.0), service_time=SERVICE, seed=1)
    first_calls()  # whatever must be compiled or read from the disk is, from here on
    flow, found["flow_s"] = timed(lambda: FluidTraffic.of_trace(busy, DAY_S))
    fluid = FluidRun(flow, ENDPOINT, SCALING, until_s=DAY_S, own=OWN)
    _, found["tables_s"] = timed(lambda: fluid.play_all(cases[:1]))
    print(f"  arrivals by second, tables of waits  {found['flow_s'] + found['tables_s']:8.2f} s")
    runs = [timed(lambda: fluid.play_all(cases, workers=2)) for _ in range(rounds)]
    found["fluid_100_s"] = statistics.median(took_s for _, took_s in runs)
    print(f"  fluid at 100/s, all                  {found['fluid_100_s']:8.2f} s")
    best = [cases[index] for index in np.argsort(runs[0][0].instance_s)[:50]]
    exact = ExactRun(busy, ENDPOINT, SCALING, until_s=DAY_S, own=OWN)
    exact.play(best[0])
    _, found["exact_best_50_s"] = timed(lambda: in_threads(exact, best))
    print(f"  exact at 100/s, the best 50          {found['exact_best_50_s']:8.2f} s")
    calm = trace_of_counts(day_counts(20.0), service_time=SERVICE, seed=1)
    calm_cases = policies(share=0.2)
    exact = ExactRun(calm, ENDPOINT, SCALING, until_s=DAY_S, own=OWN)
    results, found["exact_20_all_s"] = timed(lambda: in_threads(exact, calm_cases))
    print(f"  exact at 20/s, all                   {found['exact_20_all_s']:8.2f} s")
    calm_flow = FluidTraffic.of_trace(calm, DAY_S)
    estimated = FluidRun(calm_flow, ENDPOINT, SCALING, until_s=DAY_S, own=OWN).play_all(calm_cases, workers=2)
    found["fluid_error"] = errors(estimated, results)
    return found


def errors(fluid: FluidSummary, exact: list[KernelResult]) -> Figures:
    """Print and return how far the fluid figures are from the exact ones, and how alike they rank."""
    pairs = {
        "instance-seconds": (fluid.instance_s, [each.instance_s for each in exact]),
        "activities": (fluid.activities, [len(each.activities) for each in exact]),
        "p50": (fluid.response_s[:, 0], [each.response_s(0.5) for each in exact]),
        "p99": (fluid.response_s[:, 3], [each.response_s(0.99) for each in exact]),
        "minutes in breach": (fluid.minutes_in_breach, [each.minutes_in_breach() for each in exact]),
        "requests failed": (fluid.outcomes[:, 1:].sum(axis=1), [each.failed for each in exact]),
    }
    print(
        f"  fluid against exact      {'rank':>8s} {'median error':>13s} {'nine in ten':>12s} {'largest':>9s}"
    )
    found: Figures = {}
    for name, (estimates, truths) in pairs.items():
        estimate, truth = np.asarray(estimates, float), np.asarray(truths, float)
        # Numbers of minutes and failures may be small or 0: relative to the largest of the sweep.
        scale = max(truth.max(), 1.0) if name in ("minutes in breach", "requests failed") else truth
        relative = np.abs(estimate - truth) / scale
        row = {
            "rank": spearman(estimate, truth),
            "median": float(np.median(relative)),
            "p90": float(np.quantile(relative, 0.9)),
            "largest": float(relative.max()),
        }
        found[name] = row
        print(
            f"  {name:24s} {row['rank']:8.4f} {row['median']:13.2%} {row['p90']:12.2%} {row['largest']:9.2%}"
        )
    return found


def curve(rounds: int) -> Figures:
    """Print what an arrival costs from a million arrivals x policies to a thousand million."""
    print(f"\n{'arrivals x policies':>20s} {'seconds':>9s} {'ns each':>8s}")
    found: Figures = {}
    for rate, policy_count in ((10.0, 1), (10.0, 10), (100.0, 10), (100.0, 100)):
        trace = trace_of_counts(day_counts(rate), service_time=SERVICE, seed=1)
        cases = policies(share=rate / 100.0)[::7][:policy_count]
        run = ExactRun(trace, ENDPOINT, SCALING, until_s=DAY_S, own=OWN)
        run.play(cases[0])
        _, took_s = timed(lambda run=run, cases=cases: [run.play(each) for each in cases])  # type: ignore[misc]
        product = len(trace) * policy_count
        found[str(product)] = took_s
        print(f"{product:20,d} {took_s:9.3f} {took_s / product * 1e9:8.1f}")
    return found


def in_threads(run: ExactRun, cases: list[KernelCase]) -> list[KernelResult]:
    """Play *cases* on two threads; compiled code holds no lock."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run.play, cases))


def hour_trace() -> Trace:
    """Return an hour with exactly 360,000 arrivals whose rate swings by half."""
    counts = np.array([round(6000 * (1.0 + 0.5 * math.sin(minute / 60 * 6.28))) for minute in range(60)])
    counts[0] += 360_000 - counts.sum()
    return trace_of_counts(counts, service_time=SERVICE, seed=1)


def day_counts(rate: float) -> npt.NDArray[np.int64]:
    """Return the arrivals of each minute of a day with a daily wave and a faster one, *rate* per second."""
    minute = np.arange(1440)
    wave = 0.6 * np.sin((minute - 360) / 1440 * 2 * np.pi) + 0.15 * np.sin(minute / 97 * 2 * np.pi)
    return np.random.default_rng(1).poisson(60.0 * rate * (1.0 + wave))


def policies(share: float = 1.0) -> list[KernelCase]:
    """Return 1,000 policies for *share* of 100 requests per second: targets, cooldowns, bounds."""
    return [
        KernelCase(
            target_value=float(target),
            min_capacity=low,
            max_capacity=max(low + 1, round(high * share)),
            initial=low + 1,
            scale_in_cooldown_s=cooldown_s,
            scale_out_cooldown_s=out_s,
            latency_limit_s=0.2,
        )
        for target in np.linspace(300, 1700, 25)
        for cooldown_s in (60.0, 300.0)
        for out_s in (0.0, 300.0)
        for low in (1, 2)
        for high in (10, 14, 20, 30, 50)
    ]


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """Return what *work* returns and the seconds it took."""
    began = time.perf_counter()
    found = work()
    return found, time.perf_counter() - began


def ratio(base: list[float], other: list[float]) -> float:
    """Return the median over the rounds of base / other: how many times as fast as the base."""
    return statistics.median(one / two for one, two in zip(base, other, strict=True))


def worst_difference(found: npt.NDArray[np.float64], waits: npt.NDArray[np.float64]) -> float:
    """Return the largest difference; infinity where not the same requests were turned away."""
    if not np.array_equal(np.isnan(found), np.isnan(waits)):
        return math.inf
    return float(np.nanmax(np.abs(found - waits)))


def spearman(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Return the rank correlation; equal values share their mean rank."""
    return float(np.corrcoef(_ranks(one), _ranks(other))[0, 1])


def _ranks(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2.0)[inverse]


def child(name: str, **environment: str) -> Figures:
    """Run one part in a process of its own and return its figures."""
    command = [sys.executable, "-m", "benchmarks.virtual_time", "--child", name]
    answer = subprocess.run(command, env=os.environ | environment, check=True, capture_output=True, text=True)
    return dict(json.loads(answer.stdout))


if __name__ == "__main__":
    sys.exit(main("virtual_time", __doc__, measure, _options))
