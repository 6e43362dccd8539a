"""Execution environments: who is idle, who prepares, and what is told of their lives."""

import math
from collections import OrderedDict
from dataclasses import dataclass, field
from enum import StrEnum

from harness.functions.pool import ProvisionedPool
from harness.functions.settings import Reuse


class Ending(StrEnum):
    """Why an execution environment is given up."""

    IDLE = "idle"  # nobody asked for it for its idle lifetime
    REPLACED = "replaced"  # code or configuration of its version changed
    RELEASED = "released"  # the provisioned concurrency it belonged to was lowered or taken away
    DIED = "died"  # a crash or a timeout: the next invocation starts in a new one
    REMOVED = "removed"  # its function was deleted


@dataclass(frozen=True, slots=True)
class EnvironmentStarted:
    """A provisioned environment begins to initialise; it takes invocations from `ready_at` on.

    One that starts on demand is told by the `Admitted` that started it, not here.
    """

    at: float
    environment: str
    function: str
    version: str
    provisioned: bool
    ready_at: float


@dataclass(frozen=True, slots=True)
class EnvironmentEnded:
    """An environment takes no invocation any more; what ran in it has ended."""

    at: float
    environment: str
    function: str
    version: str
    why: Ending


@dataclass(slots=True, eq=False)
class Environment:
    """One execution environment; `ready` is the provisioned concurrency it belongs to, None on demand.

    `expires_at` is when it is given up unless it is used before, infinity while it is busy or provisioned.
    `ending`: it is given up as soon as what runs in it is over.
    """

    name: str
    version: str
    ready: "Ready | None"
    idle_lifetime_s: float = math.inf
    expires_at: float = math.inf
    ending: Ending | None = None
    is_on_agenda: bool = False


class Idle:
    """The idle environments of one version, in the order in which they became idle."""

    __slots__ = ("_newest_first", "_waiting")

    def __init__(self, reuse: Reuse) -> None:
        self._waiting: OrderedDict[str, Environment] = OrderedDict()
        self._newest_first = reuse is Reuse.MOST_RECENT

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, environment: Environment) -> None:
        """Let *environment* wait; it is the most recently used one now."""
        self._waiting[environment.name] = environment

    def take(self) -> Environment | None:
        """Return the environment whose turn it is, no longer idle; None where none is."""
        return self._waiting.popitem(last=self._newest_first)[1] if self._waiting else None

    def take_oldest(self) -> Environment:
        """Return the one that has been idle longest, no longer idle; there must be one."""
        return self._waiting.popitem(last=False)[1]

    def remove(self, environment: Environment) -> None:
        """Let *environment*, which waits here, go."""
        del self._waiting[environment.name]

    def take_all(self) -> list[Environment]:
        """Return all of them, oldest first, none idle any more."""
        taken = list(self._waiting.values())
        self._waiting.clear()
        return taken


@dataclass(slots=True, eq=False)
class Ready:
    """The provisioned environments behind one qualifier: idle, busy, and those that still initialise."""

    pool: ProvisionedPool
    version: str
    idle: Idle
    busy: int = 0
    preparing: list[Environment] = field(default_factory=list)

    @property
    def claimed(self) -> int:
        """How much concurrency it holds; right after a decrease more may run than are allocated."""
        return max(self.pool.current_capacity, self.busy)

    @property
    def usable(self) -> int:
        """How many environments there are, busy or idle."""
        return len(self.idle) + self.busy
