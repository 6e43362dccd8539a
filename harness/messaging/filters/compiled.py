"""A filter policy as a whole: read into conditions, held to its limits, and asked."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Literal, TypeAlias

from harness.messaging.attributes import Attribute
from harness.messaging.filters.patterns import AnythingBut, Exists, Pattern, Wildcard
from harness.messaging.filters.reading import RESERVED, read_pattern
from harness.messaging.filters.refusal import FilterPolicyError, refused
from harness.messaging.filters.values import Offered, of_attributes, of_body, read_json

FilterScope: TypeAlias = Literal["MessageAttributes", "MessageBody"]

# SNS guide, "Filter policy constraints".
MOST_KEYS = 5
MOST_COMBINATIONS = 150
MOST_BYTES = 256 * 1024
MOST_WILDCARD_POINTS = 100

_SCOPES: Mapping[str, FilterScope] = {
    "MessageAttributes": "MessageAttributes",
    "MessageBody": "MessageBody",
}


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A property of the policy: one of its patterns must match one of the values."""

    path: str
    depth: int
    patterns: tuple[Pattern, ...]

    def holds(self, offered: Offered) -> bool:
        if self.path not in offered:
            return Exists(False) in self.patterns
        return any(each.matches(value) for value in offered[self.path] for each in self.patterns)

    def combinations(self) -> int:
        # For payloads the number of values counts times the level that their key is nested at.
        return len(self.patterns) * self.depth

    def leaves(self) -> Iterator["_Leaf"]:
        yield self


@dataclass(frozen=True, slots=True)
class _All:
    """Every property of an object (AND), or every branch of an `$or` (OR)."""

    parts: "tuple[_All | _Leaf, ...]"
    one_is_enough: bool = False

    def holds(self, offered: Offered) -> bool:
        results = (each.holds(offered) for each in self.parts)
        return any(results) if self.one_is_enough else all(results)

    def combinations(self) -> int:
        numbers = [each.combinations() for each in self.parts]
        return sum(numbers) if self.one_is_enough else prod(numbers)

    def leaves(self) -> Iterator[_Leaf]:
        for each in self.parts:
            yield from each.leaves()


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter policy that SNS would take, in one of the two scopes."""

    scope: FilterScope
    _root: _All

    def matches(self, attributes: Mapping[str, Attribute], body: str) -> bool:
        """Return True when a message with *attributes* and *body* is delivered.

        Each property is looked at on its own: of an array of objects in a body, one may match one property
        and another the next. AWS does not say whether they must be the same one.
        """
        if not self._root.parts:
            return True
        offered = of_body(body) if self.scope == "MessageBody" else of_attributes(attributes)
        # "Key matching": an empty set of attributes matches nothing, `"exists": false` neither. A body that
        # is not a JSON object matches nothing ("Amazon SNS message filtering").
        if offered is None or (not offered and self.scope == "MessageAttributes"):
            return False
        return self._root.holds(offered)


def compile_filter(document: Mapping[str, Any] | str, scope: str = "MessageAttributes") -> Filter:
    """Return the filter that *document* (the JSON text, or what it holds) means in *scope*.

    Raises FilterPolicyError where SNS would refuse it, in SNS's words.
    """
    known = _SCOPES.get(scope)
    if known is None:
        raise FilterPolicyError(
            f"FilterPolicyScope: Invalid value [{scope}]. Please use either MessageBody or MessageAttributes"
        )
    text = document if isinstance(document, str) else _as_text(document)
    if len(text.encode()) > MOST_BYTES:
        raise refused(f"Filter policy is larger than {MOST_BYTES} bytes")
    policy = read_json(text)
    if policy is ...:
        raise refused("failed to parse JSON")
    if not isinstance(policy, dict):
        raise refused("Filter is not an object")
    root = _read_object(policy, "", 1)
    _check_limits(root, known)
    return Filter(known, root)


def _as_text(document: Mapping[str, Any]) -> str:
    try:
        return json.dumps(document, allow_nan=False)
    except (TypeError, ValueError):
        raise refused("failed to parse JSON") from None


def _read_object(policy: dict[str, Any], path: str, depth: int) -> _All:
    parts: list[_All | _Leaf] = []
    for name, value in policy.items():
        inner = f"{path}.{name}" if path else name
        if isinstance(value, list) and _is_or(name, value):
            branches = tuple(_read_object(each, path, depth) for each in value)
            parts.append(_All(branches, one_is_enough=True))
        elif isinstance(value, list):
            parts.append(_read_leaf(inner, depth, value))
        elif not isinstance(value, dict):
            raise refused(f'"{name}" must be an object or an array')
        else:
            parts.append(_read_nested(value, inner, depth + 1))
    return _All(tuple(parts))


def _is_or(name: str, value: list[Any]) -> bool:
    # "AND/OR logic": $or with at least two objects, none of which has a reserved word as a field.
    objects = [each for each in value if isinstance(each, dict) and each and not RESERVED & set(each)]
    return name == "$or" and len(value) >= 2 and len(objects) == len(value)


def _read_leaf(path: str, depth: int, values: list[Any]) -> _Leaf:
    if not values:
        raise refused("Empty arrays are not allowed")
    return _Leaf(path, depth, tuple(read_pattern(each) for each in values))


def _read_nested(value: dict[str, Any], path: str, depth: int) -> _All:
    if not value:
        raise refused("Empty objects are not allowed")
    return _read_object(value, path, depth)


def _check_limits(root: _All, scope: FilterScope) -> None:
    leaves = tuple(root.leaves())
    if scope == "MessageAttributes" and any(leaf.depth > 1 for leaf in leaves):
        raise FilterPolicyError("Filter policy scope MessageAttributes does not support nested filter policy")
    # For a nested policy only leaf keys are counted.
    if len({leaf.path for leaf in leaves}) > MOST_KEYS:
        raise refused(f"Filter policy can not have more than {MOST_KEYS} keys")
    if root.combinations() > MOST_COMBINATIONS:
        raise refused("Filter policy is too complex")
    # The guide gives the rule, no recording the words.
    if sum(_wildcard_points(leaf) for leaf in leaves) > MOST_WILDCARD_POINTS and _has_wildcard(leaves):
        raise refused(f"Wildcard complexity of the filter policy exceeds {MOST_WILDCARD_POINTS} points")


def _has_wildcard(leaves: tuple[_Leaf, ...]) -> bool:
    patterns = [each for leaf in leaves for each in leaf.patterns]
    negated = [one for each in patterns if isinstance(each, AnythingBut) for one in each.these]
    return any(isinstance(each, Wildcard) for each in (*patterns, *negated))


def _wildcard_points(leaf: _Leaf) -> int:
    """The points of the patterns times their number: one star 1, more stars 3 each, anything-but 1."""
    points = [
        1 if isinstance(each, AnythingBut) or each.stars == 1 else 3 * each.stars
        for each in leaf.patterns
        if isinstance(each, AnythingBut | Wildcard)
    ]
    return sum(points) * len(points)
