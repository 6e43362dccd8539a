"""A policy document, read and compiled: its statements, found by the action that is asked for.

IAM user guide, "Grammar of the IAM JSON policy language". `harness.iam.grammar` refuses what AWS would not
take.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from harness.iam.conditions import (
    Condition,
    UnknownOperatorError,
    UnreadableDateError,
    compile_conditions,
)
from harness.iam.grammar import LEGACY, SYNTAX, Kind, MalformedPolicyError, check, listed
from harness.iam.patterns import Pattern, pattern, resource_pattern
from harness.iam.principals import Grant, Principals, principals
from harness.iam.request import Principal, Request

__all__ = ["Kind", "MalformedPolicyError", "Policy", "Statement", "parse"]

VARIABLES_SINCE = "2012-10-17"
# So many actions are remembered for a policy: more than any one service has.
REMEMBERED = 4096
MOST_CHARACTERS = 65_536
"""Of a document that is text: AWS's own bounds are 2,048 (a session's) to 32,768 (of a KMS key)."""


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement. An element that it lacks is None; `not_…` says that it was the Not form.

    `name` is what lists of statements call it: `policy#Sid`, or `policy#0` by its place.
    """

    sid: str
    allows: bool
    principals: Principals | None
    not_principal: bool
    actions: tuple[Pattern, ...]
    not_action: bool
    resources: tuple[Pattern, ...] | None
    not_resource: bool
    conditions: tuple[Condition, ...]
    name: str = ""

    @property
    def label(self) -> str:
        """What sentences name it by."""
        return f"statement {self.sid!r}" if self.sid else "a statement"

    @property
    def context_keys(self) -> frozenset[str]:
        """The keys of a request's context that it looks at, in small letters."""
        variables = {each.key for pattern in self.resources or () for each in pattern.variables}
        return frozenset(variables).union(*(each.keys for each in self.conditions))

    def names_principal(self, request: Request) -> bool:
        """Return whether it is about who asks; an identity's policy is about the identity itself."""
        return self.grant(request.principal) is not Grant.NONE

    def grant(self, who: Principal, bounded: bool = False) -> Grant:
        """Return how it is about *who*, a principal with a permissions boundary if *bounded*.

        "The NotPrincipal element with a Deny effect will always deny any IAM principal that has a permissions
        boundary policy attached"; "Using it with Allow is not supported" ("… NotPrincipal"): it grants
        nothing.
        """
        if self.principals is None:
            return Grant.DIRECT
        if not self.not_principal:
            return self.principals.grant(who)
        spared = self.allows or (not bounded and self.principals.exempts(who))
        return Grant.NONE if spared else Grant.DIRECT

    def names_action(self, request: Request) -> bool:
        """Return whether it is about what is asked; action names ignore case."""
        return self.covers(request.action)

    def covers(self, action: str) -> bool:
        """Return whether it is about *action*."""
        return any(each.matches(action, {}) for each in self.actions) is not self.not_action

    def names_resource(self, request: Request) -> bool:
        """Return whether it is about the resource; a trust policy is about its role."""
        if self.resources is None:
            return True
        resource, context = request.resource, request.context
        for each in self.resources:
            if each.matches(resource, context):
                return not self.not_resource
        if self.not_resource:
            # A resource that nobody can tell from the excepted ones: in doubt only a Deny is about it.
            return not self.allows or all(each.resolved(context) for each in self.resources)
        return False

    def failing(self, request: Request) -> tuple[Condition, ...]:
        """Return the conditions that do not hold."""
        return tuple(each for each in self.conditions if not each.holds(request.context))

    def bears_on(self, request: Request) -> bool:
        """Return whether it is about the resource under its conditions; who and what are looked at before."""
        if not self.names_resource(request):
            return False
        context = request.context
        for each in self.conditions:  # noqa: SIM110, a loop is a third quicker than all() over a generator
            if not each.holds(context):
                return False
        return True

    def applies(self, request: Request) -> bool:
        """Return whether every element of it matches *request*."""
        return self.covers(request.action) and self.names_principal(request) and self.bears_on(request)


@dataclass(frozen=True, slots=True)
class _Index:
    """The statements of a policy by what they name: a whole action, some of a service's, or anything else."""

    exact: Mapping[str, tuple[int, ...]]
    services: Mapping[str, tuple[int, ...]]
    others: tuple[int, ...]

    @classmethod
    def of(cls, statements: Iterable[Statement]) -> "_Index":
        exact: dict[str, list[int]] = {}
        services: dict[str, list[int]] = {}
        others: list[int] = []
        for number, statement in enumerate(statements):
            for each in statement.actions:
                service, _, name = each.text.lower().partition(":")
                if statement.not_action or _is_wild(service):
                    others.append(number)
                elif _is_wild(name):
                    services.setdefault(service, []).append(number)
                else:
                    exact.setdefault(f"{service}:{name}", []).append(number)
        return cls(_frozen(exact), _frozen(services), tuple(others))

    def candidates(self, action: str) -> Iterable[int]:
        """Return the places of the statements that may be about *action*, which is in small letters."""
        service = action.partition(":")[0]
        return sorted({*self.exact.get(action, ()), *self.services.get(service, ()), *self.others})


