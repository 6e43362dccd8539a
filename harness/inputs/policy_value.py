"""What a simulation is told about scaling, and what the readers of every file format hand over."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.scaling.alarms import Alarm
from harness.scaling.policies import Policy, ScalableTarget
from harness.scaling.schedule import ScheduledAction

LineOf = Callable[[str], int | None]
"""Returns the line of the path of a field inside a file, None where it is not known."""


@dataclass(frozen=True, slots=True)
class PolicySet:
    """One scalable target with everything that scales it.

    `endpoint` and `variant` are the two names in its resource id; for a Lambda alias function and alias.
    `instance_type` and `initial_count` are None where the file does not say them. `notes` say what was left
    out of the model; `instance_type_at` is how a message names the place of the instance type.
    """

    target: ScalableTarget
    policies: tuple[Policy, ...]
    alarms: tuple[Alarm, ...]
    scheduled_actions: tuple[ScheduledAction, ...]
    instance_type: str | None
    initial_count: int | None
    endpoint: str
    variant: str
    source: str = ""
    notes: tuple[str, ...] = ()
    instance_type_at: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """The arguments of one AWS call as a file declares them, their `path` in it, and their `name`."""

    arguments: Mapping[str, Any]
    path: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Instances:
    """The instances behind a variant, where a file tells of them; "" stands for any endpoint or variant.

    `path` is that of the instance type in the file, "" where it is not known.
    """

    endpoint: str
    variant: str
    instance_type: str | None
    count: int | None
    path: str = ""


@dataclass(slots=True)
class Declared:
    """Everything a file declares about scaling, in AWS's own arguments and not looked at yet."""

    source: str
    line_of: LineOf = lambda path: None
    field_name: Callable[[str], str] = lambda name: name
    """Turns a member's path in AWS's arguments into what the file calls it."""
    file_of: Callable[[str], str] | None = None
    """Returns the file of a path where several files were read."""
    converts_text: bool = True
    """Whether a number may be written as text, as CloudFormation and Terraform take it and boto3 does not."""
    targets: list[Entry] = field(default_factory=list)
    policies: list[Entry] = field(default_factory=list)
    alarms: list[Entry] = field(default_factory=list)
    scheduled_actions: list[Entry] = field(default_factory=list)
    instances: list[Instances] = field(default_factory=list)

    def at(self, path: str) -> str:
        """Return how a message names *path*: file, line where it is known, path."""
        line = self.line_of(path)
        file = self.file_of(path) if self.file_of else self.source
        return ", ".join(part for part in (file, f"line {line}" if line else "", path) if part)
