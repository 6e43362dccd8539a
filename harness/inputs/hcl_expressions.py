"""Expressions of Terraform's language, worked out as far as one folder of files allows.

Numbers, texts with ${...}, lists, objects, references, arithmetic, comparisons, conditions and a few
functions. What needs a provider, a module or a data source raises Unresolved.
"""

import math
import re
from collections.abc import Callable
from typing import Any

from harness.inputs.intrinsics import Unresolved
from harness.templates.hcl.values import NotKnown, bounded

Look = Callable[[list[Any]], Any]
"""Returns the value behind a reference such as ["var", "name"] or raises Unresolved."""

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
  | (?P<name>[A-Za-z_][\w-]*)
  | (?P<quote>")
  | (?P<sign>==|!=|<=|>=|&&|\|\||\.\.\.|[-+*/%<>!?:.,()\[\]{}=])
    )""",
    re.VERBOSE | re.ASCII,
)
_BINDING = {
    "||": 1,
    "&&": 2,
    "==": 3,
    "!=": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "%": 6,
}
_CONSTANTS = {"true": True, "false": False, "null": None}
_DEPTH = 60
_NOT_WORKED_OUT = (StopIteration, TypeError, ValueError, LookupError, AttributeError, ArithmeticError)


def evaluate(value: Any, look: Look) -> Any:
    """Return a *value* as python-hcl2 gives it: ${expression}, "quoted text", lists and objects of those."""
    if isinstance(value, list):
        return [evaluate(each, look) for each in value]
    if isinstance(value, dict):
        return {
            unquoted(name): evaluate(each, look) for name, each in value.items() if not name.startswith("__")
        }
    if not isinstance(value, str):
        return value
    if value.startswith('"') or (value.startswith("${") and value.endswith("}")):
        text = value[2:-1] if value.startswith("${") else value
        return _Expression(text, look).whole()
    return _Expression(value, look).whole() if value not in _CONSTANTS else _CONSTANTS[value]


def unquoted(name: str) -> str:
    """Return a key or label without the quotes it may have."""
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] == '"' else name


class _Expression:
    """One expression, read from left to right; operators bind as in Terraform."""

    def __init__(self, text: str, look: Look) -> None:
        self._text, self._look, self._at, self._depth = text, look, 0, 0
        self._kind, self._token = "", ""
        self._next()

    def whole(self) -> Any:
        """Return the value of the whole text."""
        value = self._condition()
        if self._kind:
            raise self._unreadable()
        return value

    # -- tokens -----

    def _next(self) -> None:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            if self._text[self._at :].strip():
                raise self._unreadable()
            self._kind, self._token = "", ""
            return
        self._at = match.end()
        self._kind = match.lastgroup or ""
        self._token = match[self._kind]

    def _take(self, sign: str) -> bool:
        if self._kind == "sign" and self._token == sign:
            self._next()
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._unreadable()

    def _bounded(self, value: Any) -> Any:
        try:
            return bounded(value)
        except NotKnown as error:
            raise Unresolved(f"{self._text.strip()!r:.80}: {error}") from error

    def _unreadable(self) -> Unresolved:
        return Unresolved(f"the expression {self._text.strip()!r:.80} cannot be worked out here")

    # -- grammar -----

    def _condition(self) -> Any:
        self._depth += 1
        if self._depth > _DEPTH:
            raise self._unreadable()
        value = self._operation(0)
        if self._take("?"):
            first = self._branch()
            self._expect(":")
            other = self._branch()
            value = first() if _truth(value) else other()
        self._depth -= 1
        return value

    def _branch(self) -> Callable[[], Any]:
        """Return the value of one side of a condition, to be had only when that side counts."""
        before = self._at - len(self._token)
        try:
            value = self._condition()
        except Unresolved as error:
            self._skip_branch(before)
            return _raising(error)
        return lambda: value

    def _skip_branch(self, start: int) -> None:
        """Move past a side that cannot be worked out: to its colon, closing sign or end, at its own depth."""
        self._at = start
        opened: list[str] = []
        while True:
            self._next()
            token = self._token
            if self._kind == "quote":
                self._skip_text()
            elif not self._kind or (not opened and token in (":", ")", "]", "}", ",")):
                return
            elif token in ("(", "[", "{", "?"):
                opened.append(token)
            elif token in (")", "]", "}") or (token == ":" and opened[-1] == "?"):
                opened.pop()

    def _operation(self, least: int) -> Any:
        left = self._unary()
        while self._kind == "sign" and _BINDING.get(self._token, 0) > least:
            sign, binding = self._token, _BINDING[self._token]
            self._next()
            right = self._operation(binding)
            try:
                left = _OPERATORS[sign](left, right)
            except (TypeError, ValueError, ArithmeticError) as error:
                raise self._unreadable() from error
        return left

    def _unary(self) -> Any:
        if self._take("-"):
            return -_number(self._unary())
        if self._take("!"):
            return not _truth(self._unary())
        return self._selected(self._primary())

    def _primary(self) -> Any:
        kind, token = self._kind, self._token
        if kind == "number":
            self._next()
            return _number(token)
        if kind == "quote":
            return self._quoted()
        if kind == "name":
            self._next()
            return self._named(token)
        if self._take("("):
            value = self._condition()
            self._expect(")")
            return value
        if self._take("["):
            return self._bounded(self._items("]"))
        if self._take("{"):
            return self._object()
        raise self._unreadable()

    def _named(self, name: str) -> Any:
        if name in _CONSTANTS:
            return _CONSTANTS[name]
        if self._take("("):
            arguments = self._items(")")
            function = _CALLS.get(name)
            if function is None:
                raise Unresolved(f"the function {name} cannot be worked out here")
            try:
                return self._bounded(function(*arguments))
            except _NOT_WORKED_OUT as error:
                raise self._unreadable() from error
        return self._reference(name)

    def _reference(self, name: str) -> Any:
        parts: list[Any] = [name]
        while self._kind == "sign" and self._token in (".", "["):
            if self._take("["):
                parts.append(self._condition())
                self._expect("]")
            else:
                self._next()
                if self._kind not in ("name", "number"):
                    raise self._unreadable()
                parts.append(_number(self._token) if self._kind == "number" else self._token)
                self._next()
        return self._look(parts)

    def _selected(self, value: Any) -> Any:
        """Return what indexes after a value in brackets or quotes select of it."""
        while self._kind == "sign" and self._token in (".", "["):
            if self._take("["):
                key = self._condition()
                self._expect("]")
            else:
                self._next()
                key = self._token
                self._next()
            try:
                value = value[int(key) if isinstance(value, list) else key]
            except (TypeError, ValueError, IndexError, KeyError) as error:
                raise self._unreadable() from error
        return value

    def _items(self, end: str) -> list[Any]:
        items = []
        while not self._take(end):
            items.append(self._condition())
            if not self._take(","):
                self._expect(end)
                break
        return items

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self._take("}"):
            if self._kind == "name":
                key: Any = self._token
                self._next()
            else:
                key = self._primary()
            if not self._take("=") and not self._take(":"):
                raise self._unreadable()
            found[str(key)] = self._condition()
            self._take(",")
        return found

    # -- texts -----

    def _quoted(self) -> Any:
        """Return the text after an opening quote; one that is nothing but ${...} keeps its value's kind."""
        parts: list[Any] = []
        plain = ""
        while True:
            letter = self._letter()
            if letter == '"':
                break
            if letter == "\\":
                plain += _ESCAPES.get(self._letter(), "")
            elif letter in "$%" and self._text.startswith("{", self._at):
                if plain.endswith(letter) and self._text[self._at - 2] == letter:
                    plain += "{"  # $${ stands for ${
                    self._at += 1
                    continue
                if letter == "%":
                    raise self._unreadable()
                parts += [plain] if plain else []
                plain = ""
                parts.append(self._interpolated())
            else:
                plain += letter
        parts += [plain] if plain or not parts else []
        self._next()
        return parts[0] if len(parts) == 1 else self._bounded("".join(_text(each) for each in parts))

    def _letter(self) -> str:
        if self._at >= len(self._text):
            raise self._unreadable()
        self._at += 1
        return self._text[self._at - 1]

    def _interpolated(self) -> Any:
        self._at += 1
        self._next()
        value = self._condition()
        if self._kind != "sign" or self._token != "}":
            raise self._unreadable()
        return value

    def _skip_text(self) -> None:
        depth = 0
        while True:
            letter = self._letter()
            if letter == "\\":
                self._letter()
            elif letter == '"' and not depth:
                return
            elif letter == "$" and self._text.startswith("{", self._at):
                depth += 1
            elif letter == "}" and depth:
                depth -= 1


