"""The JSONPath expressions that batch transform takes for its filters.

Developer guide, "Associate prediction results with input records", Supported JSONPath operators: `$`,
`.name`, `['name']`, `[index]`, `[index,index]`, `[start:end]`. There are no wildcards, filters or functions.
"""

import re
from typing import Any

from harness.jobs.unacceptable import Unacceptable

_STEP = re.compile(
    r"\.(?P<name>[A-Za-z_][A-Za-z0-9_-]*)"
    r"|\['(?P<quoted>[^']+)'\]"
    r"|\[(?P<start>-?\d*):(?P<end>-?\d*)\]"
    r"|\[(?P<indexes>-?\d+(?:\s*,\s*-?\d+)*)\]"
)


def select(value: Any, path: str) -> Any:
    """Return the part of *value* that *path* names; raise Unacceptable for another path, or no such part."""
    if not path.startswith("$"):
        raise Unacceptable(f"JSONPath {path!r} does not begin with $.")
    position = 1
    while position < len(path):
        step = _STEP.match(path, position)
        if step is None:
            raise Unacceptable(f"JSONPath {path!r} is not supported from {path[position:]!r} on.")
        try:
            value = _take(value, step)
        except (KeyError, IndexError, TypeError) as error:
            raise Unacceptable(f"JSONPath {path!r}: a record has no {step.group()!r}.") from error
        position = step.end()
    return value


def _take(value: Any, step: re.Match[str]) -> Any:
    name = step["name"] or step["quoted"]
    if name is not None:
        return value[name]
    if step["indexes"] is not None:
        indexes = [int(each) for each in step["indexes"].split(",")]
        return value[indexes[0]] if len(indexes) == 1 else [value[each] for each in indexes]
    start, end = (int(each) if each else None for each in (step["start"], step["end"]))
    return value[start:end]
