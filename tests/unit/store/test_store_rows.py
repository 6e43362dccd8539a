"""What the store says of each directory, whatever is in it."""

import json
import os
from pathlib import Path

import pytest

from harness.errors import ScenarioError
from harness.store import baseline, newest, point_latest, read_row, rows, writing
from tests.unit.compare.made import written

NEWER = 1_000_100.0


def test_a_finished_run_is_told_from_its_summary(tmp_path: Path) -> None:
    """Its identity, its outcome, its figures."""
    directory = written(tmp_path, "one", response_s=[0.1, 0.2], seed=7)
    row = read_row(directory)
    assert row is not None
    assert (row.scenario, row.variant, row.clock, row.backend) == (
        "ramp",
        "corrected",
        "compressed:60",
        "embedded",
    )
    assert (row.verdict, row.seed, row.name) == ("pass", 7, "ramp/one")
    assert row.figures["response_p50"] == pytest.approx(0.1)
    assert row.ended_epoch_s == pytest.approx(1_000_002.0)
    assert row.summary == directory / "summary.json"
    assert row.report is None
    assert row.as_json()["ended_at"] == "1970-01-12T13:46:42+00:00"
    assert json.dumps(row.as_json())


def test_a_run_that_was_cut_off_is_unfinished(tmp_path: Path) -> None:
    """What its journal begins with is known of it."""
    row = read_row(written(tmp_path, "one", verdict=None, seed=3))
    assert row is not None
    assert (row.verdict, row.seed, row.clock) == ("unfinished", 3, "compressed:60")
    assert row.started_at == "1970-01-12T13:46:40Z"
    assert row.summary is None
    assert not row.is_finished


def test_a_run_that_is_being_written_is_running(tmp_path: Path) -> None:
    """As long as somebody holds its lock, and no longer."""
    directory = written(tmp_path, "one", verdict=None)
    with writing(directory):
        row = read_row(directory)
        assert row is not None
        assert row.verdict == "running"
    row = read_row(directory)
    assert row is not None
    assert row.verdict == "unfinished"


def test_a_run_with_a_summary_has_ended_though_it_is_locked(tmp_path: Path) -> None:
    """It draws its report, with what it is compared with."""
    directory = written(tmp_path, "one")
    with writing(directory):
        row = read_row(directory)
    assert row is not None
    assert row.verdict == "pass"


@pytest.mark.parametrize("content", [b"", b"no gzip", b"\x1f\x8b\x08\x00half"])
def test_a_broken_journal_is_told_as_such(tmp_path: Path, content: bytes) -> None:
    """The scenario is that of its folder."""
    directory = tmp_path / "ramp" / "one"
    directory.mkdir(parents=True)
    (directory / "journal.jsonl.gz").write_bytes(content)
    row = read_row(directory)
    assert row is not None
    assert (row.verdict, row.scenario, row.started_at) == ("broken", "ramp", "")


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"verdict": "maybe"}', '{"verdict": 3}'],
)
def test_a_broken_summary_leaves_what_the_journal_says(tmp_path: Path, content: str) -> None:
    """It is no finished run until it is drawn again."""
    directory = written(tmp_path, "one")
    (directory / "summary.json").write_text(content, encoding="utf-8")
    row = read_row(directory)
    assert row is not None
    assert (row.verdict, row.variant) == ("unfinished", "corrected")


def test_a_summary_with_strange_values_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    """Another version's, or one that somebody edited."""
    directory = written(tmp_path, "one")
    strange = {
        "verdict": "fail",
        "backend": 3,
        "seed": "x",
        "started_at": 5,
        "load": [],
        "wall_s": True,
        "expectations": [1, {"name": "a", "ok": False}],
        "findings": "none",
        "clock": None,
    }
    (directory / "summary.json").write_text(json.dumps(strange), encoding="utf-8")
    row = read_row(directory)
    assert row is not None
    assert (row.verdict, row.missed, row.seed, row.clock) == ("fail", ("a",), None, "")


