"""Expectations over hand-made records: each gives its figure, and nothing to measure is never ok."""

import math
from collections.abc import Sequence
from typing import Any

import pytest
from declared import RANKER
from hypothesis import given
from hypothesis import strategies as st

from harness import journal
from harness.errors import ScenarioError
from harness.journal import Record
from harness.scenario import Expectation, answered_during_fault, error_ratio, response_time, result
from harness.scenario.expectations.expectation import Measured, Question, judge

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)


def judged(expectation: Expectation, *records: Record) -> journal.Expectation:
    (only,) = judge([expectation], records, 5.0)
    return only


def fixed(value: float | None) -> Question:
    return Expectation("figure", lambda records: (value, "as given"), "things")


def request(due_at: float, outcome: str = "ok", **fields: Any) -> journal.LoadRequest:
    return journal.LoadRequest(
        due_at, **({"endpoint": "ranker", "outcome": outcome, "status": 200, "sent_at": due_at} | fields)
    )


def program(error: str = "", **found: Any) -> journal.ProgramEnded:
    return journal.ProgramEnded(9.0, "scorer", 1.0, int(bool(error)), found, error)


FAULT = journal.FaultInjected(100.0, "zone failure", "zones a failed")


@given(finite, finite)
def test_signs_are_what_they_say(value: float, limit: float) -> None:
    """At most, below, at least and equals are the comparisons of those names."""
    question = fixed(value)
    verdicts = {
        "<=": judged(question.at_most(limit)).ok,
        "<": judged(question.below(limit)).ok,
        ">=": judged(question.at_least(limit)).ok,
        "==": judged(question.equals(limit)).ok,
    }
    assert verdicts == {"<=": value <= limit, "<": value < limit, ">=": value >= limit, "==": value == limit}


def test_a_judgement_says_everything() -> None:
    """Name, limit, value, unit, reason and where the limit is from."""
    one = judged(fixed(3.0).at_most(4, "the contract").named("what we promised"))
    assert one == journal.Expectation(
        5.0, "what we promised", "<= 4", 3.0, "things", True, "as given", "the contract"
    )


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
@pytest.mark.parametrize("sign", ["at_most", "below", "at_least", "equals"])
def test_nothing_to_measure_is_never_ok(value: float | None, sign: str) -> None:
    """No value, or none that can be compared, meets no limit."""
    one = judged(getattr(fixed(value), sign)(0.0))
    assert (one.ok, one.value) == (False, None)


def test_a_measure_that_raises_is_not_ok() -> None:
    """A scenario's own measure may be wrong; the run is judged all the same."""

    def wrong(records: Sequence[Record]) -> Measured:
        raise KeyError("x")

    one = judged(Expectation("mine", wrong, "").at_most(1))
    assert (one.ok, one.value, one.reason) == (False, None, "It could not be measured: KeyError: 'x'")


def test_a_limit_may_be_measured() -> None:
    """A figure may be compared with another figure of the same run."""
    assert judged(fixed(3.0).equals(fixed(3.0))).ok
    assert judged(fixed(3.0).equals(fixed(4.0))).limit == "== 4"


def test_a_limit_that_is_not_measured_is_not_met() -> None:
    """Without a limit nothing is proved."""
    one = judged(fixed(3.0).at_most(fixed(None)))
    assert (one.ok, one.limit, one.reason) == (False, "<= nothing measured", "as given; its limit: as given")


@pytest.mark.parametrize("limit", [math.nan, math.inf])
def test_a_limit_is_a_finite_number(limit: float) -> None:
    """A limit that nothing, or everything, meets is a mistake."""
    with pytest.raises(ScenarioError, match="give a finite number"):
        fixed(1).at_most(limit)


def test_a_programs_figure_is_what_its_last_run_returned() -> None:
    """Whole numbers, fractions and truth values count."""
    rmse = result("scorer", "rmse", "cycles")
    assert judged(rmse.at_most(60), program(rmse=50)).value == 50.0
    assert judged(rmse.at_most(60), program(rmse=99), program(rmse=57.2)).value == 57.2
    assert judged(result("scorer", "deployed").equals(1), program(deployed=True)).ok


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        ([], "The program 'scorer' did not run"),
        ([program(error="it broke")], "The program 'scorer' failed: it broke"),
        ([program(rows=1)], "The program 'scorer' returned no figure 'rmse'"),
        ([program(rmse="57")], "The program 'scorer' returned no figure 'rmse'"),
    ],
)
def test_a_program_without_the_figure(records: list[Record], reason: str) -> None:
    """What a program did not return cannot be expected."""
    one = judged(result("scorer", "rmse").at_most(60), *records)
    assert (one.ok, one.reason) == (False, reason)


def test_response_time_counts_from_the_intended_start() -> None:
    """Lag, queue and service of good answers of this endpoint; nothing else."""
    records = [
        request(0.0, lag_s=0.1, queue_s=0.2, service_s=0.3),
        request(1.0, service_s=0.1),
        request(2.0, "failed", service_s=60.0),
        request(3.0, endpoint="other", service_s=60.0),
    ]
    assert judged(response_time(RANKER, 1.0).below(1), *records).value == pytest.approx(0.6)
    assert judged(response_time(RANKER, 0.0).below(1), *records).value == pytest.approx(0.1)
    assert response_time(RANKER, 0.999).name == "ranker: response time p99.9"


@pytest.mark.parametrize("quantile", [-0.1, 99, math.nan])
def test_a_quantile_is_a_share(quantile: float) -> None:
    """99 for 0.99 is a common slip."""
    with pytest.raises(ScenarioError, match=r"give a share from 0 to 1, as 0\.99"):
        response_time(RANKER, quantile)


def test_the_error_ratio_is_of_all_that_was_offered() -> None:
    """Dropped and unfinished requests are errors as failed ones are."""
    outcomes = ["ok", "failed", "dropped", "unfinished"]
    one = judged(error_ratio(RANKER).below(1), *(request(0.0, outcome) for outcome in outcomes))
    assert (one.value, one.reason) == (0.75, "3 of 4 requests to ranker had no good answer")


def test_answers_after_a_fault_are_those_due_in_the_window() -> None:
    """From the first fault on, for as long as asked; what was due before or after does not count."""
    records = [
        request(99.9, "failed"),
        FAULT,
        request(100.0),
        request(159.9, "failed"),
        request(160.0, "failed"),
        journal.FaultInjected(300.0, "zone failure", "zones b failed"),
    ]
    one = judged(answered_during_fault(RANKER, 60).at_least(0.5), *records)
    assert (one.ok, one.value) == (True, 0.5)


@pytest.mark.parametrize(
    ("question", "records", "reason"),
    [
        (response_time(RANKER, 0.5), [request(0, "failed")], "No request to ranker was answered"),
        (error_ratio(RANKER), [request(0, endpoint="other")], "No request was offered to ranker"),
        (answered_during_fault(RANKER, 60), [request(0)], "No zone failure was injected"),
        (
            answered_during_fault(RANKER, 60),
            [FAULT, request(10)],
            "No request to ranker was due in the 60 s after the fault",
        ),
    ],
)
def test_without_requests_there_is_nothing_to_measure(
    question: Question, records: list[Record], reason: str
) -> None:
    """And the reason says what is missing."""
    one = judged(question.at_least(0.0), *records)
    assert (one.ok, one.value, one.reason) == (False, None, reason)


def test_a_window_has_a_length() -> None:
    """An empty window would never hold a request."""
    with pytest.raises(ScenarioError, match="within_s is 0"):
        answered_during_fault(RANKER, 0)
