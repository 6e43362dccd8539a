"""Calls that policies refuse: AWS's sentence, and what to do about it. Pure."""

import json
import re
from dataclasses import dataclass
from typing import Any

from harness.iam.authorization import PolicyType
from reports.permissions.expected import Expected
from reports.text import clock, plural

MOST_OPEN = 3  # refused actions that are told in full; the others unfold
MOST_DENIALS = 40  # of them all; the summary has the rest
MOST_RESOURCES = 5  # of a refused call

Iam = dict[
    str, dict[str, Any]
]  # A list of one text over three lines; within a text JSON has no line break, so that no text is changed.
_ONE_THING = re.compile(r'\[\n\s+("(?:[^"\\]|\\.)*")\n\s+\]')


@dataclass(frozen=True, slots=True)
class Denial:
    """One refused action of a role: which, AWS's sentence, who called when, what to do, what to copy."""

    role: str
    action: str
    resources: list[str]
    more: int
    enforced: bool
    expected: bool
    sentence: str
    when: str
    via: str
    remedy: str
    statement: str


def denials(iam: Iam, expected: Expected) -> list[Denial]:
    """Return what was refused, in the order it was first seen; what an *expected* refusal was comes last."""
    rows = [(each["first_at_s"], name, each) for name, one in iam.items() for each in one["denials"]]
    found = [
        _denial(name, iam[name], each, expected=expected.covers(name, each))
        for _, name, each in sorted(rows, key=lambda row: row[:2])
    ]
    return sorted(found, key=lambda denial: denial.expected)


def _denial(name: str, one: dict[str, Any], each: dict[str, Any], *, expected: bool) -> Denial:
    remedy, statements = _remedy(name, one, each)
    named = each["resources"][:MOST_RESOURCES]
    return Denial(
        role=name,
        action=each["action"],
        resources=named,
        more=each["resource_count"] - len(named),
        enforced=each["enforced"],
        expected=expected,
        sentence=sentence(each),
        when=_when(each),
        via=via(each),
        remedy=remedy,
        statement=",\n".join(pretty(each) for each in statements),
    )


def sentence(each: dict[str, Any]) -> str:
    """Return the message that AWS gives to the caller (IAM user guide, "Troubleshoot access denied error
    messages").
    """
    if not each["reason"].startswith(("because ", "with ")):
        return str(each["reason"])
    first = each["resources"][0]
    on = "" if first in ("", "*") else f" on resource: {first}"
    return f"User: {each['principal']} is not authorized to perform: {each['action']}{on} {each['reason']}"


def pretty(document: dict[str, Any]) -> str:
    """Return *document* as JSON to be read and copied: a list of one thing takes one line."""
    return _ONE_THING.sub(r"[\1]", json.dumps(document, indent=2))


def via(each: dict[str, Any]) -> str:
    """Return the API call that needed the action where it is called otherwise, else ""."""
    call: str = each["call"].rpartition(":")[2]
    return "" if call == each["action"].partition(":")[2] else call


def _when(each: dict[str, Any]) -> str:
    first, last = clock(each["first_at_s"]), clock(each["last_at_s"])
    at = f"at {first}" if first == last else f"from {first} to {last}"
    who = f" by {each['program']}" if each["program"] else ""
    return f"{plural(each['calls'], 'call')}{who}, {at}"


# -- what to do -----


def _remedy(name: str, one: dict[str, Any], each: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
    """Return what to do, and the statement to copy where one is missing."""
    reason, kind = each["reason"], kind_of(each["reason"])
    if each["verdict"] == "ExplicitlyDenied" or "explicit deny" in reason:
        which = f" ({', '.join(each['statements'])})" if each["statements"] else ""
        where = f"the {kind.value}" if kind else "the policy"
        return f"Take that Deny out of {where}{which}, or narrow it; no Allow can undo it.", []
    action = each["action"]
    if one["kind"] == "other":
        return "Sign the call with credentials that may; open the resource to anybody only on purpose.", []
    if kind is PolicyType.RESOURCE:
        said = f"If {name} is meant to do this, add this statement to the policy of the resource:"
        return said, [statement_for(one, each)]
    if kind in (None, PolicyType.IDENTITY):
        said = f"If {name} is meant to do this, add this to its policy; otherwise take the call out:"
        return said, each.get("allow", [])
    also = " The identity's own policy has to allow it too." if kind is PolicyType.BOUNDARY else ""
    return f"{_ADD[kind]}, or take the call out: it must allow {action} too.{also}", []


_ADD = {
    PolicyType.BOUNDARY: "Widen the permissions boundary",
    PolicyType.SESSION: "Widen the session policy that the role was assumed with",
    PolicyType.SCP: "Ask who runs the organisation to widen the service control policy",
    PolicyType.RCP: "Ask who runs the organisation to widen the resource control policy",
    PolicyType.VPC_ENDPOINT: "Widen the policy of the VPC endpoint that the call came through",
}


def kind_of(reason: str) -> PolicyType | None:
    """Return the type of policy that AWS's *reason* names, None where it names none."""
    if "role trust policy" in reason:
        return PolicyType.RESOURCE
    return next((kind for kind in PolicyType if re.search(rf"\b{re.escape(kind.value)}\b", reason)), None)


def statement_for(one: dict[str, Any], each: dict[str, Any]) -> dict[str, Any]:
    """Return the statement of a resource's policy that lets *one* do what was refused, and no more."""
    resources = each["resources"]
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service" if one["kind"] == "service" else "AWS": one["arn"]},
        "Action": each["action"],
    }
    if each["action"] == "sts:AssumeRole":  # a trust policy names no resource: it is the role's own
        return statement
    return {**statement, "Resource": resources[0] if len(resources) == 1 else resources}
