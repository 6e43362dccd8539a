"""The AWS resources a scenario may declare: what each one is, checked when it is built.

How they are made is `plan.py`'s matter. Service times, concurrency and launch times are not AWS parameters:
they are what the rehearsal assumes of the real container, and the report says so.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.endpoint.capacity import instance_type, instance_types
from harness.errors import ScenarioError
from harness.scenario.checks import check_name, check_positive
from harness.scenario.scaling import Scaling, TargetTracking


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
    scaling: TargetTracking | Scaling | None = None

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
