"""What people read of a sweep: progress with a time, one table, a few sentences."""

import io
from dataclasses import replace

from rich.console import Console
from toy_sweep import PRICES, row

from harness.endpoint.distributions import Constant
from harness.endpoint.fleet import Routing
from harness.sweep.grid import Combinations
from harness.sweep.result import Row, fluid_error, judge
from harness.sweep.services import Service
from harness.sweep.thresholds import Threshold
from harness.sweep.view import (
    MOST_ROWS,
    Progress,
    conclusion,
    fluid_words,
    price_words,
    print_table,
    recommended_words,
    skipped_words,
)
from harness.view import View

P99 = Threshold("p99", 0.8, True)


def table(rows: list[Row], *thresholds: Threshold) -> str:
    """Return the table as text."""
    out = io.StringIO()
    print_table(Console(file=out, width=160), rows, judge(rows, thresholds))
    return out.getvalue()


def test_the_table_holds_the_fronts_by_rising_cost() -> None:
    """With the front that each policy is on."""
    text = table([row(3, 0.1), row(1, 0.9, 4), row(2, 0.5, 4), row(9, 0.9, 9)])

    lines = [line for line in text.splitlines() if "USD" in line]
    assert [line.split()[1] for line in lines] == ["1.00", "2.00", "3.00"]
    assert "p99 breach" in lines[0]
    assert "exact model, 4 policies" in text


def test_a_long_front_is_cut_and_says_so() -> None:
    """The CSV has the rest."""
    text = table([row(i + 1, 100.0 - i) for i in range(MOST_ROWS + 3)])

    assert "and 3 more on the fronts, in sweep.csv" in text


def test_a_table_of_the_fluid_model_says_so() -> None:
    """Nobody takes an estimate for an exact run."""
    assert "fluid model, 1 policies" in table([row(exact=False)], P99)


def test_the_cheapest_that_is_good_enough_is_told_with_its_figures() -> None:
    """Policy, cost, p99, minutes in breach, failures."""
    rows = [row(1, 0.9), row(2, 0.7, 1, target=500.0)]
    (told,) = conclusion(rows, judge(rows, (P99,)))

    assert told.startswith("Cheapest that meets p99<0.8: a, target 500, cooldowns out 300 s / in 300 s")
    assert told.endswith("2.00 USD, p99 0.7 s, 1 minutes in breach, 0.000% failed.")


def test_policies_that_come_to_the_same_are_counted() -> None:
    """So that nobody looks for a meaning in the bounds of the one that is named."""
    rows = [row(2, 0.7), row(2, 0.7, target=500.0)]
    _, others = conclusion(rows, judge(rows, (P99,)))

    assert others.startswith("1 other policies come to the same")


def test_when_none_is_good_enough_the_nearest_is_told_with_what_it_misses() -> None:
    """Value and limit; and that cheaper ones are unproven."""
    rows = [row(1, 1.2, 3), row(1, 0.5, exact=False)]
    told, unproven = conclusion(rows, judge(rows, (P99, Threshold("breach_minutes", 2, False))))

    assert told.startswith("No policy meets p99<0.8 and breach_minutes<=2. Nearest: a, target 600")
    assert told.endswith(
        "It misses: p99 is 1.2 s, not p99<0.8; breach_minutes is 3 minutes, not breach_minutes<=2."
    )
    assert unproven.startswith("1 cheaper policies meet them by the fluid model")


def test_without_thresholds_there_is_nothing_to_conclude() -> None:
    """The fronts are the answer."""
    assert conclusion([row()], judge([row()], ())) == []


def test_aws_formula_is_written_out() -> None:
    """Every factor, so that it can be checked by hand."""
    service = Service(Constant(0.05), 2, 100, Routing.RANDOM, 40.0, "measured")

    assert recommended_words({"a": service}, 0.5) == [
        "AWS's formula for a: 40 requests/s at most (measured) x 0.5 x 60 = target 1200."
    ]


def test_the_error_of_the_fluid_model_is_told() -> None:
    """Or that there is no exact figure at all."""
    (told,) = fluid_words(fluid_error([row(10, 1.0), row(10, 3.0)]))

    assert "over 2 policies" in told
    assert "p99 0.2 s and 0.3 s" in told
    assert fluid_words(None) == ["No policy was run exactly: all figures are the fluid model's."]


def test_prices_are_told_with_date_and_doubts() -> None:
    """Those of the types that were swept."""
    assert (
        price_words(PRICES, ["b"])
        == "Prices as of 2026-01-31 (us-east-1, t.json; a test): b 7200 USD/h (dear)."
    )
    bare = replace(PRICES, region="", source="")
    assert price_words(bare, ["a"]) == "Prices as of 2026-01-31 (t.json): a 3600 USD/h."


def test_what_was_left_out_is_counted_and_named() -> None:
    """The first pairs by name, the rest by number."""
    assert skipped_words(Combinations((), ())) == []
    assert skipped_words(Combinations((), (("--min 8 above --max 4", 2),))) == [
        "Left out: 2 combinations with --min 8 above --max 4."
    ]
    many = tuple((f"pair {n}", 2) for n in range(7))
    assert skipped_words(Combinations((), many)) == [
        "Left out: 14 combinations with pair 0, pair 1, pair 2, pair 3, pair 4 and 2 more pairs."
    ]


def test_progress_tells_how_much_is_done() -> None:
    """Each policy counts; when all are done is the view's to tell."""

    class Noted(View):
        def progress(self, done: float, total: float, text: str = "", *, at_most: bool = False) -> None:
            told.append((done, total, text))

    told: list[tuple[float, float, str]] = []
    progress = Progress(Noted(), "exact", 3)
    for _ in range(3):
        progress.step()

    assert [done for done, _, _ in told] == [1, 2, 3]
    assert told[2] == (3, 3, "3 of 3 policies")
