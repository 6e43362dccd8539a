"""The figure of a function: invocations at once over time with their limits, throttles, queues."""

from collections.abc import Callable
from functools import partial
from typing import Any

from reports.figures import depths
from reports.figures.canvas import Layout, figure, heading, svg_of, time_axis, value_axis
from reports.figures.charts import mark_moments, name_moments
from reports.figures.svg import COLOUR
from reports.functions.series import Load
from reports.text import clock, plural, span

FAR = 3  # times the most at once: a limit beyond it would press the steps to the ground
# What a throttle met, in a word for the key, and its colour.
REASONS = {
    "ReservedFunctionConcurrentInvocationLimitExceeded": ("reserved", "failed"),
    "ConcurrentInvocationLimitExceeded": ("account", "cooldown"),
    "FunctionInvocationRateLimitExceeded": ("rate", "target"),
    "ReservedFunctionInvocationRateLimitExceeded": ("reserved rate", "metric"),
    "CallerRateLimitExceeded": ("caller rate", "busy"),
}
Panel = tuple[float, Callable[..., None]]


def load(shown: Load, layout: Layout, prefix: str) -> str:
    """Return *shown* as SVG: how many ran at once, throttles, then the queues that feed it."""
    panels = _panels(shown)
    with figure(layout, [height for height, _ in panels], gap=46 if layout.stacked else 34) as (drawn, axes):
        for axis, (_, draw) in zip(axes, panels, strict=True):
            draw(axis, layout=layout)
            mark_moments(axis, shown)
        name_moments(axes[0], shown, layout)
        time_axis(axes, 0.0, shown.end, layout)
        return svg_of(drawn, prefix)


def _panels(shown: Load) -> list[Panel]:
    panels: list[Panel] = [(112, partial(_draw_running, shown=shown))]
    if shown.throttled:
        panels.append((58, partial(_draw_throttled, shown=shown)))
    for queue in shown.queues:
        panels.append((58, partial(depths.draw_depth, one=queue)))
        if any(age for _, age in queue.oldest):
            panels.append((44, partial(depths.draw_age, one=queue)))
    return panels


def _draw_running(axis: Any, shown: Load, layout: Layout) -> None:
    x, y = zip(*shown.most, strict=True)
    colour = COLOUR["in-service"]
    if shown.mean:
        axis.fill_between(
            *zip(*shown.mean, strict=True), step="post", color=colour, alpha=0.4, linewidth=0, label="mean"
        )
    else:
        axis.fill_between(x, y, step="post", color=colour, alpha=0.3, linewidth=0)
    axis.step(
        x,
        y,
        where="post",
        color=colour,
        linewidth=1.3,
        label="most" if shown.mean or shown.by_minute else "running",
    )
    top = max([1, *y, *_draw_limits(axis, shown, layout)])
    if shown.cold:
        style = {"linestyle": "none", "markersize": 6.5, "clip_on": False, "markeredgewidth": 0}
        label = "cold" if layout.stacked else "cold start"
        axis.plot(shown.cold, [0] * len(shown.cold), marker=6, color=COLOUR["ink"], label=label, **style)
    axis.set_ylim(0, top * 1.2)
    value_axis(axis, whole=True)
    heading(axis, "Invocations at once", layout)


def _draw_limits(axis: Any, shown: Load, layout: Layout) -> list[float]:
    """Draw reserved and provisioned concurrency and the account's; return the heights that must be seen."""
    near = FAR * max(shown.peak[1], 1)
    seen: list[float] = []
    for held in shown.reserved:
        if held.value is not None and held.value <= near:
            axis.hlines(held.value, held.start, held.end, color=COLOUR["target"], linewidth=1.5)
            seen.append(held.value)
    if shown.allocated:
        points = [*shown.allocated, (shown.end, shown.allocated[-1][1])]
        axis.step(
            *zip(*points, strict=True), where="post", color=COLOUR["cooldown"], linewidth=1.5,
            linestyle=(0, (4, 2)), label="provisioned",
        )  # fmt: skip
        seen += [count for _, count in points]
    # What is reserved is taken from the account: its own limit holds it.
    if not shown.reserved and shown.account <= near:
        axis.axhline(shown.account, color=COLOUR["failed"], linewidth=1.2, linestyle=(0, (1, 2)))
        seen.append(shown.account)
        _name_limit(axis, f"account {shown.account:,}", shown.account, "failed", layout)
    if shown.reserved and (last := shown.reserved[-1].value) is not None and last <= near:
        _name_limit(axis, f"reserved {last:,}", last, "target", layout)
    return seen


def _name_limit(axis: Any, words: str, height: float, role: str, layout: Layout) -> None:
    """Write what a line is held to above its right end."""
    axis.annotate(
        words, (1, height), xycoords=("axes fraction", "data"), xytext=(-2, 2), textcoords="offset points",
        ha="right", va="bottom", fontsize=layout.font - 1.5, color=COLOUR[role], annotation_clip=False,
    )  # fmt: skip


def _draw_throttled(axis: Any, shown: Load, layout: Layout) -> None:
    totals = [sum(counts) for counts in zip(*shown.throttled.values(), strict=True)]
    per_s = max(totals) / shown.step_s >= 1
    factor = (1 if per_s else 60) / shown.step_s
    edges = [i * shown.step_s for i in range(len(totals) + 1)]
    below = [0.0] * len(totals)
    for reason, counts in shown.throttled.items():
        words, role = REASONS.get(reason, (reason, "muted"))
        above = [low + count * factor for low, count in zip(below, counts, strict=True)]
        axis.stairs(above, edges, baseline=below, fill=True, color=COLOUR[role], alpha=0.85, label=words)
        below = above
    axis.set_ylim(0, max(below) * 1.15)
    value_axis(axis)
    axis.locator_params(axis="y", nbins=2)
    heading(axis, f"Throttled per {'second' if per_s else 'minute'}", layout)


def load_words(shown: Load) -> str:
    """Return what the figure shows, in sentences."""
    at, most = shown.peak
    said = [f"Invocations of {shown.name} at once, from 00:00 to {clock(shown.end)} of model time."]
    said.append(f"At most {most:,}, at {clock(at)}." if most else "None ran.")
    if shown.reserved and shown.reserved[-1].value is not None:
        said.append(f"Reserved were {shown.reserved[-1].value:,}.")
    if shown.allocated:
        steps = ", ".join(f"{count:,} from {clock(moment)}" for moment, count in shown.allocated[:12])
        said.append(f"Provisioned environments: {steps}.")
    said.append(f"The account allows {shown.account:,}.")
    said += [f"{plural(shown.cold_starts, 'cold start')}."] * bool(shown.cold_starts)
    for reason, counts in shown.throttled.items():
        peak_at = counts.index(max(counts)) * shown.step_s
        said.append(
            f"{plural(sum(counts), 'attempt')} throttled for {reason}, most in the {span(shown.step_s)} "
            f"from {clock(peak_at)}."
        )
    for queue in shown.queues:
        deep_at, deepest = queue.deepest
        said.append(
            f"Its queue {queue.queue} held at most {plural(int(deepest), 'message')}, at {clock(deep_at)}."
        )
    return " ".join(said)
