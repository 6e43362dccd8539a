"""The AWS resources a scenario may declare: what each one is, checked when it is built.

How they are made is `plan.py`'s matter. Service times, concurrency and launch times are not AWS parameters:
they are what the rehearsal assumes of the real container, and the report says so.
"""

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.endpoint.capacity import instance_type, instance_types
from harness.errors import ScenarioError

# Names of endpoints, configs, models and variants: 1 to 63 of these; SageMaker API reference, CreateEndpoint.
_NAME = re.compile(r"[A-Za-z0-9](-*[A-Za-z0-9]){0,62}")


def check_name(what: str, name: str) -> None:
    """Raise ScenarioError when SageMaker would refuse *name*."""
    if not _NAME.fullmatch(name):
        raise ScenarioError(
            f"{what} {name!r}: a name has 1 to 63 letters, digits and hyphens, the first and last no hyphen"
        )


def check_positive(what: str, value: float) -> None:
    """Raise ScenarioError unless *value* is finite and above zero."""
    if not (math.isfinite(value) and value > 0):
        raise ScenarioError(f"{what} is {value:g}; it must be a finite number above 0")


@dataclass(frozen=True, slots=True)
class Statement:
    """One Allow statement of a role's inline policy."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)


def allow(*actions: str, on: str | tuple[str, ...] = "*") -> Statement:
    """Return a statement that allows *actions* on the ARN or ARNs *on*."""
    return Statement(actions, (on,) if isinstance(on, str) else on)


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role that *service* may assume, with one inline policy made of *statements*."""

    name: str
    service: str = "sagemaker.amazonaws.com"
    statements: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """A SageMaker model whose artefact `build` makes: it returns the bytes of a model.tar.gz.

    `build(context)` runs in a process of its own; `context` is a `harness.program.Context`. `image` is what
    the DescribeModel answer shows; the container itself does not run, the artefact's `model.onnx` does.
    """

    name: str
    build: Callable[[Any], bytes]
    role: Role
    image: str = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.2-1"
    environment: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name("Model", self.name)


@dataclass(frozen=True, slots=True)
class TargetTracking:
    """A scalable target with one target tracking policy on SageMakerVariantInvocationsPerInstance.

    `target_value` is invocations per instance and minute, not simultaneous requests. Cooldowns in seconds;
    300 is what AWS takes for endpoint variants when the policy names none (PutScalingPolicy API reference).
    """

    target_value: float
    min_capacity: int = 1
    max_capacity: int = 1
    scale_in_cooldown_s: float = 300.0
    scale_out_cooldown_s: float = 300.0
    disable_scale_in: bool = False
    policy_name: str = "SageMakerEndpointInvocationScalingPolicy"

    def __post_init__(self) -> None:
        check_positive("TargetTracking: target_value", self.target_value)
        if self.min_capacity < 1:
            raise ScenarioError(
                f"TargetTracking: min_capacity is {self.min_capacity}; a variant needs at least 1"
            )
        if self.max_capacity < self.min_capacity:
            raise ScenarioError(
                f"TargetTracking: max_capacity ({self.max_capacity}) is below min_capacity "
                f"({self.min_capacity}); raise the first or lower the second"
            )
        for label in ("scale_in_cooldown_s", "scale_out_cooldown_s"):
            # An integer in the API: TargetTrackingScalingPolicyConfiguration.
            if getattr(self, label) < 0 or getattr(self, label) % 1:
                raise ScenarioError(
                    f"TargetTracking: {label} is {getattr(self, label):g}; give whole seconds, 0 or more"
                )


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A SageMaker endpoint with one production variant, and what the rehearsal assumes of its container.

    `service_time_s` is the time one instance of the type needs for one request, seconds; a mapping gives it
    by instance type. `concurrency` requests run at once on one instance, `queue_limit` more wait.
    """

    name: str
    model: Model
    instance_type: str = "ml.m5.large"
    initial_instance_count: int = 1
    variant_name: str = "AllTraffic"
    service_time_s: float | Mapping[str, float] = 0.050
    concurrency: int = 2
    queue_limit: int = 100
    scaling: TargetTracking | None = None

    def __post_init__(self) -> None:
        who = f"Endpoint {self.name!r}"
        check_name("Endpoint", self.name)
        check_name(f"{who}: variant_name", self.variant_name)
        if instance_type(self.instance_type) is None:
            near = difflib.get_close_matches(self.instance_type, instance_types()) or instance_types()
            raise ScenarioError(
                f"{who}: instance_type {self.instance_type!r} is not known here; choose {', '.join(near)}"
            )
        for label, least in (("initial_instance_count", 1), ("concurrency", 1), ("queue_limit", 0)):
            if getattr(self, label) < least:
                raise ScenarioError(f"{who}: {label} is {getattr(self, label)}; it must be at least {least}")
        check_positive(f"{who}: service_time_s", self.service_time_on(self.instance_type))

    def service_time_on(self, instance_type: str) -> float:
        """Return seconds for one request on *instance_type*; raise ScenarioError where none is given."""
        if not isinstance(self.service_time_s, Mapping):
            return self.service_time_s
        if instance_type not in self.service_time_s:
            raise ScenarioError(
                f"Endpoint {self.name!r}: service_time_s has no figure for {instance_type!r}; add one"
            )
        return self.service_time_s[instance_type]

    @property
    def resource_id(self) -> str:
        """The name Application Auto Scaling has for the variant."""
        return f"endpoint/{self.name}/variant/{self.variant_name}"
