"""The bill in a line or two, for the terminal."""

from collections.abc import Mapping
from typing import Any


def cost_lines(summary: Mapping[str, Any]) -> list[str]:
    """Return what people are told of the cost in *summary*; nothing where nothing was reckoned."""
    found = summary.get("cost")
    if found is None:
        return []
    parts = [f"{usd(found['usd'])} USD"]
    if "per_1000_predictions_usd" in found:
        parts.append(f"{usd(found['per_1000_predictions_usd'])} for 1,000 predictions")
    if "month" in found:
        parts.append(f"{found['month']['usd']:,.2f} a month if it went on so (extrapolated)")
    lines = [f"cost    {', '.join(parts)}; prices of {found['price_table']['as_of']}"]
    if unpriced := found.get("unpriced"):
        lines.append(f"cost    without a price: {', '.join(unpriced)}; give one with --prices FILE")
    return lines


def usd(amount: float) -> str:
    """Return *amount* to three significant digits, and never with fewer than two after the point."""
    if amount >= 1.0 or amount == 0.0:
        return f"{amount:,.2f}"
    if amount < 0.000_000_5:
        return "less than 0.000001"
    return f"{amount:.{max(2, 2 - _exponent(amount))}f}".rstrip("0").ljust(4, "0")


def _exponent(amount: float) -> int:
    return int(f"{amount:.2e}".partition("e")[2])
