"""What became of a stack, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.stacks.kind import Properties
from harness.templates.model import Template


@dataclass(frozen=True, slots=True)
class Event:
    """A resource entered a status, as DescribeStackEvents tells it."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a stack could not be made: which resource, where it is declared, and what was said."""

    logical_id: str
    type: str
    reason: str
    at: str = ""

    def __str__(self) -> str:
        where = f"{self.at}: " if self.at else ""
        return f"{where}{self.logical_id} ({self.type}): {self.reason}"


@dataclass(frozen=True, slots=True)
class Placed:
    """One resource of a stack as it is there.

    `properties` are those that it was made with, tokens filled in; `declared` the template's own. `read` is
    what was read back, in CloudFormation's properties; `attributes` are GetAtt's. `kept_name` is the name
    that was chosen for it, where that is another than the template's since it was replaced.
    """

    logical_id: str
    type: str
    physical_id: str
    properties: Properties = field(hash=False)
    declared: Properties = field(hash=False, default_factory=dict)
    read: Properties = field(hash=False, default_factory=dict)
    attributes: Mapping[str, Any] = field(hash=False, default_factory=dict)
    status: str = "CREATE_COMPLETE"
    retained: bool = False
    depends_on: tuple[str, ...] = ()
    kept_name: str = ""
    generation: int = 0


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack after something was done with it. `left` is what could not be removed."""

    stack: str
    status: str
    resources: Mapping[str, Placed] = field(hash=False, default_factory=dict)
    outputs: Mapping[str, Any] = field(hash=False, default_factory=dict)
    events: tuple[Event, ...] = ()
    failure: Failure | None = None
    left: tuple[Placed, ...] = ()
    template: Template | None = None

    @property
    def ok(self) -> bool:
        """Whether it came to what was wanted."""
        return self.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "DELETE_COMPLETE")


@dataclass(frozen=True, slots=True)
class Change:
    """What an update would do with one resource, as DescribeChangeSet tells it."""

    action: Literal["Add", "Modify", "Remove"]
    logical_id: str
    physical_id: str
    type: str
    replacement: Literal["True", "False", "Conditional", ""] = ""
    properties: tuple[str, ...] = ()
