"""The report's section about cost: lines, bars, marked extrapolation, no link that is not AWS's."""

from typing import Any

import sample

from harness import journal as j
from harness.cost.prices import hourly
from harness.summary import summarise
from reports import cost
from reports.html import render

TAKEN_BACK = "Server.SpotInstanceTermination"


def run(*records: j.Record, configuration: dict[str, Any] | None = None) -> list[j.Record]:
    """Return a run of an hour with *records*."""
    last = j.FaultEnded(3_600.0, "none", "", 0, 0)
    first = sample.started(configuration=configuration or {})
    return [first, *records, last, j.RunEnded(3_600.0, "pass", "", 1.0)]


def instance(kind: str = "ml.m5.large", endpoint: str = "ranker") -> j.InstanceChanged:
    """Return an instance that was there from the beginning."""
    return j.InstanceChanged(0.0, endpoint, "v", "i-1", "a", "joined", kind, 0.0)


def call(service: str, **changes: Any) -> j.Exchange:
    """Return a call that went well."""
    return j.Exchange(1.0, service, "Anything", 200, "x", 0.0, 0, 0, **changes)


def page_of(*records: j.Record, configuration: dict[str, Any] | None = None) -> str:
    """Return the page of a run with *records*."""
    every = run(*records, configuration=configuration)
    return render(every, summarise(every))


def shown(*records: j.Record) -> dict[str, Any]:
    """Return what the section shows of a run with *records*."""
    found = cost.section(summarise(run(*records)))
    assert found is not None
    return found


def test_a_run_that_used_nothing_has_no_section() -> None:
    """And says so among what is absent."""
    page = page_of()
    assert 'id="cost"' not in page
    assert cost.key_figures({}) == []


def test_the_bill_is_told_in_a_sentence_and_line_by_line() -> None:
    """With shares of the whole."""
    found = shown(instance(), call("sagemaker", endpoint="ranker", rows=1_000), call("kms"))
    assert found["headline"].startswith("On AWS this run would have cost 0.115 USD: 0.115 USD for 1,000 ")
    assert found["headline"].endswith("predictions, of which there were 1,000.")
    first, last = found["lines"]
    assert (first.name, first.quantity, first.price) == (
        "SageMaker: ml.m5.large",
        "3,600 instance-seconds",
        "0.115 an hour",
    )
    assert (last.name, last.price, last.cost) == ("KMS: requests", "0.03 for 10,000 requests", "0.000003")
    assert last.quantity == "1 request"
    assert first.width + last.width == 100.0


def test_what_a_month_would_cost_is_marked_as_extrapolated() -> None:
    """Nobody can take it for a measurement."""
    page = page_of(instance())
    assert '<span class="chip">extrapolated</span> 83.95 USD for a month of 730 hours' in page
    assert "Nobody measured a month" in page


def test_the_strip_has_the_cost() -> None:
    """With that of 1,000 predictions where there are any."""
    assert cost.key_figures(summarise(run(instance()))) == [("Cost, USD", "0.115", "at list prices")]
    predicted = summarise(run(instance(), call("sagemaker", endpoint="ranker", rows=1_000)))
    assert cost.key_figures(predicted)[0][2] == "0.115 for 1,000 predictions"


def test_what_is_not_in_the_sum_is_said() -> None:
    """No price, or a service that nobody reckons; its line has no price and no bar."""
    page = page_of(instance("ml.quantum.large"), call("glue"))
    assert "Without a price, and so not in the sum: sagemaker:ml.quantum.large (ranker/v)" in page
    assert "Calls to services whose prices nobody looked at here: glue (1 call)" in page
    (line,) = shown(instance("ml.quantum.large"))["lines"]
    assert (line.cost, line.price, line.width, line.share) == ("no price", "as it was told", 0.0, "")


def test_other_ways_are_compared_with_what_it_was() -> None:
    """Cheaper or dearer, in per cent; the assumption stands above the table."""
    found = shown(instance("ml.m5.xlarge"))
    way = next(one for one in found["ways"] if one.what == "t2.xlarge (EC2 on demand)")
    assert (way.difference, way.cheaper, way.below) == ("\N{MINUS SIGN}19 %", True, "for ranker/v")
    assert found["compares_sizes"]
    assert "whether another type is as fast was not tried" in page_of(instance())


def test_a_spot_instance_that_was_free_has_no_difference_in_per_cent() -> None:
    """There is nothing to divide by."""
    began = j.ComputeChanged(0.0, "i-1", "t2.xlarge", "spot", "running", 0.05)
    taken = j.ComputeChanged(
        60.0, "i-1", "t2.xlarge", "spot", "terminated", 0.05, "Server.SpotInstanceTermination"
    )
    found = shown(began, taken)
    assert {way.difference for way in found["ways"]} == {""}
    assert found["lines"][0].share == ""


def test_only_pages_of_aws_are_links() -> None:
    """A table of the user's own may name any page, and a name may hold anything."""
    row = {"item": "sagemaker:ml.m5.large", "usd": 1.0, "page": "javascript:alert(1)", "note": "<b>cheap</b>"}
    given = {"file": "<mine>.json", "table": {"as_of": "2026-01-31", "prices": [row]}}
    page = page_of(instance(), call("kms"), configuration={"prices": given})

    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page
    assert '<a href="https://aws.amazon.com/kms/pricing/">' in page
    assert "&lt;b&gt;cheap" in page
    assert "&lt;mine&gt;.json as of 2026-01-31" in page
    assert "of the project&#39;s price table" in page


def test_many_lines_are_cut_and_counted() -> None:
    """summary.json has them all."""
    many = [instance(endpoint=f"ranker-{number}") for number in range(cost.MOST_ROWS + 5)]
    assert (len(shown(*many)["lines"]), shown(*many)["cut"]) == (cost.MOST_ROWS, 5)
    assert "5 smaller items are not shown here" in page_of(*many)


def test_a_table_without_region_and_source_is_named_all_the_same() -> None:
    """By its file and day."""
    mine = hourly({"ml.m5.large": 1.0}, as_of="2026-01-31", file="mine.json")
    found = cost.section(summarise(run(instance()), mine))
    assert found is not None
    assert found["table"] == "mine.json as of 2026-01-31"
