"""How a program beside the load learns that it should end, and how what it waits for is cut short.

The runner asks by SIGTERM, which sets `asked`; the program sees that as `context.stopping` and ends when it
suits it. A long poll of SQS lasts up to 20 s, more than the runner waits, so the poll that the signal meets
(or the next, where none is under way) comes back at once, and empty. Nothing else of the program is
interrupted: a message that it works on is worked on to its end.
"""

import io
import signal
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeVar

# How often a wait looks whether it should end.
SLICE_S = 0.05
# What SQS answers when there was no message until the wait was over (API reference, ReceiveMessage).
EMPTY_ANSWER = b"{}"
EMPTY_TYPE = "application/x-amz-json-1.0"
# As `sessions.client` has them: a long poll lasts 20 s at most.
TIMEOUTS_S = (5.0, 70.0)

T = TypeVar("T")


class _CutShort(BaseException):
    """Raised by the signal's handler inside a call that may be interrupted, and nowhere else."""


class Stopping:
    """Whether the program was asked to end; one wait is cut short for it, no more.

    Only one, because a program that never looks at `stopping` would otherwise spin until it is killed.
    """

    def __init__(self) -> None:
        self.asked = False
        self._seen = False
        self._cut = False
        self._interruptible = False

    def listen(self) -> None:
        """Take SIGTERM as the question from now on; to be called in the main thread."""
        signal.signal(signal.SIGTERM, self._hear)

    def look(self) -> bool:
        """Return whether the program was asked; from then on it knows, and no wait is cut short for it."""
        self._seen = self._seen or self.asked
        return self.asked

    def sleep(self, seconds: float) -> None:
        """Wait *seconds*, less when the program is asked meanwhile."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not self._takes_cut():
            time.sleep(min(left, SLICE_S))

    def within(self, call: Callable[[], T], cut: T) -> T:
        """Return what *call* does, or *cut* as soon as the program is asked.

        A signal interrupts the main thread alone: in any other, *call* is waited for.
        """
        if threading.current_thread() is not threading.main_thread():
            return call()
        try:
            try:
                self._interruptible = True
                return cut if self._takes_cut() else call()
            finally:
                self._interruptible = False
        except _CutShort:
            return cut

    def _takes_cut(self) -> bool:
        if not self.asked or self._seen or self._cut:
            return False
        self._cut = True
        return True

    def _hear(self, _signal: int, _frame: object) -> None:
        self.asked = True
        if self._interruptible and self._takes_cut():
            raise _CutShort


def cut_receives_short(stopping: Stopping) -> None:
    """Let the long polls of every botocore session that is made from now on end with *stopping*."""

    def send(request: Any, **_more: Any) -> Any:
        from botocore.awsrequest import AWSResponse, HeadersDict

        headers: Any = HeadersDict({"Content-Type": EMPTY_TYPE})
        empty = AWSResponse(request.url, 200, headers, _Body(EMPTY_ANSWER))
        return stopping.within(lambda: _http().send(request), empty)

    # botocore sends a request itself unless a handler of this event has answered it. What is sent here is
    # sent the same way, only that this is a place where it can be cut short.
    _before_every("before-send.sqs.ReceiveMessage", send)


def on_first_call(tell: Callable[[], None]) -> None:
    """Call *tell* when a botocore session that is made from now on sends its first request."""
    told: list[bool] = []

    def before_send(**_more: Any) -> None:
        if not told:
            told.append(True)
            tell()

    _before_every("before-send", before_send)


@cache
def _http() -> Any:
    from botocore.httpsession import URLLib3Session

    timeouts: Any = TIMEOUTS_S  # the stubs know of one figure only
    return URLLib3Session(timeout=timeouts, proxies={})


def _before_every(event: str, handler: Any) -> None:
    from botocore import register_initializer

    register_initializer(lambda session: session.register(event, handler))


class _Body(io.BytesIO):
    """An answer's body as botocore reads it."""

    def stream(self) -> Iterator[bytes]:
        """Yield the whole."""
        yield self.read()
