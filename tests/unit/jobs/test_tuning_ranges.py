"""Ranges turn points of 0 to 1 into hyperparameters and back, and refuse what SageMaker refuses."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.jobs.tuning_ranges import Categorical, Continuous, Integer, Range, combinations, ranges_in
from harness.jobs.unacceptable import Unacceptable

RANGES: list[Range] = [
    Continuous("linear", -1.0, 3.0),
    Continuous("logarithmic", 1e-5, 1.0, "Logarithmic"),
    Continuous("auto", 1e-5, 1.0),
    Continuous("reverse", 0.5, 0.999, "ReverseLogarithmic"),
    Integer("layers", 1, 9, "Linear"),
    Integer("units", 1, 5_000),
    Categorical("kind", ("a", "b", "c")),
]


@given(st.sampled_from(RANGES), st.floats(0.0, 1.0))
def test_every_point_is_a_value_of_the_range_and_comes_back(each: Range, point: float) -> None:
    """A value's own point gives the value again; no value lies outside."""
    text = each.at(point)
    if isinstance(each, Categorical):
        assert text in each.values
    else:
        assert each.low <= float(text) <= each.high
        assert 0.0 <= each.point(text) <= 1.0
    if isinstance(each, Categorical) or each.name == "units":
        assert each.at(each.point(text)) == text


def test_scales_are_where_they_should_be() -> None:
    """Half way of a logarithmic range is the geometric mean; the reverse one is dense towards 1."""
    assert float(Continuous("x", 1e-4, 1.0, "Logarithmic").at(0.5)) == pytest.approx(1e-2)
    assert float(Continuous("x", 1e-4, 1.0).at(0.5)) == pytest.approx(1e-2)
    assert float(Continuous("x", 1.0, 9.0).at(0.5)) == 5.0
    assert float(Continuous("x", 0.0, 0.99, "ReverseLogarithmic").at(0.5)) == pytest.approx(0.9)
    assert [Integer("x", 1, 4).at(point) for point in (0.0, 0.24, 0.26, 0.99, 1.0)] == [
        "1",
        "1",
        "2",
        "4",
        "4",
    ]


def test_ranges_are_read_by_name() -> None:
    """All three kinds, in the order of their names."""
    found = ranges_in(
        {
            "ContinuousParameterRanges": [{"Name": "eta", "MinValue": "0.1", "MaxValue": "0.5"}],
            "IntegerParameterRanges": [
                {"Name": "depth", "MinValue": "1", "MaxValue": "9", "ScalingType": "Linear"}
            ],
            "CategoricalParameterRanges": [{"Name": "kind", "Values": ["a", "b"]}],
        }
    )
    assert found == (
        Integer("depth", 1, 9, "Linear"),
        Continuous("eta", 0.1, 0.5),
        Categorical("kind", ("a", "b")),
    )


def continuous(low: str, high: str, scaling: str = "Auto") -> dict[str, Any]:
    return {
        "ContinuousParameterRanges": [
            {"Name": "eta", "MinValue": low, "MaxValue": high, "ScalingType": scaling}
        ]
    }


@pytest.mark.parametrize(
    ("ranges", "words"),
    [
        (continuous("a", "1"), "must be decimal"),
        ({"IntegerParameterRanges": [{"Name": "n", "MinValue": "1.5", "MaxValue": "3"}]}, "must be whole"),
        (continuous("2", "1"), "greater than MinValue"),
        (continuous("0", "1", "Logarithmic"), "above 0"),
        (continuous("0", "1", "ReverseLogarithmic"), "0 <= x < 1"),
        ({"CategoricalParameterRanges": [{"Name": "k", "Values": ["a", "a"]}]}, "not unique"),
        ({"AutoParameters": [{"Name": "k", "ValueHint": "1"}]}, "not covered"),
        (
            continuous("0", "1") | {"CategoricalParameterRanges": [{"Name": "eta", "Values": ["a"]}]},
            "more than one range",
        ),
    ],
)
def test_what_is_no_range(ranges: dict[str, Any], words: str) -> None:
    """The refusal names the hyperparameter."""
    with pytest.raises(Unacceptable, match=words):
        ranges_in(ranges)


def test_a_grid_has_categories_only() -> None:
    """Developer guide: grid search takes no other ranges."""
    assert combinations([Categorical("a", ("1", "2")), Categorical("b", ("1", "2", "3"))]) == 6
    with pytest.raises(Unacceptable, match="only supports categorical"):
        combinations([Continuous("eta", 0.0, 1.0)])
