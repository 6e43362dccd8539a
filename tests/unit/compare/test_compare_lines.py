"""The verdict on each figure, and what it rests on."""

import pytest

from harness.compare.alike import Alike
from harness.compare.lines import Line, Method, Verdict, lines
from harness.compare.metrics import metric
from harness.compare.windows import Shift, Shifts

SAME = Alike()


def only(found: list[Line]) -> Line:
    """Return the one line of *found*."""
    [line] = found
    return line


def of_runs(before: list[float], after: list[float], name: str = "cost") -> Line:
    """Return the line of one figure over repeated runs."""
    sides = ([{name: value} for value in side] for side in (before, after))
    return only(lines(*sides, Method.RUNS, SAME, None))


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [(1.0, 1.1, Verdict.WORSE), (1.0, 0.9, Verdict.BETTER), (1.0, 1.0, Verdict.SAME)],
)
def test_without_noise_any_difference_is_real(before: float, after: float, verdict: Verdict) -> None:
    """The virtual clock with one seed."""
    line = only(lines([{"cost": before}], [{"cost": after}], Method.EXACT, SAME, None))
    assert line.verdict is verdict
    assert line.change == pytest.approx(after - before)


def test_rounding_is_no_difference() -> None:
    """The same numbers, added up in another order."""
    line = only(lines([{"cost": 0.3}], [{"cost": 0.1 + 0.2}], Method.EXACT, SAME, None))
    assert line.verdict is Verdict.SAME
    assert line.change == 0.0


def test_more_instances_differ_and_are_neither_worse_nor_better() -> None:
    """What they cost is told for itself."""
    line = only(lines([{"instances": 3.0}], [{"instances": 4.0}], Method.EXACT, SAME, None))
    assert line.verdict is Verdict.DIFFERS


def test_one_value_a_run_has_no_known_noise() -> None:
    """Nothing is claimed of it, and the way out is told; equal values are equal."""
    line = only(lines([{"cost": 1.0}], [{"cost": 2.0}], Method.REQUESTS, SAME, None))
    assert (line.verdict, line.why) == (Verdict.UNKNOWN, "one value a run: repeat the run")
    equal = only(lines([{"cost": 1.0}], [{"cost": 1.0}], Method.REQUESTS, SAME, None))
    assert (equal.verdict, equal.why) == (Verdict.SAME, "equal")


def test_what_policies_say_is_a_fact() -> None:
    """It takes no second run to know it."""
    line = only(lines([{"policy_unused": 1.0}], [{"policy_unused": 4.0}], Method.REQUESTS, SAME, None))
    assert line.verdict is Verdict.WORSE


def one_run(name: str, after: float, shift: Shift | None) -> Line:
    """Return the line of one figure that was 1, of one run against one."""
    told = None if shift is None else Shifts({name: shift}, 30, 2.0)
    return only(lines([{name: 1.0}], [{name: after}], Method.REQUESTS, SAME, told))


def test_requests_tell_their_own_noise() -> None:
    """The interval is in the figure's unit; within it nothing is claimed."""
    line = one_run("response_p99", 1.5, Shift(0.405, 0.1, 0.7))
    assert line.verdict is Verdict.WORSE
    assert line.low == pytest.approx(0.105, abs=0.001)
    assert one_run("response_p99", 0.7, Shift(-0.36, -0.5, -0.1)).verdict is Verdict.BETTER
    assert one_run("response_p99", 1.5, Shift(0.405, -0.1, 0.7)).why == "within the noise of its requests"


def test_a_ratio_is_compared_in_points() -> None:
    """Its interval is not relative to what it was."""
    line = one_run("error_ratio", 1.2, Shift(0.2, 0.1, 0.3))
    assert (line.verdict, line.low, line.high) == (Verdict.WORSE, 0.1, 0.3)


def test_below_one_per_cent_nothing_is_worse() -> None:
    """However sure it is."""
    assert one_run("response_p50", 1.005, Shift(0.005, 0.004, 0.006)).why == "below 1 %"
    few = of_runs([1.0, 1.0001, 0.9999, 1.0, 1.0], [1.008, 1.0081, 1.0079, 1.008, 1.008])
    assert (few.verdict, few.why) == (Verdict.SAME, "below 1 %")


