"""A page of a List call: filters, order and token, as all the lists of SageMaker's jobs have them.

API reference, ListTrainingJobs and its kin: MaxResults is 10 where none is given, and 100 at most.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

DEFAULT_PAGE = 10
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fields(Generic[T]):
    """What filters and orders look at of an item; the moments in seconds since 1970."""

    name: Callable[[T], str]
    status: Callable[[T], str]
    created: Callable[[T], float]
    modified: Callable[[T], float]


def page(items: Sequence[T], given: Mapping[str, Any], fields: Fields[T]) -> tuple[list[T], str | None]:
    """Return the items of the page that *given* asks for, and the token of the next one."""
    order = {"Name": fields.name, "Status": fields.status}.get(given.get("SortBy", ""), fields.created)
    found = [one for one in items if _matches(one, given, fields)]
    found.sort(key=order, reverse=given.get("SortOrder", "Descending") == "Descending")
    start, size = int(given.get("NextToken") or 0), int(given.get("MaxResults") or DEFAULT_PAGE)
    following = str(start + size) if start + size < len(found) else None
    return found[start : start + size], following


def _matches(one: T, given: Mapping[str, Any], fields: Fields[T]) -> bool:
    return (
        str(given.get("NameContains", "")).lower() in fields.name(one).lower()
        and given.get("StatusEquals", fields.status(one)) == fields.status(one)
        and _between(fields.created(one), given, "CreationTime")
        and _between(fields.modified(one), given, "LastModifiedTime")
    )


def _between(moment: float, given: Mapping[str, Any], name: str) -> bool:
    after, before = given.get(f"{name}After"), given.get(f"{name}Before")
    return (after is None or float(after) < moment) and (before is None or moment < float(before))
