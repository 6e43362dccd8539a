"""The same figures in words, for those who do not see them. Pure."""

from harness.stats import percentile
from reports.series import Timeline, Times
from reports.text import clock, number, plural, short

MOST_SPANS = 12  # spoken one after another; the table of events has the rest


def timeline(shown: Timeline) -> str:
    """Return what the capacity timeline shows, in sentences."""
    said = [f"Capacity timeline of {shown.title}, from 00:00 to {clock(shown.end)} of model time."]
    said += [*_traffic(shown), *_metric(shown), *_bands(shown), *_capacity(shown)]
    if shown.faults:
        said.append(f"Faults at {', '.join(map(clock, shown.faults))}.")
    return " ".join(said)


def _traffic(shown: Timeline) -> list[str]:
    traffic = shown.traffic
    if traffic is None:
        return ["No requests."]
    most = max(range(len(traffic.offered)), key=traffic.offered.__getitem__)
    rate = number(traffic.offered[most] / traffic.step_s * 60)
    failed = sum(traffic.failed)
    return [
        f"Offered {plural(sum(traffic.offered), 'request')}, at most {rate} a minute, at {clock(most * traffic.step_s)};"
        f" {f'{failed:,} of them failed' if failed else 'none failed'}."
    ]


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
    return [f"Instances in service: {', '.join(steps[:MOST_SPANS])}{', and so on' * (len(steps) > MOST_SPANS)}."]


def latency(times: Times) -> str:
    """Return what the latency figure shows, in sentences."""
    response, service = sorted(times.response), sorted(times.service)
    worst = max(range(len(times.response)), key=times.response.__getitem__)
    return (
        f"Distribution of {plural(len(response), 'request')}: response p50 {short(percentile(response, 0.5))}, "
        f"p99 {short(percentile(response, 0.99))}; service p50 {short(percentile(service, 0.5))}, "
        f"p99 {short(percentile(service, 0.99))}. The slowest, {short(response[-1])}, was due at "
        f"{clock(times.starts[worst])}."
    )
