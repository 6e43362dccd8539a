"""Each role for itself: who used what, what it holds in vain, its risks, its smallest policy. Pure.

Everything here is a function of the summary's `iam` (see docs/reference/summary.schema.json).
"""

import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

from reports.permissions.remedies import pretty, via
from reports.permissions.words import made_no_call, used_of_granted
from reports.text import clock, plural, share

TO = "\N{EN DASH}"
MOST_RESOURCES = 3  # of a row; the summary has up to twenty, the journal all
FEW_ACTIONS = 12  # unused ones that are named in a sentence
MOST_SERVICES = 8  # that the line about unused actions names
MOST_OPEN = 3  # roles whose part is unfolded from the start


@dataclass(frozen=True, slots=True)
class Most:
    """How many rows of each kind a role's part has; the summary has them all."""

    uses: int
    grants: int
    risks: int
    policy: int


FEW_ROLES = 8
MOST = Most(uses=30, grants=60, risks=60, policy=30_000)
MOST_OF_MANY = Most(uses=8, grants=6, risks=6, policy=4_000)  # about 10 kB a role
OPEN_RISKS = 3  # of a role; the others unfold
MOST_IN_FULL = 30  # roles that have a part of their own

Iam = dict[str, dict[str, Any]]


# -- the roles at a glance, and each for itself -----


@dataclass(frozen=True, slots=True)
class UseRow:
    """One program's use of one action: on what, how often, from when to when."""

    who: str
    action: str
    call: str
    resources: list[str]
    more: int
    calls: int
    when: str


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement of which nothing was used, or a pattern wider than what was: its name, what it grants."""

    statement: str
    words: str


@dataclass(frozen=True, slots=True)
class Danger:
    """One risk of what a role holds: how bad, its name, what it leads to, and where that is written."""

    severity: str
    tone: str
    name: str
    message: str
    source: str


@dataclass(frozen=True, slots=True)
class RoleView:
    """All that the page says of one role or other caller, in words."""

    name: str
    anchor: str
    kind: str
    arn: str
    granted: int | None
    used: int
    refused: int
    bar: str
    share: str
    line: str
    opened: bool
    idle: bool
    uses: list[UseRow]
    uses_cut: int
    unused_line: str
    in_vain: list[Grant]
    in_vain_count: int
    grants: int
    wider: list[Grant]
    wider_cut: int
    risk_line: str
    risks: list[Danger]
    risks_cut: int
    unreadable: list[str]
    not_covered: list[dict[str, Any]]
    policy: str
    policy_line: str
    proof: str


def roles(iam: Iam) -> list[RoleView]:
    """Return one view for each role and other caller: those with refused calls first, then the widest."""
    ordered = sorted(iam.items(), key=lambda item: _rank(*item))
    most = MOST if len(ordered) <= FEW_ROLES else MOST_OF_MANY
    views, opened = [], 0
    for number_, (name, one) in enumerate(ordered):
        wanted = opened < MOST_OPEN and (len(ordered) <= MOST_OPEN or bool(one["denials"]))
        opened += wanted
        views.append(_view(name, one, f"role-{number_}", most, opened=wanted))
    return views


def _rank(name: str, one: dict[str, Any]) -> tuple[int, int, int, str]:
    return one["kind"] != "role", -len(one["denials"]), -one.get("unused_actions", 0), name


def _view(name: str, one: dict[str, Any], anchor: str, most: Most, *, opened: bool) -> RoleView:
    granted = one.get("granted_actions")
    uses = [_use(each) for each in one["uses"]]
    idle = made_no_call(one)
    in_vain = [_in_vain(each) for each in one.get("grants", []) if not each["needed"]]
    wider = [_wider(each) for each in one.get("wider", [])]
    dangers = [_danger(each) for each in one.get("risks", [])]
    policy = pretty(one["minimal_policy"]) if "minimal_policy" in one else ""
    return RoleView(
        name=name,
        anchor=anchor,
        kind=one["kind"],
        arn=one["arn"],
        granted=granted,
        used=len(one["used"]),
        refused=sum(each["calls"] for each in one["denials"]),
        bar=f"{100 * used_of_granted(one) / granted:.4g}%" if granted and not idle else "",
        share=share(used_of_granted(one), granted) if granted and not idle else "",
        line=_line(one),
        opened=opened,
        idle=idle,
        uses=uses[: most.uses],
        uses_cut=max(len(uses) - most.uses, 0),
        unused_line=_unused_line(one),
        in_vain=in_vain[: most.grants],
        in_vain_count=len(in_vain),
        grants=len(one.get("grants", [])),
        wider=wider[: most.grants],
        wider_cut=max(len(wider) - most.grants, 0),
        risk_line=_risk_line(one),
        risks=dangers[: most.risks],
        risks_cut=max(len(dangers) - most.risks, 0),
        unreadable=one.get("unreadable", []),
        not_covered=one["not_covered"],
        policy=policy if len(policy) <= most.policy else "",
        policy_line=_policy_line(one),
        proof=_proof(one),
    )


def _line(one: dict[str, Any]) -> str:
    """Return what stands beside a role's name: what it used of what it holds, and what was refused."""
    granted = one.get("granted_actions")
    if made_no_call(one):
        return "no call in this run" + ("" if granted is None else f", {plural(granted, 'action')} granted")
    said = (
        f"{plural(len(one['used']), 'action')} used"
        if granted is None
        else f"{used_of_granted(one):,} of {plural(granted, 'granted action')} used"
    )
    refused = sum(each["calls"] for each in one["denials"])
    return f"{said}, {plural(refused, 'call')} refused" if refused else said


