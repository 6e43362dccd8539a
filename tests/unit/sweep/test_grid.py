"""The policies of a sweep from its options: lists, ranges, every combination, and what is wrong with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import ScenarioError
from harness.sweep.grid import (
    Candidate,
    Grid,
    combinations,
    parse_above_zero,
    parse_by_type,
    parse_names,
    parse_numbers,
    parse_whole,
)


def grid(**changed: tuple[object, ...]) -> Grid:
    """Return a grid of one policy, but for what is *changed*."""
    one: dict[str, tuple[object, ...]] = {
        "instance_types": ("ml.m5.large",),
        "targets": (600.0,),
        "scale_out_cooldowns_s": (300.0,),
        "scale_in_cooldowns_s": (300.0,),
        "min_capacities": (1,),
        "max_capacities": (4,),
    }
    return Grid(**(one | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1000", (1000.0,)),
        ("2000,1000,2000", (1000.0, 2000.0)),
        ("1000:3000:1000", (1000.0, 2000.0, 3000.0)),
        ("1000:2999:1000", (1000.0, 2000.0)),
        ("0.1:0.3:0.1", (0.1, 0.2, 0.3)),
        ("50,100:200:50", (50.0, 100.0, 150.0, 200.0)),
        ("5:5:1", (5.0,)),
    ],
)
def test_a_list_and_a_range_are_the_same_numbers(text: str, numbers: tuple[float, ...]) -> None:
    """Ascending, without doubles, the end of a range included."""
    assert parse_numbers(text, "--targets") == numbers


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "'' is no number"),
        ("1000,,2000", "'' is no number"),
        ("many", "'many' is no number"),
        ("nan", "'nan' is no number"),
        ("inf", "'inf' is no number"),
        ("1:2", "'1:2' is no range"),
        ("2000:1000:100", "is empty; LAST must not be below FIRST"),
        ("1000:2000:0", "STEP must be above 0"),
        ("0:1e9:0.001", "give a larger STEP"),
        ("0,100", "0 must be greater than 0"),
    ],
)
def test_bad_numbers_name_their_option(text: str, words: str) -> None:
    """The message names the option and what is wrong."""
    with pytest.raises(ScenarioError, match="--targets") as raised:
        parse_numbers(text, "--targets", above=0.0)

    assert words in str(raised.value)


def test_too_many_values_are_refused_before_they_fill_the_memory() -> None:
    """Two ranges that are each allowed may be too many together."""
    with pytest.raises(ScenarioError, match="more than 1,000,000 values"):
        parse_numbers("1:900000:1,900001:1800000:1", "--targets")


def test_instances_come_whole() -> None:
    """Half an instance cannot be had."""
    assert parse_whole("1:3:1", "--min", above=0) == (1, 2, 3)
    with pytest.raises(ScenarioError, match=r"--min 1.5: 1.5 is no whole number"):
        parse_whole("1.5", "--min", above=0)


def test_names_keep_their_order_and_come_once() -> None:
    """The order on the command line is the order of the table."""
    assert parse_names("b, a,b", "--instance-types") == ("b", "a")
    with pytest.raises(ScenarioError, match="a name is empty"):
        parse_names("a,", "--instance-types")


def words(option: str, text: str) -> str:
    """Return what was handed over, to look at."""
    return f"{option}: {text}"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0.05", {"a": "--x: 0.05", "b": "--x: 0.05"}),
        ("a=1,b=2", {"a": "--x a: 1", "b": "--x b: 2"}),
        ("b=lognormal:1,2,a=3", {"a": "--x a: 3", "b": "--x b: lognormal:1,2"}),
        ("runs/x=1.json", {"a": "--x: runs/x=1.json", "b": "--x: runs/x=1.json"}),
    ],
)
def test_one_value_for_all_types_or_one_for_each(text: str, found: dict[str, str]) -> None:
    """A value may hold commas, and a path an equals sign."""
    assert parse_by_type(text, "--x", ("a", "b"), words) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a=1", "--x says nothing of b; add b=VALUE"),
        ("a=1,a=2", "--x: a is given twice"),
        ("a=1,c=2", "--x: c is not swept; the instance types are a, b"),
    ],
)
def test_each_type_must_be_told_of_once(text: str, message: str) -> None:
    """A type that is forgotten would silently get another's value."""
    with pytest.raises(ScenarioError) as raised:
        parse_by_type(text, "--x", ("a", "b"), words)

    assert message in str(raised.value)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "x"])
def test_what_must_be_above_zero_is(text: str) -> None:
    """Zero and less are refused by name."""
    with pytest.raises(ScenarioError, match="--latency-limit"):
        parse_above_zero(text, "--latency-limit")


def test_every_combination_is_tried_once_in_a_fixed_order() -> None:
    """Instance type first, bounds last: the order of the rows in the CSV."""
    found = combinations(grid(targets=(600.0, 900.0), min_capacities=(1, 2), instance_types=("b", "a")))

    assert len(found.candidates) == len(set(found.candidates)) == 8
    assert [each.instance_type for each in found.candidates] == ["b"] * 4 + ["a"] * 4
    assert found.candidates[1] == Candidate("b", 600.0, 300.0, 300.0, 2, 4)
    assert found.skipped_count == 0


def test_a_minimum_above_the_maximum_is_left_out_counted_and_named() -> None:
    """AWS would refuse it; it must not silently shrink the grid."""
    found = combinations(grid(targets=(600.0, 900.0), min_capacities=(2, 8), max_capacities=(4, 8)))

    assert found.skipped == (("--min 8 above --max 4", 2),)
    assert found.skipped_count == 2
    assert len(found.candidates) == 6


def test_a_grid_of_nothing_is_an_error() -> None:
    """With the way out: which bound must grow."""
    with pytest.raises(ScenarioError, match=r"--min begins at 8 and --max ends at 4"):
        combinations(grid(min_capacities=(8,)))


def test_a_grid_without_end_is_an_error() -> None:
    """Rather than an hour of waiting for an answer."""
    many = tuple(float(n) for n in range(1, 1_002))
    with pytest.raises(ScenarioError, match="more than 1,000,000; give fewer values"):
        combinations(grid(targets=many, scale_in_cooldowns_s=many))


@given(
    st.lists(st.integers(1, 20), min_size=1, max_size=5, unique=True),
    st.lists(st.integers(1, 20), min_size=1, max_size=5, unique=True),
)
def test_what_is_kept_and_what_is_left_out_is_everything(lows: list[int], highs: list[int]) -> None:
    """No combination is lost between the two."""
    try:
        found = combinations(grid(min_capacities=tuple(lows), max_capacities=tuple(highs)))
    except ScenarioError:
        assert min(lows) > max(highs)
        return
    assert len(found.candidates) + found.skipped_count == len(lows) * len(highs)
    assert all(each.min_capacity <= each.max_capacity for each in found.candidates)


def test_a_policy_reads_as_one_line() -> None:
    """With its units, for the sentences of the result."""
    assert Candidate("ml.m5.large", 600.0, 60.0, 300.0, 1, 4).words() == (
        "ml.m5.large, target 600, cooldowns out 60 s / in 300 s, 1 to 4 instances"
    )
