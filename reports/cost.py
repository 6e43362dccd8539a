"""The section about cost: what the bill is made of, what other ways would cost, at which prices. Pure."""

from dataclasses import dataclass
from typing import Any

from harness.cost.told import usd
from reports.text import number, plural, share, significant, span

MOST_ROWS = 30  # lines of the bill; summary.json has all
MOST_ALTERNATIVES = 24
AWS = "https://aws.amazon.com/"
_SAME_SECONDS = "the same seconds"
NAMES = {
    "apigateway": "API Gateway",
    "dynamodb": "DynamoDB",
    "ec2": "EC2",
    "ec2-spot": "EC2 spot",
    "events": "EventBridge",
    "kms": "KMS",
    "lambda": "Lambda",
    "logs": "CloudWatch Logs",
    "monitoring": "CloudWatch",
    "s3": "S3",
    "sagemaker": "SageMaker",
    "scheduler": "EventBridge Scheduler",
    "sns": "SNS",
    "sqs": "SQS",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the bill. `width` is its share of the whole, per cent, for a bar."""

    name: str
    below: str
    quantity: str
    price: str
    cost: str
    width: float
    share: str


@dataclass(frozen=True, slots=True)
class Way:
    """Another way to do the same: its cost, and against what; `cheaper` says which of the two."""

    what: str
    below: str
    cost: str
    instead_of: str
    difference: str
    cheaper: bool
    width: float


def section(summary: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the template shows of the cost; None where nothing was reckoned."""
    found = summary.get("cost")
    if not found:
        return None
    lines, ways = [_line(one, found) for one in found["items"]], _ways(found)
    return {
        "headline": _headline(found),
        "month": _month(found),
        "unpriced": found.get("unpriced", []),
        "not_covered": _not_covered(found),
        "lines": lines[:MOST_ROWS],
        "cut": max(len(lines) - MOST_ROWS, 0),
        "ways": ways[:MOST_ALTERNATIVES],
        "compares_sizes": any(one["note"].startswith(_SAME_SECONDS) for one in found.get("alternatives", [])),
        "ways_cut": max(len(ways) - MOST_ALTERNATIVES, 0),
        "table": _table(found["price_table"]),
        "prices": _prices(found["price_table"]),
    }


def key_figures(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return the figure of the strip below the verdict: label, value, what it is of."""
    found = summary.get("cost")
    if not found:
        return []
    per_1000 = found.get("per_1000_predictions_usd")
    of = "at list prices" if per_1000 is None else f"{usd(per_1000)} for 1,000 predictions"
    return [("Cost, USD", usd(found["usd"]), of)]


def _headline(found: dict[str, Any]) -> str:
    words = f"On AWS this run would have cost {usd(found['usd'])} USD"
    if "per_1000_predictions_usd" in found:
        each = usd(found["per_1000_predictions_usd"])
        words += f": {each} USD for 1,000 predictions, of which there were {found['predictions']:,}"
    return f"{words}."


def _month(found: dict[str, Any]) -> str:
    month = found.get("month")
    if month is None:
        return ""
    return (
        f"{month['usd']:,.2f} USD for a month of {month['hours']:.0f} hours, if all went on as in these "
        f"{span(month['from_s'])}. Nobody measured a month; what ends by itself, as jobs do, is not in it."
    )


def _not_covered(found: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} ({plural(calls, 'call')})" for name, calls in found.get("not_covered", {}).items()
    )


def _line(one: dict[str, Any], found: dict[str, Any]) -> Line:
    price = found["price_table"]["prices"].get(one["item"])
    whole, mine = found["usd"], one["usd"] or 0.0
    service, _, what = one["item"].partition(":")
    return Line(
        f"{NAMES.get(service, service)}: {what.replace('-', ' ') if '.' not in what else what}",
        "; ".join(part for part in (one["resource"], one["how"]) if part),
        _used(one["quantity"], one["unit"]),
        _priced(price),
        "no price" if one["usd"] is None else usd(one["usd"]),
        100.0 * mine / whole if whole else 0.0,
        share(mine, whole) if whole else "",
    )


def _used(value: float, unit: str) -> str:
    """Return an amount with its unit, which is in the plural."""
    amount = number(value) if value >= 1.0 else significant(value)
    return f"{amount} {unit.removesuffix('s') if value == 1.0 else unit}"


def _priced(price: dict[str, Any] | None) -> str:
    if price is None:
        return "as it was told"
    per = (
        price["per"]
        if price["per"][0].isdigit()
        else f"a{'n' if price['per'] == 'hour' else ''} {price['per']}"
    )
    return f"{price['usd']:.10f}".rstrip("0").rstrip(".") + (f" {per}" if per[0] == "a" else f" for {per}")


def _ways(found: dict[str, Any]) -> list[Way]:
    most = max((one["usd"] for one in found.get("alternatives", [])), default=0.0)
    return [_way(one, most) for one in found.get("alternatives", [])]


def _way(one: dict[str, Any], most: float) -> Way:
    was, other = one["instead_of_usd"], one["usd"]
    difference = "" if not was else f"{100.0 * (other - was) / was:+,.0f} %".replace("-", "\N{MINUS SIGN}")
    note = "" if one["note"].startswith(_SAME_SECONDS) else one["note"]  # it stands above the table
    below = "; ".join(part for part in (f"for {one['resource']}", note) if part)
    return Way(
        one["instead"],
        below,
        usd(other),
        usd(was),
        difference,
        other < was,
        100.0 * other / most if most else 0.0,
    )


def _table(table: dict[str, Any]) -> str:
    """Return which table it is, when it was made and for where."""
    where = f", {table['region']}" if table["region"] else ""
    source = f" ({table['source']})" if table["source"] else ""
    return f"{table['file']} as of {table['as_of']}{where}{source}"


def _prices(table: dict[str, Any]) -> list[dict[str, str]]:
    """Return each price that was used: its words, and a link only where it is to AWS's own pages."""
    return [
        {
            "item": item,
            "price": _priced(one),
            "as_of": one["as_of"],
            "page": one.get("page", ""),
            "href": page if (page := one.get("page", "")).startswith(AWS) else "",
            "note": one.get("note", ""),
            "table": "" if one["table"] == table["file"] else one["table"],
        }
        for item, one in table["prices"].items()
    ]
