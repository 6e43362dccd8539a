"""May they? Every policy that bears on a request, weighed as AWS weighs them.

IAM user guide, "Policy evaluation logic", "Policy evaluation for requests within a single account" and
"Cross-account policy evaluation logic".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness.iam import sentences
from harness.iam.authorization import Authorization, Effect, PolicyEffect, PolicySet, PolicyType
from harness.iam.policy import Policy
from harness.iam.principals import Grant
from harness.iam.request import Principal, Request
from harness.iam.special import (
    BUCKET_POLICY_ACTIONS,
    GATEWAY_ENDPOINT_SERVICES,
    Rule,
    limits_resource,
    must_agree,
    owner,
    ruled,
)

ALLOWED, IMPLICIT = Effect.ALLOWED, Effect.IMPLICITLY_DENIED
EXPLICIT, NOT_APPLICABLE = Effect.EXPLICITLY_DENIED, Effect.NOT_APPLICABLE


@dataclass(frozen=True, slots=True)
class Said:
    """What the policies of one type say; `grant`: how those that allow name the principal."""

    effect: Effect
    statements: tuple[str, ...] = ()
    grant: Grant = Grant.NONE

    @property
    def passes(self) -> bool:
        """Whether it stands in nobody's way."""
        return self.effect is ALLOWED or self.effect is NOT_APPLICABLE


SILENT = Said(NOT_APPLICABLE)
UNMET = Said(IMPLICIT)


@dataclass(frozen=True, slots=True)
class Weighed:
    """What each type of policy says of one request, in the order in which a denial is told."""

    rcp: Said
    scp: Said
    vpc_endpoint: Said
    resource: Said
    identity: Said
    boundary: Said
    session: Said

    @property
    def by_type(self) -> tuple[tuple[PolicyType, Said], ...]:
        """The types with what they say."""
        return (
            (PolicyType.RCP, self.rcp),
            (PolicyType.SCP, self.scp),
            (PolicyType.VPC_ENDPOINT, self.vpc_endpoint),
            (PolicyType.RESOURCE, self.resource),
            (PolicyType.IDENTITY, self.identity),
            (PolicyType.BOUNDARY, self.boundary),
            (PolicyType.SESSION, self.session),
        )


def authorize(policies: PolicySet, request: Request) -> Authorization:
    """Return whether *policies* let *request* through, what each type of them says, and AWS's sentence."""
    action = request.action.lower()
    rule = ruled(request, action)
    if rule is Rule.FREE and policies.vpc_endpoint is None:
        return Authorization(ALLOWED, rule.value)
    if rule is not None and rule is not Rule.FREE:
        return Authorization(IMPLICIT, rule.value)
    weighed = _weigh(policies, request, action)
    if rule is Rule.FREE:
        return _free(weighed, request)
    denying = tuple(kind for kind, said in weighed.by_type if said.effect is EXPLICIT)
    if denying:
        return _told(EXPLICIT, sentences.denied(denying[0], request), weighed, denying)
    lacking = _lacking(weighed, request, needs_resource=must_agree(request, action))
    if lacking:
        return _told(IMPLICIT, sentences.not_allowed(lacking[0], request), weighed, lacking)
    granting = _granting(weighed)
    return _told(ALLOWED, sentences.allowed(granting, request), weighed, granting)


def context_keys(policies: PolicySet, action: str) -> tuple[str, ...]:
    """Return the context keys on which a verdict on *action* depends, in small letters and in order."""
    every = (
        *policies.identity,
        *(policies.boundary or ()),
        *(policies.session or ()),
        *(policies.vpc_endpoint or ()),
        *((policies.resource,) if policies.resource else ()),
        *(policy for level in (*(policies.scps or ()), *(policies.rcps or ())) for policy in level),
    )
    found = (statement.context_keys for policy in every for statement in policy.about(action))
    return tuple(sorted(frozenset[str]().union(*found)))


def _free(weighed: Weighed, request: Request) -> Authorization:
    """Return the answer to a call that needs no permission, but meets the policy of a VPC endpoint."""
    said = weighed.vpc_endpoint
    if said.effect is EXPLICIT:
        reason = sentences.denied(PolicyType.VPC_ENDPOINT, request)
        return _told(EXPLICIT, reason, weighed, (PolicyType.VPC_ENDPOINT,))
    if not said.passes:
        reason = sentences.not_allowed(PolicyType.VPC_ENDPOINT, request)
        return _told(IMPLICIT, reason, weighed, (PolicyType.VPC_ENDPOINT,))
    return _told(ALLOWED, Rule.FREE.value, weighed, ())


def _weigh(policies: PolicySet, request: Request, action: str) -> Weighed:
    """Return what each type says. Identity policies, boundaries and SCPs bind users and roles only.

    "SCPs affect only IAM users and roles" and "users and roles, including the root user"; "SCPs do not affect
    any service-linked role" (AWS Organizations user guide, "Service control policies").
    """
    who = request.principal
    is_entity = who.kind == "aws" and not who.is_root
    bounded = is_entity and policies.boundary is not None
    session = policies.session
    if session is None and who.is_federated_user:
        # "If you do not pass any session policies, then the resulting federated user session has no
        # permissions" (AWS STS API reference, GetFederationToken).
        session = ()
    return Weighed(
        rcp=_levels(policies.rcps, request) if limits_resource(action, who) else SILENT,
        scp=_levels(policies.scps, request) if who.kind == "aws" and not who.is_service_linked else SILENT,
        vpc_endpoint=_at_endpoint(policies.vpc_endpoint, request, action),
        resource=_at_resource(policies.resource, request, action, bounded),
        identity=_ask(policies.identity, request) if is_entity else SILENT,
        boundary=_ask(policies.boundary, request) if bounded and policies.boundary is not None else SILENT,
        session=_ask(session, request) if session is not None and who.kind == "aws" else SILENT,
    )


