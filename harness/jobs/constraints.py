"""What SageMaker's model says of arguments, and AWS's words for those that break it.

All services check a request against their model in the same words, which users quote: "2 validation errors
detected: Value 'x' at 'resourceConfig.instanceType' failed to satisfy constraint: ...".
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

Shape = Any  # botocore.model.Shape and its kin, or what has type_name, members, member, key, value, metadata


def violations(shape: Shape, given: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield (value, path, constraint) for each thing in *given* that breaks *shape*, in order."""
    kind = shape.type_name
    if kind == "structure" and isinstance(given, Mapping):
        yield from _structure(shape, given, path)
    elif kind == "list" and isinstance(given, list):
        yield from _size(shape, given, path)
        for number, each in enumerate(given, 1):
            yield from violations(shape.member, each, f"{path}.{number}.member")
    elif kind == "map" and isinstance(given, Mapping):
        yield from _size(shape, given, path)
        for each in given.values():
            yield from violations(shape.value, each, f"{path}.value")
    elif kind == "string" and isinstance(given, str):
        yield from _text(shape, given, path)
    elif kind in ("integer", "long", "float", "double") and isinstance(given, int | float):
        yield from _number(shape, given, path)


def sentence(found: list[tuple[str, str, str]]) -> str:
    """Return what a ValidationException says of *found*, which is not empty."""
    errors = "error" if len(found) == 1 else "errors"
    told = [f"Value {value} at '{path}' failed to satisfy constraint: {rule}" for value, path, rule in found]
    return f"{len(found)} validation {errors} detected: {'; '.join(told)}"


def _structure(shape: Shape, given: Mapping[str, Any], path: str) -> Iterator[tuple[str, str, str]]:
    for name, member in shape.members.items():
        here = f"{path}.{_small(name)}" if path else _small(name)
        if given.get(name) is not None:
            yield from violations(member, given[name], here)
        elif name in shape.required_members:
            yield "null", here, "Member must not be null"


def _size(shape: Shape, given: Any, path: str) -> Iterator[tuple[str, str, str]]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and len(given) < least:
        yield _shown(given), path, f"Member must have length greater than or equal to {least}"
    if most is not None and len(given) > most:
        yield _shown(given), path, f"Member must have length less than or equal to {most}"


def _text(shape: Shape, given: str, path: str) -> Iterator[tuple[str, str, str]]:
    yield from _size(shape, given, path)
    allowed, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
    if allowed and given not in allowed:
        yield _shown(given), path, f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    if pattern and not _compiled(pattern).fullmatch(given):
        yield _shown(given), path, f"Member must satisfy regular expression pattern: {pattern}"


def _number(shape: Shape, given: float, path: str) -> Iterator[tuple[str, str, str]]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and given < least:
        yield f"'{given}'", path, f"Member must have value greater than or equal to {least}"
    if most is not None and given > most:
        yield f"'{given}'", path, f"Member must have value less than or equal to {most}"


@lru_cache(maxsize=512)
def _compiled(pattern: str) -> "re.Pattern[str]":
    """Return the pattern; what Python cannot read of Java's is one that everything matches."""
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        return re.compile(".*", re.DOTALL)


def _shown(given: Any) -> str:
    return f"'{given}'"[:400]


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]
