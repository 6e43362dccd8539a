"""The bill as a whole: its sum, its prices, predictions, a month, and what it would be otherwise."""

from typing import Any

import pytest
from bills import FIRST, billed, call, declared, invoked, joined, left, line, only

from harness import journal as j
from harness.cost.alternatives import Alternative, alternatives
from harness.cost.bill import bill, prices_of
from harness.cost.prices import hourly
from harness.cost.told import cost_lines, usd
from harness.errors import ScenarioError
from harness.summary import ByType, summarise

ANSWER = {"endpoint": "e", "bytes_in": 0, "bytes_out": 0}


def other_ways(*records: j.Record, until: float = 3_600.0) -> dict[str, Alternative]:
    """Return the alternatives to a run with *records*, by what they are."""
    every = [FIRST, *records, j.FaultEnded(until, "none", "", 0, 0)]
    return {one.what: one for one in alternatives(bill(every), ByType(every))}


def cost_of(*records: j.Record, **changes: Any) -> dict[str, Any]:
    """Return the part about cost of a summary."""
    found: dict[str, Any] = summarise([FIRST, *records, j.RunEnded(3_600.0, "pass", "", 1.0)], **changes).get(
        "cost", {}
    )
    return found


def test_the_dearest_comes_first_and_the_sum_is_of_all() -> None:
    """Whatever order things happened in."""
    found = billed(call("sqs", "SendMessage"), joined(0.0, 0.0))
    assert [one.service for one in found.items] == ["sagemaker", "sqs"]
    assert found.usd == pytest.approx(found.of_service("sagemaker") + found.of_service("sqs"))
    assert found.of_service("kms") == 0.0


def test_the_prices_that_a_run_was_given_hold_for_its_journal() -> None:
    """Redrawn years later, it costs what it did; what they lack is of the project's table."""
    mine = hourly({"ml.m5.large": 7.0}, as_of="2026-01-31", file="mine.json")
    given = {"prices": {"file": "mine.json", "table": mine.as_json()}}
    found = billed(joined(0.0, 0.0), call("sqs", "SendMessage"), until=3_600.0, configuration=given)

    assert line(found, "sagemaker:ml.m5.large").usd == pytest.approx(7.0)
    assert line(found, "sqs:requests").usd
    assert found.prices.file == "mine.json"


def test_prices_in_a_journal_that_are_none_are_an_error() -> None:
    """Never a wrong sum."""
    with pytest.raises(ScenarioError, match="as_of"):
        billed(configuration={"prices": {"file": "mine.json", "table": {"prices": []}}})


def test_a_journal_without_a_first_record_is_priced_by_the_projects_table() -> None:
    """Nothing else is known."""
    assert prices_of(ByType([])).usd_per_hour["ml.m5.large"] == 0.115


def test_a_prediction_is_a_row() -> None:
    """Or an answer that tells no rows; refused calls are none."""
    calls = [
        call("sagemaker", "InvokeEndpoint", rows=rows, status=status, **ANSWER)
        for rows, status in ((100, 200), (0, 200), (5, 500))
    ]
    found = billed(joined(0.0, 0.0), *calls, until=3_600.0)
    assert found.predictions == 101
    assert found.per_1000_predictions_usd == pytest.approx(0.115 / 101 * 1_000)


def test_predictions_in_virtual_time_are_the_requests_that_were_answered() -> None:
    """One by one or in total; those of a function are none."""
    answered = [j.LoadRequest(1.0, "e", "ok", 200), j.LoadRequest(1.0, "e", "failed", 500)]
    of_function = j.LoadRequest(1.0, "f", "ok", 200, target="function")
    total = j.ServedTotal(9.0, 0.0, 10, 8, {}, {}, {})
    assert billed(*answered, of_function).predictions == 1
    assert billed(total).predictions == 0
    assert billed(total, j.EndpointChanged(0.0, "e", "InService")).predictions == 8
    assert billed(*answered).per_1000_predictions_usd == 0.0
    assert billed().per_1000_predictions_usd is None