def test_requests_that_are_too_few_tell_nothing() -> None:
    """Nor does a percentile that was left out."""
    line = one_run("response_p99", 1.5, None)
    assert line.verdict is Verdict.UNKNOWN
    assert line.why == "too few requests, or the slow ones all at one time: repeat the run"


def test_repeated_runs_show_what_is_worse() -> None:
    """Each above each; means, and the values they are of."""
    line = of_runs([1.0, 1.02, 0.98, 1.01], [1.3, 1.28, 1.33, 1.31])
    assert line.verdict is Verdict.WORSE
    assert line.before == pytest.approx(1.0025)
    assert line.values_after == (1.3, 1.28, 1.33, 1.31)
    assert line.low is not None
    assert 0 < line.low < 0.3
    assert of_runs([1.3, 1.28, 1.33, 1.31], [1.0, 1.02, 0.98, 1.01]).verdict is Verdict.BETTER


def test_repeated_runs_that_overlap_show_nothing() -> None:
    """And it is said that this is noise."""
    line = of_runs([1.0, 1.3, 1.1, 1.2], [1.25, 1.05, 1.35, 1.15])
    assert (line.verdict, line.why) == (Verdict.SAME, "within the noise of the runs")


def test_what_stands_out_by_itself_may_be_chance_among_many() -> None:
    """Its own interval is off zero; other divisions set other figures as far apart."""
    cost = [1.0, 1.1, 1.05, 1.07, 1.2, 1.3, 1.22, 1.25]
    apart = {"rmse": "01010101", "scale_out_lag": "01100110", "cost_per_1000": "01011010"}
    figures = [
        {"cost": each, **{name: 1.0 + float(way[number]) for name, way in apart.items()}}
        for number, each in enumerate(cost)
    ]
    found = lines(figures[:4], figures[4:], Method.RUNS, SAME, None)
    line = next(one for one in found if one.metric.name == "cost")
    assert (line.verdict, line.why) == (Verdict.SAME, "may be chance, among so many figures")
    assert of_runs(cost[:4], cost[4:]).verdict is Verdict.WORSE


def test_too_few_runs_are_told_with_how_many_it_takes() -> None:
    """Two a side show nothing; equal ones are equal all the same."""
    line = of_runs([1.0, 1.0], [2.0, 2.0])
    assert line.verdict is Verdict.SAME
    assert line.why == "too few runs: with 2 before, 5 after can show one"
    assert of_runs([1.0, 1.0], [1.0, 1.0]).why == "equal in every run"


def test_one_run_against_one_by_runs_has_no_interval() -> None:
    """There is nothing to tell it by."""
    line = of_runs([1.0], [2.0])
    assert line.low is None


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ([{"cost": 1.0}], [{"rmse": 1.0}], "measured before only"),
        ([{"rmse": 1.0}], [{"cost": 1.0}], "measured after only"),
        ([{"cost": 1.0}, {"rmse": 2.0}], [{"cost": 1.0}], "not measured in every run"),
    ],
)
def test_what_one_side_has_not_is_not_comparable(
    before: list[dict[str, float]], after: list[dict[str, float]], why: str
) -> None:
    """It is told on which side it was measured."""
    found = {line.metric.name: line for line in lines(before, after, Method.RUNS, SAME, None)}
    assert found["cost"].verdict is Verdict.NOT_COMPARABLE
    assert found["cost"].why == why


def test_another_clock_leaves_what_is_not_timed() -> None:
    """Permissions count, latency does not; of another scenario nothing does."""
    figures = [{"response_p50": 1.0, "policy_unused": 2.0}]
    clock = lines(figures, figures, Method.EXACT, Alike(untimed="the clocks differ: a and b"), None)
    assert [line.verdict for line in clock] == [Verdict.NOT_COMPARABLE, Verdict.SAME]
    never = lines(figures, figures, Method.RUNS, Alike(never="the scenarios differ: a and b"), None)
    assert {line.why for line in never} == {"the scenarios differ: a and b"}


def test_lines_come_in_the_order_of_the_metrics() -> None:
    """Latency first, cost last."""
    figures = [{"cost": 1.0, "lost": 0.0, "response_p50": 1.0}]
    found = lines(figures, figures, Method.EXACT, SAME, None)
    assert [line.metric.name for line in found] == ["response_p50", "lost", "cost"]


def test_a_line_of_one_side_has_no_change() -> None:
    """There is nothing to subtract."""
    assert Line(metric("cost"), None, 1.0, Verdict.NOT_COMPARABLE).change is None
