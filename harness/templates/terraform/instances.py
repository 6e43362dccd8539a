"""Instances of a block: one, as many as `count` says, or one for each element of `for_each`."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from harness.templates.hcl import Attribute, Block, Body, NotKnown, evaluate
from harness.templates.hcl.evaluate import items_of
from harness.templates.model import token
from harness.templates.provider import Declared, attribute_of, kind_of
from harness.templates.provider.table import pascal
from harness.templates.terraform.drawn import drawn

if TYPE_CHECKING:
    from harness.templates.terraform.module import Module

# Blocks and arguments that say how Terraform handles a resource.
_META = frozenset({"count", "for_each", "depends_on", "provider", "lifecycle", "provisioner", "connection"})


class Names:
    """What names stand for within a module, and within one instance of a block there."""

    def __init__(self, module: "Module", own: Mapping[str, Any] | None = None) -> None:
        self.module, self._own = module, own or {}

    def named(self, name: str) -> Any:
        """Return what the first word of a reference stands for."""
        if name in self._own:
            return self._own[name]
        if name in ("var", "local", "module"):
            return _Group(lambda key: self.module.value(name, key))
        if name == "data":
            return _Group(lambda type_: _Group(lambda key: self.module.data(type_, key)))
        if name == "path":
            own = self.module.folder
            root = self.module.world.folder
            within = "." if own == root else str(own)
            return {"module": within, "root": ".", "cwd": str(root.resolve())}
        if name == "terraform":
            return {"workspace": "default"}
        if name in ("each", "count", "self"):
            raise NotKnown(f"{name} has no meaning here")
        return _Group(lambda key: self.module.resource(name, key))

    def with_names(self, more: Mapping[str, Any]) -> "Names":
        """Return the same scope with *more* names in it."""
        return Names(self.module, {**self._own, **more})

    def call(self, name: str, arguments: list[Any]) -> Any:
        """Return what a function gives that reads files."""
        if name == "templatefile":
            return self._templatefile(str(arguments[0]), arguments[1])
        return self.module.world.call(name, arguments)

    def _templatefile(self, file: str, values: Any) -> Any:
        from harness.templates.hcl.texts import whole_text

        text = self.module.world.read(file).decode("utf-8", "replace")
        return evaluate(whole_text(text, file), Names(self.module, dict(values)))


class _Group:
    """Something whose members are asked for one by one: `var`, `local`, a type of resources."""

    def __init__(self, member: Callable[[str], Any]) -> None:
        self._member = member

    def member(self, key: Any) -> Any:
        """Return the member *key*."""
        return self._member(str(key))


def instances_of(module: "Module", block: Block, make: "Callable[[Instance], Any]") -> Any:
    """Return what *make* gives for the block: one value, a list (count) or an object by key (for_each)."""
    attributes = block.body.attributes
    if "count" in attributes:
        count = _number(module, block, attributes["count"])
        return [
            make(Instance(module, block, f"[{index}]", {"count": {"index": index}})) for index in range(count)
        ]
    if "for_each" in attributes:
        found = _elements(module, block, attributes["for_each"])
        return {
            str(key): make(Instance(module, block, f'["{key}"]', {"each": {"key": key, "value": value}}))
            for key, value in found
        }
    return make(Instance(module, block, "", {}))


def _number(module: "Module", block: Block, attribute: Attribute) -> int:
    try:
        return int(evaluate(attribute.expression, Names(module)))
    except (NotKnown, TypeError, ValueError) as error:
        module.world.note(f"{block.file}, line {attribute.line}: count is taken for 1: {error}")
        return 1


def _elements(module: "Module", block: Block, attribute: Attribute) -> list[tuple[Any, Any]]:
    try:
        value = evaluate(attribute.expression, Names(module))
        return [(each, each) for each in value] if isinstance(value, list) else list(items_of(value))
    except NotKnown as error:
        module.world.note(
            f"{block.file}, line {attribute.line}: for_each cannot be worked out, so that nothing is made of "
            f"it here: {error}"
        )
        return []


class Instance:
    """One resource, data source or module: `member` is an attribute as references get it."""

    def __init__(self, module: "Module", block: Block, key: str, own: Mapping[str, Any]) -> None:
        self.module, self.block = module, block
        kind = "module." if block.type == "module" else "data." if block.type == "data" else ""
        self.address = f"{module.prefix}{kind}{'.'.join(block.labels)}{key}"
        self.names = Names(module, own)
        self._known: dict[str, Any] = {}

    def __str__(self) -> str:
        return self.address

    def where(self, line: int | None = None) -> str:
        """Return file and line, for messages."""
        return f"{self.block.file}, line {line or self.block.line}, {self.address}"

    # ---- references to it -----

    def member(self, key: Any) -> Any:
        """Return an attribute: a known text, an argument, or a token for what only the service knows."""
        name = str(key)
        self.module.seen.add(self.address)
        kind = kind_of(self.block.labels[0])
        if kind is not None:
            found = attribute_of(kind, self.address, name, self.argument, self.module.world.place)
            if found is not None:
                return found
        value = self.argument(name)
        if value is None and kind is None:
            value = drawn(self.block.labels[0], name, self.address, self.argument, self.module.world.place)
        return token(self.address, pascal(name)) if value is None else value

    def argument(self, name: str) -> Any:
        """Return the value of an argument, or its blocks as a list; None where it is not given."""
        if name not in self._known:
            self._known[name] = self.module.remembered((self.address, name), lambda: self._argument(name))
        return self._known[name]

    def _argument(self, name: str) -> Any:
        attribute = self.block.body.attributes.get(name)
        if attribute is not None:
            return evaluate(attribute.expression, self.names)
        blocks = _Blocks({}).read(self.block.body, self.names, name)
        return blocks.get(name)

    # ---- what it declares -----

    def declared(self, tags: Mapping[str, Any]) -> Declared:
        """Return the resource with every argument worked out, and the provider's *tags*."""
        self.module.seen = set()
        lines: dict[str, int] = {}
        arguments = self._arguments(lines)
        kind = kind_of(self.block.labels[0])
        if tags and kind and kind.to["tags"] and isinstance(arguments.get("tags", {}), Mapping):
            arguments["tags"] = {**tags, **(arguments.get("tags") or {})}
        named = frozenset(self._named("depends_on"))
        if "provider" in self.block.body.attributes:
            self.module.world.note(f"{self.where()}: its provider of its own is taken for the usual one")
        return Declared(
            self.address,
            self.block.labels[0],
            arguments,
            self.block.file,
            self.block.line,
            lines,
            references=frozenset(self.module.seen - {self.address}),
            depends_on=named,
            written=frozenset(arguments) - {"tags"},
            sources=self.module.world.archives,
        )

    def _arguments(self, lines: dict[str, int]) -> dict[str, Any]:
        found, kind = {}, kind_of(self.block.labels[0])
        for name, attribute in self.block.body.attributes.items():
            if name in _META:
                continue
            lines[name] = attribute.line
            try:
                value = self.argument(name)
                if isinstance(value, Instance):
                    raise NotKnown(f"{value} is a whole resource")
            except NotKnown as error:
                if kind is not None and name != kind.named_by and kind.to.get(name) is False:
                    continue  # it has no property, known or not
                self.module.world.note(
                    f"{self.where(attribute.line)}.{name}: it is not worked out here: {error}"
                )
                value = token(self.address, pascal(name))
            found[name] = value
        try:
            found |= _Blocks(lines).read(self.block.body, self.names)
        except NotKnown as error:
            self.module.world.note(f"{self.where()}: a block of it is not worked out here: {error}")
        return found

    def _named(self, argument: str) -> list[str]:
        """Return the addresses that `depends_on` names; those of modules and data sources are left out."""
        attribute = self.block.body.attributes.get(argument)
        if attribute is None:
            return []
        before, self.module.seen = self.module.seen, set()
        try:
            value = evaluate(attribute.expression, self.names)
        except NotKnown:
            return []
        finally:
            self.module.seen = before
        return [each.address for some in value for each in _instances_in(some)]


