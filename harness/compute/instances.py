"""One instance: its states, what is due of it, and why it changed.

States and codes: EC2 API reference, InstanceState; reasons: StateReason.
"""

from dataclasses import dataclass
from typing import Literal

PENDING, RUNNING, SHUTTING_DOWN = "pending", "running", "shutting-down"
TERMINATED, STOPPING, STOPPED = "terminated", "stopping", "stopped"
CODES = {PENDING: 0, RUNNING: 16, SHUTTING_DOWN: 32, TERMINATED: 48, STOPPING: 64, STOPPED: 80}

BY_USER = "Client.UserInitiatedShutdown"
BY_ITSELF = "Client.InstanceInitiatedShutdown"
BY_SPOT = "Server.SpotInstanceTermination"
STOPPED_BY_SPOT = "Server.SpotInstanceShutdown"
MESSAGES = {
    BY_USER: "User initiated shutdown",
    BY_ITSELF: "Instance initiated shutdown",
    BY_SPOT: "Spot instance termination",
    STOPPED_BY_SPOT: "Spot instance shutdown",
}

Behaviour = Literal["terminate", "stop", "hibernate"]


@dataclass(frozen=True, slots=True)
class Launch:
    """An instance to be run. `request` is that of a spot instance, empty for one on demand.

    `on_shutdown` is InstanceInitiatedShutdownBehavior, `ends_after_s` how long after its boot it shuts itself
    down, None for never. One that `says_ready` has a program whose start takes this machine's time.
    """

    instance: str
    instance_type: str
    zone: str
    image: str = ""
    request: str = ""
    on_shutdown: Literal["stop", "terminate"] = "stop"
    ends_after_s: float | None = None
    says_ready: bool = False


@dataclass(frozen=True, slots=True)
class Interruption:
    """A spot instance that is being taken back: noticed at `noticed_at`, gone from `takes_effect_at` on.

    `planned` says that a plan of the user's is the reason, and not the market.
    """

    action: Behaviour
    by_price: bool
    planned: bool
    recommended_at: float
    noticed_at: float
    takes_effect_at: float


@dataclass(slots=True, eq=False)
class Instance:
    """An instance as it is now. `due_at` is when its state changes by itself, `ends_at` its own shutdown."""

    launch: Launch
    state: str
    launched_at: float
    due_at: float | None
    boots: int = 0
    began_at: float = 0.0  # when it last began to run
    ready_at: float | None = None  # when its program began to work
    ends_at: float | None = None
    reason: str = ""
    left_at: float = 0.0  # when it last began to stop or to terminate
    priced_at: float = 0.0  # when its price was last looked at
    usd_per_hour: float | None = None
    interruption: Interruption | None = None
    noticed: bool = False

    @property
    def is_spot(self) -> bool:
        """Whether it was launched for a spot request."""
        return bool(self.launch.request)

    @property
    def code(self) -> int:
        """The code of its state."""
        return CODES[self.state]

    def next_at(self) -> float | None:
        """Return the next moment at which something of it is due, None while nothing is."""
        moments = [self.due_at]
        if self.state == RUNNING:
            moments.append(self.ends_at)
            if self.interruption is not None:
                noticed = self.interruption.takes_effect_at if self.noticed else self.interruption.noticed_at
                moments.append(noticed)
        return min((moment for moment in moments if moment is not None), default=None)
