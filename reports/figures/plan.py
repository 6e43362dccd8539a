"""What a figure shows, ready to be drawn: panels one under another over one horizontal axis. Pure.

The static picture (`static.py`) and the chart of the page (`data.py`, figures.js) come from one plan,
so they cannot disagree.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from harness.stats import Span
from reports.figures.axes import Axis

Kind = Literal["step", "line", "dots", "ticks", "spans", "whiskers"]
Told = Literal["value", "part", "range", "nothing"]
Across = Literal["time", "seconds", "nines"]
DASHED, DOTTED = (5.0, 3.0), (1.5, 2.5)
STATE_ROLE = {
    "OK": "ok", "InService": "ok", "ALARM": "alarm", "Failed": "alarm", "INSUFFICIENT_DATA": "nodata",
    "cooldown": "cooldown",
}  # fmt: skip
STATE_WORDS = {"INSUFFICIENT_DATA": "no data"}
MOST_MARKS = 400  # a line is about as wide as what a four-hundredth of a figure takes
FAR = 3  # times the most that is drawn: a line beyond it would press everything else to the ground


@dataclass(frozen=True, slots=True)
class Series:
    """One thing that is measured: values `ys` at `xs`, in the colour of `role`.

    A "step" holds each value until the next moment; of "spans" and "whiskers" each value holds from `xs` to
    `ends`; "ticks" stand on the ground. `fill` is the opacity of the area down to `low`, or to the ground. A
    None among `ys` is a gap. Without a `label` it has no place in the key. At the cursor the chart tells the
    "value", or the "part" that is above `low`, or the "range" from `low` on, or nothing.
    """

    label: str
    role: str
    kind: Kind
    xs: Sequence[float]
    ys: Sequence[float | None]
    fill: float = 0.0
    low: Sequence[float | None] | None = None
    ends: Sequence[float] | None = None
    width: float = 1.4
    dash: tuple[float, ...] = ()
    told: Told = "value"


@dataclass(frozen=True, slots=True)
class Rule:
    """A level that values are held to; `beside` it its words are written, else in the key."""

    value: float
    label: str
    role: str
    dash: tuple[float, ...] = ()
    beside: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One row of states over time, in the colours of the states (`loud` for alarms) or in that of `role`."""

    label: str
    spans: Sequence[Span[str]]
    role: str = ""
    loud: str = "alarm"

    def role_of(self, state: str) -> str:
        """Return the role whose colour *state* has."""
        role = self.role or STATE_ROLE.get(state, "busy")
        return self.loud if role == "alarm" and not self.role else role


@dataclass(frozen=True, slots=True)
class Heat:
    """How many fell into each cell: columns of `step` from `start`, rows between the logarithmic `edges`.

    `cells` are (column, row, count) of those that are not empty.
    """

    start: float
    step: float
    edges: Sequence[float]
    cells: Sequence[tuple[int, int, int]]
    role: str

    @property
    def most(self) -> int:
        """The count of the fullest cell."""
        return max((count for *_, count in self.cells), default=0)


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical with a word at its top: a fault, a percentile."""

    at: float
    label: str
    role: str
    dash: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing over the shared axis: series with rules, or lanes, or a heat map; `marks` are its own."""

    heading: str
    height: float
    axis: Axis
    unit: Literal["number", "seconds", "percent"] = "number"
    series: Sequence[Series] = ()
    rules: Sequence[Rule] = ()
    lanes: Sequence[Lane] = ()
    heat: Heat | None = None
    marks: Sequence[Mark] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole figure: `panels` from `low` to `high`, seconds of model time unless `across` says not.

    Its `marks` go through all panels, and so do the beginnings of all `phases` but the first.
    """

    low: float
    high: float
    panels: Sequence[Panel]
    across: Across = "time"
    marks: Sequence[Mark] = ()
    phases: Sequence[Span[str]] = ()


def fault_marks(faults: Sequence[float], end: float) -> list[Mark]:
    """Return the marks of *faults* on an axis to *end*, numbered as the page lists them.

    One that would lie on the line of another is left out, so that there are at most `MOST_MARKS`.
    """
    marks: list[Mark] = []
    for number, at in enumerate(faults, start=1):
        if not marks or abs(at - marks[-1].at) >= end / MOST_MARKS:
            marks.append(Mark(at, str(number), "failed", (5.0, 2.0)))
    return marks
