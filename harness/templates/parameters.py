"""The parameters of a template: their values from flags, files and defaults, as the template allows them.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

import re
import shlex
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.errors import ScenarioError
from harness.inputs.input_files import read_json, read_text
from harness.templates.documents import Document
from harness.templates.functions import as_text
from harness.templates.intrinsics import did_you_mean

_SSM = "AWS::SSM::Parameter::Value<"


def parameter_values(
    document: Document, given: Mapping[str, str], *, all_needed: bool = True
) -> dict[str, Any]:
    """Return the value of every parameter of the template, a list where its type is one.

    A parameter that names a parameter of Systems Manager has a dynamic reference as its value. Raises
    ScenarioError for a parameter that the template has not, for a value that it does not allow, and, if
    *all_needed*, for those that have neither value nor default, all of them at once.
    """
    declared = document.section("Parameters")
    for name in given:
        if name not in declared:
            known = did_you_mean(name, declared) or f"; it has {_listed(declared)}"
            raise ScenarioError(f"{document.file}: the template has no parameter {name!r}{known}")
    found, missing = {}, []
    for name, about in declared.items():
        if not isinstance(about, Mapping):
            raise ScenarioError(f"{document.at(f'Parameters.{name}')}: parameter {name!r} must be an object")
        if name in given or "Default" in about:
            found[name] = _value(document, name, about, given.get(name, about.get("Default")))
        else:
            missing.append(name)
    if missing and all_needed:
        raise ScenarioError(_missing(document, missing))
    return found


def read_parameters(path: Path) -> dict[str, str]:
    """Return the values in a parameter file, in any of the forms that AWS's tools take.

    A list of {"ParameterKey", "ParameterValue"} (CloudFormation), {"Parameters": {...}} (CodePipeline, the
    AWS CLI's deploy), one object of names and values, or samconfig.toml. Raises ScenarioError for another
    form.
    """
    value = _of_samconfig(path) if path.suffix == ".toml" else read_json(path)
    if isinstance(value, Mapping) and isinstance(value.get("Parameters"), Mapping | list):
        value = value["Parameters"]
    if isinstance(value, list):
        value = dict(_entry(path, each) for each in value)
    if not isinstance(value, Mapping) or any(isinstance(each, Mapping | list) for each in value.values()):
        raise ScenarioError(
            f"{path}: parameters are an object of names and values, or a list of ParameterKey"
        )
    return {name: as_text(each) for name, each in value.items()}


def _of_samconfig(path: Path) -> Any:
    """Return the parameter_overrides of the environment "default": a list of texts "Name=Value".

    https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/serverless-sam-cli-config.html
    """
    try:
        value: Any = tomllib.loads(read_text(path))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ScenarioError(f"{path}: this is not TOML: {error}") from error
    for name in ("default", "deploy", "parameters"):
        value = value.get(name, {}) if isinstance(value, Mapping) else {}
    found = value.get("parameter_overrides", []) if isinstance(value, Mapping) else []
    return shlex.split(found) if isinstance(found, str) else found


def _entry(path: Path, entry: Any) -> tuple[str, Any]:
    if isinstance(entry, str) and "=" in entry:
        name, value = entry.split("=", 1)
        return name, value
    if isinstance(entry, Mapping) and "ParameterKey" in entry and "ParameterValue" in entry:
        return str(entry["ParameterKey"]), entry["ParameterValue"]
    raise ScenarioError(f"{path}: {entry!r:.60} has no ParameterKey and ParameterValue")


def _value(document: Document, name: str, about: Mapping[str, Any], given: Any) -> Any:
    kind = str(about.get("Type", "String"))
    if kind.startswith(_SSM):
        return f"{{{{resolve:ssm:{as_text(given)}}}}}"
    is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
    text = as_text(given)
    items = [each.strip() for each in text.split(",")] if is_list else [text]
    for item in items:
        wrong = _refusal(kind, about, item)
        if wrong:
            hint = about.get("ConstraintDescription")
            said = f" ({hint})" if hint else ""
            raise ScenarioError(f"{document.at(f'Parameters.{name}')}: parameter {name!r}: {wrong}{said}")
    return items if is_list else text


def _refusal(kind: str, about: Mapping[str, Any], text: str) -> str:
    """Return what the template has against *text*, "" where it has nothing."""
    allowed = about.get("AllowedValues")
    if isinstance(allowed, list) and text not in map(as_text, allowed):
        return f"{text!r} is none of {', '.join(map(as_text, allowed))}"
    pattern = about.get("AllowedPattern")
    if pattern and not _matches(str(pattern), text):
        return f"{text!r} does not match {pattern}"
    if "Number" in kind:
        return _number_refusal(about, text)
    if len(text) < int(about.get("MinLength", 0)):
        return f"{text!r} has fewer than {about['MinLength']} characters"
    if "MaxLength" in about and len(text) > int(about["MaxLength"]):
        return f"{text!r} has more than {about['MaxLength']} characters"
    return ""


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error:  # the service's expressions are Java's, of which Python does not know each
        return True


def _number_refusal(about: Mapping[str, Any], text: str) -> str:
    try:
        number = float(text)
    except ValueError:
        return f"{text!r} is no number"
    if "MinValue" in about and number < float(about["MinValue"]):
        return f"{text} is below {about['MinValue']}"
    if "MaxValue" in about and number > float(about["MaxValue"]):
        return f"{text} is above {about['MaxValue']}"
    return ""


def _missing(document: Document, names: list[str]) -> str:
    places = ", ".join(f"{name!r} (line {document.line_of(f'Parameters.{name}')})" for name in names)
    flags = " ".join(f"--parameter {name}=VALUE" for name in names)
    verb = "has" if len(names) == 1 else "have"
    return f"{document.file}: {places} {verb} no default; give {flags}"


def _listed(names: Mapping[str, Any]) -> str:
    return ", ".join(names) or "none"
