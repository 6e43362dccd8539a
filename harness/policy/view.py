"""What is told of a role's smallest policy: lines for people, values for machines."""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.iam.least_privilege import NOT_SEEN, Proof, RoleUse, Use, risks, too_many
from harness.iam.least_privilege.uses import EXPLICITLY_DENIED

Documents = Sequence[Mapping[str, Any]]
_SHOWN = 5


def told(role: RoleUse, documents: Documents, proof: Proof, where: str, *, denied_too: bool) -> list[str]:
    """Return what stands on stderr beside the policy: its proof, what is not in it, what nobody can know."""
    statements = sum(len(each["Statement"]) for each in documents)
    lines = [
        f"{role.name}, {where}: {_counted(statements, 'statement')} for {_counted(proof.requests, 'use')}"
    ]
    if proof.holds:
        lines.append(
            f"proof: all {proof.requests} uses pass under it; without any one of its {proof.parts} parts "
            "one does not"
        )
    lines += [f"proof failed: {each.action} on {each.resource} does not pass" for each in proof.refused]
    lines += [f"proof failed: no use needs {each}" for each in proof.idle]
    if role.known:
        lines.append(
            f"the role holds {_counted(len(role.granted), 'action')}, used {len(role.used_actions)} of them"
        )
    left_out = _left_out(role, denied_too)
    for use in left_out[:_SHOWN]:
        lines.append(f"left out, denied in the run: {use.action} on {use.resource} {use.reason}".rstrip())
    if len(left_out) > _SHOWN:
        lines.append(f"left out, denied in the run: {len(left_out) - _SHOWN} more")
    lines += [f"not covered, nobody knows what it needs: {each}" for each in _not_covered(role)]
    lines += [text for text in (too_many(documents),) if text]
    return [*lines, f"not known from a rehearsal: {NOT_SEEN[0]}"]


def as_json(
    role: RoleUse, documents: Documents, proof: Proof, where: str, *, denied_too: bool
) -> dict[str, Any]:
    """Return the same for machines."""
    return {
        "role": role.role,
        "run_dir": where,
        "documents": [dict(each) for each in documents],
        "proof": {
            "holds": proof.holds,
            "uses": proof.requests,
            "parts": proof.parts,
            "refused": [_row(each) for each in proof.refused],
            "idle": list(proof.idle),
        },
        "left_out": [_row(each) for each in _left_out(role, denied_too)],
        "not_covered": list(_not_covered(role)),
        "granted": len(role.granted) if role.known else None,
        "used": list(role.used_actions),
        "unused_statements": list(role.unused_statements),
        "risks": [
            {"category": each.category, "severity": each.severity, "name": each.name, "message": each.message}
            for each in risks(role.grants)
        ],
        "not_seen": list(NOT_SEEN),
    }


def _left_out(role: RoleUse, denied_too: bool) -> list[Use]:
    """Return the denied uses that are not in the policy: with *denied_too* those that a Deny refused."""
    return [each for each in role.denied if not denied_too or each.verdict == EXPLICITLY_DENIED]


def _not_covered(role: RoleUse) -> list[str]:
    return sorted({each.call for each in role.not_covered})


def _row(use: Use) -> dict[str, Any]:
    return {
        "action": use.action,
        "resource": use.resource,
        "verdict": use.verdict,
        "calls": use.calls,
        "reason": use.reason,
    }


def _counted(number: int, word: str) -> str:
    return f"{number:,} {word}" + ("" if number == 1 else "s")
