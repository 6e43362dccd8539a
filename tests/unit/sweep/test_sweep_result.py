"""What a sweep concludes from its rows, and the CSV."""

import csv
import io

import pytest
from toy_sweep import candidate, figures, row

from harness.sweep.result import COLUMNS, Row, alike, as_csv, fluid_error, judge, row_json
from harness.sweep.thresholds import Threshold

P99 = Threshold("p99", 0.8, True)


def test_both_fronts_are_of_cost() -> None:
    """One against p99, one against minutes in breach."""
    rows = [row(1, 9, 5), row(2, 5, 5), row(3, 7, 1), row(4, 4, 1)]
    verdict = judge(rows, ())

    assert (verdict.front_p99, verdict.front_breach) == ((0, 1, 3), (0, 2))
    assert verdict.ok
    assert verdict.cheapest is verdict.nearest is None


def test_rows_that_were_run_exactly_are_judged_alone() -> None:
    """The fluid model's figures are not compared with exact ones."""
    rows = [row(1, 0.1, exact=False), row(2, 0.5), row(3, 0.4)]
    verdict = judge(rows, (P99,))

    assert verdict.front_p99 == (1, 2)
    assert (verdict.cheapest, verdict.unproven) == (1, 1)


def test_a_policy_that_comes_to_the_same_as_one_run_exactly_is_no_cheaper() -> None:
    """A maximum that is never reached makes no other policy, so nothing is unproven about it."""
    chosen = row(2, 0.5)
    twin = Row(candidate(most=9), chosen.fluid, None, 1.0)
    verdict = judge([chosen, twin], (P99,))

    assert (verdict.cheapest, verdict.unproven) == (0, 0)
    assert alike([chosen, twin], 0) == 1


def test_without_exact_runs_the_fluid_model_is_judged() -> None:
    """`--exact 0` has an answer as well, and nothing is left unproven beside it."""
    rows = [row(2, 0.5, exact=False), row(1, 0.5, exact=False)]
    verdict = judge(rows, (P99,))

    assert (verdict.cheapest, verdict.front_p99, verdict.unproven) == (1, (1,), 0)


def test_the_cheapest_that_is_good_enough_wins() -> None:
    """All thresholds at once; of equal cost the faster."""
    rows = [row(1, 0.9), row(2, 0.7, 3), row(3, 0.7), row(3, 0.6), row(4, 0.1)]
    verdict = judge(rows, (P99, Threshold("breach_minutes", 0, False)))

    assert (verdict.cheapest, verdict.nearest, verdict.ok) == (3, None, True)


def test_when_none_is_good_enough_the_nearest_is_named() -> None:
    """It misses by the least, whatever it costs; what is cheap and unproven is counted."""
    rows = [row(1, 8.0), row(5, 0.9), row(3, 1.6), row(1, 0.5, exact=False)]
    verdict = judge(rows, (P99,))

    assert (verdict.cheapest, verdict.nearest, verdict.unproven, verdict.ok) == (None, 1, 1, False)


def test_the_error_of_the_fluid_model_is_stated() -> None:
    """Over the rows that were run by both, median and largest."""
    error = fluid_error([row(10, 1.0), row(10, 2.0), row(10, 4.0), row(10, 9.0, exact=False)])

    assert error is not None
    assert error.policies == 3
    assert (error.p99_s_median, error.p99_s_max) == (pytest.approx(0.2), pytest.approx(0.4))
    assert (error.cost_ratio_max, error.breach_minutes_max) == (0.0, 0.0)
    assert fluid_error([row(exact=False)]) is None


def test_the_error_of_a_policy_that_costs_nothing_is_nothing() -> None:
    """No division by an instance that never was."""
    error = fluid_error([row(0.0)])

    assert error is not None
    assert error.cost_ratio_max == 0.0


def test_the_csv_has_every_row_in_the_order_of_the_grid() -> None:
    """With the engine that each is from; cells that do not apply are empty."""
    rows = [row(2, 0.5), row(1, 0.9, exact=False)]
    verdict = judge(rows, ())
    lines = list(csv.DictReader(io.StringIO(as_csv(rows, verdict))))

    assert tuple(lines[0]) == COLUMNS
    assert [line["engine"] for line in lines] == ["exact", "fluid"]
    assert [line["on_front_p99"] for line in lines] == ["1", "0"]
    assert (lines[0]["cost_usd"], lines[0]["target"], lines[0]["fluid_p99_s"]) == ("2", "600", "0.45")
    assert (lines[1]["fluid_p99_s"], lines[1]["meets"]) == ("", "")


def test_the_csv_says_who_meets_the_thresholds() -> None:
    """One and zero, for spreadsheets."""
    rows = [row(2, 0.5), row(1, 0.9)]
    lines = list(csv.DictReader(io.StringIO(as_csv(rows, judge(rows, (P99,))))))

    assert [line["meets"] for line in lines] == ["1", "0"]


def test_figures_are_named_as_thresholds_name_them() -> None:
    """What is asked for can be asked of every row."""
    one = Row(candidate(), figures(), figures(7.0, 0.3, 2, failed=5), 2.0)

    assert one.values() == {
        "p99": 0.3,
        "breach_minutes": 2.0,
        "failed_ratio": 0.005,
        "cost_usd": 14.0,
    }
    assert row_json(one, ())["instance_hours"] == pytest.approx(7 / 3_600, abs=1e-6)
