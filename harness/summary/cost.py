"""The summary's account of what the run would have cost on AWS."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from harness.journal import Record
from harness.summary.grouped import ByType

if TYPE_CHECKING:
    from harness.cost.alternatives import Alternative
    from harness.cost.bill import Bill, Item
    from harness.cost.prices import PriceTable

MONTH_NOTE = "extrapolated: what went on in this run, for 730 hours, without what ends by itself as jobs do"


def cost(seen: ByType, records: Sequence[Record], prices: "PriceTable | None" = None) -> dict[str, Any]:
    """Return the bill of a run, in US dollars; {} where it used nothing that is billed.

    `usd` is the sum of the `items`; `unpriced` names what is not in it though it costs, `not_covered` counts
    the calls to services that nobody reckons. *prices* lie over those that the run was given.
    """
    # The price table is read for it: a run that is only played needs neither before its end.
    from harness.cost.alternatives import alternatives
    from harness.cost.bill import bill_of, prices_of
    from harness.cost.usage import ends_at

    table = prices_of(seen)
    found = bill_of(seen, ends_at(records), prices.over(table) if prices else table)
    if not (found.items or found.unpriced):
        return {}
    per_1000, other = found.per_1000_predictions_usd, alternatives(found, seen)
    return {
        "usd": found.usd,
        "price_table": _table(found),
        "items": [_item(one, found) for one in found.items],
        **({} if per_1000 is None else _per_1000(found, per_1000)),
        **({"unpriced": list(found.unpriced)} if found.unpriced else {}),
        **({"not_covered": found.not_covered} if found.not_covered else {}),
        **({"month": _month(found)} if found.usd_per_month else {}),
        **({"alternatives": [_alternative(one) for one in other]} if other else {}),
    }


def _per_1000(found: "Bill", usd: float) -> dict[str, Any]:
    return {"predictions": found.predictions, "per_1000_predictions_usd": usd}


def _table(found: "Bill") -> dict[str, Any]:
    """Return which table it is, and the prices that were used, with where each is from."""
    prices, used = found.prices, {one.usage.item for one in found.items if one.usage.usd is None}
    rows = {item: prices.prices[item] for item in sorted(used) if item in prices.prices}
    return {
        "file": prices.file,
        "as_of": prices.as_of,
        "region": prices.region,
        "source": prices.source,
        "prices": {
            item: {
                "usd": one.usd,
                "per": one.per,
                "as_of": one.as_of,
                "table": one.table,
                **({"page": one.page} if one.page else {}),
                **({"note": one.note} if one.note else {}),
            }
            for item, one in rows.items()
        },
    }


def _item(one: "Item", found: "Bill") -> dict[str, Any]:
    price = found.prices.prices.get(one.usage.item)
    return {
        "service": one.service,
        "item": one.usage.item,
        "resource": one.usage.resource,
        "quantity": one.usage.quantity,
        "unit": price.unit if price else _unit(one.usage.item),
        "how": one.usage.how,
        "usd": one.usd,
    }


def _unit(item: str) -> str:
    """Return the unit of what has no price in the table."""
    return "GB-seconds" if item.startswith("lambda:") else "instance-seconds"


def _month(found: "Bill") -> dict[str, Any]:
    return {"usd": found.usd_per_month, "hours": 730.0, "from_s": found.span_s, "note": MONTH_NOTE}


def _alternative(one: "Alternative") -> dict[str, Any]:
    return {
        "resource": one.resource,
        "item": one.item,
        "instead": one.what,
        "usd": one.usd,
        "instead_of_usd": one.instead_of_usd,
        "note": one.note,
    }
