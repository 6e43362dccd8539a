"""Permissions on the first screen: the answer, the first line of the section, the key figures. Pure."""

from typing import Any

from reports.permissions.expected import Expected
from reports.text import number, plural

QUESTION = "Does every role hold what it needs, and no more?"
ESCALATION = "PrivilegeEscalation"  # the category of risks that lead to more rights
PASS_ROLE = "iam:PassRole"
MOST_IDLE = 4  # roles without a call that are named in a sentence

Iam = dict[str, dict[str, Any]]


def answer(summary: dict[str, Any]) -> tuple[str, str, str] | None:
    """Return headline, detail and tone of the answer to QUESTION; None where nothing is known of it."""
    iam: Iam | None = summary.get("iam")
    if not iam:
        return None
    expected = Expected(summary["expectations"])
    well = _as_expected(iam, expected) or "no call was refused"
    parts = [words for words in (_refused_words(iam, expected), _unknown_words(_not_covered(iam))) if words]
    broad = _broadest(iam)
    wide = [] if broad is None else [broad]
    risks = _risk_words(iam)
    idle = _idle_words(iam)
    if parts:
        detail = _sentences([*parts[1:], *wide, *risks, *idle])
        # The scenario may have called on purpose what must be refused: then it is a fact to know.
        return _capital(parts[0]), detail, "warn" if summary["verdict"] == "pass" else "bad"
    if wide:
        return _capital(wide[0]), _sentences([well, *risks, *idle]), "warn"
    if unknown := [name for name, one in iam.items() if one["kind"] == "role" and "granted" not in one]:
        who = unknown[0] if len(unknown) == 1 else f"{len(unknown)} roles"
        return _capital(well), f"What {who} may do was not recorded.", "plain"
    calling = [one for one in iam.values() if not made_no_call(one)]
    if not calling:
        return "No role made a call in this run", _sentences([*idle, *risks]), "warn" if risks else "plain"
    who = "Every role that made a call" if idle else "The one role" if len(iam) == 1 else "Every role"
    tone = "warn" if risks else "plain" if idle else "ok"
    return f"{who} uses all that it is granted, and {well}", _sentences([*risks, *idle]), tone


def headline(iam: Iam, expected: Expected) -> str:
    """Return the first line of the section: what held, what was refused, who holds too much."""
    refused = _refused_words(iam, expected), _as_expected(iam, expected)
    said = [_holders(iam), " and ".join(filter(None, refused)) or "no call was refused"]
    unknown, broad = _unknown_words(_not_covered(iam)), _broadest(iam)
    more = [words for words in (unknown, broad) if words]
    return "; ".join([*said, *more, *_idle_words(iam)]) + "."


def made_no_call(one: dict[str, Any]) -> bool:
    """Return whether the role *one* did nothing here: its work, or AWS's own under it, did not run.

    What it is granted is then not unused: nothing is known of what it needs.
    """
    return one["kind"] == "role" and not (one["uses"] or one["denials"] or one["not_covered"])


def _idle_words(iam: Iam) -> list[str]:
    """Return who made no call, in words."""
    idle = [name for name, one in iam.items() if made_no_call(one)]
    if not idle:
        return []
    if len(idle) == 1:
        return [f"role {idle[0]} made no call in this run, so nothing is known of what it needs"]
    more = len(idle) - MOST_IDLE
    named = ", ".join(idle[:MOST_IDLE]) + (f" and {more} more" if more > 0 else "")
    known = "in this run, so nothing is known of what they need"
    return [f"{plural(len(idle), 'role')} made no call {known}: {named}"]


def _holders(iam: Iam) -> str:
    roles = sum(one["kind"] == "role" for one in iam.values())
    others = len(iam) - roles
    said = [plural(roles, "role")] if roles or not others else []
    return " and ".join([*said, *([plural(others, "other caller")] if others else [])])


def _denials(iam: Iam, expected: Expected) -> list[tuple[str, dict[str, Any]]]:
    """Return the refused calls that no expectation asks for, each with its role's name."""
    return [
        (name, each)
        for name, one in iam.items()
        for each in one["denials"]
        if not expected.covers(name, each)
    ]


