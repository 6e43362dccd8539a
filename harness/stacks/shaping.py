"""CloudFormation's properties as the arguments of an API call, and answers as properties.

Both have mostly the same names. The service model that a boto3 client carries says which members a call
takes, of which type: names are matched in any case, "3" becomes 3 where a number is wanted, tags become a
map or a list, and a policy becomes the text that the API wants.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from harness.stacks.kind import Refused


def arguments_of(client: Any, method: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return *properties* as the arguments of *method*.

    Raises Refused, in CloudFormation's words, for a property that the call does not take and for a value of
    another type.
    """
    made: dict[str, Any] = _structure(properties, input_shape(client, method), "")
    return made


def members_of(client: Any, method: str) -> frozenset[str]:
    """Return the names of the arguments that *method* takes, in small letters."""
    return frozenset(name.lower() for name in input_shape(client, method).members)


def input_shape(client: Any, method: str) -> Any:
    """Return the shape of what *method* takes."""
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape


def output_shape(client: Any, method: str) -> Any:
    """Return the shape of what *method* answers."""
    return client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).output_shape


def _shaped(value: Any, shape: Any, path: str) -> Any:
    convert = _BY_TYPE.get(shape.type_name)
    return value if convert is None else convert(value, shape, path)


def _structure(value: Any, shape: Any, path: str) -> Any:
    if not isinstance(value, Mapping):
        raise _wrong(path, "an object", value)
    by_name = {name.lower(): name for name in shape.members}
    made: dict[str, Any] = {}
    for name, inner in value.items():
        member = by_name.get(name.lower())
        if member is None:
            raise Refused("ValidationError", f"Encountered unsupported property {_joined(path, name)}")
        if inner is not None:
            made[member] = _shaped(inner, shape.members[member], _joined(path, name))
    return made


def _list(value: Any, shape: Any, path: str) -> Any:
    if isinstance(value, Mapping) and _is_tag(shape.member):
        value = [{"Key": key, "Value": text} for key, text in value.items()]
    if not isinstance(value, list | tuple):
        value = [value]  # CloudFormation takes one value for a list of one
    return [_shaped(one, shape.member, f"{path}[{number}]") for number, one in enumerate(value)]


def _map(value: Any, shape: Any, path: str) -> Any:
    if isinstance(value, list | tuple) and all(_has_key(one) for one in value):
        value = {str(one["Key"]): one.get("Value", "") for one in value}
    if not isinstance(value, Mapping):
        raise _wrong(path, "a map", value)
    return {str(key): _shaped(inner, shape.value, _joined(path, key)) for key, inner in value.items()}


def _string(value: Any, _shape: Any, path: str) -> Any:
    return as_text(value)


def as_text(value: Any) -> str:
    """Return a value where a text is wanted: an object as JSON, True as "true"."""
    if isinstance(value, str):
        return value
    return json.dumps(value, default=str)


def _integer(value: Any, _shape: Any, path: str) -> Any:
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise _wrong(path, "an integer", value) from None
    if number != int(number) or isinstance(value, bool):
        raise _wrong(path, "an integer", value)
    return int(number)


def _float(value: Any, _shape: Any, path: str) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise _wrong(path, "a number", value) from None


def _boolean(value: Any, _shape: Any, path: str) -> Any:
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise _wrong(path, "a boolean", value)


def _blob(value: Any, _shape: Any, _path: str) -> Any:
    return value if isinstance(value, bytes) else as_text(value).encode()


_BY_TYPE = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _integer,
    "long": _integer,
    "float": _float,
    "double": _float,
    "boolean": _boolean,
    "blob": _blob,
}


def _wrong(path: str, wanted: str, value: Any) -> Refused:
    return Refused("ValidationError", f"Value of property {path} must be {wanted}, not {value!r}")


def _joined(path: str, name: object) -> str:
    return f"{path}.{name}" if path else str(name)


def _is_tag(shape: Any) -> bool:
    return shape.type_name == "structure" and {"key", "value"} == {name.lower() for name in shape.members}


def _has_key(value: Any) -> bool:
    return isinstance(value, Mapping) and "Key" in value


# -- back again -----


def shown(value: Any, shape: Any) -> Any:
    """Return an answer, or a part of one, with the names of its structures as CloudFormation writes them."""
    if shape.type_name == "structure" and isinstance(value, Mapping):
        return {
            capital(name): shown(inner, shape.members[name])
            for name, inner in value.items()
            if name in shape.members and inner is not None
        }
    if shape.type_name == "list" and isinstance(value, list):
        return [shown(one, shape.member) for one in value]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {key: shown(inner, shape.value) for key, inner in value.items()}
    return value


def capital(name: str) -> str:
    """Return *name* as CloudFormation writes it: with a capital."""
    return name[:1].upper() + name[1:]


def part(value: Any, shape: Any, path: str) -> tuple[Any, Any]:
    """Return what stands at *path* ("Table", "a.b", "" for all) of an answer, with its shape."""
    for name in path.split(".") if path else ():
        value, shape = value.get(name) or {}, shape.members[name]
        if shape.type_name == "list":
            value, shape = (value or [{}])[0], shape.member
    return value, shape


def document(text: Any) -> Any:
    """Return a policy or a definition as the value that it is; a text that is none as it is."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def as_tags(value: Any) -> list[dict[str, str]]:
    """Return tags of any service as CloudFormation's list, without those that AWS keeps for itself."""
    if isinstance(value, Mapping):
        pairs: Iterable[tuple[Any, Any]] = value.items()
    else:
        pairs = ((_either(one, "Key", "TagKey"), _either(one, "Value", "TagValue")) for one in value or ())
    found = {str(key): str(text or "") for key, text in pairs if not str(key).startswith("aws:")}
    return [{"Key": key, "Value": text} for key, text in sorted(found.items())]


def _either(tag: Mapping[str, Any], name: str, other: str) -> Any:
    return next(
        (tag[key] for key in (name, other, name.lower(), other[:1].lower() + other[1:]) if key in tag), ""
    )