def _ask(policies: Sequence[Policy], request: Request, bounded: bool = False) -> Said:
    """Return what *policies* say together: a Deny wins over every Allow."""
    who, action = request.principal, request.action
    allowing: list[str] = []
    denying: list[str] = []
    best = Grant.NONE
    for policy in policies:
        for statement in policy.about(action):
            grant = statement.grant(who, bounded)
            if grant is Grant.NONE or not statement.bears_on(request):
                continue
            if statement.allows:
                allowing.append(statement.name)
                best = grant if grant > best else best
            else:
                denying.append(statement.name)
    if denying:
        return Said(EXPLICIT, tuple(denying))
    return Said(ALLOWED, tuple(allowing), best) if allowing else UNMET


def _levels(levels: Sequence[Sequence[Policy]] | None, request: Request) -> Said:
    """Return what the policies of an organisation say: one of every level must allow, none may deny."""
    if levels is None:
        return SILENT
    said = [_ask(level, request) for level in levels]
    denying = [label for each in said if each.effect is EXPLICIT for label in each.statements]
    if denying:
        return Said(EXPLICIT, tuple(denying))
    if all(each.effect is ALLOWED for each in said):
        return Said(ALLOWED, tuple(label for each in said for label in each.statements))
    return UNMET


def _at_endpoint(policies: Sequence[Policy] | None, request: Request, action: str) -> Said:
    if policies is None:
        return SILENT
    said = _ask(policies, request)
    by_account = said.effect is ALLOWED and said.grant is Grant.ACCOUNT
    return UNMET if by_account and action.partition(":")[0] in GATEWAY_ENDPOINT_SERVICES else said


def _at_resource(policy: Policy | None, request: Request, action: str, bounded: bool) -> Said:
    if policy is None:
        return UNMET if must_agree(request, action) else SILENT
    said = _ask((policy,), request, bounded)
    spared = said.effect is EXPLICIT and action in BUCKET_POLICY_ACTIONS and _owns(request.principal, request)
    return UNMET if spared else said


def _owns(who: Principal, request: Request) -> bool:
    return who.is_root and owner(request) == who.account


def _lacking(weighed: Weighed, request: Request, *, needs_resource: bool) -> tuple[PolicyType, ...]:
    """Return the types whose Allow is missing, none where the request may go on."""
    limits = (
        (PolicyType.RCP, weighed.rcp),
        (PolicyType.SCP, weighed.scp),
        (PolicyType.VPC_ENDPOINT, weighed.vpc_endpoint),
    )
    missing = [kind for kind, said in limits if not said.passes]
    return tuple(missing or _ungranted(weighed, request, needs_resource))


def _ungranted(weighed: Weighed, request: Request, needs_resource: bool) -> list[PolicyType]:
    """Return what lacks of a grant, by who asks and where.

    In the account itself either side may grant; across accounts both must. How a resource's policy names the
    principal decides what still limits it: "Permissions granted directly to a session are not limited by an
    implicit deny in an identity-based policy, a permissions boundary, or session policy", and the same holds
    for the ARN of a user; those of a role's ARN are limited by boundary and session policy; an account's ARN
    only delegates to the account ("Policy evaluation logic", resource-based policies).
    """
    who, grant = request.principal, weighed.resource.grant
    if who.kind != "aws":
        # Neither a service nor somebody unknown has policies of its own.
        return [] if grant is not Grant.NONE else [PolicyType.RESOURCE]
    own = [
        kind
        for kind, said in (
            (PolicyType.IDENTITY, weighed.identity),
            (PolicyType.BOUNDARY, weighed.boundary),
            (PolicyType.SESSION, weighed.session),
        )
        if not said.passes
    ]
    if owner(request) != who.account:
        return own + ([PolicyType.RESOURCE] if grant is Grant.NONE else [])
    if grant is Grant.DIRECT:
        return []
    if grant is Grant.ROLE:
        return [kind for kind in own if kind is not PolicyType.IDENTITY]
    if needs_resource and grant is Grant.NONE:
        return [PolicyType.RESOURCE, *own]
    return own


def _granting(weighed: Weighed) -> tuple[PolicyType, ...]:
    """Return whose Allow let the request through: identity's, the resource's, or both."""
    sides = ((PolicyType.IDENTITY, weighed.identity), (PolicyType.RESOURCE, weighed.resource))
    return tuple(kind for kind, said in sides if said.effect is ALLOWED)


def _told(effect: Effect, reason: str, weighed: Weighed, decided_by: tuple[PolicyType, ...]) -> Authorization:
    said = tuple(PolicyEffect(kind, each.effect, each.statements) for kind, each in weighed.by_type)
    return Authorization(effect, reason, said, decided_by)
