"""The Python code of a function: what its handler reaches, which AWS calls it makes, what it reads of events.

Nothing is run: the syntax tree is read. What is decided at run time (a method named by a variable) is not
seen.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from harness.audit.names import FUNCTION
from harness.audit.plain import inside, text
from harness.audit.view import Package, View, per_view
from harness.templates.model import Resource

# CloudFormation template reference, AWS::Lambda::Function Code: inline code becomes the file index.
INLINE = "index.py"
# What a table's batch_writer() is: its put_item and delete_item are BatchWriteItem together.
_WRITER = "a batch writer"
Defined = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Call:
    """A call of an AWS API: `service` as boto3 names it ("sqs"), `method` as the client does."""

    service: str
    method: str
    node: ast.Call
    file: str

    def given(self, name: str) -> ast.expr | None:
        """Return the argument *name*, None where the call does not give it."""
        return next((each.value for each in self.node.keywords if each.arg == name), None)

    @property
    def is_open(self) -> bool:
        """Whether more arguments come in from a mapping (`**arguments`)."""
        return any(each.arg is None for each in self.node.keywords)


@dataclass(frozen=True)
class Code:
    """The package of one function. `entry` is the file that has the handler, `handler` its name."""

    files: Mapping[str, str]
    entry: str
    handler: str
    root: str = ""
    _trees: dict[str, ast.Module | None] = field(default_factory=dict, repr=False)

    def tree(self, name: str) -> ast.Module | None:
        """Return the file *name* as a syntax tree, None where it is none."""
        if name not in self._trees:
            try:
                self._trees[name] = ast.parse(self.files[name])
            except (SyntaxError, ValueError, KeyError):
                self._trees[name] = None
        return self._trees[name]

    @cached_property
    def reached(self) -> tuple[tuple[str, ast.AST], ...]:
        """The files' top levels and functions that the handler may run, each with its file."""
        found: list[tuple[str, ast.AST]] = []
        waiting, seen = [(self.entry, self.handler)], set[tuple[str, str]]()
        while waiting:
            name, wanted = waiting.pop()
            if (name, wanted) in seen:
                continue
            seen.add((name, wanted))
            tree = self.tree(name)
            part = None if tree is None else _defined(tree).get(wanted)
            if tree is None or part is None:
                continue
            found.append((name, part))
            waiting += self._named(name, tree, part)
            waiting += [(name, "")] if (name, "") not in seen else []
        return tuple(found)

    def _named(self, name: str, tree: ast.Module, part: ast.AST) -> Iterator[tuple[str, str]]:
        local, imported = _defined(tree), _imported(tree)
        for node in (node for each in _parts(part) for node in ast.walk(each)):
            if isinstance(node, ast.Name) and node.id in local:
                yield name, node.id
            elif isinstance(node, ast.Name) and node.id in imported:
                module, attribute = imported[node.id]
                if (file := self._file_of(module)) is not None:
                    yield file, attribute
            elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                module, _ = imported.get(node.value.id, ("", ""))
                if module and (file := self._file_of(module)) is not None:
                    yield file, node.attr

    def _file_of(self, module: str) -> str | None:
        path = module.strip(".").replace(".", "/")
        return next((each for each in (f"{path}.py", f"{path}/__init__.py") if each in self.files), None)

    def nodes(self) -> Iterator[tuple[str, ast.AST]]:
        """Yield every node that the handler may run, with its file."""
        for name, part in self.reached:
            for each in _parts(part):
                for node in ast.walk(each):
                    yield name, node

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls of AWS's APIs in what the handler may run."""
        found = []
        for name, node in self.nodes():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                tree = self.tree(name)
                service = _service(node.func.value, _clients(tree)) if tree is not None else ""
                if service and node.func.attr not in ("client", "resource"):
                    found.append(Call(service, node.func.attr, node, name))
        return tuple(found)

    @cached_property
    def words(self) -> frozenset[str]:
        """The texts in what the handler may run, and the names of members and arguments."""
        found = set()
        for _, node in self.nodes():
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
            elif isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.keyword) and node.arg:
                found.add(node.arg)
        return frozenset(found)

    @cached_property
    def texts(self) -> frozenset[str]:
        """The texts in what the handler may run: keys of what it reads among them, names of arguments not."""
        return frozenset(
            node.value
            for _, node in self.nodes()
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        )

    @cached_property
    def read_keys(self) -> frozenset[str]:
        """The keys that it reads of mappings, as `event["body"]` and `event.get("body")` do."""
        found = set()
        for _, node in self.nodes():
            key: ast.expr | None = None
            if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
                key = node.slice
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "get"
            ):
                key = node.args[0] if node.args else None
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                found.add(key.value)
        return frozenset(found)

    def has_handler(self) -> bool:
        """Return whether the entry file defines the handler, or imports it."""
        tree = self.tree(self.entry)
        return tree is not None and bool({self.handler, "*"} & {*_defined(tree), *_bound(tree)})


