"""A run's bill: what it used, at the prices of a table; what has no price, and what is not covered."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness import journal
from harness.cost.functions import function_usage
from harness.cost.instances import compute_usage, endpoint_usage, job_usage, unended_jobs
from harness.cost.prices import HOUR_S, PriceTable, of_json, read_prices
from harness.cost.requests import request_usage
from harness.cost.usage import Usage, ends_at
from harness.journal import Record
from harness.summary.grouped import ByType

# AWS's own examples and calculator take a month for 730 hours.
MONTH_H = 730.0
# A shorter run says nothing of a month.
LEAST_FOR_A_MONTH_S = 60.0


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the bill: *usd* is None where no price is known, which makes the sum incomplete."""

    usage: Usage
    usd: float | None

    @property
    def service(self) -> str:
        """What the item is of, by the first part of its name: sagemaker, ec2, lambda, sqs."""
        return self.usage.item.partition(":")[0]

    @property
    def serves(self) -> bool:
        """Whether it stands for as long as it is let, as an endpoint does: a job ends by itself."""
        return self.usage.goes_on and self.service == "sagemaker"


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines, dearest first. `unpriced` names what is known to cost and has no price, `not_covered` counts
    the calls to services that nobody reckons. `span_s` is the model time of the run.

    `predictions` are the rows that endpoints answered for, or the answers where rows are not told.
    """

    items: tuple[Item, ...]
    unpriced: tuple[str, ...]
    not_covered: dict[str, int]
    predictions: int
    span_s: float
    until: float
    prices: PriceTable

    @property
    def usd(self) -> float:
        """The sum of what has a price."""
        return math.fsum(one.usd for one in self.items if one.usd is not None)

    def of_service(self, service: str) -> float:
        """Return the US dollars of one service."""
        return math.fsum(one.usd for one in self.items if one.usd is not None and one.service == service)

    @property
    def per_1000_predictions_usd(self) -> float | None:
        """US dollars for 1,000 predictions, all that the run cost counted; None without one."""
        return self.usd / self.predictions * 1_000.0 if self.predictions else None

    @property
    def usd_per_month(self) -> float:
        """US dollars for 730 hours of what went on in the run; 0 for one that was too short to say.

        Jobs are not among it: they do their work once.
        """
        if self.span_s < LEAST_FOR_A_MONTH_S:
            return 0.0
        lasting = math.fsum(one.usd for one in self.items if one.usd is not None and one.usage.goes_on)
        return lasting / self.span_s * MONTH_H * HOUR_S


def bill(records: Sequence[Record]) -> Bill:
    """Return the bill of *records*, at the prices that the run was given, else the project's own.

    Raises ScenarioError where the prices in the journal cannot be read.
    """
    seen = ByType(records)
    return bill_of(seen, ends_at(records), prices_of(seen))


def prices_of(seen: ByType) -> PriceTable:
    """Return the table that the run was given, over the project's own; that one alone where none was."""
    own = read_prices()
    for run in seen.all(journal.RunStarted):
        if (given := run.configuration.get("prices")) is not None:
            return of_json(given["table"], str(given["file"])).over(own)
    return own


def bill_of(seen: ByType, until: float, prices: PriceTable) -> Bill:
    """Return the bill of a run that ended at *until*, at *prices*."""
    began_at = min((one.at for one in seen.all(journal.PhaseStarted)), default=0.0)
    span_s = max(until - began_at, 0.0)
    requests, not_covered = request_usage(seen)
    used = [
        *endpoint_usage(seen, until),
        *job_usage(seen),
        *compute_usage(seen, prices, until),
        *function_usage(seen, until),
        *requests,
    ]
    items = [Item(one, _usd(one, prices)) for one in used if one.quantity or one.usd is not None]
    unpriced = [f"{one.usage.item} ({one.usage.resource})" for one in items if one.usd is None]
    unpriced += [f"the job {name}, which had not ended" for name in unended_jobs(seen)]
    return Bill(
        tuple(sorted(items, key=lambda one: (-(one.usd or 0.0), one.usage.item, one.usage.resource))),
        tuple(dict.fromkeys(unpriced)),
        not_covered,
        _predictions(seen),
        span_s,
        until,
        prices,
    )


def _usd(one: Usage, prices: PriceTable) -> float | None:
    if one.usd is not None:
        return one.usd
    price = prices.prices.get(one.item)
    return None if price is None else price.usd_per_unit * one.quantity


def _predictions(seen: ByType) -> int:
    """Return how many predictions endpoints made: rows where the answers tell them, else answers."""
    answered = [one for one in seen.all(journal.Exchange) if one.endpoint and 200 <= one.status < 300]
    if answered:
        return sum(max(one.rows, 1) for one in answered)
    if total := seen.last(journal.ServedTotal):
        return total.completed if seen.all(journal.EndpointChanged) else 0
    return sum(one.outcome == "ok" and one.target == "endpoint" for one in seen.all(journal.LoadRequest))
