"""A training job: what was asked for, how far it is, and what DescribeTrainingJob says of it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from harness.aws.aws_json import Arguments
from harness.aws.jobs.signals import Signal
from harness.jobs.billing import Times
from harness.jobs.names import LOG_GROUPS, joined_url
from harness.jobs.status import History, Secondary, Status
from harness.jobs.training_request import TrainingRequest

# What DescribeTrainingJob gives back as it was given.
_ECHOED = (
    "HyperParameters",
    "AlgorithmSpecification",
    "RoleArn",
    "InputDataConfig",
    "OutputDataConfig",
    "ResourceConfig",
    "VpcConfig",
    "StoppingCondition",
    "CheckpointConfig",
    "DebugHookConfig",
    "ExperimentConfig",
    "DebugRuleConfigurations",
    "TensorBoardOutputConfig",
    "ProfilerConfig",
    "ProfilerRuleConfigurations",
    "Environment",
    "RetryStrategy",
    "RemoteDebugConfig",
    "InfraCheckConfig",
)
_SWITCHES = ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption", "EnableManagedSpotTraining")


@dataclass(slots=True, eq=False)
class TrainingJob:
    """One job. `metrics` has the latest value of each and its moment; moments are model seconds.

    `parent` is the name of the tuning job that asked for it.
    """

    request: TrainingRequest
    given: Arguments
    arn: str
    number: int
    created_at: float
    epoch_s: Callable[[float], float]
    parent: str = ""
    parent_arn: str = ""
    tags: dict[str, str] = field(default_factory=dict)
    history: History = field(default_factory=History)
    metrics: dict[str, tuple[float, float]] = field(default_factory=dict)
    signal: Signal = field(default_factory=Signal)
    started_at: float | None = None
    ended_at: float | None = None
    times: Times | None = None
    failure_reason: str = ""
    artefact: str = ""
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
        return LOG_GROUPS["training"]

    @property
    def status(self) -> Status:
        """TrainingJobStatus."""
        return self.history.status

    @property
    def is_over(self) -> bool:
        """Whether it has a last status."""
        return self.history.is_over

    async def over(self) -> None:
        """Return when it has a last status."""
        await self.finished.wait()

    @property
    def artefact_url(self) -> str:
        """Where its model is to be."""
        return joined_url(self.request.output, self.name, "output", "model.tar.gz")

    @property
    def created_epoch_s(self) -> float:
        """CreationTime."""
        return self.epoch_s(self.created_at)

    @property
    def changed_epoch_s(self) -> float:
        """LastModifiedTime."""
        return self.epoch_s(max(self.history.changed_at, self.created_at))

    def summary(self) -> Arguments:
        """Return it as ListTrainingJobs shows it."""
        told: Arguments = {
            "TrainingJobName": self.name,
            "TrainingJobArn": self.arn,
            "CreationTime": self.created_epoch_s,
            "LastModifiedTime": self.changed_epoch_s,
            "TrainingJobStatus": self.status.value,
            "SecondaryStatus": self.history.secondary.value,
        }
        return told | ({} if self.ended_at is None else {"TrainingEndTime": self.epoch_s(self.ended_at)})

    def described(self) -> Arguments:
        """Return it as DescribeTrainingJob shows it, moments in seconds since 1970."""
        told: Arguments = {
            **self.summary(),
            **{name: self.given[name] for name in _ECHOED if self.given.get(name) is not None},
            **{name: bool(self.given.get(name)) for name in _SWITCHES},
            "ModelArtifacts": {"S3ModelArtifacts": self.artefact_url},
            "SecondaryStatusTransitions": [self._transition(one) for one in self.history.transitions],
            "ProfilingStatus": "Disabled",
        }
        if self.parent_arn:
            told["TuningJobArn"] = self.parent_arn
        if self.started_at is not None:
            told["TrainingStartTime"] = self.epoch_s(self.started_at)
        if self.times is not None:
            told["TrainingTimeInSeconds"] = self.times.training_s
            told["BillableTimeInSeconds"] = self.times.billable_s
        if self.failure_reason:
            told["FailureReason"] = self.failure_reason
        if self.metrics:
            told["FinalMetricDataList"] = [
                {"MetricName": name, "Value": value, "Timestamp": self.epoch_s(at)}
                for name, (value, at) in self.metrics.items()
            ]
        return told

    def _transition(self, one: Any) -> Arguments:
        told: Arguments = {
            "Status": one.status.value,
            "StartTime": self.epoch_s(one.began_at),
            "StatusMessage": one.message,
        }
        return told | ({} if one.ended_at is None else {"EndTime": self.epoch_s(one.ended_at)})

    @property
    def can_be_interrupted(self) -> bool:
        """Whether spot capacity that is taken back would hit it now."""
        return self.request.spot and self.history.secondary in (Secondary.DOWNLOADING, Secondary.TRAINING)
