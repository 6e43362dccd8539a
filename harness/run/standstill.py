"""Notes when the rehearsal itself stands still: its process was stopped, or the machine gave it no time.

The gateway is a part of it. Requests that wait for it arrive in a burst when it goes on, and what the
endpoints then seem to take is none of theirs: such a load proves nothing.
"""

import threading
from types import TracebackType
from typing import Self

from harness.clock import Clock

# A hundred times what a busy machine makes a thread wait for its turn; long answers are some tenths of this.
AT_MOST_REAL_S = 2.0
LOOK_EVERY_REAL_S = 0.1


class Standstill:
    """Looks at the clock ten times a second while its `with` block lasts; `why` says when it could not."""

    def __init__(self, clock: Clock) -> None:
        self.why: list[str] = []
        self._clock = clock
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="standstill", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        before = self._clock.now()
        while not self._stop.wait(LOOK_EVERY_REAL_S):
            now = self._clock.now()
            stood_s = (now - before) / self._clock.speed
            if stood_s > AT_MOST_REAL_S:
                self.why.append(
                    f"The rehearsal itself stood still for {stood_s:.0f} s from model second {before:.0f} "
                    "on, and its gateway with it; run it again, and leave it the machine."
                )
            before = now
