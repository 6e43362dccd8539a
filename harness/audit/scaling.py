"""Scalable targets of a template with their policies, and the endpoint variants that they are about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.audit.names import CONFIG, ENDPOINT
from harness.audit.plain import listed, members, number, text
from harness.audit.view import View, per_view
from harness.templates.model import Resource

TARGET, POLICY = "AWS::ApplicationAutoScaling::ScalableTarget", "AWS::ApplicationAutoScaling::ScalingPolicy"
VARIANT = "sagemaker:variant:DesiredInstanceCount"
PROVISIONED = "lambda:function:ProvisionedConcurrency"
TRACKING, STEPS = "TargetTrackingScaling", "StepScaling"


@dataclass(frozen=True, slots=True)
class Variant:
    """A production variant: the endpoint, its configuration, where it stands there and what it says."""

    endpoint: Resource
    config: Resource
    path: str
    given: Mapping[str, Any]

    @property
    def name(self) -> str:
        """VariantName."""
        return text(self.given.get("VariantName"))

    @property
    def instance_type(self) -> str:
        """InstanceType."""
        return text(self.given.get("InstanceType"))


@dataclass(frozen=True, slots=True)
class Scaled:
    """A scalable target with its policies; `variant` is what it scales, where the template has it."""

    target: Resource
    resource_id: str
    dimension: str
    minimum: float | None
    maximum: float | None
    policies: tuple[Resource, ...]
    endpoint: Resource | None
    variant: Variant | None

    @property
    def tracking(self) -> list[tuple[Resource, Mapping[str, Any]]]:
        """Its target tracking policies with their configurations."""
        found = []
        for one in self.policies:
            given = members(one.properties.get("TargetTrackingScalingPolicyConfiguration"))
            if given:
                found.append((one, given))
        return found


@per_view
def variants(view: View) -> tuple[Variant, ...]:
    """Return the production variants of the endpoints in the template."""
    found = []
    for endpoint in view.of_type(ENDPOINT):
        config = view.find(endpoint.properties.get("EndpointConfigName"), CONFIG)
        if config is not None:
            for at, each in enumerate(listed(config.properties.get("ProductionVariants"))):
                found.append(Variant(endpoint, config, f"ProductionVariants[{at}]", members(each)))
    return tuple(found)


@per_view
def scaled(view: View) -> tuple[Scaled, ...]:
    """Return the scalable targets in the template."""
    return tuple(_scaled(view, one) for one in view.of_type(TARGET))


def scaled_variants(view: View) -> list[Scaled]:
    """Return the scalable targets of endpoint variants."""
    return [one for one in scaled(view) if one.dimension == VARIANT]


def endpoint_and_variant(resource_id: str) -> tuple[str, str]:
    """Return the names in "endpoint/NAME/variant/NAME", empty for other ids."""
    parts = resource_id.split("/")
    return (parts[1], parts[3]) if len(parts) == 4 and parts[0] == "endpoint" else ("", "")


def metric_of(configuration: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return what a target tracking policy follows: a predefined type, or "" and the customised metric."""
    predefined = members(configuration.get("PredefinedMetricSpecification"))
    if predefined:
        return text(predefined.get("PredefinedMetricType")), {}
    return "", members(configuration.get("CustomizedMetricSpecification"))


def _scaled(view: View, target: Resource) -> Scaled:
    given = target.properties
    resource_id, dimension = text(given.get("ResourceId")), text(given.get("ScalableDimension"))
    name, variant_name = endpoint_and_variant(resource_id)
    endpoint = view.find(name, ENDPOINT) if name else None
    variant = None
    if endpoint is not None:
        own = (each for each in variants(view) if each.endpoint == endpoint and each.name == variant_name)
        variant = next(own, None)
    policies = tuple(
        one for one in view.of_type(POLICY) if _is_about(view, one, target, resource_id, dimension)
    )
    return Scaled(
        target,
        resource_id,
        dimension,
        number(given.get("MinCapacity")),
        number(given.get("MaxCapacity")),
        policies,
        endpoint,
        variant,
    )


def _is_about(view: View, policy: Resource, target: Resource, resource_id: str, dimension: str) -> bool:
    """Return whether *policy* is one of *target*: by ScalingTargetId, or by what it scales."""
    given = policy.properties
    named = text(given.get("ScalingTargetId"))
    if named:
        return view.find(named, TARGET) == target or named in (target.physical_id, target.logical_id)
    return (given.get("ResourceId"), given.get("ScalableDimension")) == (resource_id, dimension)
