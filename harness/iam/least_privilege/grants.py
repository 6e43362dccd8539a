"""What a role holds, statement by statement, with wildcards expanded into the actions that exist."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.iam.actions.catalogue import access_level, exists, expand, resource_types
from harness.iam.conditions import as_texts
from harness.iam.policy import Kind, MalformedPolicyError, parse

BOUNDARY, TRUST = "boundary", "trust"
WRITING = frozenset({"Write", "Permissions management", "Tagging"})
Document = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Grant:
    """One statement of a policy that limits or allows what a role does.

    `label` is `policy#Sid`, or `policy#0` without a Sid; `expanded` holds the actions of today that its
    action patterns name, `nothing` the patterns that name none: a name misspelt, or too new for the
    catalogue.
    """

    label: str
    policy: str
    kind: str
    allows: bool
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...]
    not_resource: bool
    condition: Mapping[str, Mapping[str, tuple[str, ...]]]
    expanded: frozenset[str]
    nothing: tuple[str, ...] = ()
    statement: Document = field(default_factory=dict, hash=False, compare=False)
    version: str = "2012-10-17"

    @property
    def limits(self) -> bool:
        """Whether it belongs to a permissions boundary, which grants nothing by itself."""
        return self.kind == BOUNDARY

    @property
    def alone(self) -> Document:
        """The statement as a policy of its own."""
        return {"Version": self.version, "Statement": [dict(self.statement)]}

    def may_name(self, action: str) -> bool:
        """Return whether *action*, as the catalogue writes it, may be one of its actions; quickly."""
        return action in self.expanded or not exists(action)

    @property
    def on_everything(self) -> bool:
        """Whether it names every resource."""
        return "*" in self.resources and not self.not_resource


def grants_of(policies: Sequence[Mapping[str, Any]]) -> tuple[tuple[Grant, ...], tuple[str, ...]]:
    """Return the statements of *policies* as `RolePolicies` holds them, and which of them nobody can read.

    The trust policy grants nothing. A document that AWS would not take, which an emulator may have kept, is
    told in AWS's words.
    """
    found: list[Grant] = []
    unreadable = []
    for each in sorted(policies, key=lambda each: (each["kind"], each["name"])):
        if each["kind"] != TRUST:
            try:
                found += statements_of(each["document"], each["name"], each["kind"], lenient=True)
            except MalformedPolicyError as error:
                unreadable.append(f"{each['name']}: {error.message}")
    return tuple(found), tuple(unreadable)


def statements_of(
    document: Document, policy: str = "", kind: str = "inline", *, lenient: bool = False
) -> tuple[Grant, ...]:
    """Return the statements of one *document*; raise MalformedPolicyError as AWS would.

    A *lenient* reading takes what AWS would object to for its form alone.
    """
    parse(document, Kind.IDENTITY, lenient=lenient)
    statements = as_list(document["Statement"])
    version = document.get("Version", "2008-10-17")
    return tuple(
        _grant(each, f"{policy}#{each.get('Sid') or number}", policy, kind, version)
        for number, each in enumerate(statements)
    )


def _grant(statement: Document, label: str, policy: str, kind: str, version: str) -> Grant:
    actions = texts(statement.get("Action", statement.get("NotAction", ())))
    named = {pattern: expand(pattern) for pattern in actions}
    expanded = frozenset[str]().union(*named.values())
    return Grant(
        label=label,
        policy=policy,
        kind=kind,
        allows=statement["Effect"] == "Allow",
        actions=actions,
        not_action="NotAction" in statement,
        resources=texts(statement.get("Resource", statement.get("NotResource", ()))),
        not_resource="NotResource" in statement,
        condition=condition_of(statement),
        expanded=expand("*") - expanded if "NotAction" in statement else expanded,
        nothing=tuple(pattern for pattern in actions if not named[pattern]),
        statement=statement,
        version=version,
    )


def condition_of(statement: Document) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Return the Condition of *statement*, its values as texts."""
    block = statement.get("Condition", {})
    return {
        operator: {key: as_texts(values) for key, values in keys.items()} for operator, keys in block.items()
    }


def as_list(value: Any) -> list[Any]:
    """Return *value*, one or several, as a list."""
    return list(value) if isinstance(value, list | tuple) else [value]


def texts(value: Any) -> tuple[str, ...]:
    """Return *value*, one text or several, as a tuple."""
    return tuple(as_list(value))


def granted_actions(grants: Iterable[Grant]) -> frozenset[str]:
    """Return the actions that *grants* allow on something.

    An action that a Deny takes away from every resource without a condition is not granted, nor is one that
    the boundary, where there is one, allows nowhere.
    """
    held = tuple(grants)
    allowed = _allowed(each for each in held if not each.limits)
    boundary = [each for each in held if each.limits]
    if boundary:
        allowed &= _allowed(boundary)
    for each in held:
        if not each.allows and each.on_everything and not each.condition:
            allowed -= each.expanded
    return allowed


def _allowed(grants: Iterable[Grant]) -> frozenset[str]:
    return frozenset[str]().union(*(each.expanded for each in grants if each.allows))


def takes_resource(action: str) -> bool:
    """Return whether *action* can be limited to resources; one that nobody knows is taken to be."""
    return bool(resource_types(action)) or not exists(action)


def writes(action: str) -> bool:
    """Return whether *action* changes something: what it writes, permissions or tags."""
    return access_level(action) in WRITING
