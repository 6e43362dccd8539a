"""`--set` and `--prices` on the command line: recorded, repeatable, refused with the way out."""

import json
import shlex
from pathlib import Path
from typing import Any

import pytest

from harness import journal
from harness.__main__ import main

NAME = "endpoint-autoscaling-3"


def played(runs: Path, *words: str) -> list[journal.Record]:
    """Return the journal that the command *words* leaves of the scenario."""
    main([*words, "--runs", str(runs)])
    return journal.read(runs / NAME / "latest" / "journal.jsonl.gz")


def first_of(records: list[journal.Record]) -> journal.RunStarted:
    """Return the first record."""
    assert isinstance(records[0], journal.RunStarted)
    return records[0]


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    """A table in which an ml.m5.large costs 36 dollars an hour."""
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"as_of": "2026-01-31", "usd_per_hour": {"ml.m5.large": 36}}))
    return path


def test_what_was_set_is_recorded_and_its_command_repeats_it(tmp_path: Path, prices: Path) -> None:
    """The same records again, from the command that the journal has."""
    words = ["simulate", NAME, "--set", "endpoint.target=900", "--prices", str(prices), "--no-report"]
    records = played(tmp_path / "a", *words)
    first = first_of(records)
    assert first.configuration["set"] == {"endpoint.target": "900"}
    assert first.configuration["prices"]["file"] == str(prices)
    # The target that was set is never reached.
    activities = [one for one in records if isinstance(one, journal.ScalingActivity)]
    assert {one.to_capacity for one in activities} == {1}

    again = played(tmp_path / "b", *shlex.split(first.command)[1:], "--no-report")
    assert again[1:-1] == records[1:-1]
    assert first_of(again).configuration["prices"] == first.configuration["prices"]


def test_a_report_may_be_drawn_again_at_other_prices(tmp_path: Path, prices: Path) -> None:
    """The run stays what it was."""
    records = played(tmp_path, "run", NAME, "--clock", "virtual", "--set", "endpoint.target=900")
    assert "--set endpoint.target=900" in first_of(records).command
    directory = tmp_path / NAME / "latest"

    def usd() -> float:
        found: dict[str, Any] = json.loads((directory / "summary.json").read_text())
        return float(found["cost"]["usd"])

    before = usd()
    assert main(["report", str(directory), "--prices", str(prices)]) == 0
    assert usd() == pytest.approx(before * 36 / 0.115)
    assert "prices.json as of 2026-01-31" in (directory / "report.html").read_text()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["run", "--set", "endpoint.target=900"], "--set is of one scenario: name it"),
        (["run", NAME, "--set", "endpoint.targt=9"], "did you mean 'scaling.target_value'?"),
        (["run", NAME, "--set", "endpoint.target"], "say PATH=VALUE"),
        (["simulate", NAME, "--set", "endpoint.targt=9"], "did you mean 'scaling.target_value'?"),
        (["run", NAME, "--prices", "none.json"], "--prices none.json cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and a sentence with the way out."""
    assert main(words) == 2
    assert sentence in capsys.readouterr().err


def test_what_can_be_set_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """For people and for machines, with what it is now."""
    assert main(["run", NAME, "--set", "help"]) == 0
    told = capsys.readouterr().out
    assert f"{NAME}: --set PATH=VALUE" in told
    assert "endpoint.scaling.target_value=75.0" in told
    assert main(["run", NAME, "--set", "help", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["settings"][NAME]["endpoint.concurrency"] == 2
