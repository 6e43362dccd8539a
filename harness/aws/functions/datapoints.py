"""What CloudWatch shows of functions, minute by minute, in the namespace AWS/Lambda."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harness.functions.metrics import MetricMinute
from harness.functions.samples import MILLISECONDS, NAMESPACE, Metric

_SHARES = frozenset({Metric.UTILIZATION})


@dataclass(frozen=True, slots=True)
class FunctionDatapoint:
    """One statistic set of one metric; `epoch_s` is the start of its minute."""

    minute: MetricMinute
    epoch_s: float
    namespace: str = NAMESPACE

    def as_datum(self) -> dict[str, Any]:
        """Return it as PutMetricData takes it."""
        minute = self.minute
        return {
            "MetricName": minute.metric.value,
            "Dimensions": [{"Name": name, "Value": value} for name, value in minute.dimensions],
            "Timestamp": datetime.fromtimestamp(self.epoch_s, UTC),
            "StatisticValues": {
                "SampleCount": float(minute.count),
                "Sum": float(minute.sum),
                "Minimum": float(minute.minimum),
                "Maximum": float(minute.maximum),
            },
            "Unit": _unit(minute.metric),
        }


def _unit(metric: Metric) -> str:
    if metric in MILLISECONDS:
        return "Milliseconds"
    return "None" if metric in _SHARES else "Count"
