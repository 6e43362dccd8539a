"""The pages of docs/reference that are made from code say what the code says."""

import pytest

from harness import scenario
from reports.pages import declarations_page
from reports.pages.__main__ import FOLDER, PAGES


@pytest.mark.parametrize("name", PAGES)
def test_the_page_is_up_to_date(name: str) -> None:
    """Who changes an option, a field or a docstring makes the pages anew: python -m reports.pages."""
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name]()


def test_every_name_of_a_scenario_file_is_described() -> None:
    """Whatever `harness.scenario` exports has its place on one of the pages."""
    assert declarations_page.grouped() == set(scenario.__all__)
