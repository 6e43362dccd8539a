"""What people see; and that nobody has to look."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from harness.view import View


@pytest.fixture
def unread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let stderr be a pipe whose reader has left."""
    reading, writing = os.pipe()
    os.close(reading)
    pipe = os.fdopen(writing, "w")
    monkeypatch.setattr(sys, "stderr", pipe)
    yield
    monkeypatch.undo()
    with suppress(BrokenPipeError):  # what is left in its buffer can go nowhere
        pipe.close()


def test_without_a_terminal_phases_are_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Plain text, and no line for each step of a quick phase."""
    with View() as view:
        view.line("tiny")
        view.phase("load", "visitors")
        view.progress(1, 10, "1 sent")
        view.phase("teardown")
        view.phases_over()
    assert capsys.readouterr().err == "tiny\n  load      visitors\n  teardown\n"


@pytest.mark.usefixtures("unread")
def test_when_nobody_reads_any_more_it_falls_silent() -> None:
    """`harness run 2>&1 | head -1` must not change what the run comes to."""
    with View() as view:
        view.line("one")
        view.line("two")
        view.phase("load")
