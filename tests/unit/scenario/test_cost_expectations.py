"""What a scenario may expect of its bill."""

import pytest

from harness import journal as j
from harness.errors import ScenarioError
from harness.scenario import cost, cost_per_1000
from harness.scenario.expectations.expectation import Question, judge


def instance(kind: str = "ml.m5.large") -> j.InstanceChanged:
    """Return an instance that was there from the beginning."""
    return j.InstanceChanged(0.0, "e", "v", "i-1", "a", "joined", kind, 0.0)


def call(service: str, at: float = 3_600.0, endpoint: str = "") -> j.Exchange:
    """Return a small call that went well."""
    return j.Exchange(at, service, "Anything", 200, "x", 0.0, 0, 0, endpoint=endpoint, rows=10)


def judged(wanted: Question, *records: j.Record) -> j.Expectation:
    """Return *wanted*, below a dollar, over *records*."""
    (found,) = judge([wanted.below(1.0)], records, 3_600.0)
    return found


def test_the_whole_bill_may_be_bounded() -> None:
    """In US dollars, with the date of the prices."""
    found = judged(cost(), instance(), call("sqs"))
    assert (found.name, found.unit, found.ok) == ("cost", "USD", True)
    assert found.value == pytest.approx(0.115 + 0.4e-6)
    assert "2026-11-22" in found.reason


def test_one_service_may_be_bounded() -> None:
    """One that was not used costs nothing."""
    assert judged(cost("sqs"), instance(), call("sqs")).value == pytest.approx(0.4e-6)
    assert judged(cost("kms"), instance(), call("iam")).value == 0.0


def test_a_thousand_predictions_may_be_bounded() -> None:
    """The whole bill over them; without one there is no figure."""
    assert judged(cost_per_1000(), instance(), call("sagemaker", endpoint="e")).value == pytest.approx(11.5)
    nothing = judged(cost_per_1000(), instance())
    assert (nothing.value, nothing.ok) == (None, False)


@pytest.mark.parametrize("wanted", [cost(), cost("sagemaker"), cost_per_1000()])
def test_what_has_no_price_is_never_within_the_bound(wanted: Question) -> None:
    """It fails closed, and says what is missing."""
    found = judged(wanted, instance("ml.quantum.large"), call("sagemaker", endpoint="e"))
    assert (found.value, found.ok) == (None, False)
    assert "ml.quantum.large" in found.reason
    assert "--prices" in found.reason


def test_a_run_that_used_nothing_is_not_cheap() -> None:
    """There was nothing to measure."""
    assert not judged(cost()).ok


def test_what_is_not_reckoned_is_told() -> None:
    """Beside the value."""
    assert judged(cost(), instance(), call("glue")).reason.endswith("not reckoned: calls to glue")


def test_a_service_that_is_not_reckoned_is_refused_at_once() -> None:
    """With those that are."""
    with pytest.raises(ScenarioError, match=r"'glue' is not reckoned; name one of .*sagemaker"):
        cost("glue")


def test_the_virtual_clock_judges_only_what_it_plays() -> None:
    """It has no calls; instances and invocations it has."""
    assert (cost().needs, cost("sqs").needs, cost_per_1000().needs) == (cost().needs,) * 3
    assert cost().needs != ""
    assert (cost("sagemaker").needs, cost("lambda").needs) == ("", "")
