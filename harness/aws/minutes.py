"""A published minute of a variant as CloudWatch's datapoints: counts, latency, errors, and the gauges."""

from collections.abc import Iterator
from typing import NamedTuple

from harness.endpoint.metrics import GAUGE_S, MINUTE_S, Metric, MinuteMetrics, Statistics
from harness.endpoint.protocols import MetricsLike

SAGEMAKER, INSTANCES = "AWS/SageMaker", "/aws/sagemaker/Endpoints"
MODEL_ERRORS = "InvocationModelErrors"

_COUNTED = (
    Metric.INVOCATIONS,
    Metric.INVOCATIONS_PER_INSTANCE,
    Metric.MODEL_LATENCY,
    Metric.ERRORS_4XX,
    Metric.ERRORS_5XX,
)
# Utilisation comes by the minute; the concurrency metric every 10 s (SageMaker guide, "Define a scaling
# policy"), and so that a 10-second alarm can be understood all six of a minute are shown.
_GAUGES = (
    (INSTANCES, Metric.CPU, MINUTE_S, "Percent"),
    (SAGEMAKER, Metric.CONCURRENT_REQUESTS, GAUGE_S, "None"),
)


class Published(NamedTuple):
    """One statistic set of one metric for the period of *period_s* that begins at *start_at*."""

    namespace: str
    name: str
    start_at: float
    period_s: float
    statistics: Statistics
    unit: str


def published(minute: MinuteMetrics, metrics: MetricsLike | None) -> Iterator[Published]:
    """Yield the datapoints of *minute*, those without a sample left out; *metrics* has the gauges.

    InvocationModelErrors: "the number of model invocation requests which did not result in 2XX HTTP response
    ... 4XX/5XX status codes, low-level socket errors, malformed HTTP responses, and request timeouts"
    (SageMaker guide, "SageMaker AI endpoint invocation metrics"): here all that became an error.
    """
    for metric in _COUNTED:
        found = minute.statistics(metric)
        if found is not None:
            unit = "Microseconds" if metric is Metric.MODEL_LATENCY else "None"
            yield Published(SAGEMAKER, metric.value, minute.start_at, MINUTE_S, found, unit)
    errors, count = float(minute.errors_4xx + minute.errors_5xx), float(minute.invocations)
    failed = Statistics(errors, count, float(errors >= count > 0), float(errors > 0))
    yield Published(SAGEMAKER, MODEL_ERRORS, minute.start_at, MINUTE_S, failed, "None")
    for namespace, metric, period_s, unit in _GAUGES:
        if metrics is None or not metrics.keeps(metric):
            continue
        for number in range(round(MINUTE_S / period_s)):
            start_at = minute.start_at + number * period_s
            measured = metrics.measured(metric, start_at, start_at + period_s)
            if measured is not None:
                yield Published(namespace, metric.value, start_at, period_s, measured.statistics, unit)
