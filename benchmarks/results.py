"""What every benchmark gives back, how it is printed, and its exit code.

A benchmark is a module with

    def measure(options: argparse.Namespace) -> Report: ...

    if __name__ == "__main__":
        sys.exit(main("name", __doc__, measure, add_options))

`python -m benchmarks.name` prints a table, `--json` prints one document, `--quick` takes fewer and shorter
repeats of the same code. Exit code 0: each figure met its goal; 1: one missed it; 3: a program is missing.
"""

import argparse
import json
import math
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.errors import EnvironmentFault, ExitCode

Better = Literal["more", "less"]
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure: `value` in `unit`, the median of `runs` unless `what` says another.

    `goal` is the least it may be (`better` is "more") or the most ("less"); None where nothing is promised.
    `against` says what it is compared with in the same run. `aim` is what would be good, and judges nothing.
    """

    name: str
    what: str
    value: float
    unit: str
    goal: float | None = None
    better: Better = "more"
    against: str = ""
    runs: tuple[float, ...] = ()
    aim: float | None = None

    @property
    def met(self) -> bool:
        """Whether the goal holds; a value that is no number meets none."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.better == "more" else self.value <= self.goal


@dataclass(frozen=True, slots=True)
class Curve:
    """How `y` grows with `x`; `exponent` is the slope of its logarithms, 1 where the cost is linear."""

    name: str
    what: str
    x: str
    y: str
    points: tuple[tuple[float, float], ...]
    exponent: float | None = None
    exponent_at_most: float | None = None

    @property
    def met(self) -> bool:
        """Whether the cost grows no faster than it may."""
        if self.exponent is None or self.exponent_at_most is None:
            return True
        return self.exponent <= self.exponent_at_most


@dataclass(frozen=True, slots=True)
class Gain:
    """Something that a profile showed and that was mended: figures before and after, and how."""

    what: str
    before: str
    after: str
    how: str


@dataclass(frozen=True, slots=True)
class Report:
    """What one benchmark measured; `faster` is written by hand beside it, when something was mended."""

    name: str
    figures: tuple[Figure, ...]
    curves: tuple[Curve, ...] = ()
    notes: tuple[str, ...] = ()
    faster: tuple[Gain, ...] = ()

    @property
    def met(self) -> bool:
        """Whether each figure and each curve is as good as promised."""
        return all(each.met for each in self.figures) and all(each.met for each in self.curves)


def median_of(name: str, what: str, runs: Sequence[float], unit: str, **more: Any) -> Figure:
    """Return the figure whose value is the median of *runs*, four digits kept; *more* as in `Figure`."""
    kept = tuple(rounded(run) for run in runs)
    return Figure(name, what, rounded(statistics.median(runs)), unit, runs=kept, **more)


def ratios(reference: Sequence[float], ours: Sequence[float]) -> list[float]:
    """Return reference / ours, repeat by repeat: 1 is as cheap as the reference, 0.5 costs twice as much."""
    return [one / other for one, other in zip(reference, ours, strict=True)]


def curve_of(
    name: str,
    what: str,
    axes: tuple[str, str],
    points: Sequence[tuple[float, float]],
    *,
    exponent_at_most: float | None = None,
    base: float = 0.0,
) -> Curve:
    """Return the curve of *points* with its fitted exponent.

    *base* is a cost that is there at any size (starting a process) and is taken off before the fit.
    """
    logs = [(math.log10(x), math.log10(max(y - base, 1e-12))) for x, y in points]
    slope = statistics.linear_regression([x for x, _ in logs], [y for _, y in logs]).slope
    shown = tuple((rounded(x), rounded(y)) for x, y in points)
    return Curve(name, what, *axes, shown, round(slope, 3), exponent_at_most)


def rounded(value: float) -> float:
    """Return *value* with four significant digits."""
    return float(f"{value:.4g}")


def told(value: float) -> str:
    """Return *value* as people read it: 12,340, 0.01234, 6.1e-05."""
    return f"{value:,.0f}" if abs(value) >= 1000.0 else f"{value:.4g}"


