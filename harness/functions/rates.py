"""How fast: requests a second, and new execution environments every ten seconds."""

import math

# Lambda quotas, "Lambda API requests": each instance of an execution environment serves up to 10 synchronous
# requests a second, so a function's limit is 10 times its concurrency; and 10 times the provisioned
# concurrency of an alias, from any source. Counted here in whole seconds; the window is not said.
REQUESTS_PER_ENVIRONMENT_S = 10

# Guide, "Lambda scaling behavior": 1,000 execution environments every 10 seconds and function, refilled
# continuously, and never more than 1,000 at any instant.
SCALING_BURST = 1_000
SCALING_PER_S = 100.0


class RequestRate:
    """The requests of one second at a time."""

    __slots__ = ("second", "starts")

    def __init__(self) -> None:
        self.second, self.starts = -1, 0

    def is_open(self, environments: int, now: float) -> bool:
        """Return whether *environments* may take one request more in the second of *now*."""
        second = math.floor(now)
        if second != self.second:
            self.second, self.starts = second, 0
        return self.starts < REQUESTS_PER_ENVIRONMENT_S * environments

    def count(self) -> None:
        """Count the request that `is_open` was asked for."""
        self.starts += 1


class ScalingRate:
    """How many environments a function may still start: SCALING_BURST at first, refilled as time goes."""

    __slots__ = ("_at", "left")

    def __init__(self) -> None:
        self.left, self._at = float(SCALING_BURST), 0.0

    def take(self, now: float) -> bool:
        """Take one environment; False where none may be started yet."""
        self.left = min(self.left + (now - self._at) * SCALING_PER_S, float(SCALING_BURST))
        self._at = now
        if self.left < 1.0:
            return False
        self.left -= 1.0
        return True
