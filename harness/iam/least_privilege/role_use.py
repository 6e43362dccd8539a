"""What a role may do against what it did: granted, used, unused, denied, and where a grant is too wide.

What a rehearsal cannot see, and what nobody may conclude from a grant that was not used here: what AWS itself
does under an execution role before or beside the pipeline's code (pulling an image from ECR, writing logs and
metrics, mounting a network interface), calls that only a failure or a rare input leads to, and what people do
by hand. `NOT_SEEN` says it in a report's words.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.iam.actions.catalogue import canonical
from harness.iam.least_privilege.asking import compiled, passes, request_of
from harness.iam.least_privilege.grants import Grant, granted_actions, grants_of, takes_resource
from harness.iam.least_privilege.uses import ALLOWED, NOT_COVERED, Use, identity_of, uses_by
from harness.journal import Record, RolePolicies

NOT_SEEN = (
    "What AWS itself does under an execution role is not called by the pipeline and is not seen here: "
    "pulling images from ECR, writing logs and metrics, network interfaces in a VPC.",
    "Calls that only a failure, a rare input or a person leads to are seen only when the run had them.",
)


@dataclass(frozen=True, slots=True)
class Wider:
    """A grant that covers more resources than were used: the pattern, and what of it was used."""

    action: str
    pattern: str
    statement: str
    used: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleUse:
    """One role (or user, by its ARN) in one run.

    `granted` are actions that exist, wildcards expanded; `used`, `denied` and `not_covered` are uses by
    verdict. `unused_statements` are labels of Allow statements that no use needed. `known` is false where
    the run did not record the role's policies: then nothing is granted as far as anybody knows. `unreadable`
    are recorded policies that AWS would not take, each with its words; they count for nothing here.
    """

    role: str
    known: bool
    policies: tuple[Mapping[str, Any], ...]
    grants: tuple[Grant, ...]
    granted: tuple[str, ...]
    used: tuple[Use, ...]
    denied: tuple[Use, ...]
    not_covered: tuple[Use, ...]
    unused_actions: tuple[str, ...]
    unused_statements: tuple[str, ...]
    unreadable: tuple[str, ...]
    wider: tuple[Wider, ...]

    @property
    def name(self) -> str:
        """The name of the role, without its path."""
        return self.role.rpartition("/")[2]

    @property
    def used_actions(self) -> tuple[str, ...]:
        """The actions that were used, in order."""
        return tuple(sorted({each.action for each in self.used}))

    @property
    def denied_actions(self) -> tuple[str, ...]:
        """The actions that were needed and denied on something, in order."""
        return tuple(sorted({each.action for each in self.denied}))


def role_uses(records: Iterable[Record]) -> dict[str, RoleUse]:
    """Return what each role and user held and did, by ARN in order; the order of *records* is irrelevant."""
    given = list(records)
    uses = uses_by(given, identity_of)
    held: dict[str, RolePolicies] = {}
    for record in given:
        if isinstance(record, RolePolicies):
            held[record.role] = max(held.get(record.role, record), record, key=lambda each: each.at)
    return {role: _role_use(role, held.get(role), uses.get(role, ())) for role in sorted({*uses, *held})}


def _role_use(role: str, held: RolePolicies | None, uses: tuple[Use, ...]) -> RoleUse:
    policies = tuple(held.policies) if held else ()
    grants, unreadable = grants_of(policies)
    granted = granted_actions(grants)
    used = tuple(each for each in uses if each.verdict == ALLOWED)
    needed_by = _needed_by(role, grants, used)
    used_actions = {each.action.lower() for each in used}
    return RoleUse(
        role=role,
        known=held is not None,
        policies=policies,
        grants=grants,
        granted=tuple(sorted(granted)),
        used=used,
        denied=tuple(each for each in uses if each.verdict not in (ALLOWED, NOT_COVERED)),
        not_covered=tuple(each for each in uses if each.verdict == NOT_COVERED),
        unused_actions=tuple(sorted(each for each in granted if each.lower() not in used_actions)),
        unused_statements=tuple(each.label for each, needed in needed_by if not needed),
        unreadable=unreadable,
        wider=tuple(wider for grant, needed in needed_by for wider in _wider(role, grant, needed)),
    )


def _needed_by(
    role: str, grants: tuple[Grant, ...], used: tuple[Use, ...]
) -> list[tuple[Grant, tuple[Use, ...]]]:
    """Return each Allow statement of *grants* with the uses that it alone lets through, or decided."""
    requests = [(use, canonical(use.action), request_of(role, use)) for use in used]
    found = []
    for grant in grants:
        if grant.allows and not grant.limits:
            alone = compiled([grant.alone])
            needed = tuple(
                use
                for use, action, request in requests
                if decided(use, grant) or (grant.may_name(action) and passes(alone, request))
            )
            found.append((grant, needed))
    return found


def decided(use: Use, grant: Grant) -> bool:
    """Return whether the run named *grant* as what decided: it knew all condition keys of the request."""
    return any(_short(label) == _short(grant.label) for label in use.statements)


def _short(label: str) -> tuple[str, str]:
    policy, _, statement = label.rpartition("#")
    return policy.rpartition("/")[2], statement


def _wider(role: str, grant: Grant, needed: tuple[Use, ...]) -> list[Wider]:
    """Return where *grant* allows a used action on more than what was used of it."""
    if grant.not_resource:
        everything_but = "everything but " + " and ".join(grant.resources)
        return [Wider(action, everything_but, grant.label, used) for action, used in _by_action(needed)]
    found = []
    for pattern in grant.resources:
        if "*" in pattern or "?" in pattern or "${" in pattern:
            with_it = compiled([_unconditional(grant, pattern)])
            covered = tuple(use for use in needed if passes(with_it, request_of(role, use)))
            found += [Wider(action, pattern, grant.label, used) for action, used in _by_action(covered)]
    return found


def _unconditional(grant: Grant, pattern: str) -> Mapping[str, Any]:
    """Return the grant on *pattern* alone, whatever its conditions: the run has found that they held."""
    statement = {key: value for key, value in grant.statement.items() if key != "Condition"}
    return {"Version": grant.version, "Statement": [{**statement, "Resource": pattern}]}


def _by_action(uses: tuple[Use, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the resources that each action was used on; not for actions that take none, which need `*`."""
    found: dict[str, set[str]] = {}
    for use in uses:
        if use.resource != "*" and takes_resource(use.action):
            found.setdefault(use.action, set()).add(use.resource)
    return [(action, tuple(sorted(resources))) for action, resources in sorted(found.items())]
