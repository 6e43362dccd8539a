"""Ctrl-C, SIGTERM and a closed terminal: how they end a command, and how a part of a run puts that off.

A signal raises KeyboardInterrupt in the main thread, wherever it happens to be. What must not be cut in two
(the end of a journal) or has results to bring home first (a load) runs inside `Deferred`.
"""

import signal
import threading
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt_on_signals() -> None:
    """Let SIGTERM and SIGHUP do what Ctrl-C does; one that was ignored before (nohup) stays ignored."""
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _interrupt)


def ignore_further() -> None:
    """Let no further signal cut the end of a command in two: what it has begun to clear up is soon over."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _interrupt(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt


class Deferred:
    """While its `with` block lasts, the first signal is only noted in `came`; the block's end raises it.

    A second signal interrupts at once. Outside the main thread, where no signal arrives, nothing changes.
    """

    def __init__(self) -> None:
        self.came = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        if self.came and error is None:
            raise KeyboardInterrupt

    def _note(self, _signal: int, _frame: FrameType | None) -> None:
        if self.came:
            raise KeyboardInterrupt
        self.came = True
