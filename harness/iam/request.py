"""What a policy is asked: who wants to do what with which resource, and what is known about the request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

Context = Mapping[str, tuple[str, ...]]  # condition keys in small letters: their names ignore case


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks: `service` with a name like `sns.amazonaws.com`, `aws` with an ARN, or `anonymous`.

    For an assumed role `name` is the session's ARN and `role` that of the role; `account` is the account that
    the principal belongs to, "" for services.
    """

    kind: str
    name: str = ""
    account: str = ""
    role: str = ""

    @classmethod
    def service(cls, name: str) -> "Principal":
        """Return the AWS service called *name*, such as `events.amazonaws.com`."""
        return cls("service", name)


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
