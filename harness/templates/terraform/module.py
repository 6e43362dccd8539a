"""One module of a configuration: its variables, locals, resources and modules, worked out when asked for."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.templates.hcl import Attribute, Block, Body, NotKnown, evaluate
from harness.templates.provider import Declared
from harness.templates.terraform.data_sources import read_data
from harness.templates.terraform.instances import Instance, Names, instances_of
from harness.templates.terraform.variables import converted, values_of
from harness.templates.terraform.world import World, bodies

_BEYOND = "give what `terraform show -json` prints of its plan instead"


class Module:
    """A module with its values; `prefix` is what its addresses begin with ("module.queue[0].")."""

    def __init__(self, folder: Path, files: Mapping[Path, Body], world: World, prefix: str = "") -> None:
        self.folder, self.world, self.prefix = folder, world, prefix
        self.blocks = [block for body in files.values() for block in body.blocks]
        self._variables = {block.labels[0]: block for block in self._named("variable")}
        self._locals = {
            name: (block, attribute)
            for block in self._of("locals")
            for name, attribute in block.body.attributes.items()
        }
        self._resources = {block.labels: block for block in self._labelled("resource")}
        self._data = {block.labels: block for block in self._labelled("data")}
        self._calls = {block.labels[0]: block for block in self._named("module")}
        self._given: dict[str, Callable[[], Any]] = {}
        self._known: dict[tuple[str, ...], tuple[Any, frozenset[str]]] = {}
        self._under_way: list[tuple[str, ...]] = []
        self.seen: set[str] = set()
        """Addresses that were referred to since somebody emptied it."""

    @classmethod
    def read(cls, path: Path, world: World, prefix: str = "") -> "Module":
        """Return the module in the folder (or the one file) *path*."""
        return cls(path if path.is_dir() else path.parent, bodies(path), world, prefix)

    def _of(self, type_: str) -> list[Block]:
        return [block for block in self.blocks if block.type == type_]

    def _named(self, type_: str) -> list[Block]:
        blocks = self._of(type_)
        for block in blocks:
            if len(block.labels) != 1:
                raise ScenarioError(f"{block.file}, line {block.line}: {type_} needs one name")
        return blocks

    def _labelled(self, type_: str) -> list[Block]:
        blocks = self._of(type_)
        for block in blocks:
            if len(block.labels) != 2:
                raise ScenarioError(f"{block.file}, line {block.line}: a {type_} has a type and a name")
        merged: dict[tuple[str, ...], Block] = {}
        for block in blocks:  # an override file adds to the block that is there
            known = merged.get(block.labels)
            merged[block.labels] = block if known is None else _overridden(known, block)
        return list(merged.values())

    # ---- values that come from outside -----

    def take(self, given: Mapping[str, Any]) -> None:
        """Take *given*, texts or values, as those of variables; a variable left without one is refused."""
        unknown = [name for name in given if name not in self._variables]
        if unknown:
            raise ScenarioError(f"{self.folder}: there is no variable {unknown[0]!r}")
        for name, value in values_of(self.folder).items():
            if name in self._variables:
                self._given[name] = _constant(value)
        for name, text in given.items():
            self._given[name] = _constant(converted(text, self._variables[name]))
        missing = [
            block
            for name, block in self._variables.items()
            if name not in self._given and "default" not in block.body.attributes
        ]
        if missing:
            names = ", ".join(block.labels[0] for block in missing)
            block = missing[0]
            raise ScenarioError(
                f"{block.file}, line {block.line}: variable {names} has no default; give it a value"
            )

    def take_from(self, call: Block, names: "Names") -> None:
        """Take the arguments of the block that calls this module; they are worked out when asked for."""
        for name, attribute in call.body.attributes.items():
            self._given[name] = partial(evaluate, attribute.expression, names)

    def variables(self) -> dict[str, Any]:
        """Return the values of all variables that can be worked out."""
        found = {}
        for name in self._variables:
            try:
                found[name] = self.value("var", name)
            except NotKnown:
                continue
        return found

    def provider_region(self) -> str:
        """Return the region of the provider, "" where it names none."""
        return str(self._of_provider("region") or "")

    def default_tags(self) -> Mapping[str, Any]:
        """Return the tags that the provider gives everything."""
        for block in self._providers():
            for tags in block.body.of_type("default_tags"):
                if "tags" in tags.body.attributes:
                    found = self._or_none(tags.body.attributes["tags"])
                    return found if isinstance(found, Mapping) else {}
        return {}

    def _providers(self) -> list[Block]:
        plain = [block for block in self._of("provider") if block.labels == ("aws",)]
        return [block for block in plain if "alias" not in block.body.attributes]

    def _of_provider(self, argument: str) -> Any:
        for block in self._providers():
            if argument in block.body.attributes:
                return self._or_none(block.body.attributes[argument])
        return None

    def _or_none(self, attribute: Attribute) -> Any:
        try:
            return evaluate(attribute.expression, Names(self))
        except NotKnown:
            return None

    # ---- what names stand for -----

    def value(self, kind: str, name: str) -> Any:
        """Return the value of a variable, a local value, a module or a data source; NotKnown for none."""
        return self.remembered((kind, name), lambda: self._value(kind, name))

    def _value(self, kind: str, name: str) -> Any:
        if kind == "var":
            return self._variable(name)
        if kind == "local":
            if name not in self._locals:
                raise NotKnown(f"there is no local.{name}")
            return evaluate(self._locals[name][1].expression, Names(self))
        if name not in self._calls:
            raise NotKnown(f"there is no module.{name}")
        return instances_of(self, self._calls[name], self._module)

    def _variable(self, name: str) -> Any:
        block = self._variables.get(name)
        if block is None:
            raise NotKnown(f"there is no variable {name!r}")
        if name in self._given:
            return converted(self._given[name](), block)
        if "default" not in block.body.attributes:
            raise NotKnown(f"the variable {name} has no value")
        return converted(evaluate(block.body.attributes["default"].expression, Names(self)), block)

    def resource(self, type_: str, name: str) -> Any:
        """Return a resource: one, a list of them (count) or by their keys (for_each)."""
        block = self._resources.get((type_, name))
        if block is None:
            raise NotKnown(f"there is no resource {type_}.{name}")
        return self.remembered(("resource", type_, name), lambda: instances_of(self, block, _itself))

    def data(self, type_: str, name: str) -> Any:
        """Return what a data source gives."""
        block = self._data.get((type_, name))
        if block is None:
            raise NotKnown(f"there is no data.{type_}.{name}")
        return self.remembered(("data", type_, name), lambda: instances_of(self, block, read_data))

    def remembered(self, key: tuple[str, ...], work: Callable[[], Any]) -> Any:
        """Return what *work* gives, worked out once; what it refers to is noted each time it is asked for."""
        if key in self._known:
            value, references = self._known[key]
            self.seen |= references
            return value
        if key in self._under_way:
            circle = [*self._under_way[self._under_way.index(key) :], key]
            raise ScenarioError(
                f"{self.folder}: references go in a circle: {' -> '.join('.'.join(each) for each in circle)}"
            )
        self._under_way.append(key)
        before, self.seen = self.seen, set()
        try:
            value = work()
            self._known[key] = (value, frozenset(self.seen))
        finally:
            self._under_way.pop()
            self.seen = before | self.seen
        return value

    # ---- modules within this one -----

    def _module(self, instance: Instance) -> Any:
        block = instance.block
        source = self._or_none(block.body.attributes["source"]) if "source" in block.body.attributes else None
        if not isinstance(source, str) or not source.startswith((".", "/")):
            self.world.note(
                f"{block.file}, line {block.line}: the module {source!r} is not in this folder; {_BEYOND}"
            )
            return _Elsewhere(instance.address)
        folder = self.folder / source
        if not folder.is_dir():
            raise ScenarioError(
                f"{block.file}, line {block.line}: there is no folder {folder} for the module"
            )
        inner = Module.read(folder, self.world, f"{instance.address}.")
        inner.take_from(block, instance.names)
        return Called(inner, self)

    def _called(self) -> Iterator["Module"]:
        for name in self._calls:
            for each in _flat(self.value("module", name)):
                if isinstance(each, Called):
                    yield each.module

    # ---- what it declares -----

    def declared(self, tags: Mapping[str, Any] | None = None) -> Iterator[Declared]:
        """Yield every resource of this module and of those it calls; *tags* are the caller's provider's."""
        tags = self.default_tags() or tags or {}
        for type_, name in self._resources:
            for instance in _flat(self.resource(type_, name)):
                yield instance.declared(tags)
        for module in self._called():
            yield from module.declared(tags)

    def outputs(self) -> dict[str, Any]:
        """Return the outputs, as a template has them; one that cannot be worked out is noted."""
        found: dict[str, Any] = {}
        for block in self._named("output"):
            name = block.labels[0]
            try:
                found[name] = {"Value": self.output(name)}
            except NotKnown as error:
                self.world.note(f"{block.file}, line {block.line}, output.{name}: {error}")
        return found

    def output(self, name: str) -> Any:
        """Return the value of one output; NotKnown where there is none of this name."""
        for block in self._named("output"):
            if block.labels == (name,) and "value" in block.body.attributes:
                expression = block.body.attributes["value"].expression
                return self.remembered(("output", name), partial(evaluate, expression, Names(self)))
        raise NotKnown(f"there is no output {name!r}")


class Called:
    """A module as who calls it sees it: its outputs."""

    def __init__(self, module: Module, caller: Module) -> None:
        self.module, self._caller = module, caller

    def member(self, key: Any) -> Any:
        """Return an output, and let the caller know what it refers to."""
        before, self.module.seen = self.module.seen, set()
        value = self.module.output(str(key))
        self._caller.seen |= self.module.seen
        self.module.seen |= before
        return value


class _Elsewhere:
    """A module that is not in the folder: nothing of it is known."""

    def __init__(self, address: str) -> None:
        self._address = address

    def member(self, key: Any) -> Any:
        raise NotKnown(f"{self._address}.{key} is known only to the module, which is not in this folder")


def _overridden(block: Block, by: Block) -> Block:
    """Return *block* as Terraform merges an override into it: arguments one by one, blocks by their type."""
    types = {each.type for each in by.body.blocks}
    kept = [each for each in block.body.blocks if each.type not in types]
    body = Body(block.body.attributes | by.body.attributes, kept + by.body.blocks)
    return Block(block.type, block.labels, body, block.file, block.line)


def _itself(instance: Instance) -> Instance:
    return instance


def _flat(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return value if isinstance(value, list) else [value]


def _constant(value: Any) -> Callable[[], Any]:
    return lambda: value
