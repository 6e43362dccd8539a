"""The shapes of the arguments of AWS calls, and the refusals of a value that does not have its shape.

A shape says what AWS's service model says of a member (a unit test holds `requests.SHAPES` to botocore's
copy of it). Two layers refuse: boto3 before it sends (unknown members, types: its words, "Parameter
validation failed"), and the service (missing members, lengths, choices, patterns: "1 validation error
detected: Value '0' at 'minCapacity' failed to satisfy constraint: ...").
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from harness.errors import RequestRefused

MOST_WHOLE = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Text:
    """A string; `choices` are the values of an enumeration."""

    least: int = 0
    most: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number of 32 bits."""

    least: int = -MOST_WHOLE - 1
    most: int = MOST_WHOLE


@dataclass(frozen=True, slots=True)
class Number:
    """A finite number."""


@dataclass(frozen=True, slots=True)
class Flag:
    """True or False."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time: seconds since 1970, an ISO 8601 text or a datetime; UTC where none is said."""


@dataclass(frozen=True, slots=True)
class Many:
    """A list of one shape."""

    each: "Shape"
    most: int | None = None


@dataclass(frozen=True, slots=True)
class Members:
    """A structure: its members by name, and those that must be there."""

    members: Mapping[str, "Shape"]
    required: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Anything:
    """A value that is not looked into."""


Shape = Text | Whole | Number | Flag | Moment | Many | Members | Anything

_PYTHON = {Text: "str", Whole: "int", Number: "float", Flag: "bool", Many: "list", Members: "dict"}


@dataclass(frozen=True, slots=True)
class _Broken:
    """A constraint that a value breaks: our path, AWS's path, the value as AWS shows it, the constraint."""

    path: str
    member: str
    value: str
    rule: str

    def __str__(self) -> str:
        return f"Value {self.value} at '{self.member}' failed to satisfy constraint: {self.rule}"


def check(arguments: Any, shape: Shape) -> None:
    """Return when *arguments* have the *shape*; raise RequestRefused with the words of boto3 or AWS."""
    _check_types(arguments, shape, "")
    broken = _constraints(arguments, shape, "", "")
    if broken:
        count = f"{len(broken)} validation error{'s' if len(broken) > 1 else ''} detected: "
        raise RequestRefused("ValidationException", count + "; ".join(map(str, broken)), broken[0].path)


def coerced(value: Any, shape: Shape) -> Any:
    """Return *value* with texts turned into the numbers and flags that *shape* asks for.

    Templates write numbers as text where a parameter is put in; CloudFormation and Terraform convert them.
    What does not convert stays as it is, for `check` to refuse.
    """
    if isinstance(shape, Members) and isinstance(value, Mapping):
        return {
            name: coerced(each, shape.members[name]) if name in shape.members else each
            for name, each in value.items()
        }
    if isinstance(shape, Many) and isinstance(value, list):
        return [coerced(each, shape.each) for each in value]
    if isinstance(shape, Text) and isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        return int(value) if isinstance(shape, Whole) and _is_whole_float(value) else value
    text = value.strip()
    if isinstance(shape, Flag):
        return {"true": True, "false": False}.get(text.lower(), value)
    if isinstance(shape, Whole):
        return int(text) if re.fullmatch(r"[+-]?\d{1,18}", text, re.ASCII) else value
    if isinstance(shape, Number):
        return (
            float(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text, re.ASCII) else value
        )
    return value


def epoch_of(value: Any) -> float:
    """Return a `Moment` as seconds since 1970; ValueError when it is none."""
    if isinstance(value, bool):
        raise ValueError("a flag is no moment")
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    raise ValueError(f"{value!r:.40} is no moment")


def _is_whole_float(value: object) -> bool:
    return isinstance(value, float) and value.is_integer() and abs(value) <= MOST_WHOLE


# -- types and unknown members: boto3's layer -----


def _check_types(value: Any, shape: Shape, path: str) -> None:
    if isinstance(shape, Anything):
        return
    if not _has_type(value, shape):
        _refuse_type(value, shape, path)
    if isinstance(shape, Members):
        _check_members(value, shape, path)
    elif isinstance(shape, Many):
        for index, each in enumerate(value):
            _check_types(each, shape.each, f"{path}[{index}]")