def _instances_in(value: Any) -> list[Instance]:
    if isinstance(value, Instance):
        return [value]
    if isinstance(value, Mapping):
        value = list(value.values())
    return [found for each in value for found in _instances_in(each)] if isinstance(value, list) else []


class _Blocks:
    """Reads the blocks of a body as lists of objects; *lines* are filled in."""

    def __init__(self, lines: dict[str, int]) -> None:
        self._lines = lines

    def read(self, body: Body, scope: Names, only: str = "", path: str = "") -> dict[str, Any]:
        """Return the blocks by type; those of the type *only* where it is given."""
        found: dict[str, list[Any]] = {}
        for block in body.blocks:
            type_ = block.labels[0] if block.type == "dynamic" and block.labels else block.type
            if type_ in _META or (only and type_ != only):
                continue
            items = found.setdefault(type_, [])
            for content, inner in self._contents(block, type_, scope):
                items.append(self._one(content, inner, f"{path}{type_}[{len(items)}]", block.line))
        return dict(found)

    def _contents(self, block: Block, type_: str, scope: Names) -> list[tuple[Body, Names]]:
        """Return the body of a block; of a `dynamic` one its content, for each element."""
        if block.type != "dynamic":
            return [(block.body, scope)]
        attributes, contents = block.body.attributes, block.body.of_type("content")
        if "for_each" not in attributes or not contents:
            raise NotKnown(f"line {block.line}: a dynamic block has for_each and content")
        iterator = attributes.get("iterator")
        name = type_ if iterator is None else getattr(iterator.expression, "name", type_)
        elements = evaluate(attributes["for_each"].expression, scope)
        pairs = (
            [(each, each) for each in elements] if isinstance(elements, list) else list(items_of(elements))
        )
        return [
            (contents[0].body, scope.with_names({name: {"key": key, "value": value}})) for key, value in pairs
        ]

    def _one(self, body: Body, scope: Names, path: str, line: int) -> dict[str, Any]:
        self._lines[path] = line
        values: dict[str, Any] = {}
        for name, attribute in body.attributes.items():
            self._lines[f"{path}.{name}"] = attribute.line
            values[name] = evaluate(attribute.expression, scope)
        return values | self.read(body, scope, path=f"{path}.")
