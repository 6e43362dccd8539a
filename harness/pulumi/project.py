"""What Pulumi.yaml and the files beside it say of a program."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.errors import ScenarioError


@dataclass(frozen=True, slots=True)
class Project:
    """A Pulumi program: `config` holds texts by "project:key", `python` runs it."""

    folder: Path
    name: str
    program: Path
    stack: str
    config: Mapping[str, str] = field(hash=False)
    python: str
    secrets: tuple[str, ...] = ()
    """Keys whose values are encrypted and are not given either."""


def read_project(path: Path, given: Mapping[str, str], stack: str = "") -> Project:
    """Return the project in *path*, a folder or its Pulumi.yaml; *given* is configuration on top.

    The stack's file is Pulumi.<stack>.yaml, else the only one there is. ScenarioError names the file.
    """
    file = path / "Pulumi.yaml" if path.is_dir() else path
    about = _mapping(file)
    name = str(about.get("name") or file.parent.resolve().name)
    runtime = about.get("runtime")
    options: Mapping[str, Any] = {}
    if isinstance(runtime, Mapping):
        options, runtime = runtime.get("options") or {}, runtime.get("name")
    if runtime != "python":
        raise ScenarioError(f"{file}: programs in Python are run, and this one is in {runtime!r}")
    chosen, values = _stack(file, stack)
    config, secrets = _config(name, {**_defaults(about), **values})
    known = {_key(name, key): value for key, value in given.items()}
    return Project(
        folder=file.parent,
        name=name,
        program=_program(file, str(about.get("main") or ".")),
        stack=chosen,
        config=config | known,
        python=_python(file.parent, options),
        secrets=tuple(key for key in secrets if key not in known),
    )


def _mapping(file: Path) -> Mapping[str, Any]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{file}: it cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise ScenarioError(f"{file}: it is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(found, Mapping):
        raise ScenarioError(f"{file}: a project has a name and a runtime")
    return found


def _stack(file: Path, wanted: str) -> tuple[str, Mapping[str, Any]]:
    files = sorted(each for each in file.parent.glob("Pulumi.*.yaml") if each.name != "Pulumi.yaml")
    named = [each for each in files if each.name == f"Pulumi.{wanted}.yaml"]
    chosen = named or (files if len(files) == 1 else [])
    if not chosen:
        return wanted or "dev", {}
    values = _mapping(chosen[0]).get("config") or {}
    return chosen[0].name.removeprefix("Pulumi.").removesuffix(".yaml"), values


def _defaults(about: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a project's own configuration: plain, or with `default` or `value`."""
    found = {}
    for key, value in (about.get("config") or {}).items():
        if isinstance(value, Mapping):
            value = value.get("value", value.get("default"))
        if value is not None:
            found[key] = value
    return found


def _config(project: str, values: Mapping[str, Any]) -> tuple[dict[str, str], list[str]]:
    import json

    config, secrets = {}, []
    for key, value in values.items():
        if isinstance(value, Mapping) and "secure" in value:
            secrets.append(_key(project, key))
        elif isinstance(value, str):
            config[_key(project, key)] = value
        else:
            config[_key(project, key)] = json.dumps(value)
    return config, secrets


def _key(project: str, key: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _program(file: Path, main: str) -> Path:
    path = (file.parent / main).resolve()
    program = path / "__main__.py" if path.is_dir() else path
    if not program.is_file():
        raise ScenarioError(f"{file}: there is no program {program}")
    return program


def _python(folder: Path, options: Mapping[str, Any]) -> str:
    """Return the interpreter: of the project's own environment, where that is there."""
    environment = options.get("virtualenv")
    own = folder / str(environment) / "bin" / "python" if environment else None
    return str(own) if own is not None and own.is_file() else sys.executable
