"""In which order resources are made."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.templates.load import load
from harness.templates.model import Resource, Template
from harness.templates.order import order, waves

EDGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)


def template(needs: dict[str, list[str]]) -> Template:
    resources = {
        name: Resource(name, "T::T", {}, "", "t.yaml", 1, depends_on=tuple(needs[name])) for name in needs
    }
    return Template("cloudformation", "t.yaml", "s", resources)


@given(EDGES)
def test_each_comes_after_what_it_needs(edges: list[tuple[int, int]]) -> None:
    """Whatever the graph, as long as it has no circle."""
    needs: dict[str, list[str]] = {f"R{index}": ["elsewhere"] for index in range(10)}
    for one, other in edges:
        needs[f"R{max(one, other)}"] += [f"R{min(one, other)}"] * (one != other)
    found = order(template(needs))
    assert sorted(found) == sorted(needs)
    assert all(
        found.index(each) < found.index(name) for name in needs for each in needs[name] if each != "elsewhere"
    )


def test_what_needs_nothing_keeps_the_order_of_the_template() -> None:
    """Groups may be made side by side."""
    assert waves(template({"C": [], "A": ["B"], "B": [], "D": ["C"]})) == [["C", "B"], ["A", "D"]]


def test_a_circle_is_told_with_its_places(tmp_path: Path) -> None:
    """Each resource on it, in the direction of its need."""
    (tmp_path / "t.yaml").write_text(
        "Resources:\n"
        "  Bucket: {Type: AWS::S3::Bucket, DependsOn: Permission}\n"
        "  Worker: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Bucket.Arn}}\n"
        "  Permission: {Type: AWS::Lambda::Permission, Properties: {FunctionName: !Ref Worker}}\n"
    )
    with pytest.raises(ScenarioError) as told:
        order(load(tmp_path / "t.yaml"))
    said = str(told.value).replace(f"{tmp_path}/", "")
    assert (
        "t.yaml:2: resource 'Bucket' depends on itself: Bucket (t.yaml:2) -> Permission (t.yaml:4) "
        "-> Worker (t.yaml:3) -> Bucket (t.yaml:2)"
    ) in said
    assert "take one of the references" in said
