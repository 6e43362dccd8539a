"""What a person sees while a run goes on: phases and a progress bar on stderr, or plain lines."""

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from harness.config import moves_on
from harness.printable import printable
from harness.terminal import Line, Table, console, draw, lines_of, span_words

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, Task, TaskID

PLAIN_EVERY_S = 5.0  # without a terminal (CI): a line now and then instead of a bar
# A pace that was watched for less, or over less of the phase, says nothing of the rest.
SURE_AFTER_S = 1.0
SURE_FROM = 0.02
WIDE = 80  # columns, from which on the bar has its whole length
REDRAWN_PER_S = 5.0  # each time takes a millisecond that the gateway could use


class View:
    """The console of one command. When nobody reads it any more it falls silent, and the run goes on."""

    def __init__(self) -> None:
        self._silent = False
        self._bar: Progress | None = None
        self._console: Console | None = None
        self._task: TaskID | None = None
        self._name = ""
        self._began_at = 0.0
        self._told_at = 0.0

    def __enter__(self) -> Self:
        self._console = console(sys.stderr)
        if self._console is not None and moves_on(sys.stderr):
            self._bar = _bar(self._console)
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()

    def line(self, text: str) -> None:
        """Show one line for people."""
        self.show(Line(text))

    def show(self, *parts: Table | Line) -> None:
        """Show *parts* for people; plain lines where there is no terminal."""
        if self._silent:
            return
        try:
            for part in parts:
                if self._console is not None:
                    draw(part, self._console)
                elif lines := lines_of(part):
                    print("\n".join(lines), file=sys.stderr, flush=True)
        except OSError:
            self._silent = True

    def phase(self, name: str, detail: str = "") -> None:
        """Show that the phase *name* has begun."""
        self._name = name
        self._began_at = self._told_at = time.monotonic()
        detail = printable(detail)
        if self._bar is None:
            self.line(f"  {name:<9} {detail}".rstrip())
            return
        self._end_task()
        self._task = self._bar.add_task(detail, total=None, phase=name, left="")

    def progress(self, done: float, total: float, text: str = "", *, at_most: bool = False) -> None:
        """Show how far the phase is, and by the pace so far when it will be over.

        With *at_most* the phase may end at any time before that.
        """
        now, text = time.monotonic(), printable(text)
        if self._bar is not None and self._task is not None:
            left = left_words(done, total, now - self._began_at, at_most=at_most)
            self._bar.update(self._task, completed=done, total=total, description=text, left=left)
        elif now - self._told_at >= PLAIN_EVERY_S:
            self._told_at = now
            share = f"{done / total:4.0%}" if total else "    "
            left = left_words(done, total, now - self._began_at, at_most=at_most)
            self.line(f"  {self._name:<9} {share}  {text}{', ' if left and text else ''}{left}")

    def phases_over(self) -> None:
        """Take the bar of the last phase away: what follows are results."""
        if self._bar is not None:
            self._end_task()
            self._bar.refresh()  # else the last look of it would come back below each result

    def _end_task(self) -> None:
        # Forgotten first: an interruption may come between the two, and what comes after it is told as well.
        task, self._task = self._task, None
        if self._bar is not None and task is not None:
            self._bar.remove_task(task)


def left_words(done: float, total: float, took_s: float, *, at_most: bool = False) -> str:
    """Return how long the rest of a phase takes by the pace so far, "" while that is not to be seen.

    What advances on the model clock keeps its pace, so that the speed of the clock is in it.
    """
    if total <= 0 or done >= total or done < total * SURE_FROM or took_s < SURE_AFTER_S:
        return ""
    return f"{'at most' if at_most else 'about'} {span_words(took_s / done * (total - done))} left"


def _bar(on: "Console") -> "Progress":
    """Return a bar that fills where a phase's length is known, and a sign of life where it is not."""
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Known(BarColumn):
        def render(self, task: "Task") -> Any:
            return Text() if task.total is None else super().render(task)

    class Share(TextColumn):
        def render(self, task: "Task") -> Text:
            return Text() if task.total is None else super().render(task)

    return Progress(
        SpinnerColumn("line" if on.options.ascii_only else "dots"),
        TextColumn("{task.fields[phase]:<8}", markup=False),
        TimeElapsedColumn(),
        Known(bar_width=30 if on.width >= WIDE else 10),
        Share("{task.percentage:>3.0f} %", markup=False),
        TextColumn("{task.fields[left]}", markup=False, style="cyan"),
        TextColumn("{task.description}", markup=False),
        console=on,
        transient=True,
        refresh_per_second=REDRAWN_PER_S,
    )