def _use(each: dict[str, Any]) -> UseRow:
    first, last = clock(each["first_at_s"]), clock(each["last_at_s"])
    named = each["resources"][:MOST_RESOURCES]
    return UseRow(
        who=each["program"],
        action=each["action"],
        call=via(each),
        resources=named,
        more=each["resource_count"] - len(named),
        calls=each["calls"],
        when=first if first == last else f"{first}{TO}{last}",
    )


def _unused_line(one: dict[str, Any]) -> str:
    """Return which actions are granted and not used; of many, how many of which services, the most first."""
    by_service = one.get("unused_by_service", {})
    if not by_service:
        return ""
    granted = "granted" if made_no_call(one) else "granted and not used"
    if one["unused_actions"] <= FEW_ACTIONS:
        return f"{granted.capitalize()}: {', '.join(one['unused'])}."
    ordered = sorted(by_service.items(), key=lambda item: (-item[1], item[0]))
    named = ", ".join(f"{service} {count:,}" for service, count in ordered[:MOST_SERVICES])
    more = len(ordered) - MOST_SERVICES
    also = f" and {plural(more, 'more service')}" if more > 0 else ""
    return f"{plural(one['unused_actions'], 'action')} {granted}: {named}{also}."


def _in_vain(each: dict[str, Any]) -> Grant:
    on = ", ".join(each["resources"][:MOST_RESOURCES])
    more = len(each["resources"]) - MOST_RESOURCES
    also = f" and {more} more" if more > 0 else ""
    return Grant(_label(each["statement"]), f"{plural(each['actions'], 'action')} on {on}{also}")


def _wider(each: dict[str, Any]) -> Grant:
    count = each["used_count"]
    only = each["used"][0] if count == 1 else f"{count} resources"
    return Grant(each["action"], f"{_label(each['statement'])} allows it on {each['pattern']}; used: {only}")


def _danger(each: dict[str, Any]) -> Danger:
    tone = {"high": "bad", "medium": "warn"}.get(each["severity"], "plain")
    kind = _spaced(each["category"])
    name = kind if each["name"] == each["category"] else f"{kind}: {each['name']}"
    of = ", ".join(_label(one) for one in each["statements"][:MOST_RESOURCES])
    return Danger(each["severity"], tone, name, f"{each['message']} ({of})", each["source"])


def _spaced(category: str) -> str:
    """Return a name like `DataExfiltration` in words."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", category).capitalize()


def _risk_line(one: dict[str, Any]) -> str:
    """Return how many risks of which severity there are."""
    count = Counter(each["severity"] for each in one.get("risks", []))
    return ", ".join(f"{number_} {severity}" for severity, number_ in count.items())


def _label(statement: str) -> str:
    """Return the name of a statement without the long ARN of its policy."""
    return statement.rpartition("/")[2]


# -- the smallest policy -----


def _policy_line(one: dict[str, Any]) -> str:
    """Return the size of the smallest policy beside that of what is granted."""
    if "minimal_policy" not in one:
        return ""
    size = one["minimal_size"]
    said = (
        f"{plural(size['statements'], 'statement')}, {plural(size['actions'], 'action')}, "
        f"{size['characters']:,} characters"
    )
    if "granted_characters" not in one:
        return f"{said}."
    of = share(size["actions"], one["granted_actions"]) if one["granted_actions"] else ""
    than = f"{plural(one['granted_actions'], 'action')} in {one['granted_characters']:,} characters"
    return f"{said}, where {than} are granted" + (f": {of} of the actions." if of else ".")


def _proof(one: dict[str, Any]) -> str:
    """Return what was tried on the smallest policy, and what came of it."""
    proof = one.get("proof")
    if proof is None:
        return ""
    asked, parts = plural(proof["requests"], "recorded use"), plural(proof["parts"], "part")
    if proof["holds"]:
        passed = f"all {asked} pass" if proof["requests"] > 1 else "the one recorded use passes"
        left = f"without any of its {parts}" if proof["parts"] > 1 else "without its one statement"
        return f"Proven: {passed} under it, and {left} something would be refused."
    refused, idle = proof["refused"], proof["idle"]
    said = [f"it refuses {', '.join(refused)}"] * bool(refused) + [f"{', '.join(idle)} could go"] * bool(idle)
    return f"Not proven: of {asked} and {parts} tried, {' and '.join(said)}."
