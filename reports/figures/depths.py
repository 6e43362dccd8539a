"""How full the queues were over time, beside what was published; the series and their drawing."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from harness import journal
from harness.stats import Span, counts_over_time, nice_step, thin
from harness.summary import ByType
from reports.figures.canvas import Layout, figure, heading, svg_of, time_axis, value_axis
from reports.figures.charts import mark_moments, name_moments
from reports.figures.series import STEPS_S, WINDOWS, phases
from reports.figures.svg import COLOUR
from reports.text import clock, plural, shorten, span

MOST_QUEUES = 6  # two panels each; the table has them all
MOST_POINTS = 240  # of one line: more would be finer than a pixel

Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Depth:
    """One queue: messages waiting (visible or delayed), in flight, and the age of the oldest (s)."""

    queue: str
    waiting: Points
    in_flight: Points
    oldest: Points

    @property
    def deepest(self) -> tuple[float, float]:
        """The moment at which most messages were in it, and how many."""
        both = [(at, a + b) for (at, a), (_, b) in zip(self.waiting, self.in_flight, strict=True)]
        return max(both, key=lambda point: point[1])


@dataclass(frozen=True, slots=True)
class Depths:
    """All queues that ever held a message, on one time axis from 0 to `end`; the deepest `MOST_QUEUES`.

    `published` are the messages due in each window of `step_s`; `cut` queues are left out.
    """

    end: float
    step_s: float
    published: list[int]
    queues: list[Depth]
    phases: list[Span[str]]
    faults: list[float]
    cut: int = 0


def depths(seen: ByType, end: float) -> Depths | None:
    """Return what the figure of the queues shows; None where no queue ever held a message."""
    samples: defaultdict[str, list[journal.QueueSampled]] = defaultdict(list)
    for one in seen.all(journal.QueueSampled):
        samples[one.queue].append(one)
    found = [depth_of(name, of) for name, of in samples.items()]
    held = [one for one in found if one.deepest[1]]
    if not held:
        return None
    chosen = sorted(held, key=lambda one: -one.deepest[1])[:MOST_QUEUES]
    step = nice_step(end, WINDOWS, STEPS_S)
    return Depths(
        end=end,
        step_s=step,
        published=counts_over_time((p.due_at for p in seen.all(journal.MessagePublished)), 0.0, end, step),
        queues=[one for one in held if one in chosen],
        phases=phases(seen, end),
        faults=[fault.at for fault in seen.all(journal.FaultInjected)],
        cut=len(held) - len(chosen),
    )


def depth_of(name: str, samples: list[journal.QueueSampled]) -> Depth:
    """Return how full the queue *name* was, from its *samples*."""
    return Depth(
        name,
        [(one.at, one.visible + one.delayed) for one in samples],
        [(one.at, one.in_flight) for one in samples],
        [(one.at, one.oldest_s or 0.0) for one in samples],
    )


def words(shown: Depths) -> str:
    """Return what the figure shows, in sentences."""
    said = [f"Messages in queues, from 00:00 to {clock(shown.end)} of model time."]
    if most := max(shown.published, default=0):
        peak = clock(shown.published.index(most) * shown.step_s)
        said.append(f"At most {plural(most, 'message')} in {span(shown.step_s)} were published, at {peak}.")
    for one in shown.queues:
        at, count = one.deepest
        oldest = max(age for _, age in one.oldest)
        said.append(f"{one.queue} held at most {plural(int(count), 'message')}, at {clock(at)}.")
        said += [f"Its oldest message was {span(oldest)} old at most."] * bool(oldest)
    if shown.faults:
        said.append(f"Faults at {', '.join(map(clock, shown.faults[:20]))}.")
    return " ".join(said)


def draw(shown: Depths, layout: Layout, prefix: str) -> str:
    """Return *shown* as SVG: publications, then each queue's depth and the age of its oldest message."""
    aged = [one for one in shown.queues if any(age for _, age in one.oldest)]
    heights = [52.0] * any(shown.published)
    for one in shown.queues:
        heights += [64.0, *([44.0] * (one in aged))]
    with figure(layout, heights, gap=46 if layout.stacked else 34) as (drawn, axes):
        left = iter(axes)
        if any(shown.published):
            _draw_published(next(left), shown, layout)
        for one in shown.queues:
            draw_depth(next(left), one, layout)
            if one in aged:
                draw_age(next(left), one, layout)
        for axis in axes:
            mark_moments(axis, shown)
        name_moments(axes[0], shown, layout)
        time_axis(axes, 0.0, shown.end, layout)
        return svg_of(drawn, prefix)


def _draw_published(axis: Any, shown: Depths, layout: Layout) -> None:
    per_s = max(shown.published) / shown.step_s >= 1
    rates = [count * (1 if per_s else 60) / shown.step_s for count in shown.published]
    edges = [i * shown.step_s for i in range(len(rates) + 1)]
    axis.stairs(rates, edges, fill=True, color=COLOUR["offered"], alpha=0.16)
    axis.stairs(rates, edges, color=COLOUR["offered"], linewidth=1.4)
    axis.set_ylim(0, max(rates) * 1.15)
    value_axis(axis)
    axis.locator_params(axis="y", nbins=2)
    heading(axis, f"Messages due per {'second' if per_s else 'minute'}", layout)


def draw_depth(axis: Any, one: Depth, layout: Layout) -> None:
    """Draw how many messages waited in *one* and how many were in flight."""
    waiting, flying = thin(one.waiting, MOST_POINTS), thin(one.in_flight, MOST_POINTS)
    x, y = zip(*waiting, strict=True)
    axis.fill_between(x, y, step="post", color=COLOUR["served"], alpha=0.3, linewidth=0)
    axis.step(x, y, where="post", color=COLOUR["served"], linewidth=1.4, label="waiting")
    axis.step(
        *zip(*flying, strict=True), where="post", color=COLOUR["target"], linewidth=1.2, label="in flight"
    )
    axis.set_ylim(0, max([*y, *(count for _, count in flying)]) * 1.15)
    value_axis(axis, whole=True)
    heading(axis, shorten(one.queue, 44 if layout.stacked else 60), layout)


def draw_age(axis: Any, one: Depth, layout: Layout) -> None:
    """Draw how old the oldest message in *one* was."""
    x, y = zip(*thin(one.oldest, MOST_POINTS), strict=True)
    axis.step(x, y, where="post", color=COLOUR["cooldown"], linewidth=1.3)
    axis.set_ylim(0, max(y) * 1.15)
    value_axis(axis)
    axis.locator_params(axis="y", nbins=2)  # it is a low panel
    heading(axis, "Age of its oldest message, s", layout)
