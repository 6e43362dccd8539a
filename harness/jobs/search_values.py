"""Finding a property in a resource as its Describe call shows it, by the dotted names that Search takes.

API reference, Filter: "Metrics.<name>", "HyperParameters.<name>" and "Tags.<key>" beside the members of
SearchRecord. Moments are epoch seconds in such a resource, as in every answer of SageMaker.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from harness.jobs.unacceptable import Unacceptable

Resource = Mapping[str, Any]


class Kind(StrEnum):
    """What a property is. FREE: the values of a map, numbers where they read as such, else texts."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    TIMESTAMP = "timestamp"
    FREE = "free"
    STRUCTURE = "structure"


# The properties of one kind of resource: dotted name -> kind. A map has the name "HyperParameters.*".
Schema = Mapping[str, Kind]

# Lists of named things that Search takes for maps: member -> (its key, where its value is, "" for all of it).
_NAMED = {"Tags": ("Key", "Value"), "FinalMetricDataList": ("MetricName", "Value")}
_METRICS = "Metrics"


def kind_of(name: str, schema: Schema) -> Kind:
    """Return what *name* is; raise Unacceptable where the resource has no such property."""
    if name in schema:
        return schema[name]
    head = name.partition(".")[0]
    if head == _METRICS and name != head:
        return Kind.NUMBER
    if head == "Tags" and name != head:
        return Kind.TEXT
    longest = name
    while "." in longest:
        longest = longest.rpartition(".")[0]
        if f"{longest}.*" in schema:
            return schema[f"{longest}.*"]
    raise Unacceptable(f"Unknown property name: {name}")


def values(resource: Resource, name: str) -> list[Any]:
    """Return every value that *resource* has at *name*: none, one, or one for each member of a list."""
    head, _, rest = name.partition(".")
    if head == _METRICS and rest and "FinalMetricDataList" in resource:
        return list(_find(resource["FinalMetricDataList"], rest.split("."), "FinalMetricDataList"))
    return list(_find(resource, name.split("."), ""))


def _find(held: Any, path: list[str], member: str) -> Iterator[Any]:
    if held is None:
        return
    if not path:
        yield from _leaves(held)
    elif isinstance(held, list):
        if member in (*_NAMED, _METRICS):
            yield from _named(held, path, member)
        else:
            for each in held:
                yield from _find(each, path, member)
    elif isinstance(held, Mapping):
        # The keys of maps, hyperparameters say, may have dots themselves: the longest that there is.
        for length in range(len(path), 0, -1):
            key = ".".join(path[:length])
            if key in held:
                yield from _find(held[key], path[length:], key)
                return


def _named(held: list[Any], path: list[str], member: str) -> Iterator[Any]:
    key, value = _NAMED.get(member, ("MetricName", ""))
    for each in held:
        name = str(each.get(key))
        if value:
            if name == ".".join(path):
                yield each.get(value)
        elif path[0] == name:  # a metric of a trial component: Metrics.<name>.<statistic>, its last otherwise
            yield each.get(path[1] if len(path) > 1 else "Last")


def _leaves(held: Any) -> Iterator[Any]:
    if isinstance(held, list):
        for each in held:
            yield from _leaves(each)
    elif isinstance(held, Mapping):
        # A parameter of a trial component is a structure of one member.
        single = [held[name] for name in ("NumberValue", "StringValue") if name in held]
        yield single[0] if single else held
    else:
        yield held


def moment(text: str) -> float:
    """Return epoch seconds of an ISO 8601 moment, UTC where it names no zone; raise Unacceptable."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unacceptable(
            f"Invalid date-time value: {text}. Use the format YYYY-mm-dd'T'HH:MM:SS."
        ) from error
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def number(value: Any) -> float | None:
    """Return *value* as a number, None where it reads as none."""
    if isinstance(value, bool):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
