"""What a policy is asked: who wants to do what with which resource, and what is known about the request."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Context = Mapping[str, tuple[str, ...]]  # condition keys in small letters: their names ignore case

_SESSION = re.compile(r"arn:[^:]+:sts::(\d{12}):assumed-role/([^/]+)(?:/.*)?")
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")
# An identity provider is named by its host (`accounts.google.com`) or by its ARN in the account; Amazon
# Cognito's host looks like a service (IAM user guide, "AWS JSON policy elements: Principal", OIDC federated
# principals).
COGNITO = "cognito-identity.amazonaws.com"
_PROVIDER = re.compile(
    r"arn:[^:]+:iam::\d{12}:(saml|oidc)-provider/.+|(?!arn:)[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/.*)?"
)
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: `service` with a name like `sns.amazonaws.com`, `aws` with an ARN, or `anonymous`.

    `federated` is somebody for whom an identity provider vouches, before any role is assumed: `name` is the
    provider. For an assumed role `name` is the session's ARN and `role` that of the role ("" where it is not
    known, for then it is told by the session's); for a federated user `role` is the ARN of the user who
    federated. `account` is the account that the principal belongs to, "" for services.
    """

    kind: str
    name: str = ""
    account: str = ""
    role: str = ""

    @classmethod
    def service(cls, name: str) -> "Principal":
        """Return the AWS service called *name*, such as `events.amazonaws.com`."""
        return cls("service", name)

    @classmethod
    def named(cls, name: str, *, account: str = "", role: str = "") -> "Principal":
        """Return who is called *name*: an ARN, a service, an identity provider, or nobody (`anonymous`)."""
        if name in ("", "*", "anonymous"):
            return cls("anonymous")
        if _SERVICE.fullmatch(name) and name != COGNITO:
            return cls.service(name)
        if _PROVIDER.fullmatch(name):
            return cls("federated", name)
        if _ACCOUNT.fullmatch(name):
            name = f"arn:aws:iam::{name}:root"
        parts = name.split(":")
        own = account or (parts[4] if len(parts) > 4 else "")
        is_role = len(parts) > 5 and parts[2] == "iam" and parts[5].startswith("role/")
        return cls("aws", name, own, role or (name if is_role else ""))

    @property
    def is_root(self) -> bool:
        """Whether it is an account's root user."""
        return _own_part(self.name) == "root"

    @property
    def is_session(self) -> bool:
        """Whether it is the session of an assumed role."""
        return _own_part(self.name).startswith("assumed-role/")

    @property
    def is_federated_user(self) -> bool:
        """Whether it is a session of GetFederationToken."""
        return _own_part(self.name).startswith("federated-user/")

    @property
    def is_service_linked(self) -> bool:
        """Whether it is a service-linked role: those lie under the path aws-service-role.

        The ARN of a session has no path; there the name tells ("Create a service-linked role").
        """
        if self.role:
            return _own_part(self.role).startswith("role/aws-service-role/")
        return _own_part(self.name).startswith("assumed-role/AWSServiceRoleFor")


def _own_part(arn: str) -> str:
    """Return what follows the fifth colon of *arn*; the path of a user or role may have colons of its own."""
    return arn.split(":", 5)[-1]


def role_of_session(arn: str) -> str:
    """Return `account/name` of the role whose session *arn* is, "" for any other ARN."""
    found = _SESSION.fullmatch(arn)
    return f"{found[1]}/{found[2]}" if found else ""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `context` holds every value of each condition key that the request carries.

    `resource_account` owns the resource; where it is empty it is that of the ARN, or else the principal's.
    """

    principal: Principal
    action: str
    resource: str
    context: Context = field(default_factory=lambda: MappingProxyType({}), hash=False)
    resource_account: str = ""

    @classmethod
    def of(
        cls,
        principal: Principal,
        action: str,
        resource: str,
        context: Mapping[str, str | Iterable[str]] | None = None,
        *,
        resource_account: str = "",
    ) -> "Request":
        """Return the request with *context* as it is written in documents: one value or several a key."""
        given = context or {}
        known = {
            key.lower(): (value,) if isinstance(value, str) else tuple(value) for key, value in given.items()
        }
        return cls(principal, action, resource, MappingProxyType(known), resource_account)