def test_a_month_is_730_hours_of_what_went_on() -> None:
    """Not of a run that lasted for less than a minute."""
    assert billed(joined(0.0, 0.0), until=600.0).usd_per_month == pytest.approx(730 * 0.115)
    assert billed(joined(0.0, 0.0), until=30.0).usd_per_month == 0.0


def test_other_instances_of_the_same_size_are_compared_at_the_same_seconds() -> None:
    """On EC2 too; nothing with an accelerator, and nothing that may be taken away, for an endpoint."""
    ways = other_ways(joined(0.0, 0.0, "ml.m5.xlarge"))
    assert ways["t2.xlarge (EC2 on demand)"].usd == pytest.approx(0.1856)
    assert ways["t2.xlarge (EC2 on demand)"].instead_of_usd == pytest.approx(0.23)
    assert ways["ml.t3.xlarge (SageMaker)"].usd == pytest.approx(0.2)
    assert not [what for what in ways if "spot" in what or "g5" in what or what.startswith("ml.m5.xlarge")]
    assert [one.usd for one in ways.values()] == sorted(one.usd for one in ways.values())


def test_ec2_is_compared_with_sagemaker_and_spot_with_on_demand() -> None:
    """The same seconds, and the price there."""
    on_demand = j.ComputeChanged(0.0, "i-1", "t2.xlarge", "on-demand", "running", 0.1856)
    spot = j.ComputeChanged(0.0, "i-2", "t2.xlarge", "spot", "running", 0.05)

    assert other_ways(on_demand)["ml.m5.xlarge (SageMaker)"].usd == pytest.approx(0.23)
    assert other_ways(on_demand)["t2.xlarge (EC2 spot)"].usd == pytest.approx(0.0583)
    assert other_ways(spot)["t2.xlarge (EC2 on demand)"].usd == pytest.approx(0.1856)
    assert "t2.xlarge (EC2 spot)" not in other_ways(spot)


def test_managed_spot_is_compared_with_the_whole_time_on_demand() -> None:
    """Two jobs on one type are compared together."""
    jobs = [
        j.JobEnded(
            9.0, "training", name, "Completed", "", 0.0, 3_600.0, 1_080.0, "ml.m5.xlarge", 1, 1.0, spot=True
        )
        for name in ("a", "b")
    ]
    way = other_ways(*jobs)["ml.m5.xlarge (SageMaker), not as managed spot"]
    assert way.resource == "2 together"
    assert way.usd == pytest.approx(0.46)
    assert way.instead_of_usd == pytest.approx(0.46 * 0.3)


def test_a_type_without_a_price_has_no_alternatives() -> None:
    """Nor has one whose size is not known."""
    assert other_ways(joined(0.0, 0.0, "ml.quantum.large")) == {}
    told = j.ComputeChanged(0.0, "i-1", "z9.huge", "on-demand", "running", 1.0)
    assert other_ways(told) == {}


def test_a_function_on_demand_is_compared_with_a_provisioned_one_and_the_other_way_round() -> None:
    """As many environments as ran at once, for the whole run."""
    overlapping = [invoked(1.0, 2.0), invoked(2.0, 2.0)]
    way = other_ways(declared(), *overlapping)["2 environments provisioned"]
    assert way.usd == pytest.approx(4 * 0.0000097222 + 2 * 3_600 * 0.0000041667)

    asked = j.ConcurrencySet(0.0, "f", "live", 1, 1)
    back = other_ways(declared(), asked, invoked(1.0, 2.0, provisioned=True))["all on demand"]
    assert back.usd == pytest.approx(2 * 0.0000166667)
    assert back.instead_of_usd > back.usd
    assert (way.item, back.item) == ("lambda:duration", "lambda:provisioned")


def test_a_function_whose_memory_is_not_known_is_compared_with_nothing() -> None:
    """Its time has no price."""
    assert other_ways(invoked(1.0)) == {}


