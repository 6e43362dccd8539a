"""The statuses of a job: a primary one, and of training jobs a secondary one with its history.

SageMaker API reference, DescribeTrainingJob (TrainingJobStatus, SecondaryStatus, SecondaryStatusTransitions)
and SecondaryStatusTransition (StatusMessage). The sentences are those that jobs show in users' logs.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """TrainingJobStatus, ProcessingJobStatus, TransformJobStatus."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"


class Secondary(StrEnum):
    """SecondaryStatus, as far as a job here enters them."""

    STARTING = "Starting"
    DOWNLOADING = "Downloading"
    TRAINING = "Training"
    UPLOADING = "Uploading"
    INTERRUPTED = "Interrupted"
    PENDING = "Pending"
    STOPPING = "Stopping"
    STOPPED = "Stopped"
    MAX_RUNTIME_EXCEEDED = "MaxRuntimeExceeded"
    MAX_WAIT_TIME_EXCEEDED = "MaxWaitTimeExceeded"
    COMPLETED = "Completed"
    FAILED = "Failed"


LAST = frozenset({Status.COMPLETED, Status.FAILED, Status.STOPPED})
MESSAGES = {
    Secondary.STARTING: "Starting the training job",
    Secondary.DOWNLOADING: "Downloading input data",
    Secondary.TRAINING: "Training image download completed. Training in progress.",
    Secondary.UPLOADING: "Uploading generated training model",
    Secondary.INTERRUPTED: "Training job interrupted: the spot capacity was taken back",
    Secondary.PENDING: "Training job waiting for capacity",
    Secondary.STOPPING: "Stopping the training job",
    Secondary.STOPPED: "Training job stopped",
    Secondary.MAX_RUNTIME_EXCEEDED: "Training job runtime exceeded MaxRuntimeInSeconds provided",
    Secondary.MAX_WAIT_TIME_EXCEEDED: "Training job runtime exceeded MaxWaitTimeInSeconds provided",
    Secondary.COMPLETED: "Training job completed",
    Secondary.FAILED: "Training job failed",
}
_ENDS = {
    Secondary.STOPPED: Status.STOPPED,
    Secondary.MAX_RUNTIME_EXCEEDED: Status.STOPPED,
    Secondary.MAX_WAIT_TIME_EXCEEDED: Status.STOPPED,
    Secondary.COMPLETED: Status.COMPLETED,
    Secondary.FAILED: Status.FAILED,
    Secondary.STOPPING: Status.STOPPING,
}


def primary_of(secondary: Secondary) -> Status:
    """Return the status of a job whose secondary status that is."""
    return _ENDS.get(secondary, Status.IN_PROGRESS)


@dataclass(frozen=True, slots=True)
class Transition:
    """A secondary status, from when to when (model seconds; None while it lasts), and what is said of it."""

    status: Secondary
    began_at: float
    ended_at: float | None
    message: str


@dataclass(slots=True)
class History:
    """What statuses a job has been in, from the first; `at` never runs back."""

    transitions: list[Transition] = field(default_factory=list)

    @property
    def secondary(self) -> Secondary:
        """The secondary status it is in."""
        return self.transitions[-1].status if self.transitions else Secondary.STARTING

    @property
    def status(self) -> Status:
        """The status it is in."""
        return primary_of(self.secondary)

    @property
    def is_over(self) -> bool:
        """Whether that is a last one."""
        return self.status in LAST

    @property
    def changed_at(self) -> float:
        """When it entered the status it is in."""
        return self.transitions[-1].began_at if self.transitions else 0.0

    def enter(self, status: Secondary, at: float, message: str = "") -> Transition:
        """Note that the job is in *status* from *at*, and return the entry.

        Raises ValueError after a last status.
        """
        if self.is_over:
            raise ValueError(f"a job that is {self.status} does not become {status}")
        at = max(at, self.changed_at)
        if self.transitions:
            last = self.transitions[-1]
            self.transitions[-1] = Transition(last.status, last.began_at, at, last.message)
        ended = at if primary_of(status) in LAST else None
        self.transitions.append(Transition(status, at, ended, message or MESSAGES[status]))
        return self.transitions[-1]