def _check_members(value: Mapping[str, Any], shape: Members, path: str) -> None:
    for name, each in value.items():
        if name not in shape.members:
            raise RequestRefused(
                "ParamValidation",
                f'Parameter validation failed: Unknown parameter in {path or "input"}: "{name}", must be one '
                f"of: {', '.join(shape.members)}",
                _under(path, name),
            )
        if each is not None:
            _check_types(each, shape.members[name], _under(path, name))


def _has_type(value: Any, shape: Shape) -> bool:
    if isinstance(shape, Text):
        return isinstance(value, str)
    if isinstance(shape, Flag):
        return isinstance(value, bool)
    if isinstance(shape, Members):
        return isinstance(value, Mapping)
    if isinstance(shape, Many):
        return isinstance(value, list | tuple)
    if isinstance(shape, Moment):
        return _is_moment(value)
    if isinstance(value, bool):
        return False
    return isinstance(value, int if isinstance(shape, Whole) else int | float)


def _is_moment(value: Any) -> bool:
    try:
        epoch_of(value)
    except (ValueError, OverflowError):
        return False
    return True


def _refuse_type(value: Any, shape: Shape, path: str) -> None:
    shown = " ".join(str(value).split())[:60]  # as boto3 does, without quotation marks
    if isinstance(shape, Moment):
        said = f"Invalid type for parameter {path}, value: {shown}, valid types: timestamp"
    else:
        said = (
            f"Invalid type for parameter {path or 'input'}, value: {shown}, type: {type(value)}, "
            f"valid types: <class '{_PYTHON[type(shape)]}'>"
        )
    raise RequestRefused("SerializationException", f"Parameter validation failed: {said}", path)


# -- constraints: the service's layer -----


def _constraints(value: Any, shape: Shape, path: str, member: str) -> list[_Broken]:
    if isinstance(shape, Members):
        return _broken_members(value, shape, path, member)
    if isinstance(shape, Many):
        return _broken_list(value, shape, path, member)
    if isinstance(shape, Text):
        rule = _broken_text(value, shape)
    elif isinstance(shape, Whole):
        rule = _broken_bounds(value, shape)
    elif isinstance(shape, Number) and not math.isfinite(value):
        rule = "Member must be a finite number"
    else:
        rule = ""
    return [_Broken(path, member, f"'{value}'", rule)] if rule else []


def _broken_members(value: Mapping[str, Any], shape: Members, path: str, member: str) -> list[_Broken]:
    broken = []
    for name, each in shape.members.items():
        given = value.get(name)
        where, called = _under(path, name), _under(member, name[:1].lower() + name[1:])
        if given is not None and not (name in shape.required and given == ""):
            broken += _constraints(given, each, where, called)
        elif name in shape.required:
            broken.append(_Broken(where, called, "null", "Member must not be null"))
    return broken


def _broken_list(value: Sequence[Any], shape: Many, path: str, member: str) -> list[_Broken]:
    broken = []
    if shape.most is not None and len(value) > shape.most:
        rule = f"Member must have length less than or equal to {shape.most}"
        broken.append(_Broken(path, member, f"'{list(value)!r:.60}'", rule))
    for index, each in enumerate(value):
        broken += _constraints(each, shape.each, f"{path}[{index}]", f"{member}.{index + 1}.member")
    return broken


def _broken_text(value: str, shape: Text) -> str:
    if shape.choices and value not in shape.choices:
        return f"Member must satisfy enum value set: [{', '.join(shape.choices)}]"
    if len(value) < shape.least:
        return f"Member must have length greater than or equal to {shape.least}"
    if shape.most is not None and len(value) > shape.most:
        return f"Member must have length less than or equal to {shape.most}"
    if shape.pattern and not re.fullmatch(shape.pattern, value):
        return f"Member must satisfy regular expression pattern: {shape.pattern}"
    return ""


def _broken_bounds(value: int, shape: Whole) -> str:
    if value < shape.least:
        return f"Member must have value greater than or equal to {shape.least}"
    if value > shape.most:
        return f"Member must have value less than or equal to {shape.most}"
    return ""


def _under(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
