"""What `--ui` makes of a command: a live view around its runs, or nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Follow = Callable[[Path], None]


def unwatched(_: Path) -> None:
    """Follow no run."""


@contextmanager
def watching(port: int | None, runs: int, tell: Callable[[str], None]) -> Iterator[Follow]:
    """Serve a live view of *runs* runs on *port* while the block lasts, and *tell* people its address.

    What comes back wants the directory of each run as soon as it is there. Without a port (no `--ui`) it does
    nothing. Raises EnvironmentFault when the port cannot be had.
    """
    if port is None:
        yield unwatched
        return
    from harness.live.view import LiveView

    with LiveView(port, runs=runs) as live:
        tell(f"live    {live.url}")
        yield live.follow
        if obituary := live.obituary():
            tell(f"{obituary} (the runs themselves missed nothing)")
