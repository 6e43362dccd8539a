"""What functions use of the stage."""

from collections.abc import Callable
from typing import Protocol

from harness import journal
from harness.aws.functions.pool import Findings
from harness.aws.functions.triggers import Permits
from harness.clock import Clock
from harness.config import Credentials
from harness.gateway.chain import Address
from harness.gateway.splice import Pool as Connections
from harness.refusal import Refusal


class Permission(Permits, Protocol):
    """What the stage's permission does for functions."""

    async def credentials_for(
        self, role_arn: str, service: str, session_name: str, *, source_arn: str = ""
    ) -> Credentials | Refusal: ...


class House(Protocol):
    """The stage, as far as functions know it."""

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
    def pool(self) -> Connections: ...
    @property
    def gateway_url(self) -> str: ...
    @property
    def permission(self) -> Permission: ...
    @property
    def finding(self) -> Findings: ...
