"""Which mutants a file has, and how one of them takes the place of the function it was made from.

The operators are mutmut's. What it makes of them is not used: its copies of every function are called through
a trampoline, leave out properties and all else that is decorated, and ask for a pytest of its own a mutant.
"""

import gc
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).parents[2]
# File, qualified name and first line -> the functions made there; a factory makes several.
Functions = dict[tuple[str, str, int], list[FunctionType]]

# What numba compiles runs as machine code: a function whose code is swapped would go on as it was.
COMPILED = {"compiled", "inner", "inlined"}
OPERATIONS = (
    cst.BooleanOperation,
    cst.BinaryOperation,
    cst.UnaryOperation,
    cst.Comparison,
    cst.IfExp,
    cst.Lambda,
)
# Mutating these changes what Python or a type checker says, not what the program does.
TYPES_ONLY = {"cast", "TypeVar", "NewType", "assert_never"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: *before* on *line* of *path* (from column *column* on) becomes *after*, in *function*.

    `first` and `last` are the lines of the statement around it: a test that went there may notice.
    """

    path: str
    function: str
    line: int
    column: int
    end: tuple[int, int]
    before: str
    after: str
    first: int
    last: int

    @classmethod
    def of(cls, row: dict[str, Any]) -> "Mutant":
        """Return the mutant that `dataclasses.asdict` and JSON made *row* of."""
        return cls(**{**row, "end": tuple(row["end"])})

    def source(self, original: str) -> str:
        """Return *original*, the text of the file, with the change made."""
        lines = original.splitlines(keepends=True)
        head = "".join(lines[: self.line - 1]) + lines[self.line - 1][: self.column]
        tail = lines[self.end[0] - 1][self.end[1] :] + "".join(lines[self.end[0] :])
        return head + self.after + tail


def mutants_of(path: Path) -> list[Mutant]:
    """Return every mutant of the functions in *path*, in the order of the source."""
    text = path.read_text()
    wrapper = MetadataWrapper(cst.parse_module(text))
    finder = _Finder(str(path.relative_to(ROOT)), text, wrapper.module)
    wrapper.visit(finder)
    return finder.found


class _Finder(cst.CSTVisitor):
    """Looks through the bodies of functions: what stands outside has run before any test could tell."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, path: str, text: str, module: cst.Module) -> None:
        super().__init__()
        self.found: list[Mutant] = []
        self._path, self._lines, self._module = path, text.splitlines(keepends=True), module
        self._names: list[str] = []
        self._functions = 0
        self._statements: list[tuple[int, int]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Parameters | cst.Decorator | cst.Annotation | cst.ImportFrom):
            return False
        if _is_compiled(node) or _is_for_types(node):
            return False
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._names.append(node.name.value)
            self._functions += isinstance(node, cst.FunctionDef)
        if isinstance(node, cst.BaseStatement):
            self._statements.append(self._span(node))
        if self._functions:
            self._mutate(node)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        node = original_node
        if _is_compiled(node):
            return
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._names.pop()
            self._functions -= isinstance(node, cst.FunctionDef)
        if isinstance(node, cst.BaseStatement):
            self._statements.pop()

    def _mutate(self, node: cst.CSTNode) -> None:
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                self.found.extend(self._mutant(node, changed) for changed in operator(node))

    def _mutant(self, node: cst.CSTNode, changed: cst.CSTNode) -> Mutant:
        at = self._range(node)
        before = self._between(at)
        after = self._module.code_for_node(changed)
        if isinstance(changed, OPERATIONS):
            after = f"({after})"  # it keeps its place among the operators around it
        first, last = self._statements[-1]
        return Mutant(
            path=self._path,
            function=".".join(self._names),
            line=at.start.line,
            column=at.start.column,
            end=(at.end.line, at.end.column),
            before=before,
            after=after,
            first=min(first, at.start.line),
            last=max(last, at.end.line),
        )

    def _range(self, node: cst.CSTNode) -> CodeRange:
        return self.get_metadata(PositionProvider, node)

    def _between(self, at: CodeRange) -> str:
        lines = self._lines[at.start.line - 1 : at.end.line]
        lines[-1] = lines[-1][: at.end.column]
        lines[0] = lines[0][at.start.column :]
        return "".join(lines)

    def _span(self, node: cst.BaseStatement) -> tuple[int, int]:
        """Return the lines of a simple statement, or those of a compound one's first line up to its body."""
        at = self._range(node)
        body = getattr(node, "body", None)
        if isinstance(body, cst.IndentedBlock):
            return at.start.line, max(at.start.line, self._range(body).start.line - 1)
        return at.start.line, at.end.line


def _is_compiled(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.FunctionDef) and any(
        _name(each.decorator) in COMPILED for each in node.decorators
    )


def _is_for_types(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.Call) and _name(node) in TYPES_ONLY


def _name(node: cst.BaseExpression) -> str:
    """Return the name of what is called or used: `cast` of `typing.cast(...)`."""
    if isinstance(node, cst.Call):
        return _name(node.func)
    return node.attr.value if isinstance(node, cst.Attribute) else getattr(node, "value", "")


class Stillborn(Exception):
    """The change leaves a file that does not compile, the code as it was, or one that no test could reach."""


def functions_of(folder: Path) -> Functions:
    """Return the functions that exist by now and were written in *folder*, by file, name and first line."""
    found: Functions = {}
    for candidate in gc.get_objects():
        if isinstance(candidate, FunctionType) and candidate.__code__.co_filename.startswith(f"{folder}/"):
            found.setdefault(_key(candidate.__code__), []).append(candidate)
    return found


def put_in(mutant: Mutant, functions: Functions) -> None:
    """Give the functions that *mutant* changes their new code, for good: do it in a child process.

    Raises Stillborn when there is nothing to run.
    """
    path = ROOT / mutant.path
    text = path.read_text()
    try:
        new = compile(mutant.source(text), str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise Stillborn("does not compile") from error
    old = compile(text, str(path), "exec", dont_inherit=True)
    swaps = [
        (function, now)
        for leaves in zip(_leaves(old), _leaves(new), strict=True)
        for was, now in _within(*leaves)
        for function in functions.get(_key(was), [])
    ]
    if not swaps:
        raise Stillborn("the same code, or a function nobody holds")
    for function, now in swaps:
        function.__code__ = now


def _leaves(code: CodeType) -> Iterator[CodeType]:
    """Yield the functions and methods of a module or class in the order of the source, without theirs."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & inspect.CO_OPTIMIZED:  # a function; the body of a class is not
                yield constant
            else:
                yield from _leaves(constant)


def _within(was: CodeType, now: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Yield what differs of two functions and of those inside them, which may have been made already."""
    if _essence(was) == _essence(now):
        return
    yield was, now
    inner = [[each for each in code.co_consts if isinstance(each, CodeType)] for code in (was, now)]
    if len(inner[0]) == len(inner[1]):
        for pair in zip(*inner, strict=True):
            yield from _within(*pair)


def _key(code: CodeType) -> tuple[str, str, int]:
    return code.co_filename, code.co_qualname, code.co_firstlineno


def _essence(code: CodeType) -> tuple[object, ...]:
    """Return what makes a function what it does, without where its tokens stood."""
    constants = tuple(
        _essence(value) if isinstance(value, CodeType) else (type(value), repr(value))
        for value in code.co_consts
    )
    return code.co_code, constants, code.co_names, code.co_varnames, code.co_freevars, code.co_exceptiontable
