"""Roles and managed policies as a scenario declares them, checked when they are built."""

import re
from dataclasses import dataclass
from typing import Any

from harness.errors import ScenarioError
from harness.iam import Kind
from harness.scenario.permission_names import AWS_POLICIES, check_aws_policy, check_principal
from harness.scenario.permissions import Statement, allow, check_statements

# IAM API reference, CreateRole and CreatePolicy: 64 and 128 of these.
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
ROLE_NAME_CHARACTERS, POLICY_NAME_CHARACTERS = 64, 128
_POLICY_ARN = re.compile(r"arn:aws[a-z-]*:iam::(aws|\d{12}):policy/\S+")


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A policy of the account's own that roles may share, or have for a boundary."""

    name: str
    statements: tuple[Statement, ...]

    def __post_init__(self) -> None:
        who = f"ManagedPolicy {self.name!r}"
        _check_name(who, self.name, POLICY_NAME_CHARACTERS)
        object.__setattr__(self, "statements", _statements(f"{who}: statements", self.statements))
        if not self.statements:
            raise ScenarioError(f"{who}: statements is empty; IAM takes no policy without one")
        check_statements(who, self.statements)

    def arn(self, region: str, account: str) -> str:
        """Return its ARN in *account*."""
        return f"arn:aws:iam::{account}:policy/{self.name}"


@dataclass(frozen=True, slots=True)
class Role:
    """An IAM role that *service* (a name or several) may assume, with one inline policy of *statements*.

    `managed` are policies attached to it and `boundary` limits them all: a `ManagedPolicy`, or the ARN of
    one of AWS's own. `trust` are statements beside the one for *service*, as
    `allow("sts:AssumeRole", by=another_role)`.
    """

    name: str
    service: str | tuple[str, ...] = "sagemaker.amazonaws.com"
    statements: tuple[Statement, ...] = ()
    managed: tuple[str | ManagedPolicy, ...] = ()
    boundary: str | ManagedPolicy | None = None
    trust: tuple[Statement, ...] = ()

    def __post_init__(self) -> None:
        who = f"Role {self.name!r}"
        _check_name(who, self.name, ROLE_NAME_CHARACTERS)
        for field in ("statements", "trust"):
            object.__setattr__(self, field, _statements(f"{who}: {field}", getattr(self, field)))
        managed = (self.managed,) if isinstance(self.managed, str | ManagedPolicy) else tuple(self.managed)
        object.__setattr__(self, "managed", managed)
        for policy in managed:
            _check_policy(who, policy)
        if self.boundary is not None:
            _check_policy(who, self.boundary)
        for service in self.services:
            check_principal(f"{who}: service", service)
        check_statements(who, self.statements)
        if not self.trusted:
            raise ScenarioError(f"{who}: nobody may assume it; name a service, or give trust")
        check_statements(f"{who}: trust", self.trusted, Kind.TRUST)

    @property
    def services(self) -> tuple[str, ...]:
        """The services that may assume it."""
        return tuple(filter(None, (self.service,) if isinstance(self.service, str) else self.service))

    @property
    def trusted(self) -> tuple[Statement, ...]:
        """The statements of its trust policy."""
        by_services = (allow("sts:AssumeRole", by=self.services),) if self.services else ()
        return (*by_services, *self.trust)

    @property
    def policies(self) -> tuple[ManagedPolicy, ...]:
        """The policies of the account's own that it needs: attached, or its boundary."""
        return tuple(one for one in (*self.managed, self.boundary) if isinstance(one, ManagedPolicy))

    def arn(self, region: str, account: str) -> str:
        """Return its ARN in *account*."""
        return f"arn:aws:iam::{account}:role/{self.name}"


def _statements(what: str, given: Any) -> tuple[Statement, ...]:
    """Return *given*, one statement or several, as several; raise ScenarioError for what is none."""
    found = (given,) if isinstance(given, Statement) else tuple(given)
    for one in found:
        if not isinstance(one, Statement):
            raise ScenarioError(f"{what} has {one!r}; give statements as allow('s3:GetObject', on=bucket)")
    return found


def _check_policy(who: str, policy: Any) -> None:
    if isinstance(policy, ManagedPolicy):
        return
    if not isinstance(policy, str) or not _POLICY_ARN.fullmatch(policy):
        raise ScenarioError(
            f"{who}: {policy!r} is no ARN of a managed policy; write it as "
            "arn:aws:iam::aws:policy/NAME, or declare a ManagedPolicy"
        )
    if policy.startswith(AWS_POLICIES):
        check_aws_policy(who, policy)


def _check_name(who: str, name: str, most: int) -> None:
    if not _NAME.fullmatch(name) or len(name) > most:
        raise ScenarioError(f"{who}: a name has 1 to {most} letters, digits and characters of +=,.@_-")
