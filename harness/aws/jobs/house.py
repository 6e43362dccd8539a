"""What jobs use of the stage."""

from collections.abc import Callable
from typing import Protocol

from harness import journal
from harness.aws.functions.datapoints import FunctionDatapoint
from harness.aws.functions.house import Permission
from harness.aws.functions.pool import Findings
from harness.aws.jobs.datapoints import JobDatapoint
from harness.aws.messages.queue_metrics import QueueDatapoint
from harness.clock import Clock
from harness.gateway.chain import Address
from harness.gateway.splice import Pool


class Shows(Protocol):
    """The stage's CloudWatch."""

    def show(self, value: QueueDatapoint | FunctionDatapoint | JobDatapoint) -> None: ...


class House(Protocol):
    """The stage, as far as jobs know it."""

    @property
    def clock(self) -> Clock: ...
    @property
    def record(self) -> Callable[[journal.Record], None]: ...
    @property
    def route(self) -> Callable[[str], Address]: ...
    @property
    def region(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def pool(self) -> Pool: ...
    @property
    def gateway_url(self) -> str: ...
    @property
    def permission(self) -> Permission: ...
    @property
    def finding(self) -> Findings: ...
    @property
    def shown(self) -> Shows: ...
