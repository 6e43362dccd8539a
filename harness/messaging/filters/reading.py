"""One value in the list of a filter policy, read into the pattern it means.

The order of the checks is the one that the recorded refusals show: AWS reads from left to right. Words that
no recording has are those of AWS's open-source rule engine event-ruler, whose the recorded ones are too.
"""

import re
from decimal import Decimal
from ipaddress import ip_network
from typing import Any

from harness.messaging.filters.patterns import (
    AnythingBut,
    Cidr,
    Exact,
    Exists,
    IgnoreCase,
    Numeric,
    Pattern,
    Prefix,
    Suffix,
    Wildcard,
    in_range,
)
from harness.messaging.filters.refusal import refused

# "Filter policy constraints", wildcard pattern usage guidelines.
MOST_STARS = 3

_LOWER = (">", ">=")
_UPPER = ("<", "<=")


def read_pattern(value: Any) -> Pattern:
    """Return the pattern that *value* means; raises FilterPolicyError."""
    if isinstance(value, dict):
        return _read_operator(value)
    if isinstance(value, Decimal):
        return Numeric((("=", _number(value)),))
    if value is None or isinstance(value, str | bool):
        return Exact(value)
    raise refused("Match value must be String, number, true, false, or null")


def _read_operator(expression: dict[str, Any]) -> Pattern:
    name, *others = expression or ("",)
    if name not in _OPERATORS:
        raise refused(f"Unrecognized match type {name}")
    pattern = _OPERATORS[name](expression[name])
    if others:
        raise refused("Only one key allowed in match expression")
    return pattern


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise refused(f"{name} match pattern must be a string")
    return value


def _number(value: Decimal) -> Decimal:
    if not in_range(value):
        raise refused("Value must be between -1.0E9 and 1.0E9, inclusive")
    return value


def _read_prefix(value: Any) -> Pattern:
    return Prefix(_text("prefix", value))


def _read_suffix(value: Any) -> Pattern:
    return Suffix(_text("suffix", value))


def _read_ignore_case(value: Any) -> Pattern:
    return IgnoreCase(_text("equals-ignore-case", value))


def _read_exists(value: Any) -> Pattern:
    if not isinstance(value, bool):
        raise refused("exists match pattern must be either true or false.")
    return Exists(value)


def _read_cidr(value: Any) -> Pattern:
    text = _text("cidr", value)
    try:
        return Cidr(ip_network(text, strict=False))
    except ValueError:
        raise refused(f"Malformed CIDR: {text}") from None


def _read_wildcard(value: Any) -> Pattern:
    text = _text("wildcard", value)
    expression, stars, at = "", 0, 0
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
            # A star or a backslash is itself after a backslash.
            if text[at : at + 1] not in ("*", "\\"):
                raise refused(f"Invalid escape character at pos {at - 1}")
            expression += re.escape(text[at])
        elif character == "*":
            if text[at + 1 : at + 2] == "*":
                raise refused(f"Consecutive wildcard characters at pos {at}")
            stars += 1
            expression += ".*"
        else:
            expression += re.escape(character)
        at += 1
    if stars > MOST_STARS:
        raise refused(f"A wildcard pattern can not have more than {MOST_STARS} wildcards: {text}")
    return Wildcard(re.compile(expression, re.DOTALL), stars)


def _read_anything_but(value: Any) -> Pattern:
    if isinstance(value, dict):
        return AnythingBut((_read_negated(value),))
    values = value if isinstance(value, list) else [value]
    if not values:
        raise refused("Empty arrays are not allowed")
    kinds = {type(each) for each in values}
    if not kinds <= {str, Decimal}:
        raise refused("Value of anything-but must be an array or single string/number value.")
    if len(kinds) > 1:
        raise refused(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )
    return AnythingBut(tuple(read_pattern(each) for each in values))


def _read_negated(expression: dict[str, Any]) -> Pattern:
    # The three that "String value matching" documents under anything-but; one more of event-ruler,
    # equals-ignore-case, SNS does not list.
    name, *others = expression or ("",)
    if name not in ("prefix", "suffix", "wildcard"):
        raise refused(f"Unsupported anything-but pattern: {name}")
    pattern = _OPERATORS[name](expression[name])
    if others:
        raise refused("Only one key allowed in match expression")
    return pattern


def _read_numeric(value: Any) -> Pattern:
    if not isinstance(value, list):
        raise refused("Value of numeric must be an array.")
    operator = value[0] if value else "]"
    if not isinstance(operator, str) or not value:
        raise refused(f"Invalid member in numeric match: {operator}")
    if operator not in ("=", *_LOWER, *_UPPER):
        raise refused(f"Unrecognized numeric range operator: {operator}")
    bounds = [(operator, _bound(operator, value[1:2]))]
    rest = value[2:]
    if rest and operator not in _LOWER:
        raise refused("Too many elements in numeric expression")
    if rest:
        bounds.append(_read_top(bounds[0][1], rest))
    return Numeric(tuple(bounds))


def _read_top(bottom: Decimal, rest: list[Any]) -> tuple[str, Decimal]:
    operator = rest[0]
    if not isinstance(operator, str):
        raise refused(f"Bad value in numeric range: {operator}")
    if operator not in _UPPER:
        raise refused(f"Bad numeric range operator: {operator}")
    top = _bound(operator, rest[1:2])
    if bottom >= top:
        raise refused("Bottom must be less than top")
    if rest[2:]:
        raise refused("Too many terms in numeric range expression")
    return operator, top


def _bound(operator: str, found: list[Any]) -> Decimal:
    if not found or not isinstance(found[0], Decimal):
        raise refused(f"Value of {'equals' if operator == '=' else operator} must be numeric")
    return _number(found[0])


_OPERATORS = {
    "anything-but": _read_anything_but,
    "cidr": _read_cidr,
    "equals-ignore-case": _read_ignore_case,
    "exists": _read_exists,
    "numeric": _read_numeric,
    "prefix": _read_prefix,
    "suffix": _read_suffix,
    "wildcard": _read_wildcard,
}

# "AND/OR logic": an $or whose objects use one of these as a field is a property of that name.
RESERVED = frozenset(_OPERATORS)
