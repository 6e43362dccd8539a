"""Values of variables: from files beside the module, from the command line, and as their type wants them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.templates.hcl import Block, NotKnown, evaluate, parse
from harness.templates.hcl.functions import FUNCTIONS
from harness.templates.hcl.nodes import Call, Name, Node
from harness.templates.hcl.values import number, text, truth

_PLAIN: Mapping[str, Callable[[Any], Any]] = {"string": text, "number": number, "bool": truth}


class _Nothing:
    """The scope of files of values: there is nothing to refer to."""

    def named(self, name: str) -> Any:
        raise NotKnown(f"{name} cannot be used here")

    def call(self, name: str, arguments: list[Any]) -> Any:
        raise NotKnown(f"{name} cannot be called here")


def values_of(folder: Path) -> dict[str, Any]:
    """Return what terraform.tfvars and the *.auto.tfvars of *folder* give, the last one counting."""
    found: dict[str, Any] = {}
    for file in [folder / "terraform.tfvars", *sorted(folder.glob("*.auto.tfvars"))]:
        if not file.is_file():
            continue
        for name, attribute in parse(file.read_text(encoding="utf-8-sig"), str(file)).attributes.items():
            try:
                found[name] = evaluate(attribute.expression, _Nothing())
            except NotKnown as error:
                raise ScenarioError(f"{file}, line {attribute.line}, {name}: {error}") from error
    return found


def converted(value: Any, block: Block) -> Any:
    """Return *value* as the type of the variable *block* wants it.

    A text given for a list or an object is read as Terraform's language, as `-var` does.
    """
    wanted = block.body.attributes.get("type")
    if wanted is None or value is None:
        return value
    return _as_type(value, wanted.expression, f"{block.file}, line {block.line}, variable {block.labels[0]}")


def _as_type(value: Any, wanted: Node, where: str) -> Any:
    try:
        if isinstance(wanted, Name):
            if wanted.name == "any" or hasattr(value, "member"):
                return value
            convert = _PLAIN.get(wanted.name)
            return value if convert is None else convert(value)
        if isinstance(value, str) and isinstance(wanted, Call) and "${Token[" not in value:
            value = evaluate(parse(f"value = {value}\n", where).attributes["value"].expression, _Nothing())
    except NotKnown as error:
        raise ScenarioError(f"{where}: {error}") from error
    return _with_defaults(value, wanted, where) if isinstance(wanted, Call) else value


def _with_defaults(value: Any, wanted: Call, where: str) -> Any:
    """Return objects with what their type calls optional, lists and maps with each element converted."""
    inner = wanted.arguments[0] if wanted.arguments else None
    if wanted.name in ("list", "set") and isinstance(value, list) and inner is not None:
        found = [_as_type(each, inner, where) for each in value]
        return found if wanted.name == "list" else FUNCTIONS["toset"](found)
    if wanted.name == "map" and isinstance(value, dict) and inner is not None:
        return {key: _as_type(each, inner, where) for key, each in value.items()}
    if wanted.name == "object" and isinstance(value, dict) and inner is not None:
        return _object(value, inner, where)
    return value


def _object(value: dict[str, Any], shape: Any, where: str) -> dict[str, Any]:
    found = dict(value)
    for key, each in getattr(shape, "pairs", ()):
        name = evaluate(key, _Nothing())
        if isinstance(each, Call) and each.name == "optional":
            default = evaluate(each.arguments[1], _Nothing()) if len(each.arguments) > 1 else None
            given = found.get(name)
            found[name] = (
                _as_type(default if given is None else given, each.arguments[0], where)
                if (given is not None or default is not None)
                else None
            )
        elif name in found and found[name] is not None:
            found[name] = _as_type(found[name], each, where)
    return found
