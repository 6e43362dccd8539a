"""Whether one statement's actions, resources and conditions certainly take in another's.

Every answer is on the safe side: True only where it is certain.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from harness.iam.conditions import Operator
from harness.iam.least_privilege.grants import Grant
from harness.iam.least_privilege.inclusion import Tokens, included, overlap, tokens

Condition = Mapping[str, Mapping[str, tuple[str, ...]]]
_LIKE = frozenset({"StringLike", "StringNotLike", "ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals"})
# A narrow condition with the first operator is at least as narrow as a wide one with the second.
_IMPLIED = frozenset({("StringEquals", "StringLike"), ("ArnEquals", "ArnLike"), ("ArnLike", "ArnEquals")})


def within(narrow: str, wide: Iterable[str], *, narrow_variables: bool, wide_variables: bool) -> bool:
    """Return whether the resource pattern *narrow* lies within *wide* together.

    It must whether or not a wildcard of an ARN may reach over a colon: both ways are tried.
    """
    patterns = tuple(wide)
    if narrow in patterns and narrow_variables is wide_variables:
        return True
    return all(
        included(
            tokens(narrow, resource=True, variables=narrow_variables, parted=parted, generous=True),
            tuple(tokens(each, resource=True, variables=wide_variables, parted=parted) for each in patterns),
        )
        for parted in (False, True)
    )


def apart(one: str, other: str) -> bool:
    """Return whether no resource belongs to both patterns."""
    first, second = (tokens(each, resource=True, generous=True) for each in (one, other))
    return not overlap(first, second)


def variables_of(grant: Grant) -> bool:
    """Return whether `${` begins a variable in *grant*: since version 2012-10-17 of the language."""
    return grant.version == "2012-10-17"


def takes_action(grant: Grant, action: str) -> bool:
    """Return whether *grant* is about every action of the pattern *action*; names ignore case."""
    wanted = _action(action)
    if grant.not_action:
        return not any(overlap(wanted, each) for each in _actions(grant.actions))
    return action in grant.actions or included(wanted, _actions(grant.actions))


def touches_action(grant: Grant, action: str) -> bool:
    """Return whether *grant* may be about some action of the pattern *action*."""
    wanted = _action(action)
    if grant.not_action:
        return not included(wanted, _actions(grant.actions))
    return any(overlap(wanted, each) for each in _actions(grant.actions))


def takes_all_but(grant: Grant, actions: Iterable[str]) -> bool:
    """Return whether *grant* is about every action but those of the patterns *actions*."""
    left_out = tuple(map(_action, actions))
    if grant.not_action:
        return all(included(_action(each), left_out) for each in grant.actions)
    return included(_action("*"), _actions(grant.actions))


def takes_actions_of(grant: Grant, other: Grant) -> bool:
    """Return whether *grant* is about every action that *other* is about."""
    if other.not_action:
        return takes_all_but(grant, other.actions)
    return all(takes_action(grant, each) for each in other.actions)


def touches_all_but(grant: Grant, actions: Iterable[str]) -> bool:
    """Return whether *grant* may be about an action that is none of the patterns *actions*."""
    left_out = tuple(map(_action, actions))
    return grant.not_action or not all(included(_action(each), left_out) for each in grant.actions)


def _action(text: str) -> Tokens:
    return tokens(text.lower(), variables=False)


@lru_cache(maxsize=1024)
def _actions(names: tuple[str, ...]) -> tuple[Tokens, ...]:
    return tuple(map(_action, names))


def implies(narrow: Condition, wide: Condition, *, narrow_variables: bool, wide_variables: bool) -> bool:
    """Return whether every request that meets *narrow* meets *wide*; an empty condition is met by all."""
    return all(
        any(
            _implies(operator, values, wide_operator, wide_values, narrow_variables, wide_variables)
            for operator, keys in narrow.items()
            for key, values in keys.items()
            if key.lower() == wide_key.lower()
        )
        for wide_operator, wide_keys in wide.items()
        for wide_key, wide_values in wide_keys.items()
    )


def _implies(
    operator: str,
    values: tuple[str, ...],
    wide_operator: str,
    wide_values: tuple[str, ...],
    variables: bool,
    wide_variables: bool,
) -> bool:
    given, known = Operator.named(operator), Operator.named(wide_operator)
    base, wide_base = given.base, known.base
    if given.quantifier != known.quantifier or (given.optional and not known.optional):
        return False
    if base != wide_base and (base, wide_base) not in _IMPLIED:
        return False
    if base.startswith("Arn") and "*" in (*values, *wide_values):
        # It matches nothing where an Allow has it, and any ARN where a Deny has.
        return (base, values) == (wide_base, wide_values)
    if base == "Null":
        return {each.lower() for each in values} == {each.lower() for each in wide_values}
    if "Not" in base:
        return all(
            _value_in(each, wide_base, wide_variables, values, base, variables) for each in wide_values
        )
    return all(_value_in(each, base, variables, wide_values, wide_base, wide_variables) for each in values)


def _value_in(
    value: str,
    operator: str,
    variables: bool,
    among: tuple[str, ...],
    wide_operator: str,
    wide_variables: bool,
) -> bool:
    """Return whether what *value* stands for under *operator* is among what *among* stand for."""
    return all(
        included(
            tokens(value, wildcards=operator in _LIKE, variables=variables, parted=parted),
            tuple(
                tokens(each, wildcards=wide_operator in _LIKE, variables=wide_variables, parted=parted)
                for each in among
            ),
        )
        for parted in (False, True)
    )
