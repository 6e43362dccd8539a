"""Units of limits: `800ms`, `4m30s`, `0.1%`, `2GB`, `5USD`; and back into the shortest form that reads equal.

Decimal numbers all the way: 800ms is 0.8 and nothing beside it.
"""

from collections.abc import Mapping
from decimal import Decimal

_TIME = {
    "us": Decimal("0.000001"),
    "µs": Decimal("0.000001"),
    "ms": Decimal("0.001"),
    "s": Decimal(1),
    "m": Decimal(60),
    "min": Decimal(60),
    "h": Decimal(3600),
    "d": Decimal(86_400),
}
_MEMORY = {"kB": Decimal("0.001"), "MB": Decimal(1), "GB": Decimal(1000)}
_MONEY = {"USD": Decimal(1), "$": Decimal(1)}
_SHARE = {"%": Decimal("0.01")}
_COUNT = {"k": Decimal(1000), "M": Decimal(1_000_000)}

# What may stand behind a limit, by the unit of the metric; what is not here is counted.
UNITS: Mapping[str, Mapping[str, Decimal]] = {
    "s": _TIME,
    "ratio": _SHARE,
    "MB": _MEMORY,
    "USD": _MONEY,
}


def units_for(unit: str) -> Mapping[str, Decimal]:
    """Return the units that a limit of a metric in *unit* may have, and what each is worth."""
    return UNITS.get(unit, _COUNT)


def all_units() -> list[str]:
    """Return every unit there is, each once."""
    return list(dict.fromkeys(name for table in (*UNITS.values(), _COUNT) for name in table))


def exact(number: float) -> Decimal:
    """Return *number* as the decimal number that it is written as."""
    return Decimal(repr(number))


def plain(number: Decimal | float) -> str:
    """Return *number* without an exponent where it is short, and without zeros that say nothing."""
    value = exact(number) if isinstance(number, float) else number
    if not value:
        return "0"
    text = f"{value.normalize():f}"
    return text if len(text) <= 20 else f"{value.normalize():e}"


def written(limit: float, unit: str) -> str:
    """Return *limit*, in *unit*, as a threshold writes it; reads back as the very same number."""
    value = exact(limit)
    if unit == "s":
        return f"{plain(value)}s" if abs(value) >= 1 or not value else f"{plain(value * 1000)}ms"
    if unit == "ratio":
        return f"{plain(value * 100)}%" if 0 < abs(value) < 1 else plain(value)
    return plain(value)
