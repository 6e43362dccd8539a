"""What scales in a world, by resource id: the variants of its endpoints, and what was added beside them."""

import math
from collections.abc import Mapping, Sequence

from harness.endpoint.lifecycle import EndpointModel
from harness.endpoint.scalable import VariantResource
from harness.endpoint.variant import EndpointConfig
from harness.errors import ScenarioError
from harness.refusal import Refusal
from harness.scaling.events import ResourceChanged
from harness.scaling.policies import ScalableTarget
from harness.scaling.resource import ScalableResource, TimedResource
from harness.scaling.settings import ScalingSettings
from harness.scaling.targets import resource_id_of, split_resource_id


class Resources:
    """The scalable resources of *endpoints*, which may come and go, and those that were added."""

    def __init__(self, endpoints: Mapping[str, EndpointModel], settings: ScalingSettings) -> None:
        self._endpoints = endpoints
        self._settings = settings
        self._added: dict[str, TimedResource] = {}
        self._told: dict[str, tuple[int, int]] = {}
        self._variants: dict[str, tuple[str, str, EndpointModel, VariantResource]] = {}

    def add(self, resource_id: str, resource: TimedResource) -> None:
        """Keep a resource of another kind; ScenarioError where the id is taken."""
        if self.find(resource_id) is not None:
            raise ScenarioError(f"Resource {resource_id!r} is there already; a resource id is used once")
        self._added[resource_id] = resource

    def find(self, resource_id: str) -> ScalableResource | None:
        """Return what *resource_id* names now, None where there is nothing."""
        known = self._variants.get(resource_id)
        if known is not None:
            endpoint, variant, model, resource = known
            # The name may have been used again, by an endpoint without that variant.
            if self._endpoints.get(endpoint) is model and model.variant(variant) is not None:
                return resource
            del self._variants[resource_id]
        return self._added.get(resource_id) or self._find_variant(resource_id)

    def _find_variant(self, resource_id: str) -> VariantResource | None:
        try:
            endpoint, variant = split_resource_id(resource_id)
        except ScenarioError:
            return None
        model = self._endpoints.get(endpoint)
        if model is None or model.variant(variant) is None:
            return None
        resource = VariantResource(
            model,
            variant,
            publish_delay_s=self._settings.publish_delay_s,
            high_resolution_publish_delay_s=self._settings.high_resolution_publish_delay_s,
        )
        self._variants[resource_id] = (endpoint, variant, model, resource)
        return resource

    @property
    def any_added(self) -> bool:
        """False while endpoints are all there is."""
        return bool(self._added)

    def next_change(self) -> float:
        """Return when an added resource changes next; infinite when none does."""
        moments = [at for each in self._added.values() if (at := each.next_change()) is not None]
        return min(moments, default=math.inf)

    def advance(self, now: float) -> list[ResourceChanged]:
        """Let added resources change up to *now*; return what is not as it was told before."""
        changed = []
        for resource_id, resource in self._added.items():
            resource.advance(now)
            found = (resource.desired_capacity, resource.current_capacity)
            if found != self._told.get(resource_id):
                self._told[resource_id] = found
                changed.append(ResourceChanged(now, resource_id, *found))
        return changed

    def has_settled(self, resource_id: str) -> bool:
        """Return whether an added resource has become what it was asked to be."""
        resource = self._added[resource_id]
        return resource.is_scalable and resource.current_capacity == resource.desired_capacity

    def refuse_target(self, target: ScalableTarget) -> Refusal | None:
        """Return why *target* cannot be registered: it is not there, or on burstable instances; or None.

        SageMaker guide, "Automatic scaling prerequisites": no "burstable instances such as T2".
        """
        if target.resource_id in self._added:
            return None
        try:
            endpoint, name = split_resource_id(target.resource_id)
        except ScenarioError:
            return _no_variant(target.resource_id)
        model = self._endpoints.get(endpoint)
        variant = model.variant(name) if model else None
        if variant is None:
            return _no_variant(target.resource_id)
        family = variant.instance_type.removeprefix("ml.").partition(".")[0]
        if family not in self._settings.unscalable_families:
            return None
        return Refusal(
            "ValidationException",
            f"Variant {name} of endpoint {endpoint} runs on {variant.instance_type}: burstable instances "
            "such as T2 do not support automatic scaling; use a non-burstable instance type",
        )

    def refuse_update(
        self, endpoint: str, config: EndpointConfig, targets: Sequence[ScalableTarget]
    ) -> Refusal | None:
        """Return why UpdateEndpoint to *config* must fail because of registered variants, or None.

        SageMaker guide, "Update or delete endpoints that use automatic scaling": the instance type of a
        scaled variant cannot change, and removing it needs its deregistration first. The wording is ours.
        """
        specs = {each.name: each for each in config.variants}
        registered = {each.resource_id for each in targets}
        for variant in self._endpoints[endpoint].view().variants:
            resource_id = resource_id_of(endpoint, variant.name)
            spec = specs.get(variant.name)
            if resource_id not in registered or (spec and spec.instance_type == variant.instance_type):
                continue
            what = f"changed to {spec.instance_type}" if spec else "removed"
            return Refusal(
                "ValidationException",
                f"Variant {variant.name} of endpoint {endpoint} is a registered scalable target and "
                f"cannot be {what}; deregister {resource_id} first",
            )
        return None


def _no_variant(resource_id: str) -> Refusal:
    return Refusal("ValidationException", f"No variant found for resource ID: {resource_id}")
