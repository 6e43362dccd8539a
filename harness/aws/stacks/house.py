"""What stacks use of the stage."""

from collections.abc import Callable
from typing import Any, Protocol

from harness import journal
from harness.clock import Clock
from harness.config import Credentials
from harness.refusal import Refusal


class Permission(Protocol):
    """What the stage's permission does for stacks."""

    async def credentials_for(
        self, role_arn: str, service: str, session_name: str, *, source_arn: str = ""
    ) -> Credentials | Refusal: ...


class House(Protocol):
    """The stage, as far as stacks know it."""

    @property
    def clock(self) -> Clock: ...
    @property
    def record(self) -> Callable[[journal.Record], None]: ...
    @property
    def region(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def gateway_url(self) -> str: ...
    @property
    def permission(self) -> Any: ...
