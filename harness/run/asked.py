"""What the command line asked of a run beside its scenario, as the journal keeps it."""

from collections.abc import Sequence
from typing import Any

from harness.cost.prices import PriceTable


def asked_for(sets: Sequence[str], prices: PriceTable | None) -> dict[str, Any]:
    """Return what `--set` set in the scenario, and the prices that were named, where there are any."""
    return {
        **({"set": dict(each.split("=", 1) for each in sets)} if sets else {}),
        **({"prices": {"file": prices.file, "table": prices.as_json()}} if prices else {}),
    }


def options_for(sets: Sequence[str], prices: PriceTable | None) -> list[str]:
    """Return the words of a command that ask for the same."""
    words = [word for each in sets for word in ("--set", each)]
    return [*words, "--prices", prices.file] if prices else words
