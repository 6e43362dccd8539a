"""Pages have the form of their kind."""

from pathlib import Path

import pytest
from pages import ROOT

GUIDES = sorted((ROOT / "docs" / "how-to").glob("*.md"))


@pytest.mark.parametrize("guide", [pytest.param(guide, id=guide.stem) for guide in GUIDES])
def test_a_guide_begins_with_its_goal(guide: Path) -> None:
    """A title, and then what the reader gets from it."""
    title, blank, goal, *_ = guide.read_text(encoding="utf-8").splitlines()
    assert title.startswith("# ")
    assert blank == ""
    assert goal.startswith("**Goal:** ")


def test_the_picture_of_the_readme_is_small() -> None:
    """It is made by `python -m reports.pages.picture`, and is fetched by everybody who opens the project."""
    picture = ROOT / "docs" / "images" / "report.png"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < 250_000
