"""How full the queues were over time, beside what was published; the series and their figure. Pure."""

from collections import defaultdict
from dataclasses import dataclass

from harness import journal
from harness.stats import Span, counts_over_time, nice_step, thin
from harness.summary import ByType
from reports.figures.axes import linear, top_of
from reports.figures.figure import Figure, of
from reports.figures.panels import per_time, stairs
from reports.figures.plan import Panel, Plan, Series, fault_marks
from reports.figures.series import STEPS_S, WINDOWS, phases
from reports.text import clock, plural, span

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


def figure(shown: Depths, name: str, *, drawings: bool = True) -> Figure:
    """Return *shown* as a figure: publications, then each queue's depth and the age of its oldest message."""
    panels = [_published(shown)] if any(shown.published) else []
    for one in shown.queues:
        panels += panels_of(one)
    plan = Plan(0.0, shown.end, panels, marks=fault_marks(shown.faults, shown.end), phases=shown.phases)
    return of(name, "Queues over time", words(shown), plan, drawings=drawings)


def _published(shown: Depths) -> Panel:
    factor, unit = per_time(shown.published, shown.step_s)
    xs, ys = stairs([count * factor for count in shown.published], 0.0, shown.step_s)
    series = [Series("due", "offered", "step", xs, ys, fill=0.16)]
    return Panel(f"Messages due per {unit}", 52, linear(0.0, top_of(ys), most=2), series=series)


def panels_of(one: Depth) -> list[Panel]:
    """Return how many messages waited in *one* and were in flight, then their age where known."""
    waiting, flying = (_steps(points) for points in (one.waiting, one.in_flight))
    series = [
        Series("waiting", "served", "step", *waiting, fill=0.3),
        Series("in flight", "target", "step", *flying, width=1.2),
    ]
    axis = linear(0.0, top_of(waiting[1], flying[1], lift=1.15), most=3, whole=True)
    panels = [Panel(one.queue, 64, axis, series=series)]
    if any(age for _, age in one.oldest):
        xs, ys = _steps(one.oldest)
        aged = [Series("age", "cooldown", "step", xs, ys)]
        axis = linear(0.0, top_of(ys, lift=1.15), most=2)
        panels.append(Panel("Age of its oldest message, s", 44, axis, series=aged))
    return panels


def _steps(points: Points) -> tuple[list[float], list[float]]:
    kept = thin(points, MOST_POINTS)
    return [at for at, _ in kept], [value for _, value in kept]
