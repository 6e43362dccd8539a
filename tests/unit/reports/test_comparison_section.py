"""The report's section that holds a run against those before it."""

from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from harness.compare.document import compare
from reports.comparison import section
from reports.html import TEMPLATES
from tests.unit.compare.made import priced, run


def drawn(found: dict[str, Any] | None) -> str:
    """Return the section's markup."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("comparison.html.j2").render(comparison=found)


def test_without_a_comparison_there_is_no_section() -> None:
    """None."""
    assert section(None) is None


def test_the_verdict_comes_first_then_the_figures() -> None:
    """Before, after, change, the interval as a bar and in words, the verdict."""
    found = section(compare(priced(1.0, 1.01, 0.99, 1.02), priced(1.5, 1.49, 1.52, 1.51), lambda _: None))
    assert found is not None
    page = drawn(found)
    assert page.index("Worse than before") < page.index("Figures</h3>")
    assert 'id="comparison"' in page
    assert "+49.8 %" in page
    assert '<svg class="span"' in page
    assert "1.5 USD" in page
    assert "Bars reach from" in page


def test_equal_figures_are_only_named() -> None:
    """The table has what differs."""
    found = section(compare(priced(1.0, clock="virtual"), priced(1.0, clock="virtual"), lambda _: None))
    assert found is not None
    assert (found["rows"], found["equal"], found["scale"]) == ([], ["Cost"], "")
    assert "Equal before and after: Cost." in drawn(found)


def test_what_came_and_went_is_told() -> None:
    """Expectations, findings and grants; of several runs how many met an expectation."""

    def judged(ok: bool, value: float | None) -> dict[str, Any]:
        return {"expectations": [{"name": "held", "limit": "< 1", "value": value, "unit": "s", "ok": ok}]}

    finding = {"rule": "r1", "severity": "error", "resource": "<q>", "message": "m", "aws_source": ""}
    grants = [{"Action": f"s:A{number}", "Resource": "r"} for number in range(70)]
    policy = {"worker": {"minimal_policy": {"Statement": grants}}}
    before = [run("a", **judged(True, 0.5), findings=[finding] * 1), run("b", **judged(True, 0.5))]
    after = [run("c", **judged(False, None), findings=[finding], iam=policy)]
    found = section(compare(before, after, lambda _: None))
    assert found is not None
    page = drawn(found)
    assert "now fails" in page
    assert "500 ms, met in 2 of 2 runs" in page
    assert "not measured" in page
    assert "&lt;q&gt;" in page
    assert "70 grants more, 0 grants fewer" in page
    assert "10 more are in comparison.json" in page


def test_a_new_expectation_was_not_asked_before() -> None:
    """There is no value to show."""
    held = {"expectations": [{"name": "held", "limit": "< 1", "value": 0.5, "unit": "s", "ok": True}]}
    found = section(compare([run("a")], [run("b", **held)], lambda _: None))
    assert found is not None
    assert found["expectations"][0]["before"] == "not asked"


def test_a_figure_without_an_interval_has_no_bar() -> None:
    """It says that none is known."""
    found = section(compare(priced(1.0), priced(2.0), lambda _: None))
    assert found is not None
    assert found["rows"][0].bar is None
    assert "not known" in drawn(found)


def test_many_differences_are_folded_and_a_reason_is_said_once() -> None:
    """Two clocks differ in very much, and no figure of time can be compared for one reason."""
    before = run(
        "a",
        {"versions": {f"v{number}": "1" for number in range(12)}},
        cost={"usd": 1.0},
        messages={"lost": 1},
    )
    after = run("b", {"clock": "virtual"}, cost={"usd": 2.0}, messages={"lost": 2})
    found = section(compare([before], [after], lambda _: None))
    assert found is not None
    assert (len(found["differs"]), len(found["differs_more"])) == (8, 5)
    assert found["rows"] == []
    assert found["apart"] == [("the clocks differ: compressed:60 and virtual", ["Messages lost", "Cost"])]
    page = drawn(found)
    assert "<summary>5 more</summary>" in page
    assert page.count("the clocks differ") == 2  # in the sentence and beside the figures
