"""Who an access key stands for, and what its signatures are checked with."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from harness.iam import Principal

_NO_TAGS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class SessionPolicies:
    """What a session was limited to when it was made: policies in full, and the ARNs of managed ones."""

    documents: tuple[str, ...] = ()
    arns: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.documents or self.arns)


@dataclass(frozen=True, slots=True, eq=False)
class Caller:
    """Whoever signs with a key.

    `holder` is the user or role whose policies count: the principal itself, or the user that a federated
    session belongs to; None for an account's root, for services and for nobody, who have none. `kind` is the
    value of aws:PrincipalType. `issued_at` (model seconds) and `mfa` are those of temporary credentials,
    else None.
    """

    principal: Principal
    holder: Principal | None
    kind: str
    user_id: str = ""
    user_name: str = ""
    session: SessionPolicies = SessionPolicies()
    session_tags: Mapping[str, str] = field(default_factory=lambda: _NO_TAGS)
    issued_at: float | None = None
    mfa: bool | None = None
    source_identity: str = ""
    function_arn: str = ""  # the Lambda function whose code calls, with its role's credentials

    @property
    def role(self) -> str:
        """The ARN of the assumed role, "" for others."""
        return self.principal.role

    @property
    def name(self) -> str:
        """What messages and the journal call it: an ARN, a service, or `anonymous`."""
        return self.principal.name or self.principal.kind


# Not frozen: a key is made inactive and active again. Compared by identity.
@dataclass(slots=True, eq=False)
class Key:
    """One access key. `secret` is None where nobody told it: its signatures cannot be checked.

    `token` is that of temporary credentials, "" for a key of a user. `expires_at` is on the monotonic clock:
    no session ends early, or lasts longer, because the time of day was set.
    """

    access_key: str
    caller: Caller
    secret: str | None
    token: str = ""
    expires_at: float = math.inf
    active: bool = True
    # how its clients sign (signatures.py), by all of an Authorization header but the signature
    schemes: dict[bytes, Any] = field(default_factory=dict, repr=False)


ANONYMOUS = Caller(Principal("anonymous"), None, "Anonymous")
# What an unsigned call is judged as.
NOBODY = Key("", ANONYMOUS, None)


def root_of(account: str) -> Caller:
    """Return the root user of *account*, whom no identity policy limits."""
    principal = Principal("aws", f"arn:aws:iam::{account}:root", account)
    return Caller(principal, None, "Account", user_id=account)


def service_of(name: str) -> Caller:
    """Return the AWS service called *name*, such as `ec2.amazonaws.com`."""
    return Caller(Principal.service(name), None, "")