def _is_wild(text: str) -> bool:
    return "*" in text or "?" in text


def _frozen(found: Mapping[str, list[int]]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(numbers) for key, numbers in found.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Policy:
    """A document's statements, in their order."""

    statements: tuple[Statement, ...]
    _index: list[_Index] = field(default_factory=list, init=False, repr=False)
    _about: dict[str, tuple[Statement, ...]] = field(default_factory=dict, init=False, repr=False)

    def about(self, action: str) -> tuple[Statement, ...]:
        """Return the statements about *action*, in their order; what is asked again is remembered."""
        found = self._about.get(action)
        return self._look_up(action) if found is None else found

    def _look_up(self, action: str) -> tuple[Statement, ...]:
        if not self._index:
            self._index.append(_Index.of(self.statements))
        named = [self.statements[number] for number in self._index[0].candidates(action.lower())]
        if len(self._about) >= REMEMBERED:
            self._about.clear()
        self._about[action] = tuple(each for each in named if each.covers(action))
        return self._about[action]


def parse(
    document: str | Mapping[str, Any], kind: Kind = Kind.RESOURCE, *, name: str = "", lenient: bool = False
) -> Policy:
    """Return *document* compiled; raise MalformedPolicyError with AWS's words.

    *name* is what its statements are called by. A *lenient* reading refuses only what has no meaning, and
    takes what AWS would object to for its form alone: two statements of one Sid, a resource that is no ARN.
    """
    if isinstance(document, str):
        return _parse_text(document, kind, name, lenient)
    return _policy(document, kind, name, lenient)


@lru_cache(maxsize=512)
def _parse_text(text: str, kind: Kind, name: str, lenient: bool) -> Policy:
    if len(text) > MOST_CHARACTERS:
        raise MalformedPolicyError(f"Maximum policy size of {MOST_CHARACTERS} bytes exceeded")
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:  # JSONDecodeError is a ValueError
        raise MalformedPolicyError(SYNTAX) from error
    return _policy(value, kind, name, lenient)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """ "Individual elements must not contain multiple instances of the same key." """
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _policy(value: Any, kind: Kind, name: str, lenient: bool) -> Policy:
    check(value, kind, lenient=lenient)
    variables = value.get("Version") == VARIABLES_SINCE
    given = listed(value["Statement"])
    found = []
    for number, each in enumerate(given):
        try:
            found.append(_statement(each, number, name, variables, lenient))
        except MalformedPolicyError as error:
            raise error.at(number, each) from error.__cause__
    return Policy(tuple(found))


def _statement(given: Mapping[str, Any], number: int, name: str, variables: bool, lenient: bool) -> Statement:
    sid = given.get("Sid", "")
    allows = given["Effect"] == "Allow"
    return Statement(
        sid=sid,
        allows=allows,
        principals=_principals(given),
        not_principal="NotPrincipal" in given,
        actions=_actions(given),
        not_action="NotAction" in given,
        resources=_resources(given, variables=variables, allows=allows),
        not_resource="NotResource" in given,
        conditions=_conditions(given, variables, allows, lenient),
        name=f"{name}#{sid or number}",
    )


def _principals(given: Mapping[str, Any]) -> Principals | None:
    value = given.get("Principal", given.get("NotPrincipal"))
    if value is None:
        return None
    try:
        return principals(value, generous=given["Effect"] == "Deny" and "Principal" in given)
    except ValueError as error:
        raise MalformedPolicyError(SYNTAX) from error


def _actions(given: Mapping[str, Any]) -> tuple[Pattern, ...]:
    texts = listed(given.get("Action", given.get("NotAction")))
    return tuple(pattern(text, variables=False, ignore_case=True) for text in texts)


def _resources(given: Mapping[str, Any], *, variables: bool, allows: bool) -> tuple[Pattern, ...] | None:
    value = given.get("Resource", given.get("NotResource"))
    if value is None:
        return None
    generous = allows is ("NotResource" in given)
    return tuple(resource_pattern(text, variables=variables, generous=generous) for text in listed(value))


def _conditions(
    given: Mapping[str, Any], variables: bool, allows: bool, lenient: bool
) -> tuple[Condition, ...]:
    try:
        return compile_conditions(
            given.get("Condition", {}), variables=variables, allows=allows, lenient=lenient
        )
    except UnknownOperatorError as error:
        raise MalformedPolicyError(f"Invalid Condition type : {error}.") from error
    except UnreadableDateError as error:
        raise MalformedPolicyError(LEGACY) from error
    except ValueError as error:
        raise MalformedPolicyError(SYNTAX) from error
