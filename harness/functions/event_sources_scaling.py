"""How many batches of one queue may be under way: more with a backlog, fewer with failures.

Source: Lambda developer guide, "Configuring scaling behavior for SQS event source mappings" and "Handling
errors for an SQS event source in Lambda"; what these leave open is in `EventSourceSettings`.
"""

import math

from harness.functions.event_sources_arguments import SourceConfig
from harness.functions.event_sources_settings import (
    GROWTH_PER_MINUTE,
    INVOCATIONS_PER_POLLER,
    MOST_BATCHES,
    PROVISIONED_GROWTH_PER_MINUTE,
    STARTING_BATCHES,
    EventSourceSettings,
)

MINUTE_S = 60.0
ROUNDING = 1e-9  # what sums of spans may lack of a whole step


class Scaling:
    """The limit of one mapping. It must be told every moment at which something changes, in their order.

    It grows by the time for which every place was taken: that messages are still available shows in that.
    """

    def __init__(self, config: SourceConfig, settings: EventSourceSettings, now: float) -> None:
        self.least, self.most, per_minute = _bounds(config)
        self._settings = settings
        self._per_step = per_minute / MINUTE_S * settings.growth_step_s
        self._limit = float(self.least)
        self._busy = False
        self._busy_s = 0.0  # for which every place was taken since the last step
        self._now = self._quiet_since = self._shrunk_at = now
        self._backed_off_at = self._recovered_at = -math.inf

    @property
    def limit(self) -> int:
        """How many batches may be under way."""
        return int(self._limit)

    def advance(self, now: float) -> None:
        """Let the limit grow or shrink by the steps that are over by *now*."""
        if self._busy:
            self._busy_s += now - self._now
            self._quiet_since = self._shrunk_at = now
            self._grow()
        self._now = now
        if self._limit > self.least:
            self._shrink(now)

    def _grow(self) -> None:
        step_s = self._settings.growth_step_s
        steps = math.floor(self._busy_s / step_s + ROUNDING)
        self._busy_s = max(self._busy_s - steps * step_s, 0.0)
        self._limit = min(self._limit + steps * self._per_step, float(self.most))

    def _shrink(self, now: float) -> None:
        step_s = self._settings.growth_step_s
        begins_at = max(self._quiet_since + self._settings.shrink_after_s, self._shrunk_at)
        steps = math.floor((now - begins_at) / step_s + ROUNDING)
        if steps > 0:
            self._shrunk_at = begins_at + steps * step_s
            self._limit = max(self._limit - steps * self._per_step, float(self.least))

    def seen(self, now: float, *, busy: bool) -> None:
        """Note whether every place is taken from *now* on."""
        self.advance(now)
        self._busy = busy

    def failed(self, now: float) -> None:
        """Reduce the limit: an invocation failed, or was throttled; failures close together count once."""
        self.advance(now)
        if now - self._backed_off_at < self._settings.backoff_every_s:
            return
        self._backed_off_at = self._recovered_at = now
        self._busy_s = 0.0
        self._limit = max(self._limit * self._settings.backoff_factor, 1.0)

    def succeeded(self, now: float) -> None:
        """Let a limit that failures brought below where it began recover, step by step."""
        self.advance(now)
        if self._limit < self.least and now - self._recovered_at >= self._settings.growth_step_s:
            self._limit = min(self._limit + self._per_step, float(self.least))
            self._recovered_at = now

    def next_step(self) -> float | None:
        """Return when the limit grows next if nothing changes, None when it does not."""
        if not self._busy or self._limit >= self.most:
            return None
        return self._now + self._settings.growth_step_s - self._busy_s


def _bounds(config: SourceConfig) -> tuple[int, int, int]:
    """Return the limit to begin with, the highest one, and the growth a minute."""
    if config.provisioned is not None:
        least, most = config.provisioned.minimum, config.provisioned.maximum
        return least * INVOCATIONS_PER_POLLER, most * INVOCATIONS_PER_POLLER, PROVISIONED_GROWTH_PER_MINUTE
    most = MOST_BATCHES if config.maximum_concurrency is None else config.maximum_concurrency
    return min(STARTING_BATCHES, most), most, GROWTH_PER_MINUTE
