"""What EC2 uses of the stage."""

from collections.abc import Callable
from typing import Protocol

from harness import journal
from harness.aws.functions.pool import Findings
from harness.clock import Clock
from harness.config import Credentials
from harness.gateway.chain import Address
from harness.refusal import Refusal


class Permission(Protocol):
    """What the stage's permission does for instances."""

    async def credentials_for(
        self, role_arn: str, service: str, session_name: str, *, source_arn: str = ""
    ) -> Credentials | Refusal: ...


class House(Protocol):
    """The stage, as far as EC2 knows it."""

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
    def gateway_url(self) -> str: ...
    @property
    def permission(self) -> Permission: ...
    @property
    def finding(self) -> Findings: ...
