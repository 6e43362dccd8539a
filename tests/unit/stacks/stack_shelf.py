"""Kinds that keep their resources in a dictionary: what the engine does is seen without a service."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.stacks import registry
from harness.stacks.kind import Kind, Made, Refused, Seen, Surroundings
from harness.templates.model import Resource, Template

TYPE, PICKY, LOST = "Test::Kept::Thing", "Test::Kept::Picky", "Test::Kept::Lost"


@dataclass
class Shelf:
    """Where things are kept: by name, with their properties; `calls` are those made, in order."""

    things: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    swallows: bool = False  # changes are taken and forgotten
    slow: dict[str, int] = field(default_factory=dict)  # looks until a thing is ready

    def make(self, _where: Surroundings, properties: Mapping[str, Any]) -> Made:
        name = str(properties["Name"])
        self.calls.append(f"make {name}")
        if properties.get("Bad"):
            raise Refused("Bad", "it cannot be")
        self.things[name] = properties
        return Made(name, {"Arn": f"arn:{name}"})

    def read(self, _where: Surroundings, name: str, _properties: Mapping[str, Any]) -> Seen | None:
        return Seen(self.things[name]) if name in self.things else None

    def remove(self, _where: Surroundings, name: str, properties: Mapping[str, Any]) -> None:
        self.calls.append(f"remove {name}")
        if properties.get("Stuck"):
            raise Refused("InUse", "it is in use")
        self.things.pop(name, None)

    def change(self, _where: Surroundings, name: str, _before: Any, after: Mapping[str, Any]) -> None:
        self.calls.append(f"change {name}")
        if after.get("Bad"):
            raise Refused("Bad", "it cannot be so")
        if not self.swallows:
            self.things[name] = after

    def ready(self, _where: Surroundings, name: str, _properties: Any) -> str | None:
        left = self.slow.get(name, 0)
        self.slow[name] = left - 1
        return None if left > 0 else "it fell over" if left < -90 else ""

    def lose(self, _where: Surroundings, properties: Mapping[str, Any]) -> Made:
        return Made(str(properties["Name"]))


@contextmanager
def shelf(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Let three types be kept on a shelf: one that changes in place, one that does not, one that is lost."""
    kept = Shelf()
    calls = {"read": kept.read, "remove": kept.remove, "ready": kept.ready}
    kinds = {
        TYPE: Kind(TYPE, "test", make=kept.make, change=kept.change, **calls),
        PICKY: Kind(PICKY, "test", make=kept.make, **calls),
        LOST: Kind(LOST, "test", make=kept.lose, **calls),
    }
    monkeypatch.setattr(registry, "kinds", lambda: kinds)
    yield kept


def where(pauses: list[float] | None = None) -> Surroundings:
    """Return surroundings without services, that only note how often somebody waits."""

    def pause(seconds: float) -> None:
        if pauses is not None:
            pauses.append(seconds)

    def clients(service: str) -> Any:
        raise AssertionError(f"nobody should ask {service}")

    return Surroundings(clients, "us-east-1", "123456789012", pause)


def thing(logical_id: str, *needs: str, type_: str = TYPE, name: str = "", **properties: Any) -> Resource:
    """Return a resource that depends on *needs*; without a *name* one is chosen for it."""
    chosen = {} if name else {"generated_name": "Name"}
    given = {"Name": name or f"stack-{logical_id}-DRAWN", **properties}
    return Resource(logical_id, type_, given, file="t.yaml", line=7, depends_on=needs, **chosen)


def template(*resources: Resource, outputs: Mapping[str, Any] | None = None) -> Template:
    return Template(
        "cloudformation", "t.yaml", "stack", {one.logical_id: one for one in resources}, outputs or {}
    )
