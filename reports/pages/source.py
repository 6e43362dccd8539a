"""What the source says of a class or a function: its declaration, docstring, fields and their meaning."""

import ast
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Field:
    """One field as it is written: `default` is "" where it has to be given, `meaning` stands below it."""

    name: str
    kind: str
    default: str
    meaning: str


def docstring(thing: Any) -> str:
    """Return the docstring of *thing* on one line a paragraph. Raises ValueError where there is none."""
    text = inspect.getdoc(thing)
    if not text:
        raise ValueError(f"{thing} has no docstring to make a page of")
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def declared_fields(declared: type) -> list[Field]:
    """Return the fields that are given when a *declared* dataclass is built, in their order."""
    written: dict[str, Field] = {}
    for each in reversed(declared.__mro__):
        if hasattr(each, "__dataclass_fields__"):
            written.update((field.name, field) for field in _written(each))
    return [
        replace(written[field.name], default=_known(written[field.name].default, field.default))
        for field in fields(declared)
        if field.init
    ]


def _known(default: str, value: Any) -> str:
    """Return the figure or word that a *default* written as the name of a constant stands for."""
    return repr(value) if default.isidentifier() and isinstance(value, str | int | float) else default


def _written(declared: type) -> Iterator[Field]:
    body = _definition(declared, ast.ClassDef).body
    for number, node in enumerate(body):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            below = body[number + 1] if number + 1 < len(body) else None
            yield Field(node.target.id, _kind(node.annotation), _default(node.value), _text(below))


def _kind(annotation: ast.expr) -> str:
    """Return a type as it is meant: forward references are written in quotes, literals keep theirs."""
    return ast.unparse(_Unquoted().visit(annotation))


class _Unquoted(ast.NodeTransformer):
    def visit_Subscript(self, node: ast.Subscript) -> ast.Subscript:
        is_literal = isinstance(node.value, ast.Name) and node.value.id == "Literal"
        return node if is_literal else ast.Subscript(node.value, self.visit(node.slice), node.ctx)

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        return ast.parse(node.value, mode="eval").body if isinstance(node.value, str) else node


def _default(value: ast.expr | None) -> str:
    if value is None:
        return ""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "field":
        given = {keyword.arg: keyword.value for keyword in value.keywords}
        made = given.get("default_factory")
        return ast.unparse(made) + "()" if made is not None else _default(given.get("default"))
    return ast.unparse(value)


def _text(node: ast.stmt | None) -> str:
    if (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    ):
        return " ".join(node.value.value.split())
    return ""


def signature(function: Callable[..., Any]) -> str:
    """Return the call of *function* with its arguments' types and defaults, without what comes back."""
    node = _definition(function, ast.FunctionDef)
    for argument in ast.walk(node.args):
        if isinstance(argument, ast.arg) and argument.annotation is not None:
            argument.annotation = _Unquoted().visit(argument.annotation)
    return f"{node.name}({ast.unparse(node.args)})"


def _definition(thing: Any, kind: type[ast.ClassDef] | type[ast.FunctionDef]) -> Any:
    """Return where *thing*, at the top of its module, is defined."""
    nodes = _module(str(inspect.getsourcefile(thing))).body
    return next(node for node in nodes if isinstance(node, kind) and node.name == thing.__name__)


@cache
def _module(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text(encoding="utf-8"))
