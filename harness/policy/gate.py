"""`harness policy --check`: fails when a role, or a policy, grants what the reference does not."""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.config import read_settings
from harness.errors import ExitCode, InvalidRun, ScenarioError
from harness.iam.least_privilege import NewGrant, RoleUse, new_grants
from harness.iam.least_privilege.grants import BOUNDARY, TRUST
from harness.policy.policy_files import read_policies, read_reference
from harness.policy.recorded import named_role, recorded_roles, run_directory

Document = Mapping[str, Any]
Named = Sequence[tuple[str, Document]]


def check_policies(arguments: argparse.Namespace) -> int:
    """Print every new grant, or that there is none; return 1 or 0."""
    reference = read_reference(arguments.check)
    found = {who: new_grants(known, given) for who, known, given in _pairs(arguments, reference)}
    if arguments.json:
        from harness.commands import emit

        emit({"check": "fail" if any(found.values()) else "pass", "new": _rows(found)})
    else:
        print(
            "\n".join(line for who, grants in found.items() for line in _lines(who, grants, arguments.check))
        )
    return ExitCode.FAIL if any(found.values()) else ExitCode.PASS


Reference = list[Document] | dict[str, list[Document]]


def _pairs(arguments: argparse.Namespace, reference: Reference) -> list[tuple[str, list[Document], Named]]:
    """Return who is checked, the reference for it, and what it holds by policy."""
    if arguments.policy is not None:
        path: Path = arguments.policy
        if isinstance(reference, dict):
            raise ScenarioError(
                f"{arguments.check} is a reference by role: --policy needs one policy, or a list"
            )
        return [(str(path), reference, [(path.name, each) for each in read_policies(path)])]
    runs = read_settings(backend="embedded", runs_dir=arguments.runs).runs_dir
    roles = recorded_roles(run_directory(arguments.run, runs))
    if arguments.role is not None:
        chosen = [named_role(roles, arguments.role)]
    else:
        for name in reference if isinstance(reference, dict) else ():
            named_role(roles, name)
        # What a user holds no run records; a role of which it is not known makes the check invalid.
        chosen = [role for role in roles.values() if role.known or ":role/" in role.role]
    return [(role.name, _of(reference, role), _held(role)) for role in chosen]


def _of(reference: Reference, role: RoleUse) -> list[Document]:
    """Return the reference of *role*: where it goes by role and lacks this one, nothing may be granted."""
    if isinstance(reference, list):
        return reference
    return reference.get(role.role, reference.get(role.name, []))


def _held(role: RoleUse) -> Named:
    """Return what *role* holds; a boundary is not counted on. Raises where nobody knows it all."""
    if not role.known:
        raise InvalidRun(f"The run did not record what {role.name} holds: it ended before it could")
    if role.unreadable:
        raise ScenarioError(f"{role.name} holds a policy that AWS would not take: {role.unreadable[0]}")
    return [
        (each["name"], each["document"]) for each in role.policies if each["kind"] not in (BOUNDARY, TRUST)
    ]


def _lines(who: str, grants: Sequence[NewGrant], reference: Path) -> list[str]:
    if not grants:
        return [f"{who} grants nothing that {reference} does not"]
    return [f"{who}: {each.words}" for each in grants]


def _rows(found: Mapping[str, Sequence[NewGrant]]) -> dict[str, list[dict[str, Any]]]:
    return {
        who: [
            {
                "statement": each.statement,
                "actions": list(each.actions),
                "resource": each.resource,
                "reason": each.reason,
            }
            for each in grants
        ]
        for who, grants in found.items()
    }