def test_the_summary_tells_the_bill_with_its_prices() -> None:
    """Each item with its price, each price with its page."""
    found = cost_of(
        joined(0.0, 0.0), call("sagemaker", "InvokeEndpoint", **ANSWER), call("glue", "GetJob"), left(3_600.0)
    )

    assert found["usd"] == pytest.approx(0.115)
    assert found["price_table"]["prices"]["sagemaker:ml.m5.large"]["page"].startswith(
        "https://aws.amazon.com/"
    )
    assert (found["items"][0]["service"], found["items"][0]["unit"]) == ("sagemaker", "instance-seconds")
    assert (found["predictions"], found["per_1000_predictions_usd"]) == (1, pytest.approx(115.0))
    assert found["not_covered"] == {"glue": 1}
    assert found["month"]["usd"] == pytest.approx(730 * 0.115)
    assert found["alternatives"][0]["instead_of_usd"] == pytest.approx(0.115)
    assert "unpriced" not in found


def test_a_summary_may_be_made_at_other_prices() -> None:
    """As `harness report --prices` does; a price without a page has none."""
    mine = hourly({"ml.m5.large": 7.0}, as_of="2026-01-31", file="mine.json")
    found = cost_of(joined(0.0, 0.0), left(3_600.0), prices=mine)
    assert (found["usd"], found["price_table"]["file"]) == (pytest.approx(7.0), "mine.json")
    assert "page" not in found["price_table"]["prices"]["sagemaker:ml.m5.large"]


def test_what_has_no_price_has_its_unit_all_the_same() -> None:
    """By what it is."""
    found = cost_of(joined(0.0, 0.0, "ml.quantum.large"), left(9.0), invoked(1.0))
    assert {one["item"].partition(":")[0]: one["unit"] for one in found["items"] if one["usd"] is None} == {
        "sagemaker": "instance-seconds",
        "lambda": "GB-seconds",
    }
    assert len(found["unpriced"]) == 2


def test_a_run_that_used_nothing_has_no_cost() -> None:
    """No zero stands for it."""
    assert cost_of() == {}
    assert cost_lines({}) == []


def test_the_terminal_tells_the_sum_and_what_is_not_in_it() -> None:
    """In a line or two."""
    found = cost_of(joined(0.0, 0.0), call("sagemaker", "InvokeEndpoint", **ANSWER), left(3_600.0))
    (told,) = cost_lines({"cost": found})
    assert told == (
        "cost    0.115 USD, 115.00 for 1,000 predictions, 83.95 a month if it went on so (extrapolated); "
        "prices of 2026-11-22"
    )
    incomplete = cost_lines({"cost": cost_of(joined(0.0, 0.0, "ml.quantum.large"), left(9.0))})
    assert incomplete[0].startswith("cost    0.00 USD; prices")
    assert "without a price: sagemaker:ml.quantum.large" in incomplete[1]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0.0, "0.00"),
        (1_234.5, "1,234.50"),
        (0.115, "0.115"),
        (0.1, "0.10"),
        (0.000012, "0.000012"),
        (1e-9, "less than 0.000001"),
    ],
)
def test_money_is_told_to_three_digits(amount: float, words: str) -> None:
    """And never with fewer than two after the point."""
    assert usd(amount) == words


def test_the_only_line_of_a_bill() -> None:
    """What a month of one request is."""
    found = billed(call("kms", "Decrypt"), until=3_600.0)
    assert found.usd_per_month == pytest.approx(730 * 3e-6)
    assert only(found).service == "kms"


def test_a_spot_instance_is_priced_at_its_time_and_not_by_the_table() -> None:
    """The table's price of spot is of one moment: it stands for comparisons alone."""
    spot = j.ComputeChanged(0.0, "i-2", "t2.xlarge", "spot", "running", 0.05)
    found = cost_of(spot, j.FaultEnded(3_600.0, "none", "", 0, 0))
    assert found["usd"] == pytest.approx(0.05)
    assert found["price_table"]["prices"] == {}
