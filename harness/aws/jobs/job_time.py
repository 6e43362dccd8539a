"""The time of one job: what it takes here counts as it is, unless the scenario says how long it takes.

On a compressed clock a process takes as many seconds as on any other: its job is not to look N times slower
than it is, so that its own moments run on in real seconds from the model moment of its start. A modelled job
takes the seconds that it is given, on the model's clock.
"""

from time import perf_counter

from harness.clock import Clock


class JobTime:
    """The moments of one attempt, which had its instances from model second *start_at*."""

    def __init__(self, clock: Clock, start_at: float, seconds: float | None) -> None:
        self.start_at = start_at
        self.seconds = seconds
        self._clock = clock
        self._began = perf_counter()

    def at(self) -> float:
        """Return the job's moment now, in model seconds."""
        if self.seconds is None:
            return self.start_at + self.real_s()
        return min(max(self._clock.now(), self.start_at), self.start_at + self.seconds)

    def span_s(self) -> float:
        """Return how long it has had its instances."""
        return self.at() - self.start_at

    def real_s(self) -> float:
        """Return how many seconds of this machine it has taken."""
        return perf_counter() - self._began

    def wait_s(self) -> float:
        """Return the real seconds that a modelled job has yet to last, 0 for one that takes what it takes."""
        if self.seconds is None:
            return 0.0
        return max(self._clock.real_until(self.start_at + self.seconds), 0.0)
