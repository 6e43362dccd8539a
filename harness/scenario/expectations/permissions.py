"""What must hold of roles: what they were refused, what they used, and what they hold and never needed.

Everything comes from the records of the gateway's guard. Where it kept none (`--iam off`, a role that made no
call), there is nothing to measure and no expectation is met.
"""

import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from harness.errors import ScenarioError
from harness.journal import PermissionTotal, PermissionUsed, RolePolicies
from harness.scenario.expectations.expectation import Expectation, Measured, Question, Records
from harness.scenario.permission_names import check_action
from harness.scenario.permissions import On, arn_of
from harness.scenario.programs import Program
from harness.scenario.roles import Role

if TYPE_CHECKING:
    from harness.iam.least_privilege import RoleUse, Use

_KINDS = (PermissionUsed, PermissionTotal, RolePolicies)
NAMED_AT_MOST = 5  # actions in a sentence


def denied(role: Role, action: str, on: On = "*", by: Program | None = None) -> Question:
    """Ask for the share of the calls of *role* needing *action* on what *on* names that were denied, from 0
    to 1; of those that the program *by* made, where it is given.

    It must have tried: what was never asked was never refused either.
    """
    _check(role, "denied", Role)
    if by is not None:
        _check(by, "denied: by", Program)
    check_action("denied", action)
    pattern = _glob(arn_of(on, "*", "*"))
    name = f"{role.name}: {action}{_about(on)} denied{f' to {by.name}' if by else ''}"

    def measure(records: Records) -> Measured:
        found = _found(role, records)
        tried = [use for use in _uses(found) if use.action.lower() == action.lower()] if found else []
        tried = [use for use in tried if pattern.fullmatch(use.resource)]
        calls = sum(_calls(use, by) for use in tried)
        if found is None or not calls:
            return None, _unknown(records, f"The role {role.name!r} never tried {action}{_about(on)}")
        refused = sum(_calls(use, by) for use in found.denied if use in tried)
        asked = "call" if calls == 1 else "calls"
        were = "was" if refused == 1 else "were"
        return refused / calls, f"{refused} of {calls} {asked} that needed {action} {were} denied"

    def refuses(seen: PermissionUsed) -> bool:
        program = seen.principal.rpartition("/")[2]
        return (
            seen.role.endswith(f":role/{role.name}")
            and seen.action.lower() == action.lower()
            and pattern.fullmatch(seen.resource) is not None
            and (by is None or _is_of(program, by))
        )

    needs = f"calls under the role {role.name!r}"
    return Expectation(name, measure, "ratio", needs=needs, refuses=refuses)


def refusals_asked_for(expectations: Iterable[Expectation]) -> Callable[[PermissionUsed], bool]:
    """Return whether a refusal is what one of *expectations* asks for, and so no trouble."""
    asked = [one.refuses for one in expectations if one.refuses and one.asks_for_refusals]
    return lambda seen: any(refuses(seen) for refuses in asked)


def refused_calls(role: Role) -> Question:
    """Ask how many calls of *role* were denied, or would have been: those that nobody mapped among them."""
    _check(role, "refused_calls", Role)

    def measure(records: Records) -> Measured:
        found = _found(role, records)
        if found is None or not _uses(found):
            return None, _unknown(records, f"The role {role.name!r} made no call")
        refused = [*found.denied, *found.not_covered]
        count = sum(use.calls for use in refused)
        return count, f"{role.name} was denied {_named({use.action for use in refused})}"

    return _of(role, "refused calls", measure, "calls")


def used(role: Role) -> Question:
    """Ask how many different actions *role* used."""
    _check(role, "used", Role)

    def measure(records: Records) -> Measured:
        found = _found(role, records)
        if found is None or not _uses(found):
            return None, _unknown(records, f"The role {role.name!r} made no call")
        return len(found.used_actions), f"{role.name} used {_named(found.used_actions)}"

    return _of(role, "used actions", measure, "actions")


def granted(role: Role) -> Question:
    """Ask how many actions *role* holds, wildcards expanded into the actions that exist."""
    _check(role, "granted", Role)

    def measure(records: Records) -> Measured:
        found = _held(role, records)
        if found is None:
            return None, _unknown(records, f"What the role {role.name!r} holds was not recorded")
        return len(found.granted), f"{role.name} holds {_named(found.granted)}"

    return _of(role, "granted actions", measure, "actions")


def unused(role: Role) -> Question:
    """Ask how many of the actions that *role* holds it never used; it must have used something."""
    _check(role, "unused", Role)

    def measure(records: Records) -> Measured:
        found = _held(role, records)
        if found is None:
            return None, _unknown(records, f"What the role {role.name!r} holds was not recorded")
        if not found.used:
            return None, _unknown(
                records, f"The role {role.name!r} used nothing, so nothing is known of what it needs"
            )
        if not found.unused_actions:
            return 0, f"{role.name} used all that it holds"
        return len(found.unused_actions), f"{role.name} never used {_named(found.unused_actions)}"

    return _of(role, "unused actions", measure, "actions")


def grants_only_what_it_uses(role: Role, source: str = "least privilege") -> Expectation:
    """Expect that *role* used every action that it holds."""
    return unused(role).equals(0, source)


def _check(value: object, what: str, kind: type) -> None:
    if not isinstance(value, kind):
        raise ScenarioError(f"{what} is given {value!r}; give the {kind.__name__} itself, as it is declared")


def _of(role: Role, what: str, measure: Callable[[Records], Measured], unit: str) -> Question:
    return Expectation(f"{role.name}: {what}", measure, unit, needs=f"calls under the role {role.name!r}")


def _found(role: Role, records: Records) -> "RoleUse | None":
    """Return what *role* held and did, None where nothing is known of it."""
    # Here, since every command imports this module and few judge anything.
    from harness.iam.least_privilege import role_uses

    ending = f":role/{role.name}"
    own = [one for one in records if isinstance(one, _KINDS) and one.role.endswith(ending)]
    return next(iter(role_uses(own).values()), None)


def _unknown(records: Records, why: str) -> str:
    """Return *why* nothing is known, or that nobody looked."""
    if any(isinstance(one, _KINDS) and one.role for one in records):  # deliveries are no role's
        return why
    return "Nobody looked at permissions in this run; say --iam enforce or --iam observe"


def _held(role: Role, records: Records) -> "RoleUse | None":
    found = _found(role, records)
    return found if found is not None and found.known else None


def _uses(found: "RoleUse") -> "tuple[Use, ...]":
    return (*found.used, *found.denied, *found.not_covered)


def _calls(use: "Use", by: Program | None) -> int:
    """Return how many of the calls the program *by* made; its sessions are named after it and the rank."""
    if by is None:
        return use.calls
    return sum(one.calls for one in use.by if _is_of(one.program, by))


def _is_of(session: str, program: Program) -> bool:
    return session.rpartition("-")[0] == program.session_name(0).rpartition("-")[0]


def _about(on: On) -> str:
    if on == "*":
        return ""
    return f" on {arn_of(on, '*', '*').rpartition(':')[2]}"


def _glob(text: str) -> re.Pattern[str]:
    return re.compile(re.escape(text).replace(r"\*", ".*"))


def _named(actions: Iterable[str]) -> str:
    ordered = sorted(actions)
    more = len(ordered) - NAMED_AT_MOST
    shown = ", ".join(ordered[:NAMED_AT_MOST]) or "nothing"
    return f"{shown} and {more} more" if more > 0 else shown
