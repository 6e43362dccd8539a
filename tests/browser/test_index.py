"""The index of runs in a real browser: narrowed with scripts, whole without, whatever there is to list."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.store.row import Row
from reports.index_page import write_index

VERDICTS = ("pass", "fail", "invalid")


def rows(count: int) -> list[Row]:
    """Return runs of *count* scenarios, a third of each verdict."""
    return [
        Row(
            directory=Path(f"/runs/scenario-{place}/20260101T000000Z-abcdef"),
            scenario=f"scenario-{place}",
            verdict=VERDICTS[place % 3],
            ended_epoch_s=1_790_000_000.0 + place,
            variant="corrected",
            clock="compressed:60",
            backend="embedded",
            reason="the load generator was saturated" if place % 3 == 2 else "",
            started_at="2026-01-01T00:00:00Z",
            model_s=600.0,
            wall_s=10.0,
            figures={"response_p99": 0.2 + place, "cost": 0.5},
            missed=("ranker: error ratio",) if place % 3 == 1 else (),
        )
        for place in range(count)
    ]


def written(folder: Path, found: Sequence[Row]) -> str:
    """Return the address of the index of *found*."""
    return write_index(folder / "index.html", found, command="harness run").as_uri()


@pytest.mark.parametrize(
    ("count", "scheme", "width"),
    [
        pytest.param(0, "light", 360, marks=pytest.mark.long),
        pytest.param(1, "dark", 800, marks=pytest.mark.long),
        (30, "light", 1_600),
    ],
)
def test_axe_finds_nothing(
    tmp_path: Path,
    new_page: Callable[..., Any],
    axe: Callable[[Any], list[str]],
    count: int,
    scheme: str,
    width: int,
) -> None:
    """No run, one run, thirty: no violation, nothing wider than the window."""
    page = new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page.goto(written(tmp_path, rows(count)))
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.locator(".run").count() == count


def test_the_list_is_narrowed_by_verdict_and_name(tmp_path: Path, page: Any) -> None:
    """Both at once; how many are left is said to whoever does not see it."""
    page.goto(written(tmp_path, rows(30)))
    page.get_by_label("Fail 10").check(force=True)
    assert page.locator(".run:visible").count() == 10
    page.get_by_role("searchbox").fill("scenario-1")
    assert {"scenario-1 corrected", "scenario-10 corrected"} <= set(
        page.locator(".run:visible h3").all_inner_texts()
    )
    assert page.get_by_role("status").inner_text() == f"{page.locator('.run:visible').count()} of 30 shown"
    page.get_by_role("searchbox").fill("")
    page.get_by_label("All 30").check(force=True)
    assert page.locator(".run:visible").count() == 30


def test_without_scripts_the_list_is_whole(tmp_path: Path, new_page: Callable[..., Any]) -> None:
    """No filter that does nothing."""
    page = new_page(java_script_enabled=False)
    page.goto(written(tmp_path, rows(30)))
    assert page.locator(".run:visible").count() == 30
    assert page.locator("form:visible, button:visible").count() == 0


def test_a_name_leads_to_its_report(tmp_path: Path, page: Any) -> None:
    """Also where the directory is called as no address should be."""
    folder = tmp_path / "odd #1 ?x=%20"
    folder.mkdir()
    (folder / "report.html").write_text("<!doctype html><title>There</title><link rel=icon href='data:,'>")
    run = Row(directory=folder, scenario="<b>odd</b>", verdict="pass", ended_epoch_s=1.0)
    page.goto(written(tmp_path, [run]))
    page.get_by_role("link", name="<b>odd</b>").click()
    page.wait_for_load_state()
    assert page.title() == "There"
