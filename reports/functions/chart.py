"""The figure of a function: invocations at once over time with their limits, throttles, queues. Pure."""

from collections.abc import Sequence

from reports.figures import depths
from reports.figures.axes import linear, top_of
from reports.figures.figure import Figure, of
from reports.figures.panels import per_time, stairs
from reports.figures.plan import DASHED, DOTTED, FAR, Panel, Plan, Rule, Series, fault_marks
from reports.functions.series import Load
from reports.text import clock, plural, span

# What a throttle met, in a word for the key, and its colour.
REASONS = {
    "ReservedFunctionConcurrentInvocationLimitExceeded": ("reserved", "failed"),
    "ConcurrentInvocationLimitExceeded": ("account", "cooldown"),
    "FunctionInvocationRateLimitExceeded": ("rate", "target"),
    "ReservedFunctionInvocationRateLimitExceeded": ("reserved rate", "metric"),
    "CallerRateLimitExceeded": ("caller rate", "busy"),
}


def loads(shown: Sequence[Load], *, drawings: bool = True) -> list[Figure]:
    """Return a figure for each function in *shown*."""
    return [load(one, f"function-{number}", drawings=drawings) for number, one in enumerate(shown)]


def load(shown: Load, name: str, *, drawings: bool = True) -> Figure:
    """Return how many ran at once, throttles, then the queues that feed the function, on one time axis."""
    panels = [_running(shown)]
    if shown.throttled:
        panels.append(_throttled(shown))
    for queue in shown.queues:
        panels += depths.panels_of(queue)
    plan = Plan(0.0, shown.end, panels, marks=fault_marks(shown.faults, shown.end), phases=shown.phases)
    return of(name, shown.name, load_words(shown), plan, drawings=drawings)


def _running(shown: Load) -> Panel:
    xs, ys = zip(*shown.most, strict=True)
    series = []
    if shown.mean:
        moments, means = zip(*shown.mean, strict=True)
        series.append(Series("mean", "in-service", "step", moments, means, fill=0.4, width=0.0))
    label = "most" if shown.mean or shown.by_minute else "running"
    area = 0.0 if shown.mean else 0.3
    series.append(Series(label, "in-service", "step", xs, ys, fill=area, width=1.3))
    rules, provisioned = _limits(shown)
    series += provisioned
    if shown.cold:
        series.append(
            Series("cold start", "ink", "ticks", shown.cold, [0.0] * len(shown.cold), told="nothing")
        )
    heights = [rule.value for rule in rules]
    axis = linear(0.0, top_of([1.0, *heights], *(one.ys for one in series), lift=1.2), whole=True)
    return Panel("Invocations at once", 112, axis, series=series, rules=rules)


def _limits(shown: Load) -> tuple[list[Rule], list[Series]]:
    """Return reserved concurrency or the account's, and provisioned concurrency; not what is far away."""
    near = FAR * max(shown.peak[1], 1)
    rules, series = [], []
    held = [one for one in shown.reserved if one.value is not None and one.value <= near]
    if held:
        starts, ends = [one.start for one in held], [one.end for one in held]
        counts = [float(one.value or 0) for one in held]
        words = f"reserved {held[-1].value:,}"
        series.append(Series(words, "target", "spans", starts, counts, ends=ends, width=1.5))
    if shown.allocated:
        xs, ys = zip(*shown.allocated, (shown.end, shown.allocated[-1][1]), strict=True)
        series.append(Series("provisioned", "cooldown", "step", xs, ys, width=1.5, dash=DASHED))
    # What is reserved is taken from the account: its own limit holds it.
    if not shown.reserved and shown.account <= near:
        rules.append(Rule(shown.account, f"account {shown.account:,}", "failed", DOTTED, beside=True))
    return rules, series


def _throttled(shown: Load) -> Panel:
    """Return the attempts that were throttled, the reasons one upon another."""
    totals = [sum(counts) for counts in zip(*shown.throttled.values(), strict=True)]
    factor, unit = per_time(totals, shown.step_s)
    series = []
    low = [0.0] * (len(totals) + 1)
    for reason, counts in shown.throttled.items():
        words, role = REASONS.get(reason, (reason, "muted"))
        xs, own = stairs([count * factor for count in counts], 0.0, shown.step_s)
        high = [below + more for below, more in zip(low, own, strict=True)]
        series.append(Series(words, role, "step", xs, high, fill=0.85, low=low, width=0.0, told="part"))
        low = high
    axis = linear(0.0, top_of(low, lift=1.15), most=2)
    return Panel(f"Throttled per {unit}", 58, axis, series=series)


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
