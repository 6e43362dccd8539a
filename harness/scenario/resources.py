"""The AWS resources a scenario may declare: what each one is, checked when it is built.

Roles are in `roles.py`, what they may do in `permissions.py`, topics, queues and tables in `messaging.py`.

How they are made is `plan.py`'s matter. Service times, concurrency and launch times are not AWS parameters:
they are what the rehearsal assumes of the real container, and the report says so.
"""

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.endpoint.capacity import instance_type, instance_types
from harness.errors import ScenarioError
from harness.iam import Kind
from harness.scenario.checks import check_name, check_positive
from harness.scenario.permissions import Statement, check_statements
from harness.scenario.roles import ManagedPolicy, Role
from harness.scenario.scaling import Scaling, TargetTracking

__all__ = ["Bucket", "Endpoint", "ManagedPolicy", "Model", "Role", "VpcEndpoint"]

# S3 user guide, "General purpose bucket naming rules": 3 to 63 of these, a letter or digit at both ends.
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
# The ids that EC2 gives: 8 hexadecimal digits in old accounts, 17 today.
_ID = re.compile(r"(vpce|vpc)-([0-9a-f]{8}|[0-9a-f]{17})")


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
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        check_name("Model", self.name)

    def arn(self, region: str, account: str) -> str:
        """Return its ARN."""
        return f"arn:aws:sagemaker:{region}:{account}:model/{self.name}"


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
    service_time_s: float | Mapping[str, float] = field(default=0.050, hash=False)
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

    def arn(self, region: str, account: str) -> str:
        """Return its ARN."""
        return f"arn:aws:sagemaker:{region}:{account}:endpoint/{self.name}"


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3 bucket with the *objects* that are in it from the beginning, and a bucket policy of its own.

    Whatever is in it when the run ends is deleted with it.
    """

    name: str
    policy: tuple[Statement, ...] = ()
    objects: Mapping[str, bytes] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        who = f"Bucket {self.name!r}"
        if not _BUCKET.fullmatch(self.name) or ".." in self.name:
            raise ScenarioError(
                f"{who}: a name has 3 to 63 small letters, digits, dots and hyphens, the first and last a "
                "letter or digit"
            )
        object.__setattr__(self, "policy", tuple(self.policy))
        check_statements(who, self.policy, Kind.RESOURCE)

    def arn(self, region: str = "", account: str = "") -> str:
        """Return its ARN: that of a bucket names neither region nor account."""
        return f"arn:aws:s3:::{self.name}"

    def under(self, prefix: str = "") -> str:
        """Return the ARN of every object below *prefix*, of all by default."""
        return f"{self.arn()}/{prefix}*"


@dataclass(frozen=True, slots=True)
class VpcEndpoint:
    """A VPC endpoint: an address through which calls come from inside the VPC *vpc*, with its *policy*.

    `id` is EC2's (`vpce-1a2b3c4d`), which the condition keys aws:SourceVpce and aws:SourceVpc tell. Without a
    policy it lets everything through, as AWS's default policy does.
    """

    id: str
    vpc: str
    policy: tuple[Statement, ...] = ()

    def __post_init__(self) -> None:
        for value, kind in ((self.id, "vpce"), (self.vpc, "vpc")):
            found = _ID.fullmatch(value)
            if found is None or found[1] != kind:
                raise ScenarioError(
                    f"VpcEndpoint {self.id!r}: {value!r} is no id; "
                    f"write {kind}- and 8 or 17 hexadecimal digits"
                )
        object.__setattr__(self, "policy", tuple(self.policy))
        check_statements(f"VpcEndpoint {self.id!r}", self.policy, Kind.RESOURCE)

    def arn(self, region: str, account: str) -> str:
        """Return its ARN."""
        return f"arn:aws:ec2:{region}:{account}:vpc-endpoint/{self.id}"
