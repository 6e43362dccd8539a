"""The code of a function: the handler it begins with, and whether its file can run on its own."""

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError

# CreateFunction: Handler, 128 characters without white space; Python's has a module and a function.
_HANDLER = re.compile(r"\S+\.[A-Za-z_]\w*")
HANDLER_CHARACTERS = 128
# What Lambda's Python has beside the standard library: Lambda guide, "Runtime-included SDK versions".
INCLUDED = frozenset(
    {
        "awslambdaric",
        "boto3",
        "botocore",
        "dateutil",
        "jmespath",
        "s3transfer",
        "simplejson",
        "six",
        "snapshot_restore_py",
        "urllib3",
    }
)

Handler = Callable[..., Any] | str
# In the place of a folder or zip: the stack that deploys the function brings its code.
IN_STACK = "(in the stack)"


def check_handler(who: str, handler: Handler, code: str | None) -> None:
    """Raise ScenarioError unless *handler* names code that a function can be made of."""
    if code == IN_STACK:
        return
    if code is not None and not Path(code).exists():
        raise ScenarioError(f"{who}: code is {code!r}, and there is no such folder or zip; mend the path")
    if isinstance(handler, str):
        if not _HANDLER.fullmatch(handler) or len(handler) > HANDLER_CHARACTERS:
            raise ScenarioError(f"{who}: handler is {handler!r}; write it as 'module.function'")
        if code is None:
            raise ScenarioError(f"{who}: handler is a name; say in which folder or zip, with code=")
        return
    if not inspect.isfunction(handler) or handler.__qualname__ != handler.__name__:
        shown = getattr(handler, "__qualname__", repr(handler))
        raise ScenarioError(f"{who}: handler {shown} is no function at the top level of a file; make it one")
    if code is not None:
        _within(who, source_of(handler), Path(code))
    else:
        _check_alone(who, source_of(handler))


def handler_name(handler: Handler, code: str | None) -> str:
    """Return what Lambda calls *handler*: "module.function", the module relative to the folder *code*."""
    if isinstance(handler, str):
        return handler
    source = source_of(handler)
    inside = Path(source.name) if code is None else source.relative_to(Path(code).resolve())
    return ".".join([*inside.with_suffix("").parts, handler.__name__])


def source_of(handler: Callable[..., Any]) -> Path:
    """Return the file in which *handler* is."""
    return Path(inspect.getfile(inspect.unwrap(handler))).resolve()


def _within(who: str, source: Path, code: Path) -> None:
    if not source.is_relative_to(code.resolve()):
        raise ScenarioError(
            f"{who}: its handler is in {source}, which is not in the folder {code}; mend code"
        )


def _check_alone(who: str, source: Path) -> None:
    for module in _imported(ast.parse(source.read_bytes(), str(source))):
        if module.partition(".")[0] not in INCLUDED | sys.stdlib_module_names:
            shown = module or "its own package"
            raise ScenarioError(
                f"{who}: its handler's file {source.name} imports {shown}, which Lambda's Python has not; "
                "put the handler into a file that imports the standard library and boto3 alone, or name with "
                "code= a folder that has everything"
            )


def _imported(node: ast.AST) -> Iterator[str]:
    """Yield the modules that *node* imports, "" for a relative one, without what only type checkers see."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        yield "" if node.level else node.module or ""
    elif isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
        for otherwise in node.orelse:
            yield from _imported(otherwise)
    else:
        for child in ast.iter_child_nodes(node):
            yield from _imported(child)
