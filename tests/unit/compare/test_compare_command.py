"""`harness compare` and `harness runs` over runs that are there."""

import json
from pathlib import Path

import pytest

from harness.__main__ import main
from harness.compare.after_run import check_baseline, compare_with, read_comparison, told
from harness.compare.document import compare
from harness.compare.view import parts_of, sparkline
from harness.errors import InvalidRun, ScenarioError
from harness.terminal import lines_of
from tests.unit.compare.made import run, written

FAST, SLOW = [0.100, 0.103, 0.098, 0.101], [0.150, 0.149, 0.153, 0.151]


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Return a store with four quick runs and then four slow ones."""
    for number, each in enumerate([*FAST, *SLOW]):
        written(tmp_path, f"run-{number}", epoch_s=float(number), response_s=[each] * 3, seed=number)
    return tmp_path


def sides(runs: Path) -> tuple[str, str]:
    """Return the quick and the slow runs, as they are named on the command line."""
    names = [f"ramp/run-{number}" for number in range(8)]
    return ",".join(names[:4]), ",".join(names[4:])


def test_what_is_worse_is_told_first(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the command only tells: it ends with 0."""
    assert main(["compare", *sides(runs), "--runs", str(runs)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("Worse: ")
    assert "worse: Response p50: 100 ms → 151 ms" in out or "worse: Response p50: 101 ms → 151 ms" in out
    assert "differs seed: 3 → 7" in out


def test_worse_fails_where_that_is_asked_for(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--fail-on-worse`: 1, and 0 the other way round."""
    before, after = sides(runs)
    assert main(["compare", before, after, "--fail-on-worse", "--runs", str(runs)]) == 1
    assert main(["compare", after, before, "--fail-on-worse", "--runs", str(runs)]) == 0
    assert capsys.readouterr().out.count("Better: ") == 1


def test_the_document_is_printed_for_machines(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`--json`."""
    assert main(["compare", "ramp@4", "ramp/run-0", "--json", "--runs", str(runs)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [run["name"] for run in document["before"]] == [f"ramp/run-{n}" for n in (4, 5, 6, 7)]
    assert document["method"] == "runs"


def test_a_name_with_a_count_leaves_out_the_other_side(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last five beside the newest: the five before it."""
    assert main(["compare", "ramp@3", "ramp", "--json", "--runs", str(runs)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [run["name"] for run in document["before"]] == [f"ramp/run-{n}" for n in (4, 5, 6)]
    assert [run["name"] for run in document["after"]] == ["ramp/run-7"]


def test_the_last_are_held_against_those_before_them(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same name twice: the newest are after."""
    assert main(["compare", "ramp@3", "ramp@3", "--json", "--runs", str(runs)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [run["name"] for run in document["before"]] == [f"ramp/run-{n}" for n in (2, 3, 4)]
    assert [run["name"] for run in document["after"]] == [f"ramp/run-{n}" for n in (5, 6, 7)]


def test_one_side_is_held_against_the_run_before_it(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first has none: two are to be named."""
    assert main(["compare", "ramp", "--json", "--runs", str(runs)]) == 0
    assert json.loads(capsys.readouterr().out)["before"][0]["name"] == "ramp/run-6"
    assert main(["compare", "ramp/run-0", "--runs", str(runs)]) == 2
    assert "harness compare BEFORE AFTER" in capsys.readouterr().err


def test_runs_that_cannot_be_compared_are_never_a_pass(
    runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two scenarios: 4."""
    written(runs, "x", scenario="other", response_s=[0.1])
    assert main(["compare", "ramp", "other", "--runs", str(runs)]) == 4
    assert "Not comparable: the scenarios differ" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["nothing", "ramp"], 2, "'harness runs' lists"),
        (["ramp@0", "ramp"], 2, "ramp@5"),
        (["ramp/invalid", "ramp"], 4, "is invalid (told)"),
        (["ramp", "ramp", "--trend", "3"], 2, "--trend is of one scenario"),
        (["ramp", "--trend", "1"], 2, "2 or more"),
        (["other", "--trend", "3"], 2, "no finished run"),
        (["ramp/gone", "ramp"], 3, "cannot be read"),
    ],
)
def test_a_mistake_gets_one_sentence(
    runs: Path, capsys: pytest.CaptureFixture[str], words: list[str], code: int, told: str
) -> None:
    """With the way out."""
    written(runs, "invalid", epoch_s=20.0, verdict="invalid")
    gone = written(runs, "gone", epoch_s=0.5)
    (gone / "journal.jsonl.gz").write_bytes(b"")
    assert main(["compare", *words, "--runs", str(runs)]) == code
    assert told in capsys.readouterr().err


def test_a_trend_is_shown(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people and for machines."""
    assert main(["compare", "ramp", "--trend", "5", "--runs", str(runs)]) == 0
    assert "Response p50: newest 151 ms, within them" in capsys.readouterr().out
    assert main(["compare", "ramp", "--trend", "5", "--json", "--runs", str(runs)]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 5


def test_what_came_and_went_is_shown() -> None:
    """Expectations, findings and grants, a line each."""
    grants = [{"Action": f"s:A{number:02}", "Resource": "r"} for number in range(14)]
    finding = {"rule": "r1", "severity": "error", "resource": "q", "message": "m", "aws_source": ""}
    held = {"name": "held", "limit": "< 1", "unit": "s"}
    before = run("a", expectations=[{**held, "value": 0.5, "ok": True}])
    iam = {"worker": {"minimal_policy": {"Statement": grants}}}
    after = run("b", expectations=[{**held, "value": 2.0, "ok": False}], findings=[finding], iam=iam)
    told = [line for part in parts_of(compare([before], [after], lambda _: None)) for line in lines_of(part)]
    assert "now fails: held: 500 ms → 2 s (< 1)" in told
    assert "new finding: error r1: q: m" in told
    assert "policy worker: + s:A11 on r" in told
    assert "policy worker: + and 2 more" in told


def test_a_way_is_drawn_in_blocks() -> None:
    """From the lowest to the highest, a gap where there is nothing."""
    assert sparkline([0.0, None, 7.0, 3.5]) == "▁ █▅"
    assert sparkline([2.0, 2.0]) == "▁▁"
    assert sparkline([None]) == " "


def test_a_run_is_compared_when_it_ends(runs: Path) -> None:
    """With the newest before it; the answer is kept beside it, and told in a line."""
    directory = runs / "ramp" / "run-7"
    document = compare_with(directory, "latest")
    assert document is not None
    assert document["before"][0]["name"] == "ramp/run-6"
    assert read_comparison(directory) == document
    assert told(document)[0].startswith("against ramp/run-6: ")


def test_a_baseline_may_be_named(runs: Path) -> None:
    """A run or several; the run itself is not among the last."""
    document = compare_with(runs / "ramp" / "run-7", "ramp@4")
    assert document is not None
    assert [run["name"] for run in document["before"]] == [f"ramp/run-{n}" for n in (3, 4, 5, 6)]


def test_without_anything_before_there_is_no_comparison(runs: Path) -> None:
    """Nor of a run that proves nothing; that is no error."""
    assert compare_with(runs / "ramp" / "run-0", "latest") is None
    assert compare_with(written(runs, "cut", epoch_s=30.0, verdict=None), "latest") is None
    assert read_comparison(runs / "ramp" / "run-0") is None
    (runs / "ramp" / "run-0" / "comparison.json").write_text("[]", encoding="utf-8")
    assert read_comparison(runs / "ramp" / "run-0") is None


def test_a_baseline_is_checked_before_anything_runs(runs: Path) -> None:
    """A wrong name is no reason to lose an hour."""
    assert check_baseline("latest", runs) == []
    assert [row.name for row in check_baseline("ramp", runs)] == ["ramp/run-7"]
    with pytest.raises(ScenarioError):
        check_baseline("rmap", runs)
    with pytest.raises(InvalidRun):
        check_baseline(",", runs)


def test_runs_are_listed_pinned_and_pruned(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`harness runs`."""
    here = ["--runs", str(runs)]
    assert main(["runs", "--pin", "ramp/run-0", *here]) == 0
    assert main(["runs", "--prune", "--keep", "6", *here]) == 0
    assert "1 run deleted" in capsys.readouterr().out
    assert main(["runs", "ramp", *here]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 7
    assert lines[-1].endswith("pinned")
    assert main(["runs", "--unpin", str(runs / "ramp" / "run-0"), "--json", *here]) == 0
    assert json.loads(capsys.readouterr().out)["pinned"] is False
    assert main(["runs", "--prune", "--keep", "6", "--json", *here]) == 0
    assert json.loads(capsys.readouterr().out)["pruned"] == [str(runs / "ramp" / "run-0")]
    assert main(["runs", "--json", *here]) == 0
    assert len(json.loads(capsys.readouterr().out)["runs"]) == 6


@pytest.mark.parametrize("words", [["--pin", "nothing"], ["nothing"], ["--prune", "--keep", "-1"]])
def test_a_run_that_is_not_there_is_told(
    runs: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    """As a wrong argument."""
    assert main(["runs", *words, "--runs", str(runs)]) == 2
    assert capsys.readouterr().err.startswith("harness: ")


def test_an_empty_store_says_how_to_fill_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No run is no error."""
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert "'harness run' makes one" in capsys.readouterr().out
