"""A comparison as a whole."""

import json
from collections.abc import Iterable

import pytest

from harness.compare.document import Run, compare, verdict
from harness.compare.windows import Requests
from tests.unit.compare.made import priced, queue, run


def never(_: Run) -> Requests | None:
    """Fail: where runs tell the noise, or there is none, no journal is to be read."""
    raise AssertionError("nobody may ask for the requests")


def test_repeated_runs_tell_what_is_worse() -> None:
    """In plain JSON values, with both sides named."""
    document = compare(priced(1.0, 1.01, 0.99, 1.02), priced(1.5, 1.49, 1.52, 1.51), never)
    assert document["verdict"] == "worse"
    assert document["method"] == "runs"
    assert document["sentence"].startswith("Worse: Cost +49.8 %")
    assert len(document["before"]) == 4
    assert document["before"][0]["name"] == "ramp/0"
    assert document["lines"][0]["change_ratio"] == pytest.approx(0.4975, abs=0.001)
    assert json.loads(json.dumps(document)) == document


def test_a_line_says_what_each_run_has() -> None:
    """Every value on either side, in the order of the runs, beside what is said of them."""
    document = compare(priced(1.0, 1.01, 0.99, 1.02), priced(1.5, 1.49, 1.52, 1.51), never)
    line = document["lines"][0]
    assert line["values_before"] == [1.0, 1.01, 0.99, 1.02]
    assert line["values_after"] == [1.5, 1.49, 1.52, 1.51]
    assert line["low"] < line["change"] < line["high"]
    assert set(line) == {
        *("metric", "title", "group", "unit", "better", "before", "after", "change", "change_ratio"),
        *("low", "high", "verdict", "why", "values_before", "values_after"),
    }


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ([2, 2], [0, 2], "worse"),
        ([2, 2], [1, 2], "not comparable"),
        ([1, 2], [0, 2], "not comparable"),
        (None, [0, 2], "not comparable"),
        ([2, 2], None, "not comparable"),
    ],
)
def test_only_what_all_met_and_none_meets_is_broken(
    before: list[int] | None, after: list[int] | None, said: str
) -> None:
    """An expectation that some runs met and some did not is no verdict, nor is one that one side lacks."""
    assert verdict([], [{"before_met": before, "after_met": after}]) == said


def test_one_seed_on_the_virtual_clock_is_exact() -> None:
    """One run against one."""
    document = compare(priced(1.0, clock="virtual"), priced(0.9, clock="virtual"), never)
    assert (document["method"], document["verdict"]) == ("exact", "better")


def latency(p50: float) -> dict[str, object]:
    """Return the latency of a summary with that median."""
    return {"response_s": {"p50": p50}, "service_s": {"p50": p50}}


def test_one_run_against_one_asks_for_the_requests() -> None:
    """They tell the noise of the percentiles."""
    given: Iterable[Requests] = iter([queue(1), queue(2, slower=1.3)])
    before, after = run("a", latency=latency(0.04)), run("b", latency=latency(0.052))
    document = compare([before], [after], lambda _: next(given))  # type: ignore[call-overload]
    assert document["verdict"] == "worse"
    assert "windows" in document["method_words"]


def test_without_requests_nothing_is_claimed() -> None:
    """A run that kept none one by one."""
    document = compare([run("a", latency=latency(0.04))], [run("b", latency=latency(0.08))], lambda _: None)
    assert document["verdict"] == "no difference shown"
    assert {line["verdict"] for line in document["lines"]} == {"no noise known"}


def test_two_scenarios_are_not_comparable() -> None:
    """Nothing of them is: neither expectations nor policies; no journal is read."""
    policy = {"w": {"minimal_policy": {"Statement": [{"Action": "a", "Resource": "r"}]}}}
    document = compare([run("a", cost={"usd": 1.0})], [run("b", {"scenario": "other"}, iam=policy)], never)
    assert document["verdict"] == "not comparable"
    assert document["sentence"] == "Not comparable: the scenarios differ: ramp and other."
    assert document["policies"] == []


def test_two_clocks_leave_permissions() -> None:
    """And what cannot be compared is named."""
    iam = {"worker": {"unused_actions": 3}}
    more = {"worker": {"unused_actions": 5}}
    document = compare([run("a", iam=iam)], [run("b", {"clock": "virtual"}, iam=more)], never)
    assert document["verdict"] == "worse"
    assert document["not_comparable"] == ["the clocks differ: compressed:60 and virtual"]


def expected(ok: bool) -> list[dict[str, object]]:
    """Return one expectation, met or not."""
    return [{"name": "held", "limit": "< 1", "value": 0.5, "unit": "s", "ok": ok}]


def test_an_expectation_that_fails_now_is_worse() -> None:
    """Where every run met it and none does."""
    met, missed = run("a", expectations=expected(True)), run("b", expectations=expected(False))
    assert compare([met], [missed], lambda _: None)["verdict"] == "worse"
    assert compare([met, met], [met, missed], never)["verdict"] == "not comparable"
    assert compare([missed], [met], lambda _: None)["expectations"][0]["what"] == "now met"


def test_what_only_differs_is_said_so() -> None:
    """More instances and nothing else."""

    def grown(most: int) -> dict[str, object]:
        return {"targets": {"a": {"capacity": [[0.0, most, most]]}}}

    sides = [[run("a", {"clock": "virtual"}, scaling=grown(most))] for most in (1, 2)]
    assert compare(*sides, never)["verdict"] == "differs"
