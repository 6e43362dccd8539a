"""The summary's account of permissions: what each role held, needed, was refused, and its smallest policy."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from harness import journal
from harness.iam.actions.catalogue import actions_of
from harness.iam.least_privilege import RoleUse, needed_uses, prove, risks, role_uses
from harness.iam.least_privilege.action_patterns import patterns_of
from harness.iam.least_privilege.sizes import characters
from harness.iam.least_privilege.smallest import smallest_for
from harness.iam.least_privilege.uses import ALLOWED, EXPLICITLY_DENIED, By, Use
from harness.summary.grouped import ByType

MOST_ACTIONS = (
    2_000  # names listed of a role; of a wider one, services held whole and not used are `service:*`
)
MOST_RESOURCES = 20  # of a row of uses; the journal has them all

Watched = journal.PermissionUsed | journal.PermissionTotal | journal.RolePolicies


def permissions(seen: ByType) -> dict[str, Any]:
    """Return the account of each role and user by its name; an empty dict where nothing was recorded.

    Where two have the same name, of two accounts or a role and a user, they are told by their ARNs. Of others
    (services, the account's root, nobody) only what was refused is told: no policy of theirs can be smaller.
    """
    watched: list[Watched] = [
        *seen.all(journal.PermissionUsed),
        *seen.all(journal.PermissionTotal),
        *seen.all(journal.RolePolicies),
    ]
    given = [_of_somebody(one) for one in watched if not _is_beside(one)]
    found = role_uses(given)
    names = Counter(one.name for one in found.values())
    return {one.name if names[one.name] == 1 else arn: _account(one) for arn, one in found.items()}


def _kind(arn: str) -> str:
    if ":role/" in arn or ":user/" in arn:
        return "role" if ":role/" in arn else "user"
    if arn.endswith(":root"):
        return "root"
    return "service" if arn.endswith(".amazonaws.com") else "other"


def _whose(record: Watched) -> str:
    return record.role if isinstance(record, journal.RolePolicies) else record.role or record.principal


def _is_beside(record: Watched) -> bool:
    """Return whether *record* tells what somebody did rightly whom no identity policy is written for."""
    if isinstance(record, journal.RolePolicies) or _kind(_whose(record)) in ("role", "user"):
        return False
    return record.verdict == ALLOWED


def _of_somebody(record: Watched) -> Watched:
    """Return *record* as that of its principal where it has no role, so that its refusals are told too."""
    if isinstance(record, journal.RolePolicies) or record.role:
        return record
    return replace(record, role=record.principal)


def _account(one: RoleUse) -> dict[str, Any]:
    kind = _kind(one.role)
    return {
        "arn": one.role,
        "kind": kind,
        **(_held(one) if one.known else {}),
        **({"unreadable": list(one.unreadable)} if one.unreadable else {}),
        "used": list(one.used_actions),
        "denied": list(one.denied_actions),
        "uses": _uses(one.used),
        "denials": _denials(one.role, one.denied),
        "not_covered": _not_covered(one.not_covered),
        **(_smallest(one) if kind in ("role", "user") else {}),
    }


def _smallest(one: RoleUse) -> dict[str, Any]:
    """Return the smallest policy for what *one* did, its size and its proof; nothing where it did nothing."""
    uses = needed_uses(one)
    if not uses:
        return {}
    document = smallest_for(one.role, uses)
    proof = prove([document], one.role, uses)
    statements = document["Statement"]
    return {
        "minimal_policy": document,
        "minimal_size": {
            "statements": len(statements),
            "actions": len({action for statement in statements for action in statement["Action"]}),
            "characters": characters(document),
        },
        "proof": {
            "holds": proof.holds,
            "requests": proof.requests,
            "parts": proof.parts,
            "refused": [f"{use.action} on {use.resource}" for use in proof.refused[:MOST_RESOURCES]],
            "idle": list(proof.idle[:MOST_RESOURCES]),
        },
    }


# -- what it holds -----


def _held(one: RoleUse) -> dict[str, Any]:
    by_service = Counter(map(_service, one.unused_actions))
    in_vain = set(one.unused_statements)
    return {
        "granted": patterns_of(one.granted),
        "unused": _names(one.unused_actions),
        "granted_actions": len(one.granted),
        "unused_actions": len(one.unused_actions),
        "unused_by_service": dict(sorted(by_service.items())),
        "granted_characters": sum(
            characters(p["document"]) for p in one.policies if p["kind"] in ("inline", "managed")
        ),
        "grants": [
            {
                "statement": grant.label,
                "actions": len(grant.expanded),
                "resources": _resources(grant.resources, but=grant.not_resource),
                "needed": grant.label not in in_vain,
            }
            for grant in one.grants
            if grant.allows and not grant.limits
        ],
        "wider": [
            {
                "action": each.action,
                "pattern": each.pattern,
                "statement": each.statement,
                "used": list(each.used[:MOST_RESOURCES]),
                "used_count": len(each.used),
            }
            for each in one.wider
        ],
        "risks": [
            {
                "category": each.category,
                "severity": each.severity,
                "name": each.name,
                "message": each.message,
                "actions": list(each.actions[:MOST_RESOURCES]),
                "action_count": len(each.actions),
                "statements": list(each.statements[:MOST_RESOURCES]),
                "source": each.source,
            }
            for each in risks(one.grants)
        ],
    }


def _names(actions: Sequence[str]) -> list[str]:
    """Return *actions* by name; of very many, all that a service has as one `service:*`."""
    if len(actions) <= MOST_ACTIONS:
        return list(actions)
    by_service: defaultdict[str, list[str]] = defaultdict(list)
    for action in actions:
        by_service[_service(action)].append(action)
    whole = {service for service, names in by_service.items() if actions_of(service) <= set(names)}
    return [
        action
        for service, names in by_service.items()
        for action in ([f"{service}:*"] if service in whole else names)
    ]


def _resources(patterns: Sequence[str], *, but: bool) -> list[str]:
    return [f"not {each}" if but else each for each in patterns[:MOST_RESOURCES]]


def _service(action: str) -> str:
    return action.partition(":")[0]


# -- what it did -----


def _uses(used: Iterable[Use]) -> list[dict[str, Any]]:
    """Return what each program used: a row for each action and the call that needed it."""
    rows: defaultdict[tuple[str, str, str], list[tuple[Use, By]]] = defaultdict(list)
    for use in used:
        for by in use.by:
            rows[by.program, use.action, use.call].append((use, by))
    return [
        {"program": program, "action": action, "call": call, **_span(shares)}
        for (program, action, call), shares in sorted(rows.items())
    ]


def _span(shares: Sequence[tuple[Use, By]]) -> dict[str, Any]:
    resources = sorted({use.resource for use, _ in shares})
    return {
        "resources": resources[:MOST_RESOURCES],
        "resource_count": len(resources),
        "calls": sum(by.calls for _, by in shares),
        "first_at_s": min(by.first_at for _, by in shares),
        "last_at_s": max(by.last_at for _, by in shares),
    }


def _denials(role: str, denied: Iterable[Use]) -> list[dict[str, Any]]:
    """Return what was refused: a row for each program, action and reason, in order of time.

    `allow` holds the statements that would allow it, where only they are missing.
    """
    rows: defaultdict[tuple[Any, ...], list[tuple[Use, By]]] = defaultdict(list)
    for use in denied:
        for by in use.by:
            key = (by.program, use.action, use.call, use.verdict, use.enforced, use.reason, use.statements)
            rows[key].append((use, by))
    found = [
        {
            "program": program,
            "principal": shares[0][1].principal,
            "action": action,
            "call": call,
            "verdict": verdict,
            "enforced": enforced,
            "reason": reason,
            "statements": list(statements),
            "context": _context(use.context for use, _ in shares),
            **_missing(role, verdict, [use for use, _ in shares]),
            **_span(shares),
        }
        for (program, action, call, verdict, enforced, reason, statements), shares in rows.items()
    ]
    return sorted(found, key=lambda row: (row["first_at_s"], row["action"], row["program"]))


def _missing(role: str, verdict: str, denied: Sequence[Use]) -> dict[str, Any]:
    """Return the statements that lack, none where a Deny refused it, which no Allow undoes."""
    if verdict == EXPLICITLY_DENIED:
        return {}
    return {"allow": smallest_for(role, denied)["Statement"]}


def _context(given: Iterable[Mapping[str, Sequence[str]]]) -> dict[str, list[str]]:
    """Return every value of each condition key that the calls brought."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for context in given:
        for key, values in context.items():
            found[key].update(values)
    return {key: sorted(values) for key, values in sorted(found.items())}


def _not_covered(uses: Iterable[Use]) -> list[dict[str, Any]]:
    """Return the calls that nobody knows the actions of: neither allowed nor denied by any policy."""
    rows: defaultdict[tuple[str, bool], list[tuple[Use, By]]] = defaultdict(list)
    for use in uses:
        rows[use.call, use.enforced] += [(use, by) for by in use.by]
    return [
        {"call": call, "enforced": enforced, "calls": sum(by.calls for _, by in shares),
         "programs": sorted({by.program for _, by in shares})}
        for (call, enforced), shares in sorted(rows.items())
    ]  # fmt: skip