@per_view
def codes(view: View) -> Mapping[str, Code]:
    """Return the code of each Python function and program that there is, by logical id."""
    found = {}
    for function in view.of_type(FUNCTION):
        code = _code(view, function)
        if code is not None:
            found[function.logical_id] = code
    for logical_id, package in view.packages.items():
        if package.entry and logical_id in view.resources:
            entry, _, name = package.entry.rpartition(":")
            found[logical_id] = Code(package.files, entry, name, package.root)
    return found


def code_of(view: View, function: Resource) -> Code | None:
    """Return the code of *function*, None where it is not there or not Python."""
    return codes(view).get(function.logical_id)


def _code(view: View, function: Resource) -> Code | None:
    runtime = text(function.properties.get("Runtime"))
    if not runtime.startswith("python"):
        return None
    inline = text(inside(function.properties, "Code.ZipFile"))
    package = view.packages.get(function.logical_id) or Package({INLINE: inline} if inline else {})
    if not package.files:
        return None
    module, _, handler = text(function.properties.get("Handler")).rpartition(".")
    path = module.replace(".", "/")
    entry = f"{path}/__init__.py" if f"{path}/__init__.py" in package.files else f"{path}.py"
    return Code(package.files, entry, handler, package.root)


def _parts(part: ast.AST) -> list[ast.AST]:
    """Return a function or class itself; of a file the statements that run when it is imported."""
    if not isinstance(part, ast.Module):
        return [part]
    return [each for each in part.body if not isinstance(each, Defined | ast.ClassDef)]


def _defined(tree: ast.Module) -> dict[str, ast.AST]:
    """Return the functions and classes of a file by name, and the file itself by ""."""
    found: dict[str, ast.AST] = {
        each.name: each for each in tree.body if isinstance(each, Defined | ast.ClassDef)
    }
    return {"": tree, **found}


def _imported(tree: ast.Module) -> dict[str, tuple[str, str]]:
    """Return what a file imports, by the name it gives it: the module, and what of it ("" for all)."""
    found: dict[str, tuple[str, str]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {(each.asname or each.name): (each.name, "") for each in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            found |= {(each.asname or each.name): (module, each.name) for each in node.names}
    return found


def _bound(tree: ast.Module) -> set[str]:
    assigned = {
        t.id
        for each in tree.body
        if isinstance(each, ast.Assign)
        for t in each.targets
        if isinstance(t, ast.Name)
    }
    return assigned | set(_imported(tree))


def _clients(tree: ast.Module) -> Mapping[str, str]:
    """Return the names that stand for a client or resource of AWS in a file, with the service."""
    known = getattr(tree, "_clients", None)
    if known is not None:
        return known  # type: ignore[no-any-return]
    found: dict[str, str] = {}
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign | ast.AnnAssign | ast.With)]
    for _ in range(3):  # a table is made of a resource, a batch writer of a table
        for node in assigned:
            for target, value in _assignments(node):
                service = _service(value, found)
                if service:
                    found[target] = service
    tree._clients = found  # type: ignore[attr-defined]
    return found


def _assignments(node: ast.stmt) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.With):
        for item in node.items:
            if isinstance(item.optional_vars, ast.Name):
                yield item.optional_vars.id, item.context_expr
        return
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    value = getattr(node, "value", None)
    for target in targets:
        if isinstance(target, ast.Name) and isinstance(value, ast.expr):
            yield target.id, value
        elif isinstance(target, ast.Attribute) and isinstance(value, ast.expr):
            yield target.attr, value
        elif isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
            for one, its in zip(target.elts, value.elts, strict=False):
                if isinstance(one, ast.Name):
                    yield one.id, its


def _service(node: ast.expr, clients: Mapping[str, str]) -> str:
    """Return the service that *node* is a client or resource of, "" for anything else."""
    if isinstance(node, ast.Name):
        return clients.get(node.id, "")
    if isinstance(node, ast.Attribute):
        return clients.get(node.attr, "") or _service(node.value, clients)
    if isinstance(node, ast.Call):
        made = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if made in ("client", "resource"):
            first = (
                node.args[0]
                if node.args
                else next((k.value for k in node.keywords if k.arg == "service_name"), None)
            )
            return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
        if made == "batch_writer":
            return _WRITER
        if isinstance(node.func, ast.Attribute):
            return _service(node.func.value, clients)
    return ""
