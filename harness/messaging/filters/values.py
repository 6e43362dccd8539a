"""What a message offers to a filter policy: the values of each property, by its name.

A name leads to a tuple, because an array offers every element (SNS guide, "String value matching": each
element of a `String.Array` is treated as a separate string).
"""

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeAlias

from harness.messaging.attributes import Attribute

Scalar: TypeAlias = str | Decimal | bool | None
Offered: TypeAlias = Mapping[str, tuple[Scalar, ...]]

# The types whose value is a JSON array: SNS guide, "Amazon SNS message attributes" and, for numbers,
# "Numeric value matching".
_ARRAYS = ("String.Array", "Number.Array")


def of_attributes(attributes: Mapping[str, Attribute]) -> Offered:
    """Return the values of *attributes*. Binary ones are ignored (SNS guide, "Filter policy constraints"),
    and so are those that SNS would not have let through: a Number that is none, an array that is none."""
    offered: dict[str, tuple[Scalar, ...]] = {}
    for name, attribute in attributes.items():
        values = _attribute_values(attribute)
        if values is not None:
            offered[name] = values
    return offered


def of_body(body: str) -> Offered | None:
    """Return the values of the JSON object *body*, None where it is not one.

    Names of nested properties are joined by dots, so that `{"a": {"b": 1}}` and `{"a.b": 1}` offer the same.
    AWS does not document that; it was recorded there (LocalStack, tests/aws/services/sns,
    test_filter_policy_on_message_body_dot_attribute).
    """
    document = read_json(body)
    return _flat(document) if isinstance(document, dict) else None


def read_json(text: str) -> Any:
    """Return the JSON value of *text* with numbers as Decimal; `...` where it is not JSON."""
    try:
        return json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return ...


def _no_constant(name: str) -> Any:
    # Python reads NaN and Infinity; JSON has neither.
    raise ValueError(name)


def _attribute_values(attribute: Attribute) -> tuple[Scalar, ...] | None:
    if isinstance(attribute.value, bytes):
        return None
    if attribute.data_type in _ARRAYS:
        array = read_json(attribute.value)
        if not isinstance(array, list):
            return None
        return tuple(each for each in array if not isinstance(each, list | dict))
    if attribute.data_type.split(".")[0] != "Number":
        return (attribute.value,)
    try:
        return (Decimal(attribute.value),)
    except InvalidOperation:
        return None


def _flat(document: dict[str, Any]) -> Offered:
    # An explicit stack: a body may be nested deeper than Python calls functions.
    offered: dict[str, list[Scalar]] = {}
    stack: list[tuple[str, Any]] = [("", document)]
    while stack:
        path, value = stack.pop()
        if isinstance(value, dict):
            stack.extend((f"{path}.{name}" if path else name, each) for name, each in value.items())
        elif isinstance(value, list):
            stack.extend((path, each) for each in value)
        else:
            offered.setdefault(path, []).append(value)
    return {path: tuple(values) for path, values in offered.items()}
