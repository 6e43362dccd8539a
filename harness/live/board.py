"""What the thread that draws and the threads that serve share: pages, how the runs stand, who reads."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

# Who fetched a page without following its events (no scripts, or just about to follow) counts as a reader
# for this long.
INTEREST_S = 5.0
# How long a page is held back for a fresher one, when nobody was reading and so nothing was drawn.
FRESHEN_S = 2.0


@dataclass(frozen=True, slots=True)
class Page:
    """One page as it is served."""

    html: bytes
    version: int


@dataclass(slots=True)
class Board:
    """Safe to use from any thread."""

    pages: dict[int, Page] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)
    generation: int = 0
    readers: int = 0  # who follow the events, hidden pages included
    _attentive: int = 0
    _asked_at: float = 0.0
    _drawn_at: float = 0.0
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _wake: threading.Event = field(default_factory=threading.Event)

    # -- the thread that draws

    @property
    def is_read(self) -> bool:
        """Whether somebody looks, so that drawing is of use."""
        return self._attentive > 0 or time.monotonic() - self._asked_at < INTEREST_S

    def publish(self, state: dict[str, Any], pages: dict[int, Page], *, drawn: bool) -> None:
        """Put up *pages* and how the runs stand; *drawn* says that they are as fresh as can be."""
        with self._changed:
            self.pages |= pages
            if drawn:
                self._drawn_at = time.monotonic()
            if state != self.state:
                self.state = state
                self.generation += 1
            self._changed.notify_all()

    def await_reader(self, timeout_s: float) -> None:
        """Wait, for at most *timeout_s*, until somebody asks for something."""
        self._wake.wait(timeout_s)
        self._wake.clear()

    def wake(self) -> None:
        """Make `await_reader` return now."""
        self._wake.set()

    def await_no_readers(self, timeout_s: float) -> None:
        """Wait, for at most *timeout_s*, until nobody follows the events any more."""
        with self._changed:
            self._changed.wait_for(lambda: self.readers == 0, timeout_s)

    # -- the threads that serve

    def page(self, number: int) -> Page | None:
        """Return page *number*, drawn anew first when nobody was looking until now; None: there is none."""
        asked_at = time.monotonic()
        was_read, self._asked_at = self.is_read, asked_at
        if not was_read:
            self._wake.set()
            with self._changed:
                self._changed.wait_for(lambda: self._drawn_at >= asked_at, FRESHEN_S)
        return self.pages.get(number)

    @contextmanager
    def reading(self, *, attentive: bool) -> Iterator[None]:
        """Count somebody who follows the events while the block lasts; *attentive* ones look at the page."""
        with self._changed:
            self.readers += 1
            self._attentive += attentive
        self._wake.set()
        try:
            yield
        finally:
            with self._changed:
                self.readers -= 1
                self._attentive -= attentive
                self._changed.notify_all()

    def newer(self, than: int, timeout_s: float) -> tuple[int, dict[str, Any]] | None:
        """Return (generation, state) once it is newer than generation *than*; None after *timeout_s*."""
        with self._changed:
            if not self._changed.wait_for(lambda: self.generation > than, timeout_s):
                return None
            return self.generation, self.state
