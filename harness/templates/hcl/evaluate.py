"""Expressions of HCL worked out: numbers, texts, lists and objects come back as Python's own.

A reference is asked of the scope. What stays unknown until something is made is, for its scope, a text with a
token in it; what cannot be worked out at all raises NotKnown.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from harness.templates.hcl.functions import FUNCTIONS, LAZY, NotKnown
from harness.templates.hcl.nodes import (
    Call,
    Choice,
    For,
    Get,
    Items,
    Literal,
    Name,
    Node,
    Operation,
    Pairs,
    Splat,
    Text,
    TextFor,
    TextIf,
)
from harness.templates.hcl.values import MOST_ITEMS, bounded, number, shown, text, truth

__all__ = ["NotKnown", "Scope", "evaluate"]

# What functions raise over arguments that they do not take.
_NOT_WORKED_OUT = (
    *(TypeError, ValueError, LookupError, AttributeError, ArithmeticError),
    *(StopIteration, re.error),
)


class Scope(Protocol):
    """Knows what names stand for, and the files that functions read."""

    def named(self, name: str) -> Any:
        """Return what the first word of a reference stands for; raise NotKnown."""

    def call(self, name: str, arguments: list[Any]) -> Any:
        """Return what a function gives that reads files; raise NotKnown for one that is unknown."""


class Members(Protocol):
    """A value that works out its attributes when they are asked for: a resource, a module, `var`."""

    def member(self, key: Any) -> Any:
        """Return the attribute or element *key*; raise NotKnown."""


class _Inner:
    """A scope within one turn of a `for` or a splat; `turns` counts those of all loops of an expression."""

    def __init__(self, outer: Scope, names: Mapping[str, Any], turns: list[int]) -> None:
        self._outer, self._names, self.turns = outer, names, turns
        turns[0] += 1
        if turns[0] > MOST_ITEMS:
            raise NotKnown(f"its loops take more than {MOST_ITEMS} turns")

    def named(self, name: str) -> Any:
        return self._names[name] if name in self._names else self._outer.named(name)

    def call(self, name: str, arguments: list[Any]) -> Any:
        return self._outer.call(name, arguments)


def evaluate(node: Node, scope: Scope) -> Any:
    """Return the value of *node*; raise NotKnown, which says what is not known."""
    try:
        return _KINDS[type(node)](node, scope)
    except RecursionError:
        raise NotKnown("its references go round in a circle, or too deep") from None


def _text(node: Text, scope: Scope) -> Any:
    if len(node.parts) == 1 and not isinstance(node.parts[0], str | TextIf | TextFor):
        return evaluate(node.parts[0], scope)
    return _joined(node, scope)


def _joined(node: Text, scope: Scope) -> str:
    found = [part if isinstance(part, str) else text(evaluate(part, scope)) for part in node.parts]
    return str(bounded("".join(found)))


def _text_if(node: TextIf, scope: Scope) -> str:
    return _joined(node.then if truth(evaluate(node.condition, scope)) else node.otherwise, scope)


def _text_for(node: TextFor, scope: Scope) -> str:
    pairs, turns, found = items_of(evaluate(node.collection, scope)), _turns(scope), ""
    for key, value in pairs:
        found = bounded(found + _joined(node.body, _within(scope, node, key, value, turns)))
    return found


def _turns(scope: Scope) -> list[int]:
    return scope.turns if isinstance(scope, _Inner) else [0]


def _within(scope: Scope, node: For | TextFor, key: Any, value: Any, turns: list[int]) -> Scope:
    return _Inner(scope, {node.value: value} | ({node.key: key} if node.key else {}), turns)


def items_of(value: Any) -> Iterable[tuple[Any, Any]]:
    """Return keys and values of a collection; a list's keys are its indexes."""
    if isinstance(value, Mapping):
        return sorted(value.items())  # Terraform goes through maps in the order of their keys
    if isinstance(value, list):
        return enumerate(value)
    raise NotKnown(f"{_shown(value)} is no collection")


def _get(node: Get, scope: Scope) -> Any:
    return member_of(evaluate(node.of, scope), evaluate(node.key, scope))


