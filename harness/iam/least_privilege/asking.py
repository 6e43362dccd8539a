"""Would these policies let this recorded use through? Asked of the one evaluator that answers everybody."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from harness.iam.authorization import PolicySet
from harness.iam.authorize import authorize
from harness.iam.least_privilege.uses import Use
from harness.iam.policy import Kind, Policy, parse
from harness.iam.request import Principal, Request


def compiled(documents: Iterable[Mapping[str, Any]]) -> tuple[Policy, ...]:
    """Return *documents* as an identity's policies; raise MalformedPolicyError as AWS would."""
    return tuple(parse(each, Kind.IDENTITY, lenient=True) for each in documents)


def request_of(identity: str, use: Use) -> Request:
    """Return the request that *use* was, made by *identity*: the ARN of a role, or of a user."""
    principal = use.by[0].principal if use.by else identity
    role = identity if ":role/" in identity else ""
    return Request.of(Principal.named(principal, role=role), use.action, use.resource, use.context)


def passes(policies: tuple[Policy, ...], request: Request) -> bool:
    """Return whether *policies* alone, as the caller's own, let *request* through.

    AWS asks a role's trust policy and a key's policy even within an account, and the resource's policy from
    another account: that policy is taken to leave it to the caller's account, whose policies then decide (IAM
    user guide, "Cross-account policy evaluation logic"; KMS guide, "Default key policy").
    """
    resource = _leaves_to(request.principal.account, request.action.lower().startswith("sts:"))
    return authorize(PolicySet(identity=policies, resource=resource), request).allowed


def compiled_at_resource(documents: Iterable[Mapping[str, Any]]) -> tuple[Policy, ...]:
    """Return *documents* as policies of one resource; raise MalformedPolicyError as AWS would.

    Those without a Resource in any statement are a role's trust policy.
    """
    return tuple(
        parse(each, Kind.RESOURCE if names_resources(each) else Kind.TRUST, lenient=True)
        for each in documents
    )


def names_resources(document: Mapping[str, Any]) -> bool:
    """Return whether any statement of *document* names what it is about: no trust policy does."""
    statements = document["Statement"]
    given = [statements] if isinstance(statements, Mapping) else statements
    return any("Resource" in each or "NotResource" in each for each in given)


def let_in(policies: tuple[Policy, ...], request: Request) -> bool:
    """Return whether *policies*, together that of one resource, let *request* through.

    Its principal has a policy of its own that allows everything where it is of another account, for then both
    must agree; else it has none, so that only the resource's counts.
    """
    together = Policy(tuple(statement for each in policies for statement in each.statements))
    owner = request.resource.split(":")[4]
    foreign = request.principal.kind == "aws" and request.principal.account != owner
    return authorize(PolicySet(identity=_everything() if foreign else (), resource=together), request).allowed


@lru_cache(maxsize=1)
def _everything() -> tuple[Policy, ...]:
    return compiled([{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}])


@lru_cache(maxsize=64)
def _leaves_to(account: str, trust: bool) -> Policy:
    """Return a resource's policy that leaves everything to the policies of *account*."""
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "*"}
    if trust:
        return parse({"Statement": [statement]}, Kind.TRUST, lenient=True)
    return parse({"Statement": [{**statement, "Resource": "*"}]}, Kind.RESOURCE, lenient=True)
