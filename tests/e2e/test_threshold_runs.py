"""Thresholds of a real run: they are judged with the expectations, and end a load that cannot be saved."""

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from command import Ended, harness

from harness import journal
from harness.run.results import JOURNAL, JUNIT

TINY = str(Path(__file__).with_name("tiny.py"))
# The load of the case `load` takes 20,000 model seconds at 240 a second.
WHOLE_LOAD_S = 20_000 / 240
RUN = ("--backend", "moto", "--no-report", "--json")


def command(folder: Path, case: str, *words: str) -> Ended:
    """Return how `harness` with *words* ended in *folder*."""
    return harness(*words, cwd=folder, env={"TINY": case})


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Future[Ended]]:
    """Begin all at once, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        folder = tmp_path_factory.mktemp("runs")
        return {
            "aborted": pool.submit(
                command, folder, "load", "run", TINY, *RUN, "--abort-on-fail",
                "--threshold", "p(99)<10ms", "--threshold", "error_ratio<1%", "--threshold", "lost==0",
            ),
            "simulated": pool.submit(
                command, folder, "quick", "simulate", TINY, "--json", "--no-ranges",
                "--threshold", "response_time{endpoint:echo}: p(99)<5s", "--threshold", "in_service: max<=4",
            ),
            "mistaken": pool.submit(
                command, folder, "quick", "run", TINY, *RUN, "--threshold", "response_tme: p(99)<1s"
            ),
        }  # fmt: skip


def thresholds(document: dict[str, Any]) -> dict[str, bool]:
    """Return what became of each threshold."""
    return {one["name"]: one["ok"] for one in document["expectations"] if one["source"] == "threshold"}


def test_a_crossed_threshold_ends_the_load(ends: dict[str, Future[Ended]]) -> None:
    """The run fails, is not invalid, keeps its files, and says what was crossed when."""
    ended = ends["aborted"].result()
    document = ended.document
    assert (ended.code, document["verdict"]) == (1, "fail"), ended.err
    assert document["reason"].startswith("threshold response_time: p(99)<10ms crossed at ")
    assert "; aborted; " in document["reason"]
    assert document["load"]["saturated"] is False
    assert document["wall_s"] < WHOLE_LOAD_S / 2
    assert [phase["phase"] for phase in document["phases"]][-2:] == ["load", "teardown"]


def test_thresholds_are_judged_beside_the_expectations(ends: dict[str, Future[Ended]]) -> None:
    """What cannot be measured is not met; what nobody waited for any more is no error of the endpoint's."""
    document = ends["aborted"].result().document
    judged = {"response_time: p(99)<10ms": False, "error_ratio<1%": True, "lost==0": False}
    assert thresholds(document) == judged
    assert all(one["ok"] for one in document["expectations"] if one["source"] != "threshold")
    cases = Xml.parse(Path(document["run_dir"]) / JUNIT).iter("testcase")
    green = {case.get("name"): case.find("failure") is None for case in cases}
    assert {name: green[name] for name in judged} == judged


def test_the_command_that_repeats_it_has_the_thresholds(ends: dict[str, Future[Ended]]) -> None:
    """As they were, with what made them abort."""
    first = journal.read(Path(ends["aborted"].result().document["run_dir"]) / JOURNAL)[0]
    assert isinstance(first, journal.RunStarted)
    assert "--threshold 'response_time: p(99)<10ms abort'" in first.command
    assert first.configuration["thresholds"][-1] == "lost==0"


def test_thresholds_on_the_virtual_clock(ends: dict[str, Future[Ended]]) -> None:
    """The same texts, judged over what was played."""
    ended = ends["simulated"].result()
    assert ended.code == 0, ended.err
    assert set(thresholds(ended.document).values()) == {True}


def test_a_mistake_is_told_before_anything_runs(ends: dict[str, Future[Ended]]) -> None:
    """One sentence, exit code 2, and what was likely meant."""
    ended = ends["mistaken"].result()
    assert ended.code == 2
    assert "did you mean response_time?" in ended.err
