"""AWS::Lambda: functions, and the permissions, event sources, URLs and settings that hang on them."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Any

from harness.stacks.kind import Kind, Made, Properties, Refused, Seen, Surroundings, known_as
from harness.stacks.plain import gone_is_fine
from harness.stacks.shaping import arguments_of, as_tags, output_shape, shown
from harness.stacks.tags import retag

# Properties that have calls of their own, or are about the code.
_OWN = frozenset({"Code", "ReservedConcurrentExecutions", "RecursiveLoop", "RuntimeManagementConfig", "Tags"})
_SETTINGS = ("PackageType", "Architectures")
# Lambda user guide, "Define Lambda function handler in Node.js"/"in Python": code in a template is a file
# called index.
_EXTENSIONS = {"python": "py", "nodejs": "js"}


def packed(text: str, runtime: str) -> bytes:
    """Return *text*, code in a template (Code.ZipFile), as the package that Lambda makes of it."""
    extension = next((ending for name, ending in _EXTENSIONS.items() if runtime.startswith(name)), "")
    if not extension:
        raise Refused(
            "ValidationError",
            f"ZipFile can only be used when Runtime is set to either of nodejs or python, not {runtime!r}",
        )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(f"index.{extension}", (1980, 1, 1, 0, 0, 0)), text)
    return made.getvalue()


def code_of(properties: Properties) -> dict[str, Any]:
    """Return a function's Code as the API takes it."""
    code = properties.get("Code") or {}
    if not isinstance(code, Mapping):
        raise Refused("ValidationError", f"Value of property Code must be an object, not {code!r}")
    code = dict(code)
    text = code.get("ZipFile")
    if isinstance(text, str):
        code["ZipFile"] = packed(text, str(properties.get("Runtime", "")))
    code.pop("SourceKMSKeyArn", None)
    return code


def _make(where: Surroundings, properties: Properties) -> Made:
    client = where.clients("lambda")
    given = {name: value for name, value in properties.items() if name not in _OWN}
    arguments = arguments_of(client, "create_function", given) | {"Code": code_of(properties)}
    if tags := as_tags(properties.get("Tags")):
        arguments["Tags"] = {tag["Key"]: tag["Value"] for tag in tags}
    name = str(where.call("lambda", "create_function", **arguments)["FunctionName"])
    with known_as(name):
        _reserve(where, name, {}, properties)
    return Made(name)


def _reserve(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    had, wanted = (each.get("ReservedConcurrentExecutions") for each in (before, after))
    if wanted is not None and had != wanted:
        given = {"FunctionName": name, "ReservedConcurrentExecutions": int(wanted)}
        where.call("lambda", "put_function_concurrency", **given)
    elif had is not None and wanted is None:
        where.call("lambda", "delete_function_concurrency", FunctionName=name)


def _ready(where: Surroundings, name: str, _properties: Properties) -> str | None:
    """Lambda API reference, GetFunction: a function is Pending first, an update InProgress."""
    told = where.call("lambda", "get_function_configuration", FunctionName=name)
    if told.get("State") == "Failed" or told.get("LastUpdateStatus") == "Failed":
        return str(told.get("StateReason") or told.get("LastUpdateStatusReason") or "its state is Failed")
    under_way = told.get("State") == "Pending" or told.get("LastUpdateStatus") == "InProgress"
    return None if under_way else ""


def _read(where: Surroundings, name: str, properties: Properties) -> Seen | None:
    answer = gone_is_fine(lambda: where.call("lambda", "get_function", FunctionName=name))
    if answer is None:
        return None
    shape = output_shape(where.clients("lambda"), "get_function").members["Configuration"]
    told = shown(answer["Configuration"], shape)
    known = ("FunctionName", "Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize")
    found = {key: told[key] for key in (*known, *_SETTINGS) if told.get(key)}
    for key in (
        "Environment",
        "DeadLetterConfig",
        "TracingConfig",
        "EphemeralStorage",
        "VpcConfig",
        "LoggingConfig",
    ):
        inner = {name: value for name, value in (told.get(key) or {}).items() if value}
        inner.pop("VpcId", None)
        if inner:
            found[key] = inner
    if told.get("Layers"):
        found["Layers"] = [layer["Arn"] for layer in told["Layers"]]
    if image := (answer.get("Code") or {}).get("ImageUri"):
        found["Code"] = {"ImageUri": image}
    reserved = where.call("lambda", "get_function_concurrency", FunctionName=name)
    if "ReservedConcurrentExecutions" in reserved:
        found["ReservedConcurrentExecutions"] = reserved["ReservedConcurrentExecutions"]
    if tags := as_tags(answer.get("Tags") or {}):
        found["Tags"] = tags
    return Seen(found, {"Arn": told["FunctionArn"], "CodeSha256": told.get("CodeSha256", "")})


def _change(where: Surroundings, name: str, before: Properties, after: Properties) -> None:
    old, new = code_of(before), code_of(after)
    if old != new or before.get("Architectures") != after.get("Architectures"):
        code = dict(new)
        if "Architectures" in after:
            code["Architectures"] = list(after["Architectures"])
        where.call("lambda", "update_function_code", FunctionName=name, **code)
    plain = {key for key in before.keys() | after.keys() if key not in _OWN | set(_SETTINGS)}
    if any(before.get(key) != after.get(key) for key in plain):
        given = {key: after[key] for key in plain if key in after and key != "CodeSigningConfigArn"}
        for key, nothing in _EMPTY.items():
            if key in before and key not in after:
                given[key] = nothing
        arguments = arguments_of(where.clients("lambda"), "update_function_configuration", given)
        where.call("lambda", "update_function_configuration", **arguments)
    _reserve(where, name, before, after)
    if before.get("Tags") != after.get("Tags"):
        retag(where, "lambda", where.arn("lambda", f"function:{name}"), before, after)


# What takes a setting away: UpdateFunctionConfiguration leaves those alone that it is not given.
_EMPTY: Mapping[str, Any] = {
    "Description": "",
    "Environment": {"Variables": {}},
    "DeadLetterConfig": {"TargetArn": ""},
    "Layers": [],
    "Timeout": 3,
    "MemorySize": 128,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []},
}


def _remove(where: Surroundings, name: str, _properties: Properties) -> None:
    gone_is_fine(lambda: where.call("lambda", "delete_function", FunctionName=name))


def _listed(where: Surroundings) -> Iterable[tuple[str, Properties]]:
    for each in where.pages("lambda", "list_functions", "Functions"):
        yield each["FunctionName"], {}


KINDS = (Kind("AWS::Lambda::Function", "lambda", _make, _read, _remove, _change, _ready, _listed),)
