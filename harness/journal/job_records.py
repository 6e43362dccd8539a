"""What happened to jobs of SageMaker, to instances of EC2, and to the resources of a stack.

A job's `kind` is "training", "processing", "transform", "tuning" or "labelling".
"""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class JobCreated:
    """A job was accepted. `spot` is managed spot training; `parent` the tuning job that asked for it."""

    at: float
    kind: str
    job: str
    role: str
    image: str
    instance_type: str
    instance_count: int
    spot: bool = False
    parent: str = ""


@dataclass(frozen=True, slots=True)
class JobChanged:
    """A job entered a status, as its Describe call names it; `detail` is the secondary status."""

    at: float
    kind: str
    job: str
    status: str
    detail: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class JobMetric:
    """A line of a job's log matched the regular expression of a metric."""

    at: float
    job: str
    metric: str
    value: float


@dataclass(frozen=True, slots=True)
class JobEnded:
    """A job reached its last status. `began_at` is its creation; `billable_s` is per instance.

    `exit_codes` are those of its processes, one an instance, None for one that was ended; `real_s` is what
    they took on this machine. `artefact` is the S3 address of what it left, empty where it left nothing.
    """

    at: float
    kind: str
    job: str
    status: str
    reason: str
    began_at: float
    training_s: float
    billable_s: float
    instance_type: str
    instance_count: int
    real_s: float
    spot: bool = False
    exit_codes: list[int | None] = field(default_factory=list)
    artefact: str = ""


@dataclass(frozen=True, slots=True)
class ComputeChanged:
    """An instance of EC2 changed its state; `lifecycle` is "spot" or "on-demand", `usd_per_hour` its price.

    `reason` is AWS's, such as "Server.SpotInstanceTermination".
    """

    at: float
    instance: str
    instance_type: str
    lifecycle: str
    state: str
    usd_per_hour: float | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SpotRequestChanged:
    """A spot request changed: its `state`, and the status code that says why."""

    at: float
    request: str
    instance_type: str
    state: str
    code: str
    instance: str = ""


@dataclass(frozen=True, slots=True)
class StackChanged:
    """A stack, or one resource of it (`logical_id`), changed its status, as DescribeStackEvents tells it."""

    at: float
    stack: str
    logical_id: str
    physical_id: str
    resource_type: str
    status: str
    reason: str = ""
