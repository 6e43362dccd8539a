"""What people see; and that nobody has to look."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from harness.view import View, left_words


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


@pytest.mark.parametrize(
    ("done", "total", "took_s", "words"),
    [
        (30.0, 120.0, 10.0, "about 30 s left"),
        (1.0, 120.0, 10.0, ""),  # too little to tell a pace from
        (30.0, 120.0, 0.5, ""),
        (120.0, 120.0, 10.0, ""),
        (3.0, 0.0, 10.0, ""),  # nobody knows how long it will be
    ],
)
def test_the_time_left_is_told_by_the_pace_so_far(
    done: float, total: float, took_s: float, words: str
) -> None:
    """Model seconds pass at the clock's speed: 30 of 120 in 10 s leave 30 s."""
    assert left_words(done, total, took_s) == words


def test_a_phase_that_may_end_at_any_time_says_so() -> None:
    """Settling lasts no longer than that."""
    assert left_words(30.0, 120.0, 10.0, at_most=True) == "at most 30 s left"
