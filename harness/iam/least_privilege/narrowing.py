"""Which condition an action's recorded uses have in common, so that it may be written into their policy."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from harness.iam.least_privilege.uses import Use
from harness.iam.least_privilege.wildcards import gathered

Condition = tuple[tuple[str, str, tuple[str, ...]], ...]  # operator, key, values; in order
_LIKE = {"StringEquals": "StringLike", "ArnEquals": "ArnLike", "ArnLike": "ArnLike"}


@dataclass(frozen=True, slots=True)
class Narrowing:
    """A key that narrows an action, as AWS writes it, and the operator for exact values."""

    action: str
    key: str
    operator: str


@cache
def _table() -> dict[str, tuple[Narrowing, ...]]:
    text = files("harness.iam.least_privilege").joinpath("narrowing.toml").read_text(encoding="utf-8")
    rows = [Narrowing(row["action"], row["key"], row["operator"]) for row in tomllib.loads(text)["narrowing"]]
    return {row.action: tuple(each for each in rows if each.action == row.action) for row in rows}


def condition_for(action: str, uses: Sequence[Use], wildcard_above: int) -> Condition:
    """Return the condition that all of *uses* meet, of the keys that narrow *action*; empty for none.

    A key counts only where every use had exactly one value of it that is not empty.
    """
    found = []
    for row in _table().get(action, ()):
        given = [use.context.get(row.key.lower(), ()) for use in uses]
        if all(len(values) == 1 and values[0] for values in given):
            values = sorted({values[0] for values in given})
            patterns = gathered(values, wildcard_above)
            operator = row.operator if len(patterns) == len(values) else _LIKE[row.operator]
            found.append((operator, row.key, tuple(sorted(patterns))))
    return tuple(sorted(found))