def main(
    name: str,
    doc: str | None,
    measure: Callable[[argparse.Namespace], Report],
    add_options: Callable[[argparse.ArgumentParser], None] | None = None,
    argv: Sequence[str] | None = None,
) -> int:
    """Measure, print a table or one JSON document, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}", description=(doc or "").split("\n")[0]
    )
    parser.add_argument("--json", action="store_true", help="print one document for machines")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter repeats, below 20 s")
    if add_options is not None:
        add_options(parser)
    options = parser.parse_args(argv)
    noise = Noise()
    try:
        report = measure(options)
    except EnvironmentFault as fault:
        print(fault, file=sys.stderr)
        return ExitCode.ENVIRONMENT
    document = document_of(report) | {"quick": options.quick, "machine": machine() | noise.seen()}
    print(json.dumps(document, indent=1) if options.json else table(document))
    return ExitCode.PASS if report.met else ExitCode.FAIL


def document_of(report: Report) -> Document:
    """Return *report* as what `--json` prints, each figure and curve with whether it is `met`."""
    return {
        "name": report.name,
        "met": report.met,
        "figures": [asdict(each) | {"met": each.met} for each in report.figures],
        "curves": [asdict(each) | {"met": each.met} for each in report.curves],
        "notes": list(report.notes),
        "faster": [asdict(each) for each in report.faster],
    }


def table(document: Document) -> str:
    """Return what people read."""
    lines = [
        f"{document['name']}: {document['machine']['cores']} cores of {document['machine']['processor']}, "
    ]
    lines[0] += f"others used {document['machine']['others_cores']:.2f} of a core meanwhile"
    wide = max((len(figure["name"]) for figure in document["figures"]), default=0)
    for figure in document["figures"]:
        goal = goal_text(figure)
        spread = (
            f"  [{told(min(figure['runs']))} .. {told(max(figure['runs']))}]"
            if len(figure["runs"]) > 1
            else ""
        )
        lines.append(
            f"  {figure['name']:<{wide}}  {told(figure['value']):>10} {figure['unit']}{goal}{spread}"
        )
    for curve in document["curves"]:
        most = curve["exponent_at_most"]
        limit = "" if most is None else f" (at most {most:g}{'' if curve['met'] else ', MISSED'})"
        lines.append(
            f"  {curve['name']}: {curve['y']} against {curve['x']}, exponent {curve['exponent']}{limit}"
        )
        lines += [f"    {x:>14,.6g} {y:>14,.4g}" for x, y in curve["points"]]
    return "\n".join([*lines, *(f"  {note}" for note in document["notes"])])


def goal_text(figure: Document) -> str:
    """Return the goal of a figure as it stands behind its value, empty where there is none."""
    if figure["goal"] is None:
        return ""
    sign = ">=" if figure["better"] == "more" else "<="
    return f"  ({sign} {figure['goal']:g}: {'ok' if figure['met'] else 'MISSED'})"


# ---- the machine ----


def machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    model = next(
        (line.partition(":")[2].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")),
        platform.processor() or platform.machine(),
    )
    return {
        "cores": len(os.sched_getaffinity(0)),
        "processor": model,
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


@dataclass(slots=True)
class Noise:
    """How much of the cores others use from here on: what is busy and neither we nor our ended children."""

    began: float = field(default_factory=time.monotonic)
    busy: float = field(default_factory=lambda: machine_busy_s())
    own: float = field(default_factory=lambda: _own_cpu_s())

    def seen(self) -> dict[str, float]:
        """Return the cores that others used in the mean; children that run still count as others."""
        took = max(time.monotonic() - self.began, 0.01)
        others = machine_busy_s() - self.busy - (_own_cpu_s() - self.own)
        return {"others_cores": round(max(others, 0.0) / took, 2), "took_s": round(took, 1)}


def machine_busy_s() -> float:
    """Return the CPU seconds that all cores together have been busy since the machine started."""
    ticks = [int(part) for part in _lines("/proc/stat")[0].split()[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def _own_cpu_s() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(usage.ru_utime + usage.ru_stime for usage in map(resource.getrusage, kinds))


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding="utf-8").splitlines()
