"""The rows of tables/operations.toml: operations whose actions do not have their own name, or are several."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from harness.iam.actions.library import table
from harness.iam.actions.members import Members, has


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One action that an operation needs: `on` is the template of its ARN, "" for what the reference gives.

    `when` and `unless` are paths of members, several parted by `|`; `keys` are condition keys and where their
    values stand, a text behind `=` standing for itself. `source` is the page that says so.
    """

    action: str
    on: str = ""
    when: str = ""
    unless: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    def applies(self, members: Members) -> bool:
        """Return whether a call with *members* needs the action."""
        if self.when and not any(has(members, path) for path in self.when.split("|")):
            return False
        return not (self.unless and any(has(members, path) for path in self.unless.split("|")))


def rules_for(prefix: str, operation: str) -> tuple[Rule, ...]:
    """Return the rules of `prefix:operation`, none where its action has its own name."""
    return _all().get(f"{prefix}:{operation}", ())


def ruled() -> Mapping[str, tuple[Rule, ...]]:
    """Return every rule of the table by `prefix:Operation`."""
    return _all()


@cache
def _all() -> Mapping[str, tuple[Rule, ...]]:
    found: dict[str, tuple[Rule, ...]] = {}
    for group in table("operations")["group"]:
        source = group["source"]
        for operation, action in group.get("renamed", {}).items():
            found[operation] = (Rule(action, source=source),)
        for operation, rows in group.get("needs", {}).items():
            found[operation] = found[rows] if isinstance(rows, str) else _rules(rows, source)
    return found


def _rules(rows: list[dict[str, Any]], source: str) -> tuple[Rule, ...]:
    return tuple(Rule(**row, source=source) for row in rows)
