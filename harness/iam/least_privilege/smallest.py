"""The smallest policy that lets the recorded uses through, made of their own ARNs.

A policy is first a set of grants: one action on one resource, with the condition that its uses have in
common. Grants whose every use another one lets through too are left out; those with equal resources and
conditions, then those with equal actions, become one statement. So every action, resource and statement of
the outcome is needed by a recorded use, and the same uses give the same document, whatever their order.

What the role needs beyond the calls of the run is not in it: see `role_use`.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from harness.iam.least_privilege.asking import compiled, passes, request_of
from harness.iam.least_privilege.grants import takes_resource
from harness.iam.least_privilege.narrowing import Condition, condition_for
from harness.iam.least_privilege.role_use import RoleUse
from harness.iam.least_privilege.uses import IMPLICITLY_DENIED, Use
from harness.iam.least_privilege.wildcards import WILDCARD_ABOVE, gathered

VERSION = "2012-10-17"
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Grant:
    """One action on one resource pattern; `uses` are those it was made for."""

    action: str
    resource: str
    condition: Condition
    uses: tuple[Use, ...]


def needed_uses(role: RoleUse, *, include_denied: bool = False) -> tuple[Use, ...]:
    """Return the uses that a policy of *role* must let through.

    Those that were allowed and need a permission at all (sts:GetCallerIdentity needs none); with
    *include_denied* also those that no policy allowed. What a Deny refused stays out: it wins over every
    Allow.
    """
    given = role.used
    if include_denied:
        given += tuple(each for each in role.denied if each.verdict == IMPLICITLY_DENIED)
    nothing = compiled([])
    return tuple(each for each in given if not passes(nothing, request_of(role.role, each)))


def smallest(
    role: RoleUse, *, include_denied: bool = False, wildcard_above: int = WILDCARD_ABOVE
) -> Document:
    """Return the smallest policy document for what *role* did; its Statement is empty when it did nothing.

    More than *wildcard_above* resources of one kind under one prefix become `prefix*`.
    """
    uses = needed_uses(role, include_denied=include_denied)
    return smallest_for(role.role, uses, wildcard_above=wildcard_above)


def smallest_for(identity: str, uses: Iterable[Use], *, wildcard_above: int = WILDCARD_ABOVE) -> Document:
    """Return the smallest policy document for *uses* of *identity*, the ARN of a role or a user."""
    by_action: dict[str, list[Use]] = {}
    for use in uses:
        by_action.setdefault(use.action, []).append(use)
    grants = [
        grant
        for action, found in sorted(by_action.items())
        for grant in _needed(identity, _grants(action, found, wildcard_above))
    ]
    return {"Version": VERSION, "Statement": _statements(grants)}


def _grants(action: str, uses: Sequence[Use], wildcard_above: int) -> list[_Grant]:
    """Return the grants for *uses* of one *action*, the narrow ones first."""
    if not takes_resource(action):
        by_resource = {"*": list(uses)}
    else:
        recorded: dict[str, list[Use]] = {}
        for use in uses:
            recorded.setdefault(use.resource, []).append(use)
        by_resource = {}
        for pattern, resources in gathered(sorted(recorded), wildcard_above).items():
            by_resource[pattern] = [use for resource in resources for use in recorded[resource]]
    return [
        _Grant(action, pattern, condition_for(action, found, wildcard_above), tuple(found))
        for pattern, found in sorted(by_resource.items(), key=lambda item: ("*" in item[0], item[0]))
    ]


def _needed(identity: str, grants: list[_Grant]) -> list[_Grant]:
    """Return *grants*, of one action, without those whose uses a pattern among the others lets through."""
    wild = [each for each in grants if "*" in each.resource]
    if not wild:
        return grants
    kept, all_wild = [], compiled([_document(wild)])
    for grant in grants:
        others, policies = wild, all_wild
        if "*" in grant.resource:
            others = [each for each in wild if each is not grant]
            policies = compiled([_document(others)] if others else [])
        if not others or not all(passes(policies, request_of(identity, use)) for use in grant.uses):
            kept.append(grant)
        elif "*" in grant.resource:
            wild, all_wild = others, policies
    return kept


def _document(grants: Sequence[_Grant]) -> Document:
    return {"Version": VERSION, "Statement": _statements(grants)}


def _statements(grants: Sequence[_Grant]) -> list[dict[str, Any]]:
    """Return *grants* as statements in order: equal resources share actions, equal actions resources."""
    actions: dict[tuple[Condition, str], set[str]] = {}
    for grant in grants:
        actions.setdefault((grant.condition, grant.resource), set()).add(grant.action)
    resources: dict[tuple[Condition, tuple[str, ...]], set[str]] = {}
    for (condition, resource), names in actions.items():
        resources.setdefault((condition, tuple(sorted(names))), set()).add(resource)
    rows = sorted((names, tuple(sorted(found)), condition) for (condition, names), found in resources.items())
    sids: dict[str, int] = {}
    return [_statement(names, found, condition, sids) for names, found, condition in rows]


def _statement(
    actions: tuple[str, ...], resources: tuple[str, ...], condition: Condition, sids: dict[str, int]
) -> dict[str, Any]:
    statement: dict[str, Any] = {
        "Sid": _sid(actions[0], resources[0], sids),
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": list(resources),
    }
    if condition:
        block: dict[str, dict[str, list[str]]] = {}
        for operator, key, values in condition:
            block.setdefault(operator, {})[key] = list(values)
        statement["Condition"] = block
    return statement


_WORD = re.compile(r"[A-Za-z0-9]+")


def _sid(action: str, resource: str, sids: dict[str, int]) -> str:
    """Return a name from the first action and resource: `SqsReceiveMessageOrders`; numbered when taken."""
    service, _, name = action.partition(":")
    where = re.split(r"[:/]", resource.rstrip("/*"))[-1]
    words = [*_WORD.findall(service), name, *_WORD.findall(where)]
    sid = "".join(word[:1].upper() + word[1:] for word in words)[:80]
    sids[sid] = sids.get(sid, 0) + 1
    return sid if sids[sid] == 1 else f"{sid}{sids[sid]}"
