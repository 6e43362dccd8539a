"""What benchmarks/virtual_time.py measured, as figures and a curve."""

from collections.abc import Iterator
from typing import Any

from benchmarks.results import Curve, Figure, curve_of, rounded

Figures = dict[str, Any]


def figures_of(found: dict[str, Figures]) -> Iterator[Figure]:
    """Yield the figures of the parts in *found*."""
    if "hour" in found:
        yield from _of_the_hour(found["hour"])
    if "compile" in found:
        for when, what in (("cold", "compiling"), ("warm", "from the disk")):
            for name in ("exact", "fluid"):
                value = rounded(found["compile"][when][f"{name}_s"])
                label = f"compiled code, first call in a process, {name} engine, {what}"
                yield Figure(f"{name}_{when}_s", label, value, "s", better="less")
    if "memory" in found:
        peak = rounded(found["memory"]["peak_mb"])
        yield Figure("peak_mb", "peak memory of a day at 100 requests a second", peak, "MB", better="less")
    for name, what in _SWEEP.items() if "sweep" in found else ():
        yield Figure(
            name, f"1,000 policies over a day, {what}", rounded(found["sweep"][name]), "s", better="less"
        )


_SWEEP = {
    "fluid_100_s": "the fluid model at 100 requests a second",
    "exact_best_50_s": "the exact model, the best 50 of them",
    "exact_20_all_s": "the exact model, all at 20 requests a second",
}
_KERNEL, _READABLE = "exact kernel, control loop included", "play, engine reference"


def _of_the_hour(found: Figures) -> Iterator[Figure]:
    of_c, simpy = rounded(found["of_c"][_KERNEL]), rounded(found["times_simpy"][_READABLE])
    yield Figure(
        "of_c", "an hour of 360,000 requests, compiled", of_c, "of C", goal=0.7, against="the same in C -O3"
    )
    what = "the same by the readable model, its control loop and all records included"
    yield Figure("readable_times_simpy", what, simpy, "times", against="SimPy")
    worst = max(found["largest_difference_s"].values())
    what = "the largest difference of a wait between all engines, C and SimPy"
    yield Figure("difference_s", what, worst, "s", goal=1e-9, better="less")
    for at, (name, each) in enumerate(found["ms"].items(), 1):
        yield Figure(f"hour_{at}_ms", f"the hour by {name}", rounded(each), "ms", better="less")


def curve_over(found: Figures) -> Curve:
    """Return the curve of the exact engine's seconds."""
    points = sorted((float(product), took_s) for product, took_s in found.items())
    axes = ("arrivals x policies", "seconds")
    return curve_of("exact", "The exact engine over a day", axes, points, exponent_at_most=1.1)
