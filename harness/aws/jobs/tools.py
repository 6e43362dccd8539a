"""What a job's run works with: the part of the stage that has the jobs, as its runs know it."""

from typing import TYPE_CHECKING, Protocol

from harness import journal
from harness.aws.jobs.access import Access
from harness.aws.jobs.images import Images
from harness.aws.jobs.scratch import Scratch
from harness.clock import Clock
from harness.jobs.settings import JobSettings
from harness.jobs.status import Secondary

if TYPE_CHECKING:
    from harness.aws.jobs.training import TrainingJob


class Machinery(Protocol):
    """What every kind of job needs."""

    access: Access
    images: Images
    scratch: Scratch
    settings: JobSettings

    @property
    def clock(self) -> Clock: ...
    @property
    def region(self) -> str: ...
    @property
    def gateway_url(self) -> str: ...
    def finding(self, rule: str, severity: str, resource: str, message: str, source: str = "") -> None: ...


class Tools(Machinery, Protocol):
    """What a training job tells beside that."""

    def changed(self, job: "TrainingJob", secondary: Secondary, at: float, message: str = "") -> None: ...
    def measured(self, job: "TrainingJob", metric: str, value: float, at: float) -> None: ...
    def logged(self, job: "TrainingJob", stream: str, lines: list[str]) -> None: ...
    def ended(self, record: journal.JobEnded) -> None: ...
