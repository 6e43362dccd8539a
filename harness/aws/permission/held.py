"""What the guard asks the policy store, so that either can be read alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from harness.gateway.chain import Exchange
from harness.iam import Policy, Principal


class Mode(Enum):
    """ENFORCE refuses what AWS would, OBSERVE only keeps what would have been refused, OFF does not look."""

    ENFORCE = "enforce"
    OBSERVE = "observe"
    OFF = "off"


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """What one user or role holds. `boundary` is None where it has none; `unique_id` is AIDA… or AROA….

    `exists` is false where the backend knows no such user or role: it holds nothing.
    """

    identity: tuple[Policy, ...] = ()
    boundary: tuple[Policy, ...] | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    unique_id: str = ""
    exists: bool = True


class Policies(Protocol):
    """The policies of the backend, read when first asked for and kept until something changes them.

    Everything runs on the gateway's loop. `revision` grows with every change, so that whatever was decided
    before it is decided again.
    """

    revision: int

    def held(self, principal: Principal) -> Held | None:
        """Return what *principal* (a user, or the role of a session) holds, None while it is not read."""
        ...

    def resource_policy(self, arn: str) -> Policy | None:
        """Return the policy of the resource *arn*, None where it has none. Only for what is `known`."""
        ...

    def known(self, arn: str) -> bool:
        """Return whether the policy of *arn* is read, or *arn* is of a kind that has no policies."""
        ...

    async def learn(self, principal: Principal | None, resources: Sequence[str]) -> None:
        """Read what is not known yet of *principal* and *resources*; raise BackendError."""
        ...

    async def managed(self, arn: str) -> "Document | None":
        """Return the managed policy with *arn*, None where there is none; raise BackendError."""
        ...

    async def scps(self) -> tuple[tuple[Policy, ...], ...] | None:
        """Return the service control policies of each level above the account, None where there are none."""
        ...

    async def rcps(self) -> tuple[tuple[Policy, ...], ...] | None:
        """Return the resource control policies of each level above the account, None where there are none."""
        ...

    def heard(self, exchange: Exchange) -> None:
        """Take note of an answered call that may have changed policies; forget what it changed."""
        ...


class Document(Protocol):
    """The default version of a managed policy, as JSON text."""

    @property
    def document(self) -> str: ...
