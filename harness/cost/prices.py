"""What AWS asks for things: a dated table that is data, with the page of each price, and can be replaced.

A price has an *item* ("sagemaker:ml.m5.large", "sqs:requests"), and is for an amount of a unit: so many US
dollars an hour, for 1,000 requests. How much of an item a run used is the matter of the modules beside this.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError

HOUR_S = 3_600.0
HOSTING, EC2, SPOT = "sagemaker:", "ec2:", "ec2-spot:"
OWN = "the project's price table"

# What a price is for: the unit that is counted, and how many of them.
PER: Mapping[str, tuple[str, float]] = {
    "hour": ("instance-seconds", HOUR_S),
    "1,000 requests": ("requests", 1_000.0),
    "10,000 requests": ("requests", 10_000.0),
    "1,000,000 requests": ("requests", 1_000_000.0),
    "1,000,000 units": ("units", 1_000_000.0),
    "GB-second": ("GB-seconds", 1.0),
    "GB": ("GB", 1.0),
}
_FIELDS = frozenset({"as_of", "region", "source", "usd_per_hour", "notes", "prices"})
_ROW_FIELDS = frozenset({"item", "usd", "per", "page", "as_of", "note", "vcpu", "memory_gib"})


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for *per* ("hour", "1,000 requests") of an *item*; *page* is where AWS tells it.

    `note` says what is doubtful about it, `table` which table it is of. An instance type may have its size.
    """

    item: str
    usd: float
    per: str = "hour"
    page: str = ""
    as_of: str = ""
    note: str = ""
    table: str = ""
    vcpu: float | None = None
    memory_gib: float | None = None

    @property
    def unit(self) -> str:
        """What is counted: "instance-seconds", "requests", "GB-seconds" or "GB"."""
        return PER[self.per][0]

    @property
    def usd_per_unit(self) -> float:
        """US dollars for one of the unit."""
        return self.usd / PER[self.per][1]


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices by their item, as of a day and for a region. `file` names it to people."""

    as_of: str
    region: str
    source: str
    prices: Mapping[str, Price]
    file: str = OWN

    @property
    def usd_per_hour(self) -> dict[str, float]:
        """US dollars per instance and hour, by SageMaker's instance types."""
        return {one.item.removeprefix(HOSTING): one.usd for one in self._hosting()}

    @property
    def notes(self) -> dict[str, str]:
        """What is doubtful about the price of one of SageMaker's instance types."""
        return {one.item.removeprefix(HOSTING): one.note for one in self._hosting() if one.note}

    def _hosting(self) -> list[Price]:
        return [one for one in self.prices.values() if one.per == "hour" and one.item.startswith(HOSTING)]

    def cost(self, instance_type: str, instance_s: float) -> float:
        """Return US dollars for *instance_s* seconds of one of SageMaker's types; KeyError for an unknown."""
        return self.prices[HOSTING + instance_type].usd * instance_s / HOUR_S

    def ec2(self, instance_type: str) -> float | None:
        """Return US dollars for an hour of *instance_type* of EC2 on demand; None where it has no price."""
        found = self.prices.get(EC2 + instance_type)
        return None if found is None else found.usd

    def require(self, instance_types: Iterable[str]) -> None:
        """Raise ScenarioError naming the first of *instance_types* that has no price."""
        known = self.usd_per_hour
        for name in instance_types:
            if name in known:
                continue
            close = get_close_matches(name, known, n=1, cutoff=0.8)
            hint = f" (did you mean {close[0]}?)" if close else ""
            raise ScenarioError(
                f"Instance type {name!r} has no price in {self.file}{hint}; give a table that has it with "
                f"--prices FILE; this one, as of {self.as_of}, has {', '.join(sorted(known))}"
            )

    def over(self, other: "PriceTable") -> "PriceTable":
        """Return this table with the prices of *other* for what it does not have.

        The size of an instance type is a fact, not a price: it is taken from *other* where none is told.
        """
        mine = {item: _sized(one, other.prices.get(item)) for item, one in self.prices.items()}
        return replace(self, prices={**other.prices, **mine})

    def as_json(self) -> dict[str, Any]:
        """Return the table as `of_json` reads it, under the name it has."""
        rows = [
            {name: value for name in _ROW_FIELDS if (value := getattr(one, name)) not in ("", None)}
            for one in self.prices.values()
        ]
        head = {"as_of": self.as_of, "region": self.region, "source": self.source}
        return {**head, "prices": [dict(sorted(row.items())) for row in rows]}


def _sized(one: Price, other: Price | None) -> Price:
    if other is None or one.vcpu is not None:
        return one
    return replace(one, vcpu=other.vcpu, memory_gib=other.memory_gib)


