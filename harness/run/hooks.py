"""What other parts of the house do at moments of a run that the runner does not know the meaning of."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

TICK_EVERY_REAL_S = 1.0

Action = Callable[[], None]


@dataclass(slots=True)
class Hooks:
    """Actions by their moment, in order.

    `deployed`: all resources are there, and no program has begun. `each_second` of this machine, from then
    until the inventory, in a thread of its own. `inventory`: programs are done, nothing is torn down yet.
    """

    deployed: list[Action] = field(default_factory=list)
    each_second: list[Action] = field(default_factory=list)
    inventory: list[Action] = field(default_factory=list)


class Ticker:
    """Does *actions* each second while its `with` block lasts; the first at once, the last at its end.

    One that fails is told to *failed*, once for each kind of failure, and tried again with the next tick.
    """

    def __init__(self, actions: list[Action], failed: Callable[[str], None]) -> None:
        self._actions = actions
        self._failed = failed
        self._told: set[str] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="ticker", daemon=True)

    @property
    def running(self) -> bool:
        """Whether it has a thread that ticks."""
        return self._thread.is_alive()

    def __enter__(self) -> Self:
        if self._actions:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        self._tick()
        while not self._stop.wait(TICK_EVERY_REAL_S):
            self._tick()
        self._tick()

    def _tick(self) -> None:
        for action in self._actions:
            try:
                action()
            except Exception as error:
                said = f"{type(error).__name__}: {error}"
                if said not in self._told:
                    self._told.add(said)
                    self._failed(said)
