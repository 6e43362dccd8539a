"""Endpoints that tests of the lifecycle create, and how they are asked."""

from collections.abc import Sequence

from virtual_time import ENDPOINT, STEADY, VARIANT, config, only

from harness.endpoint import (
    CapacityChange,
    EndpointConfig,
    EndpointModel,
    EndpointSettings,
    EndpointStatus,
    Event,
    InstanceQuota,
    StatusChanged,
    VariantSpec,
)


def created(
    given: EndpointConfig | None = None,
    *,
    settings: EndpointSettings = STEADY,
    quota: InstanceQuota | None = None,
) -> EndpointModel:
    model = EndpointModel(ENDPOINT, given or config(), seed="s", settings=settings, quota=quota)
    assert model.create(0.0) is None
    return model


def serving(
    given: EndpointConfig | None = None,
    *,
    settings: EndpointSettings = STEADY,
    quota: InstanceQuota | None = None,
) -> EndpointModel:
    """Return an endpoint in service at 1000, with its creation already told."""
    model = created(given, settings=settings, quota=quota)
    model.advance(1000.0)
    return model


def statuses(events: Sequence[Event]) -> list[tuple[float, EndpointStatus]]:
    return [(each.at, each.status) for each in only(events, StatusChanged)]


def to(count: int, variant: str = VARIANT) -> list[CapacityChange]:
    return [CapacityChange(variant, count)]


def counts(model: EndpointModel) -> tuple[int, int]:
    seen = model.variant(VARIANT)
    assert seen is not None
    return seen.current_count, seen.desired_count


def two_variants(**weights: float) -> EndpointConfig:
    return EndpointConfig(
        "split", tuple(VariantSpec(name, "ml.m5.large", weight=weight) for name, weight in weights.items())
    )
