"""A processing job: what was asked for, how far it is, and what DescribeProcessingJob says of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from harness.aws.aws_json import Arguments
from harness.aws.jobs.signals import Signal
from harness.jobs.names import LOG_GROUPS
from harness.jobs.processing_request import ProcessingRequest
from harness.jobs.status import LAST, Status

_ECHOED = (
    "ProcessingInputs",
    "ProcessingOutputConfig",
    "ProcessingResources",
    "StoppingCondition",
    "AppSpecification",
    "Environment",
    "NetworkConfig",
    "RoleArn",
    "ExperimentConfig",
)


@dataclass(slots=True, eq=False)
class ProcessingJob:
    """One job; moments are model seconds."""

    request: ProcessingRequest
    given: Arguments
    arn: str
    number: int
    created_at: float
    epoch_s: Callable[[float], float]
    tags: dict[str, str] = field(default_factory=dict)
    signal: Signal = field(default_factory=Signal)
    status: Status = Status.IN_PROGRESS
    changed_at: float = 0.0
    started_at: float | None = None
    ended_at: float | None = None
    failure_reason: str = ""
    exit_message: str = ""
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def name(self) -> str:
        """Its name."""
        return self.request.name

    @property
    def role(self) -> str:
        """The ARN of its role."""
        return self.request.role

    @property
    def log_group(self) -> str:
        """Where its log is."""
        return LOG_GROUPS["processing"]

    @property
    def is_over(self) -> bool:
        """Whether it has a last status."""
        return self.status in LAST

    @property
    def created_epoch_s(self) -> float:
        """CreationTime."""
        return self.epoch_s(self.created_at)

    @property
    def changed_epoch_s(self) -> float:
        """LastModifiedTime."""
        return self.epoch_s(max(self.changed_at, self.created_at))

    def summary(self) -> Arguments:
        """Return it as ListProcessingJobs shows it."""
        told: Arguments = {
            "ProcessingJobName": self.name,
            "ProcessingJobArn": self.arn,
            "CreationTime": self.created_epoch_s,
            "LastModifiedTime": self.changed_epoch_s,
            "ProcessingJobStatus": self.status.value,
        }
        if self.ended_at is not None:
            told["ProcessingEndTime"] = self.epoch_s(self.ended_at)
        if self.failure_reason:
            told["FailureReason"] = self.failure_reason
        return told | ({"ExitMessage": self.exit_message} if self.exit_message else {})

    def described(self) -> Arguments:
        """Return it as DescribeProcessingJob shows it, moments in seconds since 1970."""
        told: Arguments = {
            **self.summary(),
            **{name: self.given[name] for name in _ECHOED if self.given.get(name) is not None},
        }
        if self.started_at is not None:
            told["ProcessingStartTime"] = self.epoch_s(self.started_at)
        return told