def member_of(value: Any, key: Any) -> Any:
    """Return an attribute or element of *value*; raise NotKnown when it has none of this name."""
    if hasattr(value, "member"):
        return value.member(key)
    try:
        if isinstance(value, list):
            return value[int(number(key))]
        if isinstance(value, Mapping):
            return value[key if key in value else text(key)]
    except (IndexError, KeyError, TypeError):
        pass
    raise NotKnown(f"{_shown(value)} has no {key!r}")


def _splat(node: Splat, scope: Scope) -> Any:
    value = evaluate(node.of, scope)
    if value is None:
        return []
    each, turns = value if isinstance(value, list) else [value], _turns(scope)
    return [evaluate(node.each, _Inner(scope, {"*": one}, turns)) for one in each]


def _call(node: Call, scope: Scope) -> Any:
    if node.name in LAZY:
        return LAZY[node.name]([_later(argument, scope) for argument in node.arguments])
    arguments = [evaluate(argument, scope) for argument in node.arguments]
    if node.spread:
        last = arguments.pop()
        if not isinstance(last, list):
            raise NotKnown(f"{_shown(last)} is no list")
        arguments += last
    function = FUNCTIONS.get(node.name.removeprefix("core::"))
    if function is None:
        return scope.call(node.name, arguments)
    try:
        return bounded(function(*arguments))
    except (
        StopIteration,
        TypeError,
        ValueError,
        LookupError,
        AttributeError,
        ArithmeticError,
        re.error,
    ) as error:
        shown = ", ".join(map(_shown, arguments))
        raise NotKnown(f"{node.name}({shown:.80}) cannot be worked out: {error}") from error


def _later(node: Node, scope: Scope) -> Callable[[], Any]:
    return lambda: evaluate(node, scope)


def _operation(node: Operation, scope: Scope) -> Any:
    if node.left is None:
        value = evaluate(node.right, scope)
        return -number(value) if node.sign == "-" else not truth(value)
    left = evaluate(node.left, scope)
    if node.sign == "&&":
        return truth(left) and truth(evaluate(node.right, scope))
    if node.sign == "||":
        return truth(left) or truth(evaluate(node.right, scope))
    right = evaluate(node.right, scope)
    if node.sign == "==":
        return _equal(left, right)
    if node.sign == "!=":
        return not _equal(left, right)
    try:
        return _ARITHMETIC[node.sign](number(left), number(right))
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise NotKnown(f"{left} {node.sign} {right} cannot be worked out") from error


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == right)


def _whole(value: float) -> int | float:
    return int(value) if float(value).is_integer() else value


_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: _whole(a + b),
    "-": lambda a, b: _whole(a - b),
    "*": lambda a, b: _whole(a * b),
    "/": lambda a, b: _whole(a / b),
    "%": lambda a, b: _whole(math.fmod(a, b)),
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _choice(node: Choice, scope: Scope) -> Any:
    return evaluate(node.then if truth(evaluate(node.condition, scope)) else node.otherwise, scope)


def _pairs(node: Pairs, scope: Scope) -> dict[str, Any]:
    found = {text(evaluate(key, scope)): evaluate(value, scope) for key, value in node.pairs}
    bounded(found)
    return found


def _for(node: For, scope: Scope) -> Any:
    found: list[tuple[Any, Any]] = []
    turns = _turns(scope)
    for key, value in items_of(evaluate(node.collection, scope)):
        inner = _within(scope, node, key, value, turns)
        if node.condition is None or truth(evaluate(node.condition, inner)):
            own = "" if node.result_key is None else text(evaluate(node.result_key, inner))
            found.append((own, evaluate(node.result, inner)))
    if node.result_key is None:
        return [value for _, value in found]
    if not node.grouped:
        return dict(found)
    groups: dict[str, list[Any]] = {}
    for key, value in found:
        groups.setdefault(key, []).append(value)
    return groups


def _shown(value: Any) -> str:
    return shown(value)[:40]


_KINDS: dict[type, Callable[[Any, Scope], Any]] = {
    Literal: lambda node, scope: node.value,
    Text: _text,
    TextIf: _text_if,
    TextFor: _text_for,
    Name: lambda node, scope: scope.named(node.name),
    Get: _get,
    Splat: _splat,
    Call: _call,
    Operation: _operation,
    Choice: _choice,
    Items: lambda node, scope: bounded([evaluate(item, scope) for item in node.items]),
    Pairs: _pairs,
    For: _for,
}
