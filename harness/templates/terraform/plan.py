"""What `terraform show -json` prints of a plan or a state, as a Template.

    terraform plan -out plan && terraform show -json plan > plan.json

A plan leaves out what is known only after apply, and does not say how it would be put together, only what
it refers to. Where .tf files lie beside the plan they say the rest; else a reference alone stands for itself,
and what stays open is noted.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from harness.config import DEFAULT_REGION
from harness.errors import ScenarioError
from harness.templates.json_lines import lines_of
from harness.templates.model import Template, token
from harness.templates.place import Place
from harness.templates.provider import Declared, assemble, attribute_of, kind_of
from harness.templates.provider.table import pascal
from harness.templates.terraform.configuration import Configuration


def template_of_plan(path: Path, *, stack: str, region: str, account: str) -> Template:
    """Return what the plan or state in the file *path* declares; ScenarioError when it is neither."""
    text = _text(path)
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise ScenarioError(f"{path}, line {error.lineno}, column {error.colno}: this is no JSON") from error
    try:
        return _Plan(path, text, document, stack, region, account).template()
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        # Terraform writes this file: one of another form was changed by hand or is of another program.
        raise ScenarioError(f"{path}: this is not what `terraform show -json` prints: {error!r}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path}: it cannot be read as UTF-8 text: {error}") from error


class _Plan:
    def __init__(self, path: Path, text: str, document: Any, stack: str, region: str, account: str) -> None:
        self._path, self._document = path, document
        values = document.get("planned_values") or document.get("values")
        if not isinstance(values, Mapping):
            raise ScenarioError(f"{path}: there are neither planned_values nor values in it")
        self._values = values
        self._is_state = "planned_values" not in document
        self._lines = lines_of(text) if text.count("\n") > 1 else {}  # Terraform writes all on one line
        root = (document.get("configuration") or {}).get("root_module") or {}
        self._configuration = Configuration(root)
        own = _constant((document.get("configuration") or {}).get("provider_config", {}), "region")
        self._place = Place(stack or path.resolve().parent.name, region or own or DEFAULT_REGION, account)
        found = list(_resources(values["root_module"], "root_module"))
        self._found = [(where, each) for where, each in found if each.get("mode", "managed") == "managed"]
        self._by_address = {str(each["address"]): each for _, each in self._found}
        self._notes: list[str] = []

    def template(self) -> Template:
        """Return it all."""
        beside = self._beside()
        declared = [self._declared(where, each, beside) for where, each in self._found]
        resources, assets, notes = assemble(declared, self._place)
        folder = self._path.parent
        outputs = self._values.get("outputs") or {}
        return Template(
            "terraform plan",
            str(self._path),
            self._place.stack,
            resources,
            outputs={name: {"Value": each.get("value")} for name, each in outputs.items()},
            parameters={
                name: each.get("value") for name, each in (self._document.get("variables") or {}).items()
            },
            assets={key: str((folder / file).resolve()) for key, file in assets.items()},
            not_covered=tuple(dict.fromkeys([*self._notes, *notes])),
            region=self._place.region,
            account=self._place.account,
        )

    def _beside(self) -> Mapping[str, Declared]:
        """Return what the .tf files beside the plan declare, by address; {} where there are none."""
        folder = self._path.parent
        if self._is_state or not any(folder.glob("*.tf")):
            return {}
        from harness.templates.terraform.load import declared_in

        given = {name: each.get("value") for name, each in (self._document.get("variables") or {}).items()}
        try:
            return {each.address: each for each in declared_in(folder, given, self._place)}
        except ScenarioError as error:
            self._notes.append(f"{self._path}: the .tf files beside it are left alone: {error}")
            return {}

    # ---- one resource -----

    def _declared(self, where: str, found: Mapping[str, Any], beside: Mapping[str, Declared]) -> Declared:
        address, type_ = str(found["address"]), str(found["type"])
        configured = self._configuration.resource(address)
        expressions = configured.get("expressions") or {}
        own = beside.get(address)
        arguments = self._arguments(found, expressions, own)
        root = "values" if self._is_state else "planned_values"
        line = own.line if own is not None else self._lines.get(f"{root}.{where}")
        named = self._configuration.addresses({"references": configured.get("depends_on") or ()}, address)
        references = {*self._configuration.addresses(expressions, address), *(found.get("depends_on") or ())}
        known = frozenset(self._by_address) - {address}
        return Declared(
            address,
            type_,
            arguments,
            own.file if own is not None else str(self._path),
            line,
            own.lines if own is not None else self._own_lines(f"{root}.{where}.values."),
            references=own.references if own is not None else known & references,
            depends_on=own.depends_on if own is not None else known & set(named),
            written=frozenset(expressions) & frozenset(arguments),
            sources=own.sources if own is not None else {},
        )

    def _arguments(
        self, found: Mapping[str, Any], expressions: Mapping[str, Any], own: Declared | None
    ) -> dict[str, Any]:
        address, values = str(found["address"]), found.get("values") or {}
        arguments = dict(values)
        if isinstance(values.get("tags_all"), Mapping):  # with those of the provider
            arguments["tags"] = values["tags_all"]
        for name, expression in expressions.items():
            if name in ("depends_on", "lifecycle"):
                continue
            if own is not None:
                arguments[name] = _completed(arguments.get(name), own.arguments.get(name))
            else:
                arguments[name] = self._worked_out(arguments.get(name), expression, address, name)
        return {name: value for name, value in arguments.items() if value is not None}

    def _worked_out(self, value: Any, expression: Any, address: str, path: str) -> Any:
        """Return *value* with what is known only after apply taken from its expression."""
        if isinstance(expression, list) and isinstance(value, list):
            blocks = zip(value, expression, strict=False)
            return [self._worked_out(*pair, address, f"{path}[{at}]") for at, pair in enumerate(blocks)]
        if not isinstance(expression, Mapping):
            return value
        if "references" not in expression:
            if not isinstance(value, Mapping):
                return value
            inner = {
                name: self._worked_out(value.get(name), each, address, f"{path}.{name}")
                for name, each in expression.items()
            }
            return {**value, **inner}
        if value is not None:
            return value
        referred = None
        if not self._is_document(address, path):
            referred = self._configuration.referred(expression, address, self._attribute)
        if referred is None:
            self._notes.append(f"{self._path}, {address}.{path}: it is known only after apply")
            return token(address, pascal(path.rpartition(".")[2]))
        return referred

    def _is_document(self, address: str, path: str) -> bool:
        """Return whether an argument is a JSON text: what it refers to is somewhere within it."""
        kind = kind_of(str(self._by_address[address]["type"]))
        return kind is not None and str(kind.to.get(path)).endswith("|json")

    def _attribute(self, address: str, attribute: str) -> Any:
        """Return an attribute of a resource; None where there is no such resource."""
        found = self._by_address.get(address)
        # An execution ARN is what a path is put behind: the plan does not say which.
        if found is None or attribute == "execution_arn":
            return None
        kind, given = kind_of(str(found["type"])), found.get("values") or {}
        value = attribute_of(kind, address, attribute, given.get, self._place) if kind else None
        value = given.get(attribute) if value is None else value
        return token(address, pascal(attribute)) if value is None else value

    def _own_lines(self, start: str) -> dict[str, int]:
        return {path[len(start) :]: line for path, line in self._lines.items() if path.startswith(start)}


def _completed(value: Any, own: Any) -> Any:
    """Return *value* with what a plan leaves open taken from *own*, the value in the .tf files."""
    if value is None:
        return own
    if isinstance(value, Mapping) and isinstance(own, Mapping):
        return {name: _completed(value.get(name), own.get(name)) for name in {**value, **own}}
    if isinstance(value, list) and isinstance(own, list) and len(value) == len(own):
        return [_completed(each, other) for each, other in zip(value, own, strict=True)]
    return value


def _constant(providers: Mapping[str, Any], argument: str) -> str:
    aws = providers.get("aws") or {}
    return str((aws.get("expressions") or {}).get(argument, {}).get("constant_value") or "")


def _resources(module: Mapping[str, Any], where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the path and the value of every resource, those of modules too."""
    for index, resource in enumerate(module.get("resources") or []):
        yield f"{where}.resources[{index}]", resource
    for index, child in enumerate(module.get("child_modules") or []):
        yield from _resources(child, f"{where}.child_modules[{index}]")
