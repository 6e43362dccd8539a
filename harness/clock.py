"""The clock of a run: model seconds per real second, read once per event by whoever acts."""

import math
import re
import time
from dataclasses import dataclass
from typing import Protocol

from harness.errors import ScenarioError

MAX_SPEED = 1_000.0  # above it a model minute is under 60 ms and timer noise becomes a visible share of it


@dataclass(frozen=True, slots=True)
class ClockSpec:
    """What `--clock` names: `wall` (speed 1), `compressed:N` (N model seconds a real second) or `virtual`.

    On the virtual clock nothing is waited for: its speed is infinite, and no `Clock` can be made of it.
    """

    speed: float = 1.0

    @property
    def is_virtual(self) -> bool:
        """Whether moments are reckoned, not waited for."""
        return self.speed == math.inf

    @classmethod
    def parse(cls, text: str) -> "ClockSpec":
        """Return the clock that *text* names; raise ScenarioError saying which forms there are."""
        if text == "wall":
            return cls(1.0)
        if text == "virtual":
            return cls(math.inf)
        match = re.fullmatch(r"compressed:(\d+(?:\.\d+)?)", text)
        if match and 1.0 <= float(match[1]) <= MAX_SPEED:
            return cls(float(match[1]))
        raise ScenarioError(
            f"{text!r} is no clock here; say 'wall', 'virtual' or 'compressed:N' with N from 1 to "
            f"{MAX_SPEED:.0f}"
        )

    def __str__(self) -> str:
        if self.is_virtual:
            return "virtual"
        return "wall" if self.speed == 1.0 else f"compressed:{self.speed:g}"


class Calendar(Protocol):
    """Whatever knows which moment of the calendar a model second is."""

    def epoch_s(self, model_at: float) -> float:
        """Return *model_at* in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class VirtualCalendar:
    """The calendar of the virtual clock: model second 0 is `started_epoch_s`, whenever it is played."""

    started_epoch_s: float

    def epoch_s(self, model_at: float) -> float:
        """Return *model_at* in seconds since 1970."""
        return self.started_epoch_s + model_at


class Clock:
    """Model time: zero when made, running at `speed`. Safe to read from any thread.

    `epoch_s` is the model calendar: the moment of the start rounded down to a minute, so that CloudWatch's
    minutes and the model's minutes are the same ones, plus model seconds.
    """

    def __init__(self, spec: ClockSpec | None = None) -> None:
        self.spec = spec or ClockSpec()
        self.speed = self.spec.speed
        self.restart()

    def restart(self) -> None:
        """Make this moment model second 0: what came before, as training, took this machine's time."""
        self.zero = time.monotonic()
        self.started_epoch_s = math.floor(time.time() / 60.0) * 60.0

    def now(self) -> float:
        """Return model seconds since the run began."""
        return (time.monotonic() - self.zero) * self.speed

    def real_until(self, model_at: float) -> float:
        """Return the real seconds from now until *model_at*, negative when it has passed."""
        return model_at / self.speed - (time.monotonic() - self.zero)

    def epoch_s(self, model_at: float) -> float:
        """Return *model_at* on the model calendar, in seconds since 1970."""
        return self.started_epoch_s + model_at

    def sleep_until(self, model_at: float) -> None:
        """Wait, in this thread, until *model_at* has come."""
        while (wait := self.real_until(model_at)) > 0:
            time.sleep(wait)
