"""What a person sees while a run goes on: phases and a progress bar on stderr, or plain lines."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PLAIN_EVERY_S = 5.0  # without a terminal (CI): a line now and then instead of a bar


class View:
    """The console of one command. When nobody reads it any more it falls silent, and the run goes on."""

    def __init__(self) -> None:
        self._silent = False
        self._terminal = sys.stderr.isatty()
        self._bar: Progress | None = None
        self._task: TaskID | None = None
        self._name = ""
        self._told_at = 0.0

    def __enter__(self) -> Self:
        if self._terminal:
            self._bar = _bar()
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def line(self, text: str) -> None:
        """Show one line for people."""
        if self._silent:
            return
        try:
            if self._bar is not None:
                self._bar.console.print(text, highlight=False, markup=False, soft_wrap=True)
            else:
                print(text, file=sys.stderr, flush=True)
        except OSError:
            self._silent = True

    def phase(self, name: str, detail: str = "") -> None:
        """Show that the phase *name* has begun."""
        self._name = name
        self._told_at = time.monotonic()
        if self._bar is None:
            self.line(f"  {name:<9} {detail}".rstrip())
            return
        if self._task is not None:
            self._bar.remove_task(self._task)
        self._task = self._bar.add_task(detail, total=None, phase=name)

    def progress(self, done: float, total: float, text: str = "") -> None:
        """Show how far the phase is."""
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done, total=total, description=text)
        elif time.monotonic() - self._told_at >= PLAIN_EVERY_S:
            self._told_at = time.monotonic()
            share = f"{done / total:4.0%}" if total else "    "
            self.line(f"  {self._name:<9} {share}  {text}")

    def phases_over(self) -> None:
        """Take the bar of the last phase away: what follows are results."""
        if self._bar is not None and self._task is not None:
            self._bar.remove_task(self._task)
            self._task = None


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("  {task.fields[phase]:<9}"),
        BarColumn(bar_width=30),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )
