"""Why a scaling decision fell, told to a person with the figures that it rests on."""

from harness.scaling.observation import PolicySignal, StepSignal
from harness.scaling.policies import INVOCATIONS_PER_INSTANCE, windows
from harness.scaling.settings import ScalingSettings


def told_by_tracking(signal: PolicySignal, alarm: str, settings: ScalingSettings) -> str:
    """Return the like of "Invocations per instance were 70.0 and 80.0 over the last 2 minutes, above ..."."""
    policy = signal.policy
    high = alarm == "high"
    periods = windows(policy, settings)[0 if high else 1]
    target = policy.target_value
    values = signal.recent[-periods:]
    if high:
        side = f"above the target of {target:g}"
    else:
        ratio = settings.low_threshold_ratio
        side = f"below {target * ratio:g} ({ratio:.0%} of the target of {target:g})"
    named = policy.metric.predefined == INVOCATIONS_PER_INSTANCE
    name = "Invocations per instance" if named else policy.metric.name
    return f"{name} were {_listed(values)} over the last {_span(len(values), policy.metric.period_s)}, {side}"


def told_by_step(signal: StepSignal, value: float | None) -> str:
    """Return the like of "CPUUtilization was 71.0, 11 above the threshold of 60 of alarm high"."""
    threshold = f"the threshold of {signal.threshold:g} of alarm {signal.alarm_name}"
    if value is None:
        return f"{signal.metric_name} had no datapoint to measure against {threshold}"
    breach = value - signal.threshold
    side = f"{abs(breach):g} {'above' if breach > 0 else 'below'}" if breach else "at"
    return f"{signal.metric_name} was {value:.1f}, {side} {threshold}"


def _span(count: int, period_s: float) -> str:
    if period_s < 60.0:
        return f"{count * period_s:g} seconds"
    minutes = count * period_s / 60.0
    return "minute" if minutes == 1 else f"{minutes:g} minutes"


def _listed(values: tuple[float, ...]) -> str:
    if len(values) > 5:
        low, high = f"{min(values):.1f}", f"{max(values):.1f}"
        return low if low == high else f"between {low} and {high}"
    texts = [f"{value:.1f}" for value in values]
    return " and ".join([", ".join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)