def hourly(usd_per_hour: Mapping[str, float], *, as_of: str, file: str = OWN) -> PriceTable:
    """Return a table of instance types alone: `ml.` ones are SageMaker's, all others EC2's."""
    return of_json({"as_of": as_of, "usd_per_hour": dict(usd_per_hour)}, file)


def read_prices(path: Path | None = None) -> PriceTable:
    """Return the table in the JSON file *path*, or the project's own; ScenarioError names file and field."""
    name = str(path) if path else OWN
    try:
        text = (path or files("harness.cost") / "prices.json").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"--prices {name} cannot be read ({error}); name a JSON file") from error
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ScenarioError(f"--prices {name} is no JSON: {error}") from error
    return of_json(document, name)


def of_json(document: Any, name: str) -> PriceTable:
    """Return the table that *document* holds, called *name*; ScenarioError names the field that is wrong.

    Instance types may stand in `usd_per_hour` ({"ml.m5.large": 0.115}), anything in `prices`, row by row.
    """
    who = f"--prices {name}"
    if not isinstance(document, dict) or not ({"usd_per_hour", "prices"} & set(document)):
        raise ScenarioError(
            f'{who}: the field "usd_per_hour" is missing; give {{"as_of": "2026-01-31", '
            '"usd_per_hour": {"ml.m5.large": 0.115}}'
        )
    stray = sorted(set(document) - _FIELDS)
    if stray:
        raise ScenarioError(f"{who}: unknown field {stray[0]!r}; there are {', '.join(sorted(_FIELDS))}")
    if not document.get("as_of"):
        raise ScenarioError(f'{who}: the field "as_of" is missing; prices need their date')
    as_of = str(document["as_of"])
    found = [*_short(who, document), *_rows(who, document)]
    dated = (replace(one, as_of=one.as_of or as_of, table=name) for one in found)
    return PriceTable(
        as_of,
        str(document.get("region", "")),
        str(document.get("source", "")),
        {one.item: one for one in dated},
        name,
    )


def _short(who: str, document: Mapping[str, Any]) -> list[Price]:
    """Return the prices of `usd_per_hour`, with what `notes` say of them."""
    hours, notes = document.get("usd_per_hour", {}), document.get("notes", {})
    if not isinstance(hours, dict):
        raise ScenarioError(f'{who}: the field "usd_per_hour" is no object of prices by instance type')
    if not isinstance(notes, dict):
        raise ScenarioError(f'{who}: the field "notes" is no object of texts by instance type')
    for kind, usd in hours.items():
        _check_usd(f"{who}: usd_per_hour of {kind!r}", usd)
    return [
        Price((HOSTING if kind.startswith("ml.") else EC2) + kind, float(usd), note=str(notes.get(kind, "")))
        for kind, usd in hours.items()
    ]


def _rows(who: str, document: Mapping[str, Any]) -> list[Price]:
    rows = document.get("prices", [])
    if not isinstance(rows, list):
        raise ScenarioError(f'{who}: the field "prices" is no list of rows')
    return [_row(f"{who}: row {number} of prices", row) for number, row in enumerate(rows, 1)]


def _row(who: str, row: Any) -> Price:
    if not isinstance(row, dict) or not isinstance(row.get("item"), str) or not row["item"]:
        raise ScenarioError(f'{who} has no "item"; write {{"item": "sqs:requests", "usd": 0.4, "per": ...}}')
    who = f"{who} ({row['item']})"
    stray = sorted(set(row) - _ROW_FIELDS)
    if stray:
        raise ScenarioError(
            f"{who} has an unknown field {stray[0]!r}; there are {', '.join(sorted(_ROW_FIELDS))}"
        )
    if row.get("per", "hour") not in PER:
        raise ScenarioError(f"{who}: per is {row['per']!r}; say one of {', '.join(map(repr, PER))}")
    _check_usd(f"{who}: usd", row.get("usd"))
    for name in ("vcpu", "memory_gib"):
        if name in row:
            _check_above_0(f"{who}: {name}", row[name], "a number")
    page, as_of, note = (str(row.get(name, "")) for name in ("page", "as_of", "note"))
    vcpu, memory_gib = (float(row[name]) if name in row else None for name in ("vcpu", "memory_gib"))
    per = row.get("per", "hour")
    return Price(row["item"], float(row["usd"]), per, page, as_of, note, vcpu=vcpu, memory_gib=memory_gib)


def _check_usd(what: str, value: Any) -> None:
    _check_above_0(what, value, "US dollars")


def _check_above_0(what: str, value: Any, kind: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < math.inf:
        raise ScenarioError(f"{what} is {value!r}; give {kind} above 0")
