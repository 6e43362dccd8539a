"""What roles and users hold, used and were refused, from the summary's account of permissions."""

from collections.abc import Callable, Mapping
from typing import Any

from harness.thresholds.found import Found, Nothing
from harness.thresholds.measures.run import Run, Tags, about, counted

NAMED = 3  # roles that a sentence names
_HOLDERS = ("role", "user")


def unused(run: Run, tags: Tags) -> Found:
    """Return how many granted actions were never used; nothing where nobody used anything at all."""
    rows = _rows(run, tags, held=True)
    if isinstance(rows, Nothing):
        return rows
    if not any(row["used"] for row in rows.values()):
        names = ", ".join(rows)
        return Nothing(f"Nothing was used by {names}, so nothing is known of what is needed")
    return _sum(run, rows, "unused actions", lambda row: row["unused_actions"])


def granted(run: Run, tags: Tags) -> Found:
    """Return how many actions are granted."""
    rows = _rows(run, tags, held=True)
    if isinstance(rows, Nothing):
        return rows
    return _sum(run, rows, "granted actions", lambda row: row["granted_actions"])


def used(run: Run, tags: Tags) -> Found:
    """Return how many different actions were used."""
    rows = _rows(run, tags)
    if isinstance(rows, Nothing):
        return rows
    return _sum(run, rows, "used actions", lambda row: len(row["used"]))


def denied(run: Run, tags: Tags) -> Found:
    """Return how many calls were refused, those that nobody could judge among them."""
    rows = _rows(run, tags, holders=False)
    if isinstance(rows, Nothing):
        return rows
    return _sum(
        run,
        rows,
        "refused calls",
        lambda row: sum(one["calls"] for one in (*row["denials"], *row["not_covered"])),
    )


def found_risks(run: Run, tags: Tags) -> Found:
    """Return how many dangers there are in what is held."""
    rows = _rows(run, {tag: name for tag, name in tags.items() if tag == "role"}, held=True)
    if isinstance(rows, Nothing):
        return rows
    wanted = tags.get("severity")
    return _sum(
        run,
        rows,
        "risks",
        lambda row: sum(wanted in (None, one["severity"]) for one in row["risks"]),
    )


def _rows(
    run: Run, tags: Tags, *, held: bool = False, holders: bool = True
) -> Mapping[str, Mapping[str, Any]] | Nothing:
    """Return the accounts of the roles and users that *tags* name, or why there are none.

    With *held* what each holds must be known of all of them; without *holders* services count as well.
    """
    everybody = run.part("iam")
    if not everybody:
        return Nothing("Nobody looked at permissions in this run; say --iam enforce or --iam observe")
    rows = {
        name: row
        for name, row in everybody.items()
        if tags.get("role", name) == name and (not holders or row["kind"] in _HOLDERS)
    }
    if not rows:
        return Nothing(f"No role or user{about(tags)} held or did anything; there are {', '.join(everybody)}")
    if unknown := [name for name, row in rows.items() if held and "granted_actions" not in row]:
        return Nothing(f"What {', '.join(unknown)} holds was not recorded")
    return rows


def _sum(
    run: Run, rows: Mapping[str, Mapping[str, Any]], what: str, of: Callable[[Mapping[str, Any]], int]
) -> Found:
    counts = {name: of(row) for name, row in rows.items()}
    some = sorted(((count, name) for name, count in counts.items() if count), reverse=True)
    told = ", ".join(f"{name} {count}" for count, name in some[:NAMED]) or "none"
    more = f" and {len(some) - NAMED} more" if len(some) > NAMED else ""
    return counted(run, f"{what}: {told}{more}", counts.values())
