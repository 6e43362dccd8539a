"""Values in a call's members, by paths as our tables write them.

`ResourceConfig.InstanceType` goes down, `Tags[].Key` through each entry of a list, `RequestItems()` over the
keys of a map. A name is looked for as it is written, then with its first letter small instead of big or big
instead of small: services of REST JSON begin theirs with a small one.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

Members = Mapping[str, Any]
_STEP = re.compile(r"([^.\[\]()]+)(\[\]|\(\))?")
# Models nest a handful of levels; what nests deeper was not made by one.
DEEPEST = 16


def values(members: Any, path: str) -> tuple[str, ...]:
    """Return the texts at *path*, in order and without repetition; lists at its end are gone through."""
    found = raw(members, path)
    return tuple(dict.fromkeys(text for each in found for text in _texts(each))) if found else ()


def has(members: Members, path: str) -> bool:
    """Return whether there is anything at *path* that is not empty."""
    return any(values(members, path)) or _is_given(members, path)


def raw(members: Any, path: str) -> list[Any]:
    """Return what stands at *path*, of any type."""
    found = [members]
    for name, other, how in _steps(path):
        found = [inner for each in found for inner in _step(each, name, other, how)]
        if not found:
            break
    return found


def walk(value: Any, past: frozenset[str], name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield every text in *value* with the name of the member that holds it; not what is inside *past*."""
    if depth > DEEPEST or name in past:
        return
    if isinstance(value, str):
        yield name, value
    elif isinstance(value, Mapping):
        for inner, each in value.items():
            yield from walk(each, past, str(inner), depth + 1)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from walk(each, past, name, depth + 1)


@lru_cache(maxsize=4096)
def _steps(path: str) -> tuple[tuple[str, str, str], ...]:
    """Return the names in *path*, each with the other way to begin it and what is done with its value."""
    return tuple((name, name[0].swapcase() + name[1:], how) for name, how in _STEP.findall(path))


def _step(value: Any, name: str, other: str, how: str) -> Iterator[Any]:
    if not isinstance(value, Mapping):
        return
    inner = value.get(name)
    if inner is None:
        inner = value.get(other)
    if inner is None:
        return
    if how == "[]":
        yield from inner if isinstance(inner, (list, tuple)) else ()
    elif how == "()":
        yield from inner if isinstance(inner, Mapping) else ()
    else:
        yield inner


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield "true" if value else "false"
    elif isinstance(value, str):
        yield value
    elif isinstance(value, (int, float)):
        yield str(value)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from _texts(each)


def _is_given(members: Members, path: str) -> bool:
    return any(isinstance(each, (Mapping, list, tuple)) and bool(each) for each in raw(members, path))
