"""One resource made or removed by itself, for programs that make theirs one by one."""

from collections.abc import Mapping
from typing import Any

from harness.stacks.kind import Refused, Surroundings
from harness.stacks.outcome import Placed
from harness.stacks.registry import kind_of, why_not
from harness.stacks.working import Failed, Work
from harness.templates.model import Resource, Template
from harness.templates.references import chosen_name, namings


def make_one(type_: str, properties: Mapping[str, Any], where: Surroundings, name: str) -> Placed:
    """Make one resource, wait for it, read it back and return it; *name* is its logical id.

    Raises Refused where it is refused, or where its type is not made here.
    """
    if reason := why_not(type_):
        raise Refused("ValidationError", f"{type_} is not made here: {reason}")
    given = dict(properties)
    naming = namings().get(type_)
    if naming and naming.name and naming.name not in given:
        fifo = str(given.get(naming.fifo, "")).lower() == "true" if naming.fifo else False
        given[naming.name] = chosen_name(type_, name, fifo, "stack") or name
    work = Work(Template("live", "", "stack", {}), where, lambda _event: None, {})
    try:
        work.make(Resource(name, type_, given))
        work.settle(name)
    except Failed as failed:
        raise Refused("CreateFailed", failed.failure.reason) from failed
    return work.placed[name]


def delete_one(placed: Placed, where: Surroundings) -> bool:
    """Remove what `make_one` made; return whether it is gone."""
    if kind_of(placed.type) is None:
        return False
    return Work(Template("live", "", "stack", {}), where, lambda _event: None, {}).remove(placed)
