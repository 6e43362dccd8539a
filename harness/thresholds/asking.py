"""From what the command line asks to thresholds."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.errors import ScenarioError
from harness.thresholds.metric import Metric
from harness.thresholds.metrics import GROUPS
from harness.thresholds.threshold import Threshold, as_thresholds

# Any threshold that follows: its delay is read as every other span is.
_PROBE = "error_ratio<1%"


def asked(texts: Iterable[str]) -> tuple[Threshold, ...]:
    """Return the thresholds that `--threshold` gave; raise ScenarioError for one that is none."""
    return as_thresholds([Threshold(text, asked=True) for text in texts])


def with_asked(
    own: Sequence[Threshold], more: Sequence[Threshold], *, abort: bool = False, delay: str | None = None
) -> tuple[Threshold, ...]:
    """Return a scenario's *own* thresholds and *more*; with *abort* all that can stop the load do, *delay*
    after its beginning at the earliest. Raises ScenarioError for a delay that is none."""
    after_s = delay_of(delay, abort=abort)
    found = as_thresholds([*own, *more])
    return tuple(_aborting(one, after_s) for one in found) if abort else found


def _aborting(one: Threshold, after_s: float) -> Threshold:
    if one.abort_on_fail or not one.follows:
        return one
    return replace(one, abort_on_fail=True, delay_abort_s=after_s, asked=True)


def delay_of(text: str | None, *, abort: bool) -> float:
    """Return the model seconds that `--abort-delay` says; 0 where it says nothing."""
    if text is None:
        return 0.0
    if not abort:
        raise ScenarioError("--abort-delay goes with --abort-on-fail; add that, or drop it")
    try:
        return Threshold(f"{_PROBE} abort after {text}").delay_abort_s
    except ScenarioError:
        raise ScenarioError(f"--abort-delay {text!r} is no span of time; say it as 30s or 2m") from None


def words_for(thresholds: Iterable[Threshold]) -> list[str]:
    """Return the words of a command that ask for the same."""
    return [word for one in thresholds if one.asked for word in ("--threshold", str(one))]


def listed() -> list[str]:
    """Return what `--threshold help` shows: every metric with its type, tags and aggregations."""
    lines = ["[METRIC[{TAG:VALUE,...}]:] [AGGREGATION] SIGN LIMIT [abort [after SPAN]]"]
    for title, group in GROUPS.items():
        lines += ["", f"{title}:", *(_line(metric) for metric in group)]
    return [
        *lines,
        "",
        "and every figure of summary.json by its path: load.failed==0, iam.ROLE.unused==0,",
        'messages.by_target."jobs.fifo".lost==0, functions.throttles==0, latency.response_s.p99<800ms',
    ]


def _line(metric: Metric) -> str:
    tags = f"{{{','.join(metric.tags)}}}" if metric.tags else ""
    unit = f", {metric.unit}" if metric.unit else ""
    return f"  {metric.name + tags:<44} {metric.kind.value}{unit}: {metric.what}"


def as_json() -> list[dict[str, object]]:
    """Return the same for machines."""
    return [
        {
            "metric": metric.name,
            "type": metric.kind.value,
            "unit": metric.unit,
            "what": metric.what,
            "tags": list(metric.tags),
            "aggregations": list(metric.aggregations),
            "default": metric.default,
            "source": metric.source,
            "aborts": metric.follows,
        }
        for group in GROUPS.values()
        for metric in group
    ]
