"""What came and went between two runs: expectations that flipped, findings, and what the policies grant."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Summary = Mapping[str, Any]

FAILS, MET, NEW_FAILS, GONE, NEW = "now fails", "now met", "new, fails", "gone", "new, met"
MOST_FINDINGS = 50


def expectations(before: Sequence[Summary], after: Sequence[Summary]) -> list[dict[str, Any]]:
    """Return the expectations whose outcome changed, those that fail now first.

    Of several runs on a side an expectation is met when every run met it; `before_met` and `after_met` say
    how many of how many did. One that is asked on one side only is told as new or gone.
    """
    sides = [_outcomes(side) for side in (before, after)]
    names = dict.fromkeys([*sides[1], *sides[0]])
    found = [row for name in names if (row := _flip(name, sides[0].get(name), sides[1].get(name)))]
    order = (FAILS, NEW_FAILS, MET, NEW, GONE)
    return sorted(found, key=lambda row: order.index(row["what"]))


def _outcomes(side: Sequence[Summary]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for summary in side:
        for one in summary.get("expectations", []):
            found.setdefault(one["name"], []).append(one)
    return found


def _flip(
    name: str, before: Sequence[dict[str, Any]] | None, after: Sequence[dict[str, Any]] | None
) -> dict[str, Any] | None:
    met = [None if side is None else all(one["ok"] for one in side) for side in (before, after)]
    if met[0] == met[1]:
        return None
    if met[1] is None:
        what = GONE
    elif met[0] is None:
        what = NEW if met[1] else NEW_FAILS
    else:
        what = MET if met[1] else FAILS
    last = (after or before or [{}])[-1]
    return {
        "name": name,
        "what": what,
        "limit": last["limit"],
        "unit": last["unit"],
        "before": before[-1]["value"] if before else None,
        "after": after[-1]["value"] if after else None,
        "before_met": _met(before),
        "after_met": _met(after),
    }


def _met(side: Sequence[dict[str, Any]] | None) -> list[int] | None:
    return None if side is None else [sum(one["ok"] for one in side), len(side)]


def findings(before: Sequence[Summary], after: Sequence[Summary]) -> dict[str, list[dict[str, str]]]:
    """Return the findings of the last run of each side that the other's does not have."""
    sides = [_findings(side[-1]) for side in (before, after)]
    return {
        "came": [one for key, one in sides[1].items() if key not in sides[0]][:MOST_FINDINGS],
        "went": [one for key, one in sides[0].items() if key not in sides[1]][:MOST_FINDINGS],
    }


def _findings(summary: Summary) -> dict[tuple[str, str], dict[str, str]]:
    shown = ("rule", "severity", "resource", "message")
    return {
        (one["rule"], one["resource"]): {name: one[name] for name in shown}
        for one in summary.get("findings", [])
    }


def policies(before: Sequence[Summary], after: Sequence[Summary]) -> list[dict[str, Any]]:
    """Return by role what its smallest policy allows now and did not, and what it did and does not.

    Each grant is an action on a resource, with its conditions where it has any. Of a role that one side does
    not have every grant is new or gone. The last run of each side counts.
    """
    sides = [_grants(side[-1]) for side in (before, after)]
    rows = []
    for role in sorted({*sides[0], *sides[1]}):
        old, new = (side.get(role, set()) for side in sides)
        if old != new:
            rows.append({"role": role, "added": sorted(new - old), "removed": sorted(old - new)})
    return rows


def _grants(summary: Summary) -> dict[str, set[str]]:
    roles = summary.get("iam", {})
    return {role: set(_each(one["minimal_policy"])) for role, one in roles.items() if "minimal_policy" in one}


def _each(policy: Mapping[str, Any]) -> Iterator[str]:
    for statement in policy["Statement"]:
        where = f" if {_conditions(statement['Condition'])}" if statement.get("Condition") else ""
        for action in _list(statement.get("Action")):
            for resource in _list(statement.get("Resource")):
                yield f"{action} on {resource}{where}"


def _conditions(block: Mapping[str, Mapping[str, Any]]) -> str:
    return " and ".join(
        f"{operator} {key} {', '.join(map(str, _list(value)))}"
        for operator, keys in sorted(block.items())
        for key, value in sorted(keys.items())
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
