"""After the runs: what is written where, and that nothing is where nobody asked."""

import argparse
import gzip
import json
from pathlib import Path

import pytest

from harness.ci.leaving import leave
from harness.ci.options import add_options
from harness.config import GitHub, github
from harness.errors import EnvironmentFault
from tests.unit.ci.rows import row


def arguments(*words: str, json: bool = False) -> argparse.Namespace:
    """Return what the command line says with *words*."""
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(words, argparse.Namespace(json=json))


def test_away_from_github_nothing_is_done(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Who runs it at a desk sees nothing of CI."""
    leave([row()], arguments(), GitHub())
    assert (capsys.readouterr().out, list(tmp_path.iterdir())) == ("", [])


def test_on_github_summary_and_annotations_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without an option, beside what the step has said before."""
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    leave([row()], arguments(), GitHub(True, summary, tmp_path))
    assert summary.read_text().startswith("before\n## Rehearsal: 1 fail")
    assert capsys.readouterr().out.startswith("::error ")


def test_with_json_the_annotations_are_on_stderr(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stdout is one document then."""
    leave([row()], arguments("--annotations", "github", json=True), GitHub())
    told = capsys.readouterr()
    assert (told.out, told.err[:8]) == ("", "::error ")


def test_none_keeps_annotations_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On GitHub too."""
    leave([row()], arguments("--annotations", "none"), GitHub(True))
    assert capsys.readouterr().out == ""


def test_files_are_written_where_they_are_asked_for(tmp_path: Path) -> None:
    """Folders are made; each is whole."""
    words = ["--sarif", str(tmp_path / "a" / "x.sarif"), "--junit", str(tmp_path / "b" / "x.xml")]
    leave([row()], arguments(*words, "--github-summary", str(tmp_path / "s.md")), GitHub())
    assert json.loads((tmp_path / "a" / "x.sarif").read_text())["version"] == "2.1.0"
    assert (tmp_path / "b" / "x.xml").read_text().startswith("<?xml")
    assert "## Rehearsal" in (tmp_path / "s.md").read_text()


def test_a_file_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    """Which option, which file, why."""
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFault, match=r"--sarif .*file/x\.sarif cannot be written"):
        leave([row()], arguments("--sarif", str(tmp_path / "file" / "x.sarif")), GitHub())


def test_github_is_where_it_says_so() -> None:
    """GITHUB_ACTIONS is 'true' there; its other variables alone are somebody's own."""
    assert github({"GITHUB_STEP_SUMMARY": "/s"}) == GitHub()
    told = github({"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": "/s", "GITHUB_WORKSPACE": "/w"})
    assert told == GitHub(True, Path("/s"), Path("/w"))


def test_what_the_files_of_a_run_tell_is_in_the_summary(tmp_path: Path) -> None:
    """The command that makes it again, and how it compares with the run before."""
    run = tmp_path / "run"
    run.mkdir()
    with gzip.open(run / "journal.jsonl.gz", "wt") as journal:
        journal.write('{"type":"RunStarted","command":"harness run ranker --seed 1"}\n')
    (run / "comparison.json").write_text('{"sentence": "no difference shown"}')
    summary = tmp_path / "s.md"
    leave([row(run_dir=str(run))], arguments("--github-summary", str(summary)), GitHub())
    assert "$ harness run ranker --seed 1\n" in summary.read_text()
    assert "no difference shown" in summary.read_text()
