"""Scaling declared in Terraform files: a folder or one .tf file.

Variables with defaults (terraform.tfvars and *.auto.tfvars in a folder), locals and references between
resources are worked out. Modules, data sources and for_each need Terraform itself: `terraform show -json`
of a plan has everything worked out and is read too.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import hcl2
from hcl2.utils import SerializationOptions
from lark.exceptions import LarkError, UnexpectedInput

from harness.errors import ScenarioError
from harness.inputs.hcl_expressions import evaluate, unquoted
from harness.inputs.input_files import MOST_DEPTH, read_text
from harness.inputs.intrinsics import Unresolved, policy_arn
from harness.inputs.policy_value import Declared, Entry, Instances
from harness.inputs.terraform_names import (
    ALARM,
    ENDPOINT,
    ENDPOINT_CONFIG,
    KINDS,
    META,
    POLICY,
    TARGET,
    call_arguments,
    snake_path,
)

PLAN = "write the plan with `terraform show -json PLAN` and give that file instead"
_OPTIONS = SerializationOptions(with_comments=False, explicit_blocks=False, preserve_heredocs=False)
_LISTS_OF_ACTIONS = ("alarm_actions", "ok_actions", "insufficient_data_actions")
_DEPTH = 40
_MOST_CHARACTERS = 1_000_000  # of one file; a megabyte takes the parser ten seconds
_BRACKET = re.compile(r"[\[({]|([\])}])")


def declared_in_hcl(path: Path, variables: Mapping[str, str]) -> Declared:
    """Return what the Terraform files of *path* declare; ScenarioError names file, line and field."""
    return _Folder(path, variables).declared()


def _parse(path: Path) -> tuple[dict[str, Any], str]:
    text = read_text(path)
    if len(text) > _MOST_CHARACTERS:
        raise ScenarioError(f"{path}: it has more than {_MOST_CHARACTERS} characters; {PLAN}")
    depth = 0
    for bracket in _BRACKET.finditer(text):
        depth = max(0, depth - 1) if bracket[1] else depth + 1
        if depth > MOST_DEPTH:
            raise ScenarioError(f"{path}: its brackets stand more than {MOST_DEPTH} deep; {PLAN}")
    try:
        return hcl2.loads(text if text.endswith("\n") else text + "\n", serialization_options=_OPTIONS), text
    except UnexpectedInput as error:
        raise ScenarioError(
            f"{path}, line {error.line}, column {error.column}: this is not Terraform's language"
        ) from error
    except (RecursionError, ValueError, TypeError, LookupError, AttributeError) as error:
        # Over expressions that nobody writes the parser fails by itself, as over numbers of 5,000 digits.
        raise ScenarioError(f"{path}: an expression in it cannot be read; {PLAN}") from error
    except LarkError as error:
        raise ScenarioError(f"{path}: this is not Terraform's language: {error}") from error


class _Folder:
    """The files of one folder and what their names stand for."""

    def __init__(self, path: Path, variables: Mapping[str, str]) -> None:
        files = sorted(path.glob("*.tf")) if path.is_dir() else [path]
        if not files or not files[0].is_file():
            what = "no .tf file in this folder" if path.is_dir() else "there is no such file"
            raise ScenarioError(f"--policy {path}: {what}")
        self._path = path
        self._texts: dict[str, tuple[Path, str]] = {}
        self._resources: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._variables: dict[str, Mapping[str, Any]] = {}
        self._locals: dict[str, Any] = {}
        self._depth = 0
        self._worked_out: dict[tuple[str, str], Any] = {}
        for file in files:
            self._take(file, *_parse(file))
        self._given = self._values(path, variables)

    def _take(self, file: Path, document: dict[str, Any], text: str) -> None:
        for block in document.get("resource", []):
            for kind, named in block.items():
                for name, body in named.items():
                    key = (unquoted(kind), unquoted(name))
                    self._resources[key] = body
                    self._texts[".".join(key)] = (file, text)
        for block in document.get("variable", []):
            self._variables.update({unquoted(name): body for name, body in block.items()})
        for block in document.get("locals", []):
            self._locals.update(block)

    def _values(self, path: Path, variables: Mapping[str, str]) -> dict[str, Any]:
        for name in variables:
            if name not in self._variables:
                raise ScenarioError(f"{path}: there is no variable {name!r}")
        given: dict[str, Any] = {}
        folder = path if path.is_dir() else path.parent
        for file in [folder / "terraform.tfvars", *sorted(folder.glob("*.auto.tfvars"))]:
            if path.is_dir() and file.is_file():
                given.update(_parse(file)[0])
        return given | {name: f'"{value}"' for name, value in variables.items()}

    # -- resources -----

    def declared(self) -> Declared:
        """Return what the resources declare, in AWS's arguments."""
        declared = Declared(str(self._path), self._line_of, snake_path, self._file_of)
        for (kind, name), body in self._resources.items():
            if kind not in KINDS or not self._is_there(kind, name, body):
                continue
            where = f"{kind}.{name}"
            values = self._arguments(kind, name, body)
            arguments = call_arguments(kind, values, where, declared.at)
            if kind == POLICY:
                # Provider documentation, policy_type: "Defaults to StepScaling".
                arguments.setdefault("PolicyType", "StepScaling")
            getattr(declared, KINDS[kind]).append(Entry(arguments, where, where))
        declared.instances = self._instances()
        return declared

    def _arguments(self, kind: str, name: str, body: Mapping[str, Any]) -> dict[str, Any]:
        found = {}
        for argument, value in body.items():
            if argument in META or argument.startswith("__"):
                continue
            if argument == "dynamic":
                raise self._beyond(f"{kind}.{name}", argument, "dynamic blocks are not worked out here")
            if argument in _LISTS_OF_ACTIONS and isinstance(value, list):
                found[argument] = [self._action(each) for each in value]
            else:
                found[argument] = self._resolved(value, f"{kind}.{name}", argument)
        return found

    def _action(self, value: Any) -> Any:
        """Return an action of an alarm; what is not known here, such as a topic of a module, is no policy."""
        try:
            return evaluate(value, self._look)
        except Unresolved:
            return "arn:unknown"

    def _resolved(self, value: Any, where: str, argument: str) -> Any:
        try:
            return evaluate(value, self._look)
        except Unresolved as error:
            raise self._beyond(where, argument, str(error)) from error

    def _beyond(self, where: str, argument: str, what: str) -> ScenarioError:
        place = f"{where}.{argument}"
        return ScenarioError(f"{self._file_of(place)}, line {self._line_of(place)}, {place}: {what}; {PLAN}")

    def _is_there(self, kind: str, name: str, body: Mapping[str, Any]) -> bool:
        where = f"{kind}.{name}"
        if "for_each" in body:
            raise self._beyond(where, "for_each", "it is not worked out here")
        count = self._resolved(body.get("count", 1), where, "count")
        if count not in (0, 1):
            raise self._beyond(where, "count", f"{count!r:.20} copies are not worked out here")
        return bool(count)

    def _instances(self) -> list[Instances]:
        configs = {
            name: self._variants(body)
            for (kind, name), body in self._resources.items()
            if kind == ENDPOINT_CONFIG
        }
        named = {self._known([ENDPOINT_CONFIG, name, "name"]): name for name in configs}
        found = []
        for kind, name in self._resources:
            if kind == ENDPOINT:
                config = named.get(self._known([ENDPOINT, name, "endpoint_config_name"]))
                endpoint = str(self._known([ENDPOINT, name, "name"]))
                found += [
                    Instances(endpoint, each.variant, each.instance_type, each.count)
                    for each in configs.get(str(config), [])
                ]
        return found + (next(iter(configs.values())) if len(configs) == 1 else [])

    def _variants(self, body: Mapping[str, Any]) -> list[Instances]:
        found = []
        for block in body.get("production_variants", []):
            known = {}
            for argument in ("variant_name", "instance_type", "initial_instance_count"):
                try:
                    known[argument] = evaluate(block.get(argument), self._look)
                except Unresolved:
                    known[argument] = None
            found.append(instances_of(known))
        return found

    def _known(self, reference: list[Any]) -> Any:
        try:
            return self._look(reference)
        except Unresolved:
            return None

    # -- references -----

    def _look(self, parts: list[Any]) -> Any:
        """Return the value of a reference; Unresolved when only Terraform knows it."""
        self._depth += 1
        try:
            if self._depth > _DEPTH:
                raise Unresolved(f"the references of {'.'.join(map(str, parts))} go round in a circle")
            return self._looked_up(parts)
        finally:
            self._depth -= 1

    def _looked_up(self, parts: list[Any]) -> Any:
        said = ".".join(map(str, parts))
        if len(parts) < 2:
            raise Unresolved(f"{said} is not known here")
        kind, name, *rest = parts
        if kind == "var":
            return _inside(self._once(kind, name, lambda: self._variable(name)), rest, said)
        if kind == "local" and name in self._locals:
            value = self._once(kind, name, lambda: evaluate(self._locals[name], self._look))
            return _inside(value, rest, said)
        if (kind, name) in self._resources:
            rest = rest[1:] if rest and rest[0] == 0 else rest
            return self._attribute(kind, name, rest, said)
        if kind == "path" or kind not in ("local", "terraform"):
            raise Unresolved(f"{said} is known only to Terraform")
        raise Unresolved(f"there is no {said}")

    def _once(self, kind: str, name: str, work: Callable[[], Any]) -> Any:
        """Return what *work* gives for a name; names made of each other would double it at each step."""
        if (kind, name) not in self._worked_out:
            self._worked_out[(kind, name)] = work()
        return self._worked_out[(kind, name)]

    def _variable(self, name: str) -> Any:
        if name in self._given:
            return evaluate(self._given[name], self._look)
        body = self._variables.get(name)
        if body is None:
            raise Unresolved(f"there is no variable {name!r}")
        if "default" not in body:
            raise Unresolved(f"the variable {name} has no default; give it a value")
        return evaluate(body["default"], self._look)

    def _attribute(self, kind: str, name: str, rest: list[Any], said: str) -> Any:
        body = self._resources[(kind, name)]
        if not rest:
            raise Unresolved(f"{said} is known only to Terraform")
        attribute = rest[0]
        if attribute in body:
            value = evaluate(body[attribute], self._look)
            if kind == TARGET and not rest[1:]:
                return value
            return _inside(value, rest[1:], said)
        called = evaluate(body["name"], self._look) if "name" in body else name
        if attribute in ("name", "id"):
            # The provider's id of a target is its resource id, that of the others here their name.
            return self._attribute(kind, name, ["resource_id"], said) if kind == TARGET else called
        if attribute == "arn":
            service = kind.split("_")[1]
            return (
                policy_arn(called) if kind == POLICY else f"arn:aws:{service}:us-east-1:123456789012:{called}"
            )
        if kind == ALARM and attribute == "alarm_name":
            return name
        raise Unresolved(f"{said} is known only to Terraform")

    # -- lines -----

    def _file_of(self, path: str) -> str:
        found = self._texts.get(".".join(path.split(".")[:2]))
        return str(found[0]) if found else str(self._path)

    def _line_of(self, path: str) -> int | None:
        """Return the line of a field: the header of its resource, then each name in turn after it."""
        parts = path.split(".")
        found = self._texts.get(".".join(parts[:2]))
        if found is None:
            return None
        _, text = found
        kind, name = parts[:2]
        header = re.search(
            rf'^\s*resource\s+"?{re.escape(kind)}"?\s+"?{re.escape(name)}"?', text, re.MULTILINE
        )
        if header is None:
            return None
        position = header.end()
        end = re.compile(r"^}", re.MULTILINE).search(text, position)
        for part in parts[2:]:
            word, _, index = part.partition("[")
            for _ in range(int(index[:-1]) + 1 if index else 1):
                match = re.compile(rf"\b{re.escape(word)}\b").search(
                    text, position, end.start() if end else len(text)
                )
                if match is None:
                    break
                position = match.end()
        return text.count("\n", 0, position) + 1


def instances_of(variant: Mapping[str, Any]) -> Instances:
    """Return the instances of a production variant as Terraform writes it."""
    instance_type, count = variant.get("instance_type"), variant.get("initial_instance_count")
    return Instances(
        "",
        str(variant.get("variant_name") or ""),
        str(instance_type) if instance_type else None,
        int(count) if isinstance(count, int | float | str) and str(count).isdecimal() else None,
    )


def _inside(value: Any, keys: list[Any], said: str) -> Any:
    for key in keys:
        try:
            value = value[key]
        except (TypeError, IndexError, KeyError) as error:
            raise Unresolved(f"there is no {said}") from error
    return value