def _raising(error: Unresolved) -> Callable[[], Any]:
    def fail() -> Any:
        raise error

    return fail


def _truth(value: Any) -> bool:
    known = {True: True, False: False, "true": True, "false": False}
    if not isinstance(value, bool | str) or value not in known:
        raise Unresolved(f"{value!r:.40} is neither true nor false")
    return known[value]


def _number(value: Any) -> int | float:
    """Return a number, whole where it is; Terraform turns texts into numbers where it needs one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unresolved(f"{value!r:.40} is no number")
    try:
        number = float(value)
    except (ValueError, OverflowError) as error:
        raise Unresolved(f"{value!r:.40} is no number") from error
    return int(number) if number.is_integer() else number


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, list | dict):
        raise Unresolved(f"{value!r:.40} is no text")
    return str(value)


def _format(pattern: str, *values: Any) -> str:
    return re.sub(r"%[svd]", "{}", pattern.replace("{", "{{").replace("}", "}}")).format(*map(_text, values))


def _coalesce(*values: Any) -> Any:
    return next(each for each in values if each not in (None, ""))


_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}
_OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "||": lambda a, b: _truth(a) or _truth(b),
    "&&": lambda a, b: _truth(a) and _truth(b),
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: _number(a) < _number(b),
    "<=": lambda a, b: _number(a) <= _number(b),
    ">": lambda a, b: _number(a) > _number(b),
    ">=": lambda a, b: _number(a) >= _number(b),
    "+": lambda a, b: _number(_number(a) + _number(b)),
    "-": lambda a, b: _number(_number(a) - _number(b)),
    "*": lambda a, b: _number(_number(a) * _number(b)),
    "/": lambda a, b: _number(_number(a) / _number(b)),
    "%": lambda a, b: _number(math.fmod(_number(a), _number(b))),
}
_CALLS: dict[str, Callable[..., Any]] = {
    "abs": lambda value: abs(_number(value)),
    "ceil": lambda value: math.ceil(_number(value)),
    "coalesce": _coalesce,
    "concat": lambda *lists: [each for some in lists for each in some],
    "element": lambda items, index: items[_number(index) % len(items)],
    "floor": lambda value: math.floor(_number(value)),
    "format": _format,
    "join": lambda separator, items: separator.join(map(_text, items)),
    "length": len,
    "lookup": lambda found, key, *default: found.get(key, *default) if default else found[key],
    "lower": lambda text: text.lower(),
    "max": lambda *values: max(map(_number, values)),
    "merge": lambda *objects: {key: value for each in objects for key, value in each.items()},
    "min": lambda *values: min(map(_number, values)),
    "replace": lambda text, old, new: text.replace(old, new),
    "split": lambda separator, text: text.split(separator),
    "tolist": list,
    "tonumber": _number,
    "toset": list,
    "tostring": _text,
    "trimspace": lambda text: text.strip(),
    "upper": lambda text: text.upper(),
}