def test_what_is_no_run_of_ours_is_passed_over(tmp_path: Path) -> None:
    """Files, links, directories without a journal, hidden ones, and nothing at all."""
    directory = written(tmp_path, "one")
    point_latest(directory)
    (tmp_path / "ramp" / "notes.txt").touch()
    (tmp_path / "ramp" / "foreign").mkdir()
    (tmp_path / "index.html").touch()
    (tmp_path / "ramp" / ".part-x").mkdir()
    (tmp_path / "ramp" / ".part-x" / "journal.jsonl.gz").touch()
    (tmp_path / "linked").symlink_to(tmp_path / "ramp", target_is_directory=True)
    assert [row.directory for row in rows(tmp_path)] == [directory]
    assert read_row(tmp_path / "ramp" / "latest") is None
    assert rows(tmp_path / "nowhere") == []


def test_the_newest_comes_first(tmp_path: Path) -> None:
    """By when they ended, of one scenario or of all."""
    written(tmp_path, "b", epoch_s=1.0)
    written(tmp_path, "a", epoch_s=NEWER)
    written(tmp_path, "c", scenario="other", epoch_s=5.0)
    assert [row.name for row in rows(tmp_path)] == ["ramp/a", "other/c", "ramp/b"]
    assert [row.name for row in rows(tmp_path, "other")] == ["other/c"]


def test_the_newest_directory_is_the_one_whose_journal_grew_last(tmp_path: Path) -> None:
    """Finished or not; none is an error that says the way out."""
    old, new = written(tmp_path, "old"), written(tmp_path, "new", verdict=None)
    os.utime(old / "journal.jsonl.gz", (1.0, 1.0))
    assert newest(tmp_path) == new
    with pytest.raises(ScenarioError, match="--runs"):
        newest(tmp_path / "empty")


def test_latest_is_a_link_that_is_replaced(tmp_path: Path) -> None:
    """It always names a run."""
    for name in ("one", "two"):
        point_latest(written(tmp_path, name))
    assert os.readlink(tmp_path / "ramp" / "latest") == "two"
    assert not list((tmp_path / "ramp").glob(".latest*"))


def test_the_baseline_is_the_newest_run_before_like_this_one(tmp_path: Path) -> None:
    """Of the same scenario, variant and clock, finished, and not invalid."""
    written(tmp_path, "old", epoch_s=1.0)
    before = written(tmp_path, "before", epoch_s=10.0, verdict="fail")
    written(tmp_path, "invalid", epoch_s=20.0, verdict="invalid")
    written(tmp_path, "cut", epoch_s=21.0, verdict=None)
    written(tmp_path, "clock", epoch_s=22.0, clock="wall")
    written(tmp_path, "variant", epoch_s=23.0, variant="as-written")
    row = read_row(written(tmp_path, "this", epoch_s=30.0))
    written(tmp_path, "later", epoch_s=40.0)
    assert row is not None
    found = baseline(row)
    assert found is not None
    assert found.directory == before


def test_the_first_run_has_no_baseline(tmp_path: Path) -> None:
    """There is nothing before it."""
    row = read_row(written(tmp_path, "first"))
    assert row is not None
    assert baseline(row) is None


def test_on_the_virtual_clock_the_same_seed_goes_first(tmp_path: Path) -> None:
    """There is no noise between the two; without one the newest run is taken."""
    for name, seed, moment in (("same", 1, 10.0), ("other", 2, 20.0), ("this", 1, 30.0), ("lone", 3, 40.0)):
        journal = written(tmp_path, name, clock="virtual", seed=seed) / "journal.jsonl.gz"
        os.utime(journal, (moment, moment))
    found = {}
    for name in ("this", "lone"):
        row = read_row(tmp_path / "ramp" / name)
        assert row is not None
        before = baseline(row)
        assert before is not None
        found[name] = before.directory.name
    assert found == {"this": "same", "lone": "this"}
