"""What is asked of all the policies that bear on a request, and what they answer together.

The shape of the answer is that of a request's authorization details on AWS: an effect for each type of policy
with the statements that matched, the effect of them all, and the sentence of an access denied message (IAM
user guide, "Troubleshoot access denied error messages").
"""

from dataclasses import dataclass
from enum import Enum

from harness.iam.policy import Policy


class Effect(Enum):
    """What policies say of a request. NOT_APPLICABLE: no policy of that type bears on it."""

    ALLOWED = "Allowed"
    IMPLICITLY_DENIED = "ImplicitlyDenied"
    EXPLICITLY_DENIED = "ExplicitlyDenied"
    NOT_APPLICABLE = "NotApplicable"


class PolicyType(Enum):
    """The types of policies, by the words of AWS's sentences."""

    IDENTITY = "identity-based policy"
    RESOURCE = "resource-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    SCP = "service control policy"
    RCP = "resource control policy"
    VPC_ENDPOINT = "VPC endpoint policy"


@dataclass(frozen=True, slots=True, eq=False)
class PolicySet:
    """Every policy that bears on the requests of one principal to one resource.

    None says that there is none of that type, which limits nothing; an empty tuple allows nothing. `scps` and
    `rcps` hold the policies of each level of the organisation, from its root to the account: one policy of
    every level must allow.
    """

    identity: tuple[Policy, ...] = ()
    resource: Policy | None = None
    boundary: tuple[Policy, ...] | None = None
    session: tuple[Policy, ...] | None = None
    scps: tuple[tuple[Policy, ...], ...] | None = None
    rcps: tuple[tuple[Policy, ...], ...] | None = None
    vpc_endpoint: tuple[Policy, ...] | None = None


@dataclass(frozen=True, slots=True)
class PolicyEffect:
    """What the policies of one type say. `statements`: those that matched, as `policy#Sid` or `policy#0`."""

    type: PolicyType
    effect: Effect
    statements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Authorization:
    """The answer: the effect of all policies together, AWS's sentence, and each type's part in it.

    `reason` begins where AWS's message does ("because no identity-based policy allows the sqs:SendMessage
    action"); `decided_by` are the types that decided.
    """

    effect: Effect
    reason: str
    by_type: tuple[PolicyEffect, ...] = ()
    decided_by: tuple[PolicyType, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the request may go on."""
        return self.effect is Effect.ALLOWED

    @property
    def statements(self) -> tuple[str, ...]:
        """The statements that matched, of every type."""
        return tuple(label for each in self.by_type for label in each.statements)
