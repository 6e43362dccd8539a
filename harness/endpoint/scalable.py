"""One variant as Application Auto Scaling and CloudWatch see it: a capacity to change, metrics to read.

Sources: SageMaker developer guide, "Monitor Amazon SageMaker with Amazon CloudWatch" (namespaces, dimensions,
units, one-minute periods) and "Define a scaling policy" (concurrency every 10 s); CloudWatch user guide,
"Using Amazon CloudWatch alarms" (periods slide: with 5 minutes the alarm looks at minutes 1-5, then at 2-6).
"""

import math

from harness.endpoint.calls import CapacityChange
from harness.endpoint.events import EndpointStatus
from harness.endpoint.lifecycle import EndpointModel
from harness.endpoint.metrics import GAUGE_S, MINUTE_S, Measured, Metric
from harness.endpoint.protocols import MetricsLike
from harness.refusal import Refusal
from harness.scaling.resource import Datapoint, ScalingMetric

SAGEMAKER, INSTANCES = "AWS/SageMaker", "/aws/sagemaker/Endpoints"

_KNOWN = {
    (SAGEMAKER, "Invocations"): (Metric.INVOCATIONS, "None"),
    (SAGEMAKER, "InvocationsPerInstance"): (Metric.INVOCATIONS_PER_INSTANCE, "None"),
    (SAGEMAKER, "ModelLatency"): (Metric.MODEL_LATENCY, "Microseconds"),
    (SAGEMAKER, "Invocation4XXErrors"): (Metric.ERRORS_4XX, "None"),
    (SAGEMAKER, "Invocation5XXErrors"): (Metric.ERRORS_5XX, "None"),
    (SAGEMAKER, "ConcurrentRequestsPerModel"): (Metric.CONCURRENT_REQUESTS, "None"),
    (INSTANCES, "CPUUtilization"): (Metric.CPU, "Percent"),
}
"""By namespace and name: which metric it is, and the unit it is published with."""

STATISTICS = frozenset({"Sum", "Average", "Minimum", "Maximum", "SampleCount"})
"""What a statistic set gives. A percentile needs every sample, which is not kept."""

HIGH_RESOLUTION_PERIODS_S = (10.0, 30.0)
"""Periods below a minute that an alarm may have (PutMetricAlarm, Period)."""


class VariantResource:
    """The scalable dimension `sagemaker:variant:DesiredInstanceCount` of one variant.

    The delays say how long after its end a period is visible: *publish_delay_s* where it lasts whole minutes,
    *high_resolution_publish_delay_s* where it is shorter. A variant that is gone has capacity 0 and cannot be
    scaled; its metrics stay readable.
    """

    def __init__(
        self,
        model: EndpointModel,
        variant: str,
        *,
        publish_delay_s: float = 60.0,
        high_resolution_publish_delay_s: float = 10.0,
    ) -> None:
        self._model = model
        self._variant = variant
        self._publish_delay_s = publish_delay_s
        self._high_resolution_publish_delay_s = high_resolution_publish_delay_s
        self._covered: dict[ScalingMetric, Metric] = {}

    @property
    def desired_capacity(self) -> int:
        """`DesiredInstanceCount`."""
        view = self._model.variant(self._variant)
        return view.desired_count if view else 0

    @property
    def current_capacity(self) -> int:
        """`CurrentInstanceCount`."""
        view = self._model.variant(self._variant)
        return view.current_count if view else 0

    @property
    def is_scalable(self) -> bool:
        """True while the endpoint is InService and has the variant."""
        return (
            self._model.status is EndpointStatus.IN_SERVICE and self._model.variant(self._variant) is not None
        )

    def set_capacity(self, desired: int, now: float) -> Refusal | None:
        """Call UpdateEndpointWeightsAndCapacities; return SageMaker's refusal, or None."""
        return self._model.update_weights_and_capacities([CapacityChange(self._variant, desired)], now)

    def covers(self, metric: ScalingMetric) -> bool:
        """Return whether `datapoints` knows *metric*: name, statistic, period, unit and dimensions.

        CloudWatch returns nothing for a period shorter than the metric's own, nor for a unit it was not
        published with (GetMetricStatistics, Unit).
        """
        metrics = self._metrics()
        return (
            is_modelled(metric, self._model.name, self._variant)
            and metrics is not None
            and metrics.keeps(_KNOWN[metric.namespace, metric.name][0])
        )

    def datapoints(self, metric: ScalingMetric, now: float, count: int) -> tuple[Datapoint | None, ...]:
        """Return the newest *count* periods visible at *now*, oldest first, None where there is no data.

        Periods end on a whole minute, or every 10 s where they are shorter. A metric that is not covered has
        no data at all.
        """
        kind, metrics = self._covered.get(metric), self._metrics()
        if kind is None and self.covers(metric):
            kind = self._covered[metric] = _KNOWN[metric.namespace, metric.name][0]
        if kind is None or metrics is None:
            return (None,) * count
        period_s = metric.period_s
        last = self._last_end(period_s, now)
        ends = [last - period_s * number for number in range(count - 1, -1, -1)]
        return tuple(
            None
            if end <= 0.0
            else _datapoint(metrics.measured(kind, end - period_s, end), metric.statistic, end - period_s)
            for end in ends
        )

    def _metrics(self) -> MetricsLike | None:
        return self._model.metrics(self._variant)

    def _last_end(self, period_s: float, now: float) -> float:
        short = period_s < MINUTE_S
        step_s = GAUGE_S if short else MINUTE_S
        delay_s = self._high_resolution_publish_delay_s if short else self._publish_delay_s
        return math.floor((now - delay_s) / step_s + 1e-9) * step_s


def is_modelled(metric: ScalingMetric, endpoint: str, variant: str) -> bool:
    """Return whether *metric* is one that a variant can have here, and that variant's own."""
    kind, unit = _KNOWN.get((metric.namespace, metric.name), (None, ""))
    own = {("EndpointName", endpoint), ("VariantName", variant)}
    return (
        kind is not None
        and metric.statistic in STATISTICS
        and metric.unit in ("", unit)
        and (not metric.dimensions or set(metric.dimensions) == own)
        and _has_period(kind, metric.period_s)
    )


def _has_period(metric: Metric, period_s: float) -> bool:
    if period_s in HIGH_RESOLUTION_PERIODS_S:
        return metric is Metric.CONCURRENT_REQUESTS
    return period_s >= MINUTE_S and period_s % MINUTE_S == 0.0


def _datapoint(found: Measured | None, statistic: str, start_at: float) -> Datapoint | None:
    return None if found is None else Datapoint(start_at, found.statistics.value(statistic), found.capacity)
