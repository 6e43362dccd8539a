"""Results on a terminal, in a file, and on terminals that can do little: the same words everywhere."""

import io
import re

import pytest

from harness.terminal import BAD, Column, Line, Table, indented, show_all, span_words

PARTS = [
    Table(
        (Column("", whole=True), Column("expectation"), Column("measured", right=True), Column("limit")),
        [("ok", "echo: error ratio", "0 ratio", "<= 0"), ("FAIL", "echo: p99", "1.2 s", "< 1")],
        ["ok   echo: error ratio: 0 ratio (<= 0)", "FAIL echo: p99: 1.2 s (< 1)"],
        title="two checks",
    ),
    Line("fail: [bold]echo[/bold] is too slow", BAD, "fail"),
]
PLAIN = """\
ok   echo: error ratio: 0 ratio (<= 0)
FAIL echo: p99: 1.2 s (< 1)
fail: [bold]echo[/bold] is too slow
"""


class Screen(io.TextIOWrapper):
    """A terminal that keeps what is written to it."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self._kept = io.BytesIO()
        super().__init__(self._kept, encoding=encoding, errors="backslashreplace", write_through=True)

    def isatty(self) -> bool:
        """It is one."""
        return True

    def text(self) -> str:
        """Return what was written."""
        return self._kept.getvalue().decode(self.encoding)


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")


def on(screen: Screen) -> str:
    show_all(PARTS, screen)
    return screen.text()


def bare(text: str) -> str:
    """Return *text* without what only sets colours."""
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_a_pipe_gets_plain_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """No control characters, one fact a line."""
    show_all(PARTS)
    assert capsys.readouterr().out == PLAIN


def test_a_terminal_gets_a_table_in_colour() -> None:
    """Value beside limit, what failed in red, and nothing read as markup."""
    shown = on(Screen())
    assert re.search(r"FAIL +echo: p99 +1\.2 s +< 1", bare(shown))
    assert re.search(r"\x1b\[1;31mFAIL", shown)
    assert "\x1b[1;31mfail\x1b[0m: [bold]echo[/bold] is too slow" in shown
    assert "two checks" in shown


def test_no_color_takes_the_colours_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The table stays (no-color.org)."""
    monkeypatch.setenv("NO_COLOR", "1")
    shown = on(Screen())
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", shown)
    assert "─" in shown


@pytest.mark.parametrize("term", ["dumb", "", "unknown"])
def test_a_dumb_terminal_gets_plain_lines(monkeypatch: pytest.MonkeyPatch, term: str) -> None:
    """It would show the control characters."""
    monkeypatch.setenv("TERM", term)
    assert on(Screen()) == PLAIN


def test_a_narrow_terminal_gets_lines_in_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of broken words helps nobody; the terminal breaks the lines."""
    monkeypatch.setenv("COLUMNS", "40")
    shown = on(Screen())
    assert bare(shown) == PLAIN
    assert "\x1b[1;31mFAIL\x1b[0m echo" in shown


def test_colours_can_be_forced_into_a_log(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """FORCE_COLOR colours the plain lines: a log has no width to draw a table in."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    show_all(PARTS)
    shown = capsys.readouterr().out
    assert bare(shown) == PLAIN
    assert "\x1b[32mok" in shown


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_the_signs_gets_others(encoding: str) -> None:
    """No locale ends a command."""
    shown = on(Screen(encoding))
    assert re.search(r"FAIL +\| echo: p99 +\| +1\.2 s \| < 1", bare(shown))


def test_what_is_indented_says_the_same() -> None:
    """Lines and drawn tables move two columns to the right."""
    table, line = (indented(part) for part in PARTS)
    assert isinstance(table, Table)
    assert isinstance(line, Line)
    assert (table.lines[1], table.rows) == ("  FAIL echo: p99: 1.2 s (< 1)", PARTS[0].rows)  # type: ignore[union-attr]
    assert line.text.startswith("  fail: ")
    screen = Screen()
    show_all([table], screen)
    assert re.search(r"\n  FAIL +echo: p99 ", bare(screen.text()))


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (89, "89 s"), (200, "3 min"), (7_500, "2 h 5 min")]
)
def test_spans_are_told_roughly(seconds: float, words: str) -> None:
    """Nobody waits by the second."""
    assert span_words(seconds) == words
