"""What policies grant that a reference does not: the gate that lets no new permission pass unseen.

Nothing is said to be old unless that is certain. Wildcards of actions are compared as they are and, where
that does not settle it, by the actions of today that they name. Of resources, patterns are compared exactly
with all those of the reference that allow the action under conditions that the grant's own imply. A Deny of
the reference must be met by one at least as wide, and what a Deny of the same policies takes away altogether
is not granted. A permissions boundary is not counted on: it may be taken away.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.iam.actions.catalogue import expand
from harness.iam.least_privilege.covering import (
    apart,
    implies,
    takes_action,
    takes_actions_of,
    takes_all_but,
    touches_action,
    touches_all_but,
    variables_of,
    within,
)
from harness.iam.least_privilege.grants import Grant, statements_of

EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class NewGrant:
    """Actions that a statement grants on a resource pattern, and the reference does not; and why not.

    `principal` is who they are granted to, "" for whom the policy hangs on.
    """

    statement: str
    actions: tuple[str, ...]
    resource: str
    reason: str
    principal: str = ""

    @property
    def words(self) -> str:
        """The grant in one sentence."""
        to = f" to {self.principal}" if self.principal else ""
        return f"{self.statement} grants {', '.join(self.actions)} on {self.resource}{to}: {self.reason}"


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is looked for: one action or pattern, or all but `all_but`."""

    action: str
    all_but: tuple[str, ...] | None = None

    @property
    def words(self) -> str:
        return self.action if self.all_but is None else "everything but " + " and ".join(self.all_but)

    def within(self, grant: Grant) -> bool:
        """Return whether *grant* is certainly about all of it."""
        if self.all_but is None:
            return takes_action(grant, self.action)
        return takes_all_but(grant, self.all_but)

    def touched_by(self, grant: Grant) -> bool:
        """Return whether *grant* may be about some of it."""
        if self.all_but is None:
            return touches_action(grant, self.action)
        return touches_all_but(grant, self.all_but)


def new_grants(
    reference: Sequence[Mapping[str, Any]], candidate: Sequence[tuple[str, Mapping[str, Any]]]
) -> tuple[NewGrant, ...]:
    """Return what *candidate*, policies by name, grant that the documents of *reference* do not; in order.

    Empty only when they certainly grant nothing new. Raises MalformedPolicyError.
    """
    known = [grant for each in reference for grant in statements_of(each, "reference", lenient=True)]
    given = [grant for name, each in candidate for grant in statements_of(each, name, lenient=True)]
    found: dict[tuple[str, str, str], list[str]] = {}
    for grant in given:
        if grant.allows:
            for unit, resource, reason in _new_of(grant, given, known):
                found.setdefault((grant.label, resource, reason), []).append(unit.words)
    return tuple(
        NewGrant(label, tuple(sorted(set(actions))), resource, reason)
        for (label, resource, reason), actions in found.items()
    )


def _new_of(grant: Grant, given: Sequence[Grant], known: Sequence[Grant]) -> Iterator[tuple[_Unit, str, str]]:
    """Yield what *grant* adds: a unit of actions, the resource, and why the reference does not have it."""
    resources = (None,) if grant.not_resource else grant.resources
    for resource in resources:
        shown = resource or "everything but " + " and ".join(grant.resources)
        for unit in _units(grant):
            reason = _missing(unit, resource, grant, given, known)
            parts = _single(unit) if reason else ()
            if not parts and reason:
                yield unit, shown, reason
            for part in parts:
                if reason := _missing(part, resource, grant, given, known):
                    yield part, shown, reason


def _units(grant: Grant) -> list[_Unit]:
    if grant.not_action:
        return [_Unit(EVERYTHING, grant.actions)]
    return [_Unit(each) for each in grant.actions]


def _single(unit: _Unit) -> tuple[_Unit, ...]:
    """Return the actions of today that *unit* names; none where that would be a list of everything."""
    service = unit.action.partition(":")[0]
    if unit.all_but is not None or "*" in service or "?" in service:
        return ()
    return tuple(_Unit(each) for each in sorted(expand(unit.action)))


def _missing(
    unit: _Unit, resource: str | None, grant: Grant, given: Sequence[Grant], known: Sequence[Grant]
) -> str:
    """Return why the reference may not grant *unit* on *resource* (None: of *grant*'s NotResource), or ""."""
    if any(_takes_away(deny, unit, resource, grant) for deny in given if not deny.allows):
        return ""
    allowing = [each for each in known if each.allows and unit.within(each)]
    if not allowing:
        return "the reference does not allow it"
    fitting = [each for each in allowing if _implied(grant, each)]
    if not _on(resource, grant, allowing):
        return "the reference allows it on other resources only"
    if not _on(resource, grant, fitting):
        return "the reference allows it under other conditions only"
    denies = [each for each in given if not each.allows]
    for deny in known:
        touches = not deny.allows and unit.touched_by(deny) and not _clear_of(deny, resource, grant)
        if touches and not any(_as_wide(each, deny, unit) for each in denies):
            return f"{deny.label} denies some of it"
    return ""


def _implied(grant: Grant, by: Grant) -> bool:
    return implies(
        grant.condition,
        by.condition,
        narrow_variables=variables_of(grant),
        wide_variables=variables_of(by),
    )


def _on(resource: str | None, grant: Grant, allowing: Sequence[Grant]) -> bool:
    """Return whether *allowing* together certainly reach all of *resource*."""
    if resource is None:
        return any(_reaches_all_but(each, grant) for each in allowing)
    if any(each.not_resource and all(apart(resource, out) for out in each.resources) for each in allowing):
        return True
    for variables in (True, False):
        wide = [
            pattern
            for each in allowing
            if not each.not_resource and variables_of(each) is variables
            for pattern in each.resources
        ]
        if within(resource, wide, narrow_variables=variables_of(grant), wide_variables=variables):
            return True
    return False


def _reaches_all_but(allowing: Grant, grant: Grant) -> bool:
    """Return whether *allowing* reaches every resource but those that *grant* leaves out."""
    if not allowing.not_resource:
        return EVERYTHING in allowing.resources
    return all(
        within(
            each,
            grant.resources,
            narrow_variables=variables_of(allowing),
            wide_variables=variables_of(grant),
        )
        for each in allowing.resources
    )


def _takes_away(deny: Grant, unit: _Unit, resource: str | None, grant: Grant) -> bool:
    """Return whether *deny* leaves nothing of *unit* on *resource*."""
    return not deny.condition and unit.within(deny) and _on(resource, grant, [deny])


def _clear_of(deny: Grant, resource: str | None, grant: Grant) -> bool:
    """Return whether *deny* certainly says nothing about *resource*."""
    if resource is None:
        return False
    if deny.not_resource:
        return within(
            resource,
            deny.resources,
            narrow_variables=variables_of(grant),
            wide_variables=variables_of(deny),
        )
    return all(apart(resource, each) for each in deny.resources)


def _as_wide(ours: Grant, deny: Grant, unit: _Unit) -> bool:
    """Return whether *ours* denies of *unit* at least what *deny* does."""
    about = unit.within(ours) or takes_actions_of(ours, deny)
    if not (about and _implied(deny, ours)):
        return False
    if deny.not_resource:
        return _reaches_all_but(ours, deny)
    return all(_on(each, deny, [ours]) for each in deny.resources)