def _as_expected(iam: Iam, expected: Expected) -> str:
    """Return how many calls were refused that were to be; "" for none."""
    beside = sum(each["calls"] for _, each in _denials(iam, expected))
    count = _refused(iam) - beside
    return f"{plural(count, 'call')} {_was(count)} refused as expected" if count else ""


def _refused(iam: Iam) -> int:
    return sum(each["calls"] for one in iam.values() for each in one["denials"])


def _refused_words(iam: Iam, expected: Expected) -> str:
    """Return how many calls nobody expected to be refused, or which when all are of one role and action."""
    found = _denials(iam, expected)
    really = sum(each["calls"] for _, each in found if each["enforced"])
    seen = sum(each["calls"] for _, each in found if not each["enforced"])
    if really and len({(name, each["action"]) for name, each in found}) == 1:
        name, each = found[0]
        return f"{_called(name, iam[name])} was refused {each['action']} ({plural(really + seen, 'call')})"
    said = []
    if really:
        said.append(f"{plural(really, 'call')} {_was(really)} refused")
    if seen:
        said.append(f"AWS would refuse {plural(seen, 'call')} that went through here")
    return " and ".join(said)


def _not_covered(iam: Iam) -> int:
    return sum(each["calls"] for one in iam.values() for each in one["not_covered"])


def _unknown_words(count: int) -> str:
    return f"{plural(count, 'call')} could not be judged: nobody mapped them to actions" if count else ""


def _broadest(iam: Iam) -> str | None:
    """Return who leaves the most of what it is granted unused, in words; None where nobody leaves any."""
    known = [
        (one["unused_actions"], name)
        for name, one in iam.items()
        if one.get("unused_actions") and not made_no_call(one)
    ]
    if not known:
        return None
    most = max(unused for unused, _ in known)
    name = next(name for unused, name in known if unused == most)
    granted = iam[name]["granted_actions"]
    used = used_of_granted(iam[name])
    return f"{_called(name, iam[name])} uses {used:,} of {plural(granted, 'granted action')}"


def _risk_words(iam: Iam) -> list[str]:
    """Return who could gain more rights than it has, in words: the roles with a path of escalation."""
    can = [name for name, one in iam.items() if _escalations(one)]
    if not can:
        return []
    who = _called(can[0], iam[can[0]]) if len(can) == 1 else f"{len(can)} roles"
    paths = _escalations(iam[can[0]])
    path = min(paths, key=lambda each: PASS_ROLE not in each["actions"])["name"]
    itself = "itself" if len(can) == 1 else "themselves"
    return [f"{who} could give {itself} more rights ({path})"]


def _escalations(one: dict[str, Any]) -> list[dict[str, Any]]:
    risks = one.get("risks", [])
    return [each for each in risks if each["category"] == ESCALATION and each["severity"] == "high"]


def _sentences(parts: list[str]) -> str:
    return " ".join(f"{_capital(part).rstrip('.')}." for part in parts)


def _capital(words: str) -> str:
    """Return *words* with a capital; they begin with no name."""
    return words[0].upper() + words[1:]


def _called(name: str, one: dict[str, Any]) -> str:
    """Return what *one* is, with its name."""
    return f"{one['kind'] if one['kind'] in ('role', 'user') else 'caller'} {name}"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def key_figures(summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (label, value, what it is of) for the strip on the first screen."""
    iam: Iam | None = summary.get("iam")
    if not iam:
        return []
    figures = [("Refused", number(_refused(iam)), "calls that a policy denies")]
    held = [one for one in iam.values() if "granted_actions" in one]
    known = [one for one in held if not made_no_call(one)]
    if known:
        granted = sum(one["granted_actions"] for one in known)
        unused = sum(one["unused_actions"] for one in known)
        idle = len(held) - len(known)
        beside = f"; {plural(idle, 'role')} made no call" if idle else ""
        figures.append(("Unused grants", number(unused), f"of {plural(granted, 'granted action')}{beside}"))
    return figures


def used_of_granted(one: dict[str, Any]) -> int:
    """Return how many of the actions that a role is granted it used."""
    unused: int = one["granted_actions"] - one["unused_actions"]
    return unused
