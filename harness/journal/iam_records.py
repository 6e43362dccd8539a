"""Who was allowed what, and what roles and resources hold: what least privilege is judged by.

`principal` is an ARN (of an assumed role's session, a user, an account's root), a service's name or
`anonymous`; `role` is the ARN of the assumed role, empty for others. `action` is IAM's (`sqs:SendMessage`),
`call` the API call that needed it (`sqs:SendMessageBatch`): one call may need several actions. A delivery of
a service is a call of its own, under the service's name, with aws:SourceArn and aws:SourceAccount in its
context.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class PermissionUsed:
    """The first time that *principal* needed *action* on *resource* with this verdict and *context*.

    `verdict` is Allowed, ImplicitlyDenied or ExplicitlyDenied, or NotCovered where nobody knows which action
    the call needs. `enforced`: a denied call was refused. `statements` name what decided (`policy#Sid`,
    `policy#0` without a Sid). `context` has the condition keys that the call brought, in small letters.
    """

    at: float
    principal: str
    role: str
    call: str
    action: str
    resource: str
    verdict: str
    enforced: bool = True
    reason: str = ""
    statements: list[str] = field(default_factory=list)
    context: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PermissionTotal:
    """How often a use that `PermissionUsed` told came in the end: `calls` of them, the last at `last_at`.

    Its fields but for the counts are those of the use. A run that was killed has none: each use is one call.
    """

    at: float
    principal: str
    role: str
    call: str
    action: str
    resource: str
    verdict: str
    calls: int
    last_at: float
    context: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RolePolicies:
    """What a role holds when the run ends: each policy `{"name", "kind", "document"}`.

    `kind` is `inline`, `managed` (AWS's or the account's own; `name` is then its ARN), `boundary` or `trust`.
    """

    at: float
    role: str
    policies: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class ResourcePolicy:
    """What the policy of a queue, topic or function (an ARN) says from `at` on.

    `policy` is its document, empty where there is none. Recorded of those that services deliver to, when it
    is read and when it changes: the last one counts.
    """

    at: float
    resource: str
    policy: dict[str, Any]
