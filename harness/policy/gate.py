"""`harness policy --check`: fails when a role, a resource or a policy grants what the reference does not."""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.config import read_settings
from harness.errors import ExitCode, InvalidRun, ScenarioError
from harness.iam.least_privilege import NewGrant, ResourceUse, RoleUse, new_grants, new_grants_at_resource
from harness.iam.least_privilege.grants import BOUNDARY
from harness.iam.policy import Kind, MalformedPolicyError
from harness.policy.options import ROLE, TRUST
from harness.policy.policy_files import read_policies, read_reference, reference_of
from harness.policy.recorded import Recorded, Subject, arn_of, named, recorded, run_directory, subjects
from harness.policy.view import incomplete
from harness.printable import printable

Document = Mapping[str, Any]
Named = Sequence[tuple[str, Document]]
Reference = list[Document] | dict[str, list[Document]]


@dataclass(frozen=True, slots=True)
class _Checked:
    """One whose policies were compared. `missing`: the reference, which goes by name, has nothing for it."""

    who: str
    grants: tuple[NewGrant, ...]
    missing: bool = False


def check_policies(arguments: argparse.Namespace) -> int:
    """Print every new grant, or that there is none; return 1 or 0."""
    reference = read_reference(arguments.check)
    if arguments.policy is not None:
        run, found = None, [_file(arguments, reference, form_of(arguments.kind))]
    else:
        runs = read_settings(backend="embedded", runs_dir=arguments.runs).runs_dir
        run = recorded(run_directory(arguments.run, runs))
        found = list(_run(arguments, reference, run))
    fails = any(each.grants for each in found)
    if run is not None and run.unfinished:
        print(printable(f"warning: {incomplete(run)}"), file=sys.stderr)
    if arguments.json:
        from harness.commands import emit

        emit({"check": "fail" if fails else "pass", **_rows(found), **_note(run)})
    else:
        print("\n".join(printable(line) for each in found for line in _lines(each, arguments.check)))
    return ExitCode.FAIL if fails else ExitCode.PASS


def form_of(kind: str | None) -> Kind:
    """Return how the policies of *kind* are written."""
    return {None: Kind.IDENTITY, ROLE: Kind.IDENTITY, TRUST: Kind.TRUST}.get(kind, Kind.RESOURCE)


def _file(arguments: argparse.Namespace, given: Any, form: Kind) -> _Checked:
    path: Path = arguments.policy
    reference = reference_of(given, arguments.check, form)
    if isinstance(reference, dict):
        raise ScenarioError(f"{arguments.check} is a reference by name: --policy needs one policy, or a list")
    compare = new_grants if form is Kind.IDENTITY else new_grants_at_resource
    return _Checked(str(path), compare(reference, [(path.name, each) for each in read_policies(path, form)]))


def _run(arguments: argparse.Namespace, given: Any, run: Recorded) -> Iterator[_Checked]:
    """Yield each of the run that is to be checked, against its part of the reference."""
    one = None if arguments.name is None else named(run, arguments.name, arguments.kind)
    kind = arguments.kind or (one.kind if isinstance(one, ResourceUse) else ROLE)
    reference = reference_of(given, arguments.check, form_of(kind))
    if one is None:
        for name in reference if isinstance(reference, dict) else ():
            named(run, name, kind)
    for each in _all(run, kind) if one is None else [one]:
        known = _of(reference, each)
        yield _Checked(each.name, _new(each, known or []), known is None)


def _all(run: Recorded, kind: str) -> list[Subject]:
    """Return all of *kind* that can be held to a reference; raise ScenarioError where there is none.

    What a user holds no run records; a role or resource of which it is not known makes the check invalid.
    """
    found = [
        one
        for one in subjects(run, kind)
        if one.known or isinstance(one, ResourceUse) or ":role/" in one.role
    ]
    if not found:
        why = f"; {incomplete(run)}" if run.unfinished else ""
        raise ScenarioError(f"{run.directory} recorded no {kind} that could be checked{why}")
    return found


def _of(reference: Reference, one: Subject) -> list[Document] | None:
    """Return the reference of *one*, None where it goes by name and lacks this one: it may grant nothing."""
    if isinstance(reference, list):
        return reference
    return reference.get(arn_of(one), reference.get(one.name))


def _new(one: Subject, known: Sequence[Document]) -> tuple[NewGrant, ...]:
    if not one.known:
        raise InvalidRun(f"The run did not record what {one.name} holds: it ended before it could")
    try:
        if isinstance(one, RoleUse):
            return new_grants(known, _held(one))
        held = [] if one.policy is None else [("trust" if one.kind == TRUST else "policy", one.policy)]
        return new_grants_at_resource(known, held, one.resource)
    except MalformedPolicyError as error:
        raise ScenarioError(f"{one.name} holds a policy that AWS would not take: {error.message}") from error


def _held(role: RoleUse) -> Named:
    """Return what *role* holds; a boundary is not counted on."""
    if role.unreadable:
        raise ScenarioError(f"{role.name} holds a policy that AWS would not take: {role.unreadable[0]}")
    return [
        (each["name"], each["document"]) for each in role.policies if each["kind"] not in (BOUNDARY, TRUST)
    ]


# -- what is said -----


def _lines(one: _Checked, reference: Path) -> Iterator[str]:
    if one.missing:
        new = "so all that it grants is new" if one.grants else "and it grants nothing"
        yield f"{one.who}: {reference} goes by name and has nothing under this one, {new}"
    elif not one.grants:
        yield f"{one.who} grants nothing that {reference} does not"
    yield from (f"{one.who}: {each.words}" for each in one.grants)


def _rows(found: Sequence[_Checked]) -> dict[str, Any]:
    new = {
        one.who: [
            {
                "statement": each.statement,
                **({"principal": each.principal} if each.principal else {}),
                "actions": list(each.actions),
                "resource": each.resource,
                "reason": each.reason,
            }
            for each in one.grants
        ]
        for one in found
    }
    return {"new": new, "not_in_reference": [one.who for one in found if one.missing]}


def _note(run: Recorded | None) -> dict[str, Any]:
    return {} if run is None else {"complete": not run.unfinished, "note": incomplete(run)}
