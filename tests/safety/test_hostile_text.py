"""Names, messages and log lines that somebody else wrote: what shows them obeys none of it."""

import argparse
import io
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from harness.ci.leaving import leave
from harness.commands.entry import main
from harness.config import GitHub
from harness.printable import printable
from harness.terminal import Column, Line, Table, show_all
from reports.junit import write_junit

ESCAPES = {
    "clears the screen": "\x1b[2J\x1b[H",
    "sets a title": "\x1b]0;owned\x07",
    "fills the clipboard": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "a link to elsewhere": "\x1b]8;;https://evil.example\x1b\\here\x1b]8;;\x1b\\",
    "C1 control": "\x9b31m",
    "writes over": "pass\rfail",
    "goes back": "fail\b\b\b\bpass",
    "turns text around": "\u202eTXT.exe\u2066",
}
COMMANDS = {
    "error": "::error file=a.py::lies",
    "stop": "  ::stop-commands::x",
    "mask": "said\n::add-mask::pass",
    "old form": "##[error]lies",
}
OBEYED = "\x1b\x07\x08\r\x9b\u202e\u2066"
HOSTILE = (
    "".join(ESCAPES.values())
    + "\n"
    + "\n".join(COMMANDS.values())
    + "'\"><script>hit()</script>](https://e.x)"
)


class Screen(io.TextIOWrapper):
    """A terminal that keeps what is written to it."""

    def __init__(self) -> None:
        self.kept = io.BytesIO()
        super().__init__(self.kept, encoding="utf-8", write_through=True)

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize("text", ESCAPES.values(), ids=ESCAPES.keys())
def test_no_character_that_a_terminal_obeys_is_left(text: str) -> None:
    """Each becomes its number, so that whoever reads it sees that it was there."""
    shown = printable(text)
    assert not set(shown) & set(OBEYED)
    assert any(number in shown for number in ("\\x", "\\u", "\\r"))


@pytest.mark.parametrize("text", COMMANDS.values(), ids=COMMANDS.keys())
def test_no_line_is_a_workflow_command(text: str) -> None:
    """GitHub's runner reads the log: a line that begins with two colons is an order to it."""
    lines = printable(text).splitlines()
    assert not [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


@pytest.mark.parametrize(
    "text", ["echo: p99 1.2 s", "a\tb\nc", "Größe ✓ 東京 🚀", "arn:aws:iam::123:role/x", "[bold]"]
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    """Tabs, ends of lines, all scripts, ARNs with their two colons."""
    assert printable(text) == text


@pytest.mark.parametrize("columns", ["100", "40"])
def test_a_terminal_is_told_nothing_by_results(monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    """Cells, titles' rows and lines, drawn wide and narrow: only colours of our own are in it."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", columns)
    screen = Screen()
    table = Table((Column("name"), Column("value")), [(HOSTILE, "1")], [f"name {HOSTILE}"])
    show_all([table, Line(f"fail: {HOSTILE}", "bold red", "fail"), Line(HOSTILE)], screen)
    _assert_only_colours(screen.kept.getvalue().decode())


def _assert_only_colours(text: str) -> None:
    import re

    rest = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert not set(rest) & set(OBEYED)


def test_a_pipe_is_told_nothing_either(capsys: pytest.CaptureFixture[str]) -> None:
    """What is piped is shown later, or read by CI now."""
    show_all([Table((Column("name"),), [(HOSTILE,)], [HOSTILE]), Line(HOSTILE)])
    told = capsys.readouterr().out
    assert not set(told) & set(OBEYED)
    assert not [line for line in told.splitlines() if line.lstrip().startswith("::")]


def test_an_error_is_told_without_what_it_quotes(capsys: pytest.CaptureFixture[str]) -> None:
    """The name of a file, a template's words: they come back in sentences."""
    assert main(["rehearse", "\x1b[2J\x1b]0;owned\x07.yaml"]) == 2
    assert not set(capsys.readouterr().err) & set(OBEYED)


def _row(**changes: Any) -> dict[str, Any]:
    check = {"name": HOSTILE, "limit": HOSTILE, "value": 0.5, "unit": HOSTILE, "ok": False, "reason": HOSTILE}
    finding = {
        "rule": "a-rule",
        "severity": "error",
        "resource": HOSTILE,
        "message": HOSTILE,
        "aws_source": "https://docs.aws.amazon.com/x) [click](https://evil.example",
    }
    return {
        "run_dir": "runs/hostile/1",
        "exit_code": 1,
        "scenario": HOSTILE,
        "variant": "corrected",
        "started_at": "2026-01-01T00:00:00Z",
        "verdict": "fail",
        "reason": HOSTILE,
        "expectations": [check | {"source": ""}],
        "findings": [finding],
    } | changes


@pytest.fixture
def left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What a run of hostile words leaves for CI: its log, its summary, SARIF and JUnit."""
    arguments = argparse.Namespace(
        junit=tmp_path / "junit.xml",
        sarif=tmp_path / "out.sarif",
        github_summary=tmp_path / "summary.md",
        annotations="github",
        json=False,
    )
    leave([_row()], arguments, GitHub(True, None, tmp_path))
    texts = {name: (tmp_path / name).read_text("utf-8") for name in ("junit.xml", "out.sarif", "summary.md")}
    return texts | {"log": capsys.readouterr().out}


def test_annotations_are_one_command_each(left: dict[str, str]) -> None:
    """What is told of a missed check and of a finding ends no property and begins no other command."""
    lines = left["log"].splitlines()
    assert [line.split(" ", 1)[0] for line in lines] == ["::error", "::error"]
    assert not set(left["log"]) & set(OBEYED)


def test_the_summary_holds_no_markup_of_theirs(left: dict[str, str]) -> None:
    """No element but those of ours, no link but AWS's own; cells stay within their rows."""
    text = left["summary.md"].replace("\\]", "")
    assert not set(text) & set(OBEYED)
    assert "<script" not in text
    assert "](https://e.x)" not in text
    assert "[click](" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {8, 6}


def test_sarif_has_no_link_in_its_messages(left: dict[str, str]) -> None:
    """Plain messages may have links in square brackets; theirs has none."""
    results = json.loads(left["out.sarif"])["runs"][0]["results"]
    assert results
    assert not [one for one in results if "](" in one["message"]["text"]]


def test_junit_is_xml_whatever_is_told(left: dict[str, str], tmp_path: Path) -> None:
    """Characters that XML has not are replaced; words are attributes and text, never elements."""
    write_junit(_row(), tmp_path / "one.xml")
    for text in (left["junit.xml"], (tmp_path / "one.xml").read_text("utf-8")):
        found = {each.tag for each in ElementTree.fromstring(text).iter()}
        assert found <= {"testsuites", "testsuite", "testcase", "failure", "error", "system-out"}
