"""Known verdicts: those written from AWS's IAM user guide beside the checkout, and our own in `cases/`."""

import json
from pathlib import Path

import pytest

from harness.iam.vectors import judge

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


def wrong(path: Path) -> list[str]:
    rows = judge(json.loads(path.read_text("utf-8")))
    return [f"{row['id']}: {row['verdict']} {row['reason']}" for row in rows if not row["ok"]]


def test_every_case_written_from_the_guide(shared: Path) -> None:
    """Promise: all 148 come out as AWS's guide says."""
    path = shared / "truth" / "iam_cases.json"
    assert wrong(path) == []
    assert len(json.loads(path.read_text("utf-8"))["vectors"]) == 148


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_our_own_cases(path: Path) -> None:
    """Promise: each comes out as the page that it names says."""
    assert wrong(path) == []


def test_every_case_of_ours_names_its_page() -> None:
    """Promise: a verdict can be looked up; there are hundreds, each of its own name."""
    vectors = [vector for path in CASES for vector in json.loads(path.read_text("utf-8"))["vectors"]]
    assert all(vector["source"] for vector in vectors)
    assert len({vector["id"] for vector in vectors}) == len(vectors) > 700
