"""What the API says of a mapping of an SQS queue, read into a value or refused as Lambda refuses it.

Sources: Lambda API reference, CreateEventSourceMapping, ScalingConfig, ProvisionedPollerConfig. The
sentences of ranges are those that all of AWS's services make of their models; that of batches of more than
ten is recorded in serverless/serverless issue 8989. Of FIFO queues, and of both modes at once, the guide
gives the rule and no recording the words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.errors import RequestRefused
from harness.functions.event_filters import Filters, filters_of
from harness.functions.event_sources_settings import (
    DEFAULT_BATCH_SIZE,
    DEFAULT_MAXIMUM_POLLERS,
    DEFAULT_MINIMUM_POLLERS,
    LEAST_CONCURRENCY,
    LEAST_POLLERS,
    MOST_BATCH_SIZE,
    MOST_BATCH_SIZE_WITHOUT_WINDOW,
    MOST_CONCURRENCY,
    MOST_MINIMUM_POLLERS,
    MOST_POLLERS,
    MOST_WINDOW_S,
)

REPORTS = "ReportBatchItemFailures"
# Settings of streams, which a queue does not have (API reference: "(Kinesis, DynamoDB Streams ...) only").
_OF_STREAMS = (
    "StartingPosition",
    "StartingPositionTimestamp",
    "ParallelizationFactor",
    "TumblingWindowInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "MaximumRecordAgeInSeconds",
)


@dataclass(frozen=True, slots=True)
class Pollers:
    """Provisioned mode: how many event pollers there are at least and at most."""

    minimum: int = DEFAULT_MINIMUM_POLLERS
    maximum: int = DEFAULT_MAXIMUM_POLLERS


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """How a mapping reads its queue. `provisioned` is None in the default mode."""

    batch_size: int = DEFAULT_BATCH_SIZE
    window_s: float = 0.0
    maximum_concurrency: int | None = None
    reports_item_failures: bool = False
    fifo: bool = False
    filters: Filters = field(default_factory=Filters)
    provisioned: Pollers | None = None


def source_config(given: Mapping[str, Any], *, fifo: bool) -> SourceConfig:
    """Return what *given*, the members of a request or of a mapping, says; raise RequestRefused as Lambda."""
    for name in _OF_STREAMS:
        if given.get(name) is not None:
            raise _invalid(f"{name} is not valid for SQS event sources.", name)
    batch_size = _whole(given, "BatchSize", 1, MOST_BATCH_SIZE, DEFAULT_BATCH_SIZE)
    window_s = _whole(given, "MaximumBatchingWindowInSeconds", 0, MOST_WINDOW_S, 0)
    _check_batches(batch_size, window_s, fifo=fifo)
    concurrency = _concurrency(given.get("ScalingConfig") or {})
    provisioned = _pollers(given.get("ProvisionedPollerConfig") or {})
    if concurrency is not None and provisioned is not None:
        # "Configuring scaling behavior": maximum concurrency and provisioned mode are mutually exclusive.
        raise _invalid("You can't configure both ScalingConfig and ProvisionedPollerConfig.", "ScalingConfig")
    return SourceConfig(
        batch_size=batch_size,
        window_s=float(window_s),
        maximum_concurrency=concurrency,
        reports_item_failures=_reports(given.get("FunctionResponseTypes") or []),
        fifo=fifo,
        filters=filters_of(given.get("FilterCriteria")),
        provisioned=provisioned,
    )


def _check_batches(batch_size: int, window_s: int, *, fifo: bool) -> None:
    if fifo and window_s:
        raise _invalid("Batching window is not supported for FIFO queues.", "MaximumBatchingWindowInSeconds")
    if fifo and batch_size > MOST_BATCH_SIZE_WITHOUT_WINDOW:
        raise _invalid(
            f"Maximum batch size for FIFO queues is {MOST_BATCH_SIZE_WITHOUT_WINDOW}.", "BatchSize"
        )
    if batch_size > MOST_BATCH_SIZE_WITHOUT_WINDOW and not window_s:
        raise _invalid(
            "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than "
            f"{MOST_BATCH_SIZE_WITHOUT_WINDOW}",
            "BatchSize",
        )


def _concurrency(given: Mapping[str, Any]) -> int | None:
    if given.get("MaximumConcurrency") is None:
        return None
    return _whole(
        given, "MaximumConcurrency", LEAST_CONCURRENCY, MOST_CONCURRENCY, 0, within="scalingConfig."
    )


def _pollers(given: Mapping[str, Any]) -> Pollers | None:
    if not given:
        return None
    within = "provisionedPollerConfig."
    least = _whole(
        given, "MinimumPollers", LEAST_POLLERS, MOST_MINIMUM_POLLERS, DEFAULT_MINIMUM_POLLERS, within=within
    )
    most = _whole(
        given, "MaximumPollers", LEAST_POLLERS, MOST_POLLERS, DEFAULT_MAXIMUM_POLLERS, within=within
    )
    if most < least:
        raise _invalid(
            "MaximumPollers must be greater than or equal to MinimumPollers.", "ProvisionedPollerConfig"
        )
    return Pollers(least, most)


def _reports(types: Any) -> bool:
    if types not in ([], [REPORTS]):
        raise _constraint(
            str(types), "functionResponseTypes", f"Member must satisfy enum value set: [{REPORTS}]"
        )
    return bool(types)


def _whole(
    given: Mapping[str, Any], name: str, least: int, most: int, otherwise: int, *, within: str = ""
) -> int:
    value = given.get(name)
    if value is None:
        return otherwise
    member = f"{within}{name[0].lower()}{name[1:]}"
    if isinstance(value, bool) or not isinstance(value, int):
        raise RequestRefused("SerializationException", f"{member} is no whole number: {value!r:.40}", name)
    if value < least:
        raise _constraint(value, member, f"Member must have value greater than or equal to {least}")
    if value > most:
        raise _constraint(value, member, f"Member must have value less than or equal to {most}")
    return value


def _constraint(value: object, member: str, rule: str) -> RequestRefused:
    message = (
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"
    )
    return RequestRefused("ValidationException", message, member)


def _invalid(message: str, name: str) -> RequestRefused:
    return RequestRefused("InvalidParameterValueException", message, name)
