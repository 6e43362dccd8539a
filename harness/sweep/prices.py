"""What an hour of an instance costs: a dated table that is data, and can be replaced by one's own.

Billing (SageMaker pricing page): hosting instances are billed per second for as long as they exist; that
this counts from the request for the instance, so also while it joins, is inferred.
"""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError

HOUR_S = 3_600.0
_FIELDS = frozenset({"as_of", "region", "source", "usd_per_hour", "notes"})


@dataclass(frozen=True, slots=True)
class PriceTable:
    """US dollars per instance and hour, by instance type; `notes` say what is doubtful about one."""

    as_of: str
    region: str
    source: str
    usd_per_hour: Mapping[str, float]
    notes: Mapping[str, str]
    file: str

    def cost(self, instance_type: str, instance_s: float) -> float:
        """Return the US dollars for *instance_s* seconds of instances; KeyError for an unknown type."""
        return self.usd_per_hour[instance_type] * instance_s / HOUR_S

    def require(self, instance_types: Iterable[str]) -> None:
        """Raise ScenarioError naming the first of *instance_types* that has no price."""
        for name in instance_types:
            if name in self.usd_per_hour:
                continue
            close = get_close_matches(name, self.usd_per_hour, n=1, cutoff=0.8)
            hint = f" (did you mean {close[0]}?)" if close else ""
            raise ScenarioError(
                f"Instance type {name!r} has no price in {self.file}{hint}; give a table that has it with "
                f"--prices FILE; this one, as of {self.as_of}, has {', '.join(sorted(self.usd_per_hour))}"
            )


def read_prices(path: Path | None = None) -> PriceTable:
    """Return the table in the JSON file *path*, or the project's own; ScenarioError names file and field."""
    name = str(path) if path else "the project's price table"
    try:
        text = (path or files("harness.sweep") / "prices.json").read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"--prices {name} cannot be read ({error}); name a JSON file") from error
    try:
        document = json.loads(text)
    except ValueError as error:
        raise ScenarioError(f"--prices {name} is no JSON: {error}") from error
    return _table(document, name)


def _table(document: Any, name: str) -> PriceTable:
    if not isinstance(document, dict) or not isinstance(document.get("usd_per_hour"), dict):
        raise ScenarioError(
            f'--prices {name}: the field "usd_per_hour" is missing; give {{"as_of": "2026-01-31", '
            '"usd_per_hour": {"ml.m5.large": 0.115}}'
        )
    stray = sorted(set(document) - _FIELDS)
    if stray:
        raise ScenarioError(
            f"--prices {name}: unknown field {stray[0]!r}; there are {', '.join(sorted(_FIELDS))}"
        )
    if not document.get("as_of"):
        raise ScenarioError(f'--prices {name}: the field "as_of" is missing; prices need their date')
    if not isinstance(document.get("notes", {}), dict):
        raise ScenarioError(f'--prices {name}: the field "notes" is no object of texts by instance type')
    for kind, price in document["usd_per_hour"].items():
        if isinstance(price, bool) or not isinstance(price, int | float) or not 0 < price < math.inf:
            raise ScenarioError(
                f"--prices {name}: usd_per_hour of {kind!r} is {price!r}; give US dollars above 0"
            )
    return PriceTable(
        str(document["as_of"]),
        str(document.get("region", "")),
        str(document.get("source", "")),
        {kind: float(price) for kind, price in document["usd_per_hour"].items()},
        {kind: str(text) for kind, text in document.get("notes", {}).items()},
        name,
    )
