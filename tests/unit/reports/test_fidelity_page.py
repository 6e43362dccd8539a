"""The page about the model's fidelity says what the data and the code say, and names tests that exist."""

from pathlib import Path

import pytest

from harness.endpoint.settings import EndpointSettings
from harness.scaling.settings import ScalingSettings
from reports.pages import fidelity_page

ROOT = Path(__file__).parents[3]


def named_tests() -> list[str]:
    return sorted({test for rule in fidelity_page.data()["rule"] for test in rule["checked"]})


@pytest.mark.parametrize("test", named_tests())
def test_every_test_that_the_page_names_exists(test: str) -> None:
    """A rule is only said to be checked by a test that is there."""
    file, _, name = test.partition("::")
    text = (ROOT / file).read_text(encoding="utf-8")
    assert not name or f"def {name}(" in text


def test_every_rule_has_a_source_a_basis_and_a_check() -> None:
    """Nothing is claimed without saying what it rests on."""
    bases = {"documented", "aws-sample", "observed", "inferred"}
    for rule in fidelity_page.data()["rule"]:
        assert rule["source"], rule
        assert rule["basis"] in bases, rule
        assert rule["checked"], rule


def test_the_page_is_what_the_data_gives() -> None:
    """Who changes a default or a rule makes the page anew: python -m reports.pages.fidelity_page."""
    assert fidelity_page.PAGE.read_text(encoding="utf-8") == fidelity_page.render()


def test_a_longer_publish_delay_moves_the_decision_by_as_much() -> None:
    """The effect in the table is that of the setting, not a constant."""
    early = fidelity_page.reference_story(EndpointSettings(), ScalingSettings(publish_delay_s=60.0))
    late = fidelity_page.reference_story(EndpointSettings(), ScalingSettings(publish_delay_s=120.0))
    assert early.out_decided is not None
    assert late.out_decided is not None
    assert late.out_decided - early.out_decided == pytest.approx(1.0)
