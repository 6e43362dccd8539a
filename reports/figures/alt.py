"""The same figures in words, for those who do not see them. Pure."""

from collections.abc import Sequence

from reports.figures.plan import Rule
from reports.figures.series import Timeline
from reports.figures.times import Latency
from reports.text import clock, number, plural, short

MOST_SPANS = 12  # spoken one after another; the table of events has the rest


def timeline(shown: Timeline) -> str:
    """Return what the capacity timeline shows, in sentences."""
    said = [f"Capacity timeline of {shown.title}, from 00:00 to {clock(shown.end)} of model time."]
    said += [*_traffic(shown), *_metric(shown), *_bands(shown), *_capacity(shown)]
    if shown.windows:
        first = shown.windows[0].decided
        said.append(
            f"Bands show when each of {plural(len(shown.windows), 'decision')} may fall on AWS, the first "
            f"between {clock(first[0])} and {clock(first[1])}."
        )
    if shown.faults:
        said.append(f"Faults at {', '.join(map(clock, shown.faults))}.")
    return " ".join(said)


def _traffic(shown: Timeline) -> list[str]:
    traffic = shown.traffic
    if traffic is None:
        return ["No requests."]
    most = max(range(len(traffic.offered)), key=traffic.offered.__getitem__)
    rate, at = number(traffic.offered[most] / traffic.step_s * 60), clock(most * traffic.step_s)
    failed = sum(traffic.failed)
    lost = f"{failed:,} of them failed" if failed else "none failed"
    return [f"Offered {plural(sum(traffic.offered), 'request')}, at most {rate} a minute, at {at}; {lost}."]


def _metric(shown: Timeline) -> list[str]:
    metric = shown.metric
    if metric is None:
        return []
    at, _, most = max(metric.points, key=lambda point: point[2])
    held = "" if metric.target is None else f" against a target of {metric.target:g}"
    return [f"{metric.name} peaked at {number(most)} at {clock(at)}{held}."]


def _bands(shown: Timeline) -> list[str]:
    quiet = ("OK", "InService")
    said = []
    for band in shown.bands:
        loud = [span for span in band.spans if span.value not in quiet][:MOST_SPANS]
        if loud:
            parts = (f"{span.value} from {clock(span.start)} to {clock(span.end)}" for span in loud)
            said.append(f"{band.label}: {', '.join(parts)}.")
    return said


def _capacity(shown: Timeline) -> list[str]:
    if not shown.in_service:
        return []
    steps = [f"{count:g} at {clock(at)}" for at, count in shown.in_service]
    return [
        f"Instances in service: {', '.join(steps[:MOST_SPANS])}{', and so on' * (len(steps) > MOST_SPANS)}."
    ]


def latency(shown: Latency) -> str:
    """Return what the latency figure shows, in sentences."""
    response, service = shown.quantiles, shown.service_quantiles
    worst = max(shown.over_time, key=lambda row: row[3])
    return (
        f"Distribution of {plural(shown.requests, 'request')}: response p50 {short(response['p50'])}, "
        f"p99 {short(response['p99'])}, slowest {short(response['max'])}; "
        f"service p50 {short(service['p50'])}, p99 {short(service['p99'])}. "
        f"Responses were slowest around {clock(worst[0])}."
    )


def spectrum(shown: Latency) -> str:
    """Return the percentiles of the spectrum with their times, in a sentence."""
    parts = (
        f"{name} {short(value)} (service {short(shown.service_quantiles[name])})"
        for name, value in shown.quantiles.items()
    )
    return f"Response: {', '.join(parts)}."


def limits(rules: Sequence[Rule]) -> str:
    """Return the limits that are drawn in, as a sentence to follow another; empty where there are none."""
    return f" Drawn in: {'; '.join(rule.label for rule in rules)}." if rules else ""
