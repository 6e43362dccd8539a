"""One stack as CloudFormation keeps it, and as its Describe and List calls show it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from harness.aws.stacks.submitted import Submitted
from harness.stacks import Change, Deployed, Event, Placed

TYPE = "AWS::CloudFormation::Stack"


@dataclass(frozen=True, slots=True)
class StackEvent:
    """An event with the moment and the id that CloudFormation gives it."""

    event: Event
    at: datetime
    identity: str


@dataclass(slots=True)
class ChangeSet:
    """A change set of a stack: what is submitted, and what would change."""

    name: str
    identity: str
    kind: str  # CREATE or UPDATE
    created_at: datetime
    submitted: Submitted | None
    capabilities: list[str]
    tags: list[dict[str, str]]
    role: str = ""
    description: str = ""
    status: str = "CREATE_COMPLETE"
    execution: str = "AVAILABLE"
    reason: str = ""
    changes: tuple[Change, ...] = ()


# Not frozen: its work goes on in a thread while calls look at it, and finds whole values there.
@dataclass(slots=True, eq=False)
class Stack:
    """One stack. `deployed` is what is there of it; `events` are in order, the newest last."""

    name: str
    identity: str
    created_at: datetime
    status: str
    submitted: Submitted | None = None
    status_reason: str = ""
    deployed: Deployed | None = None
    updated_at: datetime | None = None
    deleted_at: datetime | None = None
    capabilities: list[str] = field(default_factory=list)
    tags: list[dict[str, str]] = field(default_factory=list)
    role: str = ""
    topics: list[str] = field(default_factory=list)
    is_protected: bool = False
    disables_rollback: bool = False
    policy: str = ""
    events: list[StackEvent] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)
    placed: dict[str, tuple[Event, datetime]] = field(default_factory=dict)  # the latest of each resource

    @property
    def is_busy(self) -> bool:
        """Whether something is being done with it."""
        return self.status.endswith("_IN_PROGRESS") and self.status != "REVIEW_IN_PROGRESS"

    def enter(self, status: str, at: datetime, reason: str = "") -> Event:
        """Take the stack into *status*, and return the event of that."""
        self.status, self.status_reason = status, reason
        event = Event(self.name, self.identity, TYPE, status, reason)
        self.note(event, at)
        return event

    def note(self, event: Event, at: datetime) -> None:
        """Keep what happened to the stack or to one resource of it."""
        self.events.append(StackEvent(event, at, str(uuid4())))
        if event.type != TYPE:
            self.placed[event.logical_id] = (event, at)

    # -- as the API shows it -----

    def described(self) -> dict[str, Any]:
        """Return the stack as DescribeStacks tells it."""
        return {
            "StackId": self.identity,
            "StackName": self.name,
            "Description": self._description(),
            "Parameters": self.submitted.shown_parameters() if self.submitted else [],
            "CreationTime": self.created_at,
            "DeletionTime": self.deleted_at,
            "LastUpdatedTime": self.updated_at,
            "RollbackConfiguration": {},
            "StackStatus": self.status,
            "StackStatusReason": self.status_reason or None,
            "DisableRollback": self.disables_rollback,
            "NotificationARNs": self.topics,
            "Capabilities": self.capabilities or None,
            "Outputs": self.outputs(),
            "RoleARN": self.role or None,
            "Tags": self.tags,
            "EnableTerminationProtection": self.is_protected,
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        }

    def _description(self) -> Any:
        return self.submitted.declared.get("Description") if self.submitted else None

    def outputs(self) -> list[dict[str, Any]]:
        """Return the outputs, with the names of those that are exported."""
        if self.deployed is None or self.submitted is None:
            return []
        about = self.submitted.template.outputs
        return [
            {
                "OutputKey": name,
                "OutputValue": _text(value),
                "Description": _part(about.get(name), "Description"),
                "ExportName": self.export_name(name),
            }
            for name, value in self.deployed.outputs.items()
        ]

    def export_name(self, output: str) -> str | None:
        """Return the name under which *output* is exported, None where it is not."""
        about = self.submitted.template.outputs.get(output) if self.submitted else None
        export = _part(about, "Export")
        return str(export["Name"]) if isinstance(export, Mapping) and "Name" in export else None

    def summarized(self) -> dict[str, Any]:
        """Return the stack as ListStacks tells it."""
        return {
            "StackId": self.identity,
            "StackName": self.name,
            "TemplateDescription": self._description(),
            "CreationTime": self.created_at,
            "LastUpdatedTime": self.updated_at,
            "DeletionTime": self.deleted_at,
            "StackStatus": self.status,
            "StackStatusReason": self.status_reason or None,
            "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
        }

    def resources(self) -> list[dict[str, Any]]:
        """Return the resources as DescribeStackResources tells them, in the order of their making."""
        return [self._resource(event, at) for event, at in self.placed.values()]

    def _resource(self, event: Event, at: datetime) -> dict[str, Any]:
        return {
            "StackName": self.name,
            "StackId": self.identity,
            "LogicalResourceId": event.logical_id,
            "PhysicalResourceId": event.physical_id or None,
            "ResourceType": event.type,
            "Timestamp": at,
            "ResourceStatus": event.status,
            "ResourceStatusReason": event.reason or None,
            "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
        }

    def told_events(self) -> list[dict[str, Any]]:
        """Return the events as DescribeStackEvents tells them, the newest first."""
        return [
            {
                "StackId": self.identity,
                "EventId": each.identity,
                "StackName": self.name,
                "LogicalResourceId": each.event.logical_id,
                "PhysicalResourceId": each.event.physical_id,
                "ResourceType": each.event.type,
                "Timestamp": each.at,
                "ResourceStatus": each.event.status,
                "ResourceStatusReason": each.event.reason or None,
                "ResourceProperties": None,
            }
            for each in reversed(self.events)
        ]

    def placed_resource(self, logical_id: str) -> Placed | None:
        """Return a resource that is there, None where it is not."""
        return self.deployed.resources.get(logical_id) if self.deployed else None


def change_shown(change: Change) -> dict[str, Any]:
    """Return one change as DescribeChangeSet tells it."""
    details = [
        {
            "Target": {
                "Attribute": "Properties",
                "Name": name,
                "RequiresRecreation": "Always" if change.replacement == "True" else "Never",
            },
            "Evaluation": "Static",
            "ChangeSource": "DirectModification",
        }
        for name in change.properties
    ]
    about = {
        "Action": change.action,
        "LogicalResourceId": change.logical_id,
        "PhysicalResourceId": change.physical_id or None,
        "ResourceType": change.type,
        "Replacement": change.replacement or None,
        "Scope": ["Properties"] if details else [],
        "Details": details,
    }
    return {"Type": "Resource", "ResourceChange": about}


def _part(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, Mapping) else None


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(str(one) for one in value)
    return str(value).lower() if isinstance(value, bool) else str(value)
